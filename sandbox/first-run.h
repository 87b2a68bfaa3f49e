/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"

#include <signal.h>

G_BEGIN_DECLS

/* The launch waits for a person: the broker shows the sheet of a first start. */
typedef enum
{
  PST_FIRST_RUN_ANSWERED, /* *reply is set: what the broker says now instead of what Register said */
  PST_FIRST_RUN_LOST,     /* the broker is gone, or has taken something amiss: register again, and the sheet is shown again */
  PST_FIRST_RUN_SIGNAL,   /* *signal: the person wants this process to end */
} PstFirstRunEnd;

/* Waits as long as it takes; starts the text agent where the broker asks for it. @broker: registered, and not started with
 * pst_peer_start() yet. @signals: those that are blocked. *reply: (transfer full) a{sv} */
PstFirstRunEnd
pst_first_run_wait (PstPeer *broker, guint64 sandbox, const sigset_t *signals, GVariant **reply, int *signal, GError **error);

G_END_DECLS
