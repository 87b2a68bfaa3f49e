/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"

G_BEGIN_DECLS

#define PST_PROTOCOL 1

/* Connects to the broker and introduces itself as @role ("launcher", "control"); starts the broker if none listens and @start.
 * Does not wait for anything: the answer to the greeting comes with the first reply.
 * NULL and a sentence on failure. */
PstPeer *pst_broker_connect (const char *role, gboolean start, GError **error);

/* Makes a sentence of what a call to the broker failed with; leaves what is one already. */
void pst_broker_explain (GError **error);

/* Like pst_peer_wait_reply(), with a sentence for a broker that ended or does not answer. */
PstMessage *pst_broker_wait_reply (PstPeer *peer, guint32 serial, GError **error);

G_END_DECLS
