/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the supervisor and init say to each other, over a SOCK_SEQPACKET pair. Init never sends what came from the application.
 */
typedef enum
{
  /* from init */
  PST_CONTROL_BUILT = 1,   /* the early plan is done. Descriptors: the mount namespace; the pty's master, if there is one; the
                              plan's listening sockets, in their order */
  PST_CONTROL_FAILED = 2,  /* a: exit status. text: the sentence */
  PST_CONTROL_RUNNING = 3, /* the program has been executed */
  PST_CONTROL_STOPPED = 4, /* a: the signal that stopped the program */
  PST_CONTROL_ENDED = 5,   /* a: its wait status. b: other processes remain */
  /* to init */
  PST_CONTROL_GO = 6,     /* a: PstControlFlags. text: the machine id, then names of private directories, each ended by NUL; a
                             descriptor for each name */
  PST_CONTROL_SIGNAL = 7, /* a: the signal. b: to the program's process group */
  PST_CONTROL_FOREGROUND = 8, /* the program's group becomes the foreground of its terminal, and goes on */
} PstControlType;

typedef enum
{
  PST_CONTROL_SYS = 1 << 0,
  PST_CONTROL_NESTED = 1 << 1,
  PST_CONTROL_NO_BUS = 1 << 2, /* nobody serves the plan's sockets: they are closed, and the program is told so */
} PstControlFlags;

#define PST_CONTROL_MAX_TEXT 16384
#define PST_CONTROL_MAX_FDS 40

typedef struct
{
  guint32 type;
  gint32 a;
  gint32 b;
  gsize text_len;
  char text[PST_CONTROL_MAX_TEXT + 1]; /* ended by a NUL that does not count */
  int fds[PST_CONTROL_MAX_FDS];
  gsize n_fds;
} PstControl;

/* FALSE with errno. Blocks while the socket is full. */
gboolean
pst_control_send (int fd, PstControlType type, int a, int b, const char *text, gsize text_len, const int *fds, gsize n_fds);

/* 1: a message; 0: the end; -1: errno (EAGAIN with @wait FALSE). The caller owns control->fds; they are close-on-exec. */
int pst_control_receive (int fd, PstControl *control, gboolean wait);

G_END_DECLS
