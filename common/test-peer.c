/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-peer-end.h"

#include "pst-fd.h"
#include "pst-packet.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
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

/* ---- waiting ---- */

typedef struct
{
  int fd;
  guint n_closed;
} Server;

static void
on_server_closed (PstPeer *peer, gpointer user_data)
{
  ((End *)user_data)->n_closed++;
}

static gpointer
serve (gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Server *server = user_data;
  End end = { .members = g_string_new (NULL) };

  g_main_context_push_thread_default (context);
  end.peer = pst_peer_new_take_fd (server->fd);
  pst_peer_start (end.peer, on_message, on_server_closed, &end);
  while (end.n_closed == 0)
    g_main_context_iteration (context, TRUE);
  server->n_closed = end.n_closed;
  end_clear (&end);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_sync (gconstpointer started)
{
  int fd, zero = open ("/dev/zero", O_RDONLY | O_CLOEXEC), back;
  g_autoptr (GError) error = NULL;
  PstMessage *reply;
  Server server = { 0 };
  GThread *thread;
  char byte = 'x';
  End a;

  raw_pair (&fd, &server.fd);
  thread = g_thread_new ("serve", serve, &server);
  end_init (&a, fd, started != NULL);

  a.in_call = TRUE;
  reply = pst_peer_call_sync (a.peer, "Echo", g_variant_new ("(u)", 7), &zero, 1, -1, &error);
  g_assert_no_error (error);
  g_assert_true (pst_message_check (reply, "(u)", NULL));
  g_assert_false (pst_message_check (reply, "(s)", &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED);
  g_clear_error (&error);
  back = pst_message_steal_fd (reply, 0);
  g_assert_cmpint (read (back, &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, 0);
  pst_message_free (reply);

  g_assert_null (pst_peer_call_sync (a.peer, "Fail", NULL, NULL, 0, -1, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
  g_clear_error (&error);

  g_assert_null (pst_peer_call_sync (a.peer, "Silence", NULL, NULL, 0, 20, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT);
  g_clear_error (&error);

  g_assert_null (pst_peer_call_sync (a.peer, "Close", NULL, NULL, 0, -1, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_null (pst_peer_call_sync (a.peer, "Echo", NULL, NULL, 0, -1, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED);
  a.in_call = FALSE;

  if (started != NULL)
    spin_until (&a.n_closed, 1);
  g_thread_join (thread);
  g_assert_cmpuint (server.n_closed, ==, 1);
  end_clear (&a);
  close (back);
  close (zero);
}

static void
on_alarm (int signal_number)
{
}

/* A storm of signals neither ends a wait nor makes it longer. */
static void
test_sync_interrupted (void)
{
  struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
  struct sigaction action = { .sa_handler = on_alarm }, before;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  int a_fd, b_fd;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, FALSE);
  sigaction (SIGALRM, &action, &before);
  setitimer (ITIMER_REAL, &often, NULL);
  g_assert_null (pst_peer_call_sync (a.peer, "Silence", NULL, NULL, 0, 60, &error));
  setitimer (ITIMER_REAL, &never, NULL);
  sigaction (SIGALRM, &before, NULL);
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 60000);
  end_clear (&a);
  close (b_fd);
}

/* The other end is in a user namespace of its own, as a supervisor is. */
static void
test_user_namespace (void)
{
  int a_fd, b_fd, status;
  pid_t child;
  End a;

  raw_pair (&a_fd, &b_fd);
  child = fork ();
  if (child == 0)
    {
      int zero = open ("/dev/zero", O_RDONLY | O_CLOEXEC), back;
      PstPeer *peer;
      PstMessage *reply;
      char byte = 'x';

      close (a_fd);
      if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
        _exit (77);
      peer = pst_peer_new_take_fd (b_fd);
      reply = pst_peer_call_sync (peer, "Echo", NULL, &zero, 1, -1, NULL);
      back = reply != NULL ? pst_message_steal_fd (reply, 0) : -1;
      _exit (read (back, &byte, 1) == 1 && byte == '\0' ? 0 : 1);
    }
  close (b_fd);
  end_init (&a, a_fd, TRUE);
  spin_until (&a.n_closed, 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == 77)
    g_test_skip ("user namespaces are not allowed here");
  else
    {
      g_assert_cmpint (WEXITSTATUS (status), ==, 0);
      g_assert_cmpstr (a.members->str, ==, "Echo ");
    }
  end_clear (&a);
}

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

/* What comes in while somebody waits is called back about later, in order, replies to other calls included. */
static void
test_sync_queues (gconstpointer started_later)
{
  int a_fd, b_fd;
  g_autoptr (PstMessage) reply = NULL;
  PstPeer *b;
  guint32 serial;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, started_later == NULL);
  b = pst_peer_new_take_fd (b_fd);

  pst_peer_call (a.peer, "First", NULL, NULL, 0, on_reply, &a);
  serial = pst_peer_send_call (a.peer, "Second", NULL, NULL, 0, NULL);
  pst_peer_notify (b, "One", NULL, NULL, 0);
  pst_peer_reply (b, serial - 1, NULL, NULL, 0);
  pst_peer_notify (b, "Two", NULL, NULL, 0);
  pst_peer_reply (b, serial, g_variant_new ("(s)", "yes"), NULL, 0);
  pst_peer_notify (b, "Three", NULL, NULL, 0);
  a.in_call = TRUE;
  reply = pst_peer_wait_reply (a.peer, serial, -1, NULL);
  a.in_call = FALSE;
  g_assert_nonnull (reply);
  g_assert_cmpstr (a.members->str, ==, "");
  g_assert_cmpuint (a.n_replies, ==, 0);

  if (started_later != NULL)
    pst_peer_start (a.peer, on_message, on_closed, &a);
  spin ();
  g_assert_cmpuint (a.n_replies, ==, 1);
  g_assert_cmpstr (a.members->str, ==, "One Two Three ");
  end_clear (&a);
  pst_peer_unref (b);
}

/* The reply comes while the main loop runs, before anybody waits for it. */
static void
test_wait_later (void)
{
  g_autoptr (PstMessage) reply = NULL;
  guint32 serial;
  End a, b;

  pair (&a, &b);
  serial = pst_peer_send_call (a.peer, "Echo", g_variant_new ("(u)", 5), NULL, 0, NULL);
  spin ();
  a.in_call = TRUE;
  reply = pst_peer_wait_reply (a.peer, serial, 0, NULL);
  a.in_call = FALSE;
  g_assert_nonnull (reply);
  end_clear (&a);
  end_clear (&b);
}

/* A reply that comes too late is dropped; one that nobody asked for ends the connection. */
static void
test_late_reply (void)
{
  g_autoptr (GError) error = NULL;
  int a_fd, b_fd;
  PstPeer *b;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, TRUE);
  b = pst_peer_new_take_fd (b_fd);
  g_assert_null (pst_peer_call_sync (a.peer, "Slow", NULL, NULL, 0, 0, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT);
  pst_peer_reply (b, 1, NULL, NULL, 0);
  spin ();
  g_assert_true (pst_peer_is_open (a.peer));
  pst_peer_reply (b, 1, NULL, NULL, 0);
  spin ();
  g_assert_cmpuint (a.n_closed, ==, 1);
  end_clear (&a);
  pst_peer_unref (b);
}

/* ---- the end ---- */

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

typedef struct
{
  End end;
  PstPeer *server;
} Nested;

/* Waits for another peer, and for the same one, while it is being called. */
static void
sync_in_handler (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  Nested *nested = user_data;
  g_autoptr (PstMessage) reply = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (nested->end.in_call);
  g_string_append_printf (nested->end.members, "%s ", message->member);
  nested->end.in_call = TRUE;
  reply = pst_peer_call_sync (nested->server, "Echo", NULL, NULL, 0, -1, &error);
  g_assert_no_error (error);
  g_assert_null (pst_peer_call_sync (peer, "Silence", NULL, NULL, 0, 0, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT);
  nested->end.in_call = FALSE;
}

static void
test_sync_in_handler (void)
{
  Server server = { 0 };
  Nested nested = { .end = { .members = g_string_new (NULL) } };
  GThread *thread;
  int a_fd, b_fd, client_fd;
  End b;

  raw_pair (&client_fd, &server.fd);
  thread = g_thread_new ("serve", serve, &server);
  nested.server = pst_peer_new_take_fd (client_fd);
  raw_pair (&a_fd, &b_fd);
  nested.end.peer = pst_peer_new_take_fd (a_fd);
  pst_peer_start (nested.end.peer, sync_in_handler, on_closed, &nested.end);
  end_init (&b, b_fd, TRUE);
  for (guint i = 0; i < 50; i++)
    pst_peer_notify (b.peer, i % 2 == 0 ? "Tick" : "Tack", NULL, NULL, 0);
  spin ();
  g_assert_cmpuint (nested.end.members->len, ==, 50 * strlen ("Tick "));
  g_assert_true (g_str_has_prefix (nested.end.members->str, "Tick Tack Tick "));
  g_assert_true (pst_peer_is_open (nested.end.peer));
  pst_peer_unref (nested.server);
  g_thread_join (thread);
  end_clear (&nested.end);
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
  g_test_add_data_func ("/peer/sync/not-started", NULL, test_sync);
  g_test_add_data_func ("/peer/sync/started", "", test_sync);
  g_test_add_data_func ("/peer/sync-queues/started", NULL, test_sync_queues);
  g_test_add_data_func ("/peer/sync-queues/started-later", "", test_sync_queues);
  g_test_add_func ("/peer/sync-in-handler", test_sync_in_handler);
  g_test_add_func ("/peer/sync-interrupted", test_sync_interrupted);
  g_test_add_func ("/peer/user-namespace", test_user_namespace);
  g_test_add_func ("/peer/start-after-the-end", test_start_after_the_end);
  g_test_add_func ("/peer/wait-later", test_wait_later);
  g_test_add_func ("/peer/late-reply", test_late_reply);
  g_test_add_func ("/peer/delivered-before-closed", test_delivered_before_closed);
  g_test_add_func ("/peer/other-end-stops-reading", test_other_end_stops_reading);
  g_test_add_func ("/peer/unref-in-callback", test_unref_in_callback);
  g_test_add_func ("/peer/flood", test_flood);
  return g_test_run ();
}
