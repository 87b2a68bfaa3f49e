/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a connection: what is still delivered, and what is called back about. */
#include "test-peer-end.h"

#include <sys/socket.h>
#include <unistd.h>

/* Everything happened before the main loop had a part in it. */
static void
test_start_after_the_end (void)
{
  int a_fd, b_fd;
  PstPeer *b;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, FALSE);
  b = pst_peer_new_take_fd (b_fd);
  pst_peer_call (a.peer, "Lost", NULL, NULL, 0, on_reply, &a);
  pst_peer_notify (b, "Last", NULL, NULL, 0);
  pst_peer_unref (b);
  g_assert_null (pst_peer_call_sync (a.peer, "Echo", NULL, NULL, 0, -1, NULL));
  g_assert_false (pst_peer_is_open (a.peer));
  pst_peer_start (a.peer, on_message, on_closed, &a);
  g_assert_cmpuint (a.n_closed, ==, 0);
  spin_until (&a.n_closed, 1);
  g_assert_cmpstr (a.members->str, ==, "Last ");
  g_assert_cmpuint (a.n_errors, ==, 1);
  end_clear (&a);
}

/* What was sent before the other end closed is still delivered, even if it left something of ours unread (ECONNRESET). */
static void
test_delivered_before_closed (void)
{
  int a_fd, b_fd;
  PstPeer *b;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, TRUE);
  b = pst_peer_new_take_fd (b_fd);
  pst_peer_call (a.peer, "Unread", NULL, NULL, 0, on_reply, &a);
  pst_peer_call (a.peer, "Answered", NULL, NULL, 0, on_reply, &a);
  pst_peer_notify (b, "Last", NULL, NULL, 0);
  pst_peer_reply (b, 2, NULL, NULL, 0);
  pst_peer_unref (b);
  a.in_call = TRUE;
  pst_peer_notify (a.peer, "Late", NULL, NULL, 0);
  a.in_call = FALSE;
  spin_until (&a.n_closed, 1);
  g_assert_cmpstr (a.members->str, ==, "Last ");
  g_assert_cmpuint (a.n_replies, ==, 1);
  g_assert_cmpuint (a.n_errors, ==, 1);
  g_assert_error (a.last_error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED);

  /* afterwards calls fail, still from the main loop, and closed does not come again */
  a.n_closed = 0;
  a.in_call = TRUE;
  pst_peer_call (a.peer, "After", NULL, NULL, 0, on_reply, &a);
  pst_peer_close (a.peer);
  a.in_call = FALSE;
  spin_until (&a.n_errors, 2);
  spin ();
  g_assert_cmpuint (a.n_closed, ==, 0);
  end_clear (&a);
}

static void
test_other_end_stops_reading (void)
{
  int a_fd, b_fd;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, TRUE);
  g_assert_cmpint (shutdown (b_fd, SHUT_RD), ==, 0);
  pst_peer_call (a.peer, "Anyone", NULL, NULL, 0, on_reply, &a);
  spin_until (&a.n_closed, 1);
  g_assert_cmpuint (a.n_errors, ==, 1);
  end_clear (&a);
  close (b_fd);
}

static void
drop_in_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  End *end = user_data;

  end->n_errors++;
  g_clear_pointer (&end->peer, pst_peer_unref);
}

static void
drop_in_handler (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  End *end = user_data;

  g_string_append (end->members, message->member);
  g_clear_pointer (&end->peer, pst_peer_unref);
}

/* The last reference goes within a callback: nothing is called back after that. */
static void
test_unref_in_callback (void)
{
  int a_fd, b_fd;
  End a, b;

  pair (&a, &b);
  for (guint i = 0; i < 3; i++)
    pst_peer_call (a.peer, "Silence", NULL, NULL, 0, drop_in_reply, &a);
  spin ();
  pst_peer_close (b.peer);
  spin ();
  g_assert_cmpuint (a.n_errors, ==, 1);
  g_assert_cmpuint (a.n_closed, ==, 0);
  end_clear (&a);
  end_clear (&b);

  raw_pair (&a_fd, &b_fd);
  a = (End){ .peer = pst_peer_new_take_fd (a_fd), .members = g_string_new (NULL) };
  pst_peer_start (a.peer, drop_in_handler, on_closed, &a);
  end_init (&b, b_fd, TRUE);
  pst_peer_notify (b.peer, "One", NULL, NULL, 0);
  pst_peer_notify (b.peer, "Two", NULL, NULL, 0);
  spin ();
  g_assert_null (a.peer);
  g_assert_cmpstr (a.members->str, ==, "One");
  g_assert_cmpuint (b.n_closed, ==, 1);
  end_clear (&a);
  end_clear (&b);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/peer/start-after-the-end", test_start_after_the_end);
  g_test_add_func ("/peer/delivered-before-closed", test_delivered_before_closed);
  g_test_add_func ("/peer/other-end-stops-reading", test_other_end_stops_reading);
  g_test_add_func ("/peer/unref-in-callback", test_unref_in_callback);
  return g_test_run ();
}
