/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls, their replies, and what both carry and how much of it. */
#include "test-peer-end.h"

#include "pst-fd.h"
#include "pst-packet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_call (gconstpointer size_pointer)
{
  gsize size = GPOINTER_TO_SIZE (size_pointer);
  g_autofree char *text = g_strnfill (size, 'x');
  const char *back;
  guint n_fds = count_fds ();
  End a, b;

  pair (&a, &b);
  a.in_call = b.in_call = TRUE;
  pst_peer_call (a.peer, "Echo", g_variant_new ("(s)", text), NULL, 0, on_reply, &a);
  a.in_call = b.in_call = FALSE;
  spin_until (&a.n_replies, 1);
  g_variant_get (a.last_reply, "(&s)", &back);
  g_assert_cmpstr (back, ==, text);
  g_assert_cmpstr (b.members->str, ==, "Echo ");
  end_clear (&a);
  end_clear (&b);
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

static void
test_error (void)
{
  End a, b;

  pair (&a, &b);
  pst_peer_call (a.peer, "Fail", NULL, NULL, 0, on_reply, &a);
  spin_until (&a.n_errors, 1);
  g_assert_error (a.last_error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
  g_assert_cmpstr (a.last_error->message, ==, "no, because");
  end_clear (&a);
  end_clear (&b);
}

static void
test_order_and_matching (void)
{
  End a, b;
  g_autoptr (GString) expected = g_string_new (NULL);

  pair (&a, &b);
  for (guint i = 0; i < 100; i++)
    {
      pst_peer_notify (a.peer, i % 2 == 0 ? "Even" : "Odd", NULL, NULL, 0);
      pst_peer_call (a.peer, "Echo", g_variant_new ("(u)", i), NULL, 0, on_reply, &a);
      g_string_append (expected, i % 2 == 0 ? "Even Echo " : "Odd Echo ");
    }
  spin_until (&a.n_replies, 100);
  g_assert_cmpstr (b.members->str, ==, expected->str);
  end_clear (&a);
  end_clear (&b);
}

/* More than the socket takes, in both directions, with descriptors. */
static void
test_queue (void)
{
  g_autofree char *text = g_strnfill (60000, 'q');
  guint n_fds = count_fds ();
  int fd = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  End a, b;

  pair (&a, &b);
  for (guint i = 0; i < 200; i++)
    pst_peer_call (a.peer, "Echo", g_variant_new ("(us)", i, text), &fd, 1, on_reply, &a);
  g_assert_true (pst_peer_is_open (a.peer));
  close (fd);
  spin_until (&a.n_replies, 200);
  g_assert_cmpuint (a.n_errors, ==, 0);
  end_clear (&a);
  end_clear (&b);
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

/* A peer that reads nothing: the queue is bounded, and all is given back. */
static void
test_queue_is_bounded (void)
{
  g_autofree char *text = g_strnfill (60000, 'q');
  guint n_fds = count_fds (), sent = 0;
  int a_fd, b_fd;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, TRUE);
  pst_peer_call (a.peer, "Silence", NULL, NULL, 0, on_reply, &a);
  while (pst_peer_is_open (a.peer))
    {
      a.in_call = TRUE;
      pst_peer_notify (a.peer, "Flood", g_variant_new ("(s)", text), &b_fd, 1);
      a.in_call = FALSE;
      g_assert_cmpuint ((gsize)++sent * 60000, <, 2 * (gsize)PST_PEER_MAX_QUEUE);
    }
  g_assert_cmpuint ((gsize)sent * (60000 + PST_PACKET_FD_COST), >, PST_PEER_MAX_QUEUE / 2);
  g_assert_cmpuint (count_fds (), <, 700);
  spin_until (&a.n_closed, 1);
  g_assert_cmpuint (a.n_errors, ==, 1);
  end_clear (&a);
  close (b_fd);
  g_assert_cmpuint (count_fds (), ==, n_fds);
}

static void
test_fds (void)
{
  guint before = count_fds ();
  int fds[PST_PEER_MAX_FDS], back;
  g_autofree char *large = g_strnfill (200000, 'l');
  g_autoptr (PstMessage) reply = NULL;
  End a, b;

  pair (&a, &b);
  for (guint i = 0; i < PST_PEER_MAX_FDS; i++)
    fds[i] = pst_fd_memfd_sealed ("test", &i, sizeof i);
  pst_peer_call (a.peer, "Echo", g_variant_new ("(s)", large), fds, PST_PEER_MAX_FDS, on_reply, &a);
  spin_until (&a.n_replies, 1);

  /* as the receiver sees them */
  pst_peer_notify (a.peer, "Take", NULL, fds, PST_PEER_MAX_FDS);
  for (guint i = 0; i < PST_PEER_MAX_FDS; i++)
    close (fds[i]);
  end_clear (&a);
  {
    guint32 serial;
    int x, y;
    PstPeer *one, *two;
    guint number = 0, i = 3;

    raw_pair (&x, &y);
    one = pst_peer_new_take_fd (x);
    two = pst_peer_new_take_fd (y);
    back = pst_fd_memfd_sealed ("test", &i, sizeof i);
    serial = pst_peer_send_call (one, "Take", NULL, NULL, 0, NULL);
    pst_peer_reply (two, serial, NULL, &back, 1);
    close (back);
    reply = pst_peer_wait_reply (one, serial, -1, NULL);
    g_assert_cmpuint (reply->n_fds, ==, 1);
    back = pst_message_steal_fd (reply, 0);
    g_assert_cmpint (back, >=, 0);
    g_assert_cmpint (pst_message_steal_fd (reply, 0), ==, -1);
    g_assert_cmpint (pst_message_steal_fd (reply, 1), ==, -1);
    g_assert_true ((fcntl (back, F_GETFD) & FD_CLOEXEC) != 0);
    g_assert_cmpint (pread (back, &number, sizeof number, 0), ==, sizeof number);
    g_assert_cmpuint (number, ==, 3);
    close (back);
    pst_peer_unref (one);
    pst_peer_unref (two);
  }
  end_clear (&b);
  g_assert_cmpuint (count_fds (), ==, before);
}

static int
send_with_fds (int socket, int fd, gsize n_fds)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (8 * sizeof (int))];
  } control = { 0 };
  struct iovec iov = { (void *)"x", 1 };
  struct msghdr msg = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE (n_fds * sizeof (int))
  };

  control.header.cmsg_level = SOL_SOCKET;
  control.header.cmsg_type = SCM_RIGHTS;
  control.header.cmsg_len = CMSG_LEN (n_fds * sizeof (int));
  for (gsize i = 0; i < n_fds; i++)
    memcpy (CMSG_DATA (&control.header) + i * sizeof (int), &fd, sizeof fd);
  return sendmsg (socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

/* Somebody else, under the same user, holds all the descriptors that may be in flight: wait, and do not give up. */
static void
test_too_many_in_flight (void)
{
  struct rlimit before, low;
  int x, y, error = 0, back = -1;
  End a, b;

  if (geteuid () == 0)
    {
      g_test_skip ("root has no such limit");
      return;
    }
  pair (&a, &b);
  raw_pair (&x, &y);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  low = (struct rlimit){ .rlim_cur = 40, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  for (guint i = 0; i < 20 && error == 0; i++)
    error = send_with_fds (x, 0, 8);
  g_assert_cmpint (error, ==, ETOOMANYREFS);

  back = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  pst_peer_call (a.peer, "Echo", NULL, &back, 1, on_reply, &a);
  close (back);
  pst_peer_notify (a.peer, "After", NULL, NULL, 0);
  spin ();
  g_assert_true (pst_peer_is_open (a.peer));
  g_assert_cmpstr (b.members->str, ==, ""); /* what comes later does not overtake it */
  close (x);
  close (y);
  spin_until (&a.n_replies, 1);
  spin ();
  g_assert_cmpstr (b.members->str, ==, "Echo After ");
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  end_clear (&a);
  end_clear (&b);
}

/* Both ends flood each other; neither may block, and both must come out whole. */
static void
test_flood (void)
{
  End a, b;

  pair (&a, &b);
  for (guint i = 0; i < 20000; i++)
    {
      pst_peer_call (a.peer, "Echo", g_variant_new ("(u)", i), NULL, 0, on_reply, &a);
      pst_peer_call (b.peer, "Echo", g_variant_new ("(u)", i), NULL, 0, on_reply, &b);
    }
  spin_until (&a.n_replies, 20000);
  spin_until (&b.n_replies, 20000);
  end_clear (&a);
  end_clear (&b);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_main_context_iteration (NULL, FALSE); /* it has a descriptor of its own; not to be counted later */
  g_test_add_data_func ("/peer/call", GSIZE_TO_POINTER (10), test_call);
  g_test_add_data_func ("/peer/call-almost-large", GSIZE_TO_POINTER ((64 << 10) - 40), test_call);
  g_test_add_data_func ("/peer/call-just-large", GSIZE_TO_POINTER (64 << 10), test_call);
  g_test_add_data_func ("/peer/call-large", GSIZE_TO_POINTER (1 << 20), test_call);
  g_test_add_func ("/peer/error", test_error);
  g_test_add_func ("/peer/order-and-matching", test_order_and_matching);
  g_test_add_func ("/peer/queue", test_queue);
  g_test_add_func ("/peer/queue-is-bounded", test_queue_is_bounded);
  g_test_add_func ("/peer/fds", test_fds);
  g_test_add_func ("/peer/too-many-in-flight", test_too_many_in_flight);
  g_test_add_func ("/peer/flood", test_flood);
  return g_test_run ();
}
