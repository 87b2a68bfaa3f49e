/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gate.h"
#include "pst-peer.h"

G_BEGIN_DECLS

/* The two connections, of the main thread: to the supervisor (Link1) and to the broker (Gate1). */

typedef struct
{
  int fuse_fd;
  /* Serve came, with everything in place but FUSE itself. */
  void (*ready) (int fuse_fd);
  /* the first policy is in force */
  void (*policy) (void);
  /* the supervisor is gone */
  void (*gone) (void);
} PstLinkCallbacks;

/* Consumes @fd. */
void pst_link_start (int fd, const PstLinkCallbacks *callbacks);
void pst_link_stop (void);

/* Gate1.ListNames; NULL when there is no answer. */
typedef void (*PstBrokerNames) (const char *const *names, gpointer data);
void pst_broker_list_names (const char *path, PstBrokerNames func, gpointer data);

G_END_DECLS
