/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"

#include <string.h>
#include <sys/socket.h>

/* One end of a connection under test, and what it has seen. */

typedef struct
{
  PstPeer *peer;
  GString *members; /* of all that came in, each followed by a space */
  guint n_closed;
  guint n_replies, n_errors;
  GError *last_error;
  GVariant *last_reply;
  gboolean in_call; /* set around calls of the API: no callback may come then */
} End;

G_GNUC_UNUSED static void
end_clear (End *end)
{
  g_clear_pointer (&end->peer, pst_peer_unref);
  if (end->members != NULL)
    g_string_free (g_steal_pointer (&end->members), TRUE);
  g_clear_error (&end->last_error);
  g_clear_pointer (&end->last_reply, g_variant_unref);
}

G_GNUC_UNUSED static void
on_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  End *end = user_data;

  g_assert_false (end->in_call);
  g_string_append_printf (end->members, "%s ", message->member);
  if (strcmp (message->member, "Fail") == 0)
    pst_peer_reply_error (peer, message->serial, "no, because");
  else if (strcmp (message->member, "Close") == 0)
    pst_peer_close (peer);
  else if (strcmp (message->member, "Silence") != 0)
    {
      int fds[PST_PEER_MAX_FDS];
      gsize n_fds = message->n_fds;

      for (gsize i = 0; i < n_fds; i++)
        fds[i] = message->fds[i];
      pst_peer_reply (peer, message->serial, message->args, fds, n_fds);
    }
}

G_GNUC_UNUSED static void
on_closed (PstPeer *peer, gpointer user_data)
{
  End *end = user_data;

  g_assert_false (end->in_call);
  g_assert_false (pst_peer_is_open (peer));
  end->n_closed++;
}

G_GNUC_UNUSED static void
on_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  End *end = user_data;

  g_assert_false (end->in_call);
  g_assert_true ((reply == NULL) == (error != NULL));
  g_assert_cmpuint (end->n_closed, ==, 0);
  if (error != NULL)
    {
      end->n_errors++;
      g_clear_error (&end->last_error);
      end->last_error = g_error_copy (error);
    }
  else
    {
      end->n_replies++;
      g_clear_pointer (&end->last_reply, g_variant_unref);
      end->last_reply = g_variant_ref (reply->args);
    }
}

G_GNUC_UNUSED static void
raw_pair (int *a, int *b)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  *a = fds[0];
  *b = fds[1];
}

G_GNUC_UNUSED static void
end_init (End *end, int fd, gboolean start)
{
  *end = (End){ .peer = pst_peer_new_take_fd (fd), .members = g_string_new (NULL) };
  if (start)
    pst_peer_start (end->peer, on_message, on_closed, end);
}

G_GNUC_UNUSED static void
pair (End *a, End *b)
{
  int x, y;

  raw_pair (&x, &y);
  end_init (a, x, TRUE);
  end_init (b, y, TRUE);
}

G_GNUC_UNUSED static void
spin_until (const guint *counter, guint value)
{
  while (*counter < value)
    g_main_context_iteration (NULL, TRUE);
}

/* Everything that is ready, and nothing more. */
G_GNUC_UNUSED static void
spin (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

G_GNUC_UNUSED static guint
count_fds (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}
