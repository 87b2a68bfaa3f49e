/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Somebody waits for a reply: without the main loop, before it, within it. */
#include "test-peer-end.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/peer/sync/not-started", NULL, test_sync);
  g_test_add_data_func ("/peer/sync/started", "", test_sync);
  g_test_add_data_func ("/peer/sync-queues/started", NULL, test_sync_queues);
  g_test_add_data_func ("/peer/sync-queues/started-later", "", test_sync_queues);
  g_test_add_func ("/peer/sync-in-handler", test_sync_in_handler);
  g_test_add_func ("/peer/sync-interrupted", test_sync_interrupted);
  g_test_add_func ("/peer/user-namespace", test_user_namespace);
  g_test_add_func ("/peer/wait-later", test_wait_later);
  g_test_add_func ("/peer/late-reply", test_late_reply);
  return g_test_run ();
}
