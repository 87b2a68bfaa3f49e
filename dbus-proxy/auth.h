/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The conversation before the first message. Pure: it is fed with what arrives, and says how much of it may be passed on.
 *
 * The client begins with a NUL byte, then both write lines. Each line of the client, but BEGIN, is answered by one of the bus;
 * after BEGIN there are messages. The bus must find BEGIN in the same place as we do, or it would take for messages what we
 * took for lines, unfiltered, or the reverse. So lines are passed on whole, only such as nobody can read in two ways, and BEGIN
 * only when every line before it has been answered and the bus has said OK: what comes after it is looked at then and not
 * before.
 */
typedef struct
{
  gboolean got_nul, got_begin, is_ok, is_done;
  guint n_requests, n_replies;
} PstAuth;

#define PST_AUTH_MAX_LINE 16384
#define PST_AUTH_MAX_LINES 64

/* How many bytes of @data, which begins at the start of a line (or of the conversation), may be passed on; less than @size if
 * the last line is not whole, or at BEGIN. -1: hang up. */
gssize pst_auth_from_client (PstAuth *auth, const guint8 *data, gsize size);
gssize pst_auth_from_bus (PstAuth *auth, const guint8 *data, gsize size);

/* After BEGIN was reached: is everything answered, so that it may be sent? -1: it may never. */
int pst_auth_may_begin (const PstAuth *auth);

G_END_DECLS
