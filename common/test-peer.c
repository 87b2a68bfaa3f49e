/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-peer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GMainLoop *loop;
  char *member;
  guint n_calls, n_closed;
} Seen;

static void
on_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  Seen *seen = user_data;

  seen->n_calls++;
  g_free (seen->member);
  seen->member = g_strdup (message->member);
  if (strcmp (message->member, "Fail") == 0)
    pst_peer_reply_error (peer, message->serial, "no, because");
  else
    {
      int fd = pst_message_steal_fd (message, 0);

      pst_peer_reply (peer, message->serial, g_variant_ref (message->args), &fd, fd >= 0 ? 1 : 0);
      if (fd >= 0)
        close (fd);
    }
}

static void
on_closed (PstPeer *peer, gpointer user_data)
{
  Seen *seen = user_data;

  seen->n_closed++;
  g_main_loop_quit (seen->loop);
}

static void
pair (PstPeer **a, PstPeer **b)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  *a = pst_peer_new_take_fd (fds[0]);
  *b = pst_peer_new_take_fd (fds[1]);
}

static void
on_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  GVariant **out = user_data;

  g_assert_no_error (error);
  *out = g_variant_ref (reply->args);
}

static void
test_call (gconstpointer size_pointer)
{
  gsize size = GPOINTER_TO_SIZE (size_pointer);
  g_autoptr (PstPeer) a = NULL;
  g_autoptr (PstPeer) b = NULL;
  Seen seen = { 0 };
  g_autoptr (GVariant) got = NULL;
  g_autofree char *text = g_strnfill (size, 'x');
  const char *back;

  pair (&a, &b);
  pst_peer_start (a, NULL, NULL, NULL);
  pst_peer_start (b, on_message, NULL, &seen);
  pst_peer_call (a, "Echo", g_variant_new ("(s)", text), NULL, 0, on_reply, &got);
  while (got == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_variant_get (got, "(&s)", &back);
  g_assert_cmpstr (back, ==, text);
  g_free (seen.member);
}

static gpointer
serve_thread (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Seen seen = { 0 };
  PstPeer *peer = user_data;

  g_main_context_push_thread_default (context);
  seen.loop = g_main_loop_new (context, FALSE);
  pst_peer_start (peer, on_message, on_closed, &seen);
  g_main_loop_run (seen.loop);
  g_main_loop_unref (seen.loop);
  g_main_context_pop_thread_default (context);
  g_free (seen.member);
  pst_peer_unref (peer);
  return GUINT_TO_POINTER (seen.n_closed);
}

static void
test_sync (void)
{
  PstPeer *b;
  g_autoptr (PstPeer) a = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PstMessage) reply = NULL;
  PstMessage *failed;
  GThread *thread;
  int fd = open ("/dev/zero", O_RDONLY | O_CLOEXEC), back;
  char byte = 'x';

  pair (&a, &b);
  thread = g_thread_new ("serve", serve_thread, b);
  reply = pst_peer_call_sync (a, "Echo", g_variant_new ("(u)", 7), &fd, 1, -1, &error);
  g_assert_no_error (error);
  back = pst_message_steal_fd (reply, 0);
  g_assert_cmpint (read (back, &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, 0);
  failed = pst_peer_call_sync (a, "Fail", NULL, NULL, 0, -1, &error);
  g_assert_null (failed);
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "no, because");
  pst_peer_close (a);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (thread)), ==, 1);
  close (back);
  close (fd);
}

static void
test_malformed (void)
{
  int fds[2];
  g_autoptr (PstPeer) peer = NULL;
  Seen seen = { g_main_loop_new (NULL, FALSE), NULL, 0, 0 };

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  peer = pst_peer_new_take_fd (fds[0]);
  pst_peer_start (peer, on_message, on_closed, &seen);
  g_assert_cmpint (send (fds[1], "rubbish", 7, 0), ==, 7);
  g_main_loop_run (seen.loop);
  g_assert_cmpuint (seen.n_closed, ==, 1);
  g_assert_cmpuint (seen.n_calls, ==, 0);
  g_assert_false (pst_peer_is_open (peer));
  g_main_loop_unref (seen.loop);
  close (fds[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/peer/call", GSIZE_TO_POINTER (10), test_call);
  g_test_add_data_func ("/peer/call-large", GSIZE_TO_POINTER (1 << 20), test_call);
  g_test_add_func ("/peer/sync", test_sync);
  g_test_add_func ("/peer/malformed", test_malformed);
  return g_test_run ();
}
