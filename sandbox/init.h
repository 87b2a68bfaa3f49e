/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plan.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

G_BEGIN_DECLS

typedef struct
{
  int control; /* init's end, see control.h */
  int gate;    /* detached mount of the gate's file system */
  const PstPlan *early;
  const PstPlanInput *input;

  const char *program; /* absolute */
  char *const *argv;
  char *const *environment;
  const char *cwd;

  gboolean pty;            /* make a terminal */
  gboolean is_terminal[3]; /* the standard descriptors that it replaces */
  gboolean foreground;     /* the program may read from it at once */
  struct termios termios;
  struct winsize size;

  sigset_t mask;            /* the program's signal mask */
  gboolean ignore_children; /* it is to find SIGCHLD ignored */
  mode_t umask;
} PstInitSetup;

/* The life of pid 1, in the child of pst_namespaces_fork(). */
G_NORETURN void pst_init_run (const PstInitSetup *setup);

G_END_DECLS
