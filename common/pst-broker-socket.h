/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The version of what is said on the broker's socket. */
#define PST_BROKER_PROTOCOL 1u

/* A connection to the broker for a program with a main loop: never blocks, and starts nothing.
 * Returns: a connected descriptor, or -1 and @error (PST_PEER_ERROR_CLOSED, a sentence for a person). */
int pst_broker_socket_connect (GError **error);

G_END_DECLS
