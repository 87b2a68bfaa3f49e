/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"
#include "trees.h"

G_BEGIN_DECLS

/* The calls about trees, from messages to trees.h and names.h and back. FALSE: not one of these, or malformed (then @error is
 * set). */

/* Attach and Detach of Launcher1. Answered when @gate has acknowledged. */
gboolean pst_link_broker_call (PstPeer *peer, PstMessage *message, PstPeer *gate, PstTrees *trees, GError **error);

/* Lets go of the trees whose file system the host has unmounted, so that the device can be removed, and tells both. */
void pst_link_drop_lost (PstPeer *broker, PstPeer *gate, PstTrees *trees);

/* Mount and the Name… calls of Link1. */
gboolean pst_link_gate_call (PstPeer *peer, PstMessage *message, PstTrees *trees);

G_END_DECLS
