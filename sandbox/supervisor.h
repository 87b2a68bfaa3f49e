/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bus-link.h"
#include "pst-peer.h"
#include "terminal.h"
#include "trees.h"

#include <signal.h>

G_BEGIN_DECLS

/* What a launch hands over. The supervisor owns all of it from pst_supervisor_run() on. */
typedef struct
{
  PstPeer *broker; /* registered */
  PstPeer *gate;   /* the link to postern-fusefs */
  int control;     /* to init */
  pid_t init;
  int init_pidfd;
  pid_t fusefs;
  int fusefs_pidfd;
  PstPeer *bus; /* (nullable): the link to postern-dbus-proxy */
  pid_t proxy;
  int proxy_pidfd; /* -1: none */
  PstBuses buses;
  PstTrees *trees;
  PstPty *pty; /* (nullable) */
  gboolean interactive;
  sigset_t signals;  /* those blocked, to be passed on */
  GVariant *request; /* as registered, to register again after a broker's restart */
  guint64 sandbox;
  char *app_id;
} PstSupervisorSetup;

/* Runs until the program has ended. Returns its wait status. If processes of it remain, a child of this process goes on as
 * supervisor (in which this function does not return). After a failure of the sandbox itself the status is an exit status and a
 * sentence has been printed. */
int pst_supervisor_run (PstSupervisorSetup *setup);

/* One line on standard error, safe to print whatever the text holds. */
void pst_supervisor_say (const char *text);

G_END_DECLS
