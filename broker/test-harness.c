/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-programs.h"

#define DEADLINE (10 * G_USEC_PER_SEC)

void
test_drop_root (void)
{
  if (geteuid () != 0)
    return;
  g_assert_no_errno (setgid (65534));
  g_assert_no_errno (setuid (65534));
  /* Changing the uid hides /proc/PID/ns, by which the broker knows its own. */
  g_assert_no_errno (prctl (PR_SET_DUMPABLE, 1));
}

static char *
make_dir (const char *parent, const char *name)
{
  char *path = g_build_filename (parent, name, NULL);

  g_assert_no_errno (g_mkdir_with_parents (path, 0700));
  return path;
}

TestBroker *
test_broker_new (void)
{
  TestBroker *broker = g_new0 (TestBroker, 1);
  g_autoptr (GError) error = NULL;

  broker->dir = g_dir_make_tmp ("postern-test-XXXXXX", &error);
  g_assert_no_error (error);
  broker->home = make_dir (broker->dir, "home");
  broker->run = make_dir (broker->dir, "run");
  broker->data = make_dir (broker->home, ".local/share");
  g_free (make_dir (broker->home, "Pictures"));
  g_free (make_dir (broker->home, "Documents"));
  g_free (make_dir (broker->home, ".ssh"));
  return broker;
}

static int
open_socket (TestBroker *broker)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  pst_autofd fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  g_autofree char *path = g_build_filename (broker->run, "postern", "broker", NULL);

  g_assert_cmpuint (strlen (path), <, sizeof address.sun_path);
  strcpy (address.sun_path, path);
  return connect (fd, (struct sockaddr *)&address, sizeof address) == 0 ? pst_fd_steal (&fd) : -1;
}

static void
die_with_the_test (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* The socket is bound and passed, as "postern run" does it: a connection waits in its queue until the broker takes it. */
void
test_broker_start (TestBroker *broker, const char *argument)
{
  g_autofree char *program = pst_program_find ("postern-broker"), *dir = make_dir (broker->run, "postern");
  g_autofree char *path = g_build_filename (dir, "broker", NULL);
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  pst_autofd listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  g_auto (GStrv) env = g_get_environ ();
  char *argv[] = { program, (char *)"--listen-fd=3", (char *)argument, NULL };
  int source, target = 3;
  g_autoptr (GError) error = NULL;

  env = g_environ_setenv (env, "HOME", broker->home, TRUE);
  env = g_environ_setenv (env, "XDG_RUNTIME_DIR", broker->run, TRUE);
  env = g_environ_setenv (env, "XDG_DATA_HOME", broker->data, TRUE);
  env = g_environ_setenv (env, "LC_ALL", "C.UTF-8", TRUE);
  env = g_environ_unsetenv (env, "XDG_CONFIG_HOME");
  env = g_environ_unsetenv (env, "DBUS_SESSION_BUS_ADDRESS");
  strcpy (address.sun_path, path);
  unlink (path);
  g_assert_no_errno (bind (listener, (struct sockaddr *)&address, sizeof address));
  g_assert_no_errno (listen (listener, 128));
  source = listener;
  g_spawn_async_with_pipes_and_fds ("/", (const char *const *)argv, (const char *const *)env, G_SPAWN_DO_NOT_REAP_CHILD,
                                    die_with_the_test, NULL, -1, -1, -1, &source, &target, 1, &broker->pid, NULL, NULL, NULL,
                                    &error);
  g_assert_no_error (error);
}

void
test_broker_stop (TestBroker *broker, int number)
{
  int status;

  if (!broker->pid)
    return;
  g_assert_no_errno (kill (broker->pid, number));
  g_assert_cmpint (waitpid (broker->pid, &status, 0), ==, broker->pid);
  if (number == SIGTERM)
    g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  broker->pid = 0;
}

static void
remove_tree (const char *path)
{
  struct stat st;

  if (lstat (path, &st) == 0 && S_ISDIR (st.st_mode))
    {
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
      const char *name;

      while (dir && (name = g_dir_read_name (dir)))
        {
          g_autofree char *child = g_build_filename (path, name, NULL);

          remove_tree (child);
        }
    }
  remove (path);
}

void
test_broker_free (TestBroker *broker)
{
  test_broker_stop (broker, SIGTERM);
  remove_tree (broker->dir);
  g_free (broker->dir);
  g_free (broker->home);
  g_free (broker->run);
  g_free (broker->data);
  g_free (broker);
}

char *
test_path (TestBroker *broker, const char *name)
{
  return g_build_filename (broker->home, name, NULL);
}

void
test_make_file (TestBroker *broker, const char *name)
{
  g_autofree char *path = test_path (broker, name), *parent = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (parent, 0700);
  g_file_set_contents (path, name, -1, &error);
  g_assert_no_error (error);
}

PstPeer *
test_connect (TestBroker *broker, const char *role)
{
  int fd = open_socket (broker);
  PstPeer *peer;

  g_assert_cmpint (fd, >=, 0);
  peer = pst_peer_new_take_fd (fd);
  g_variant_unref (test_call (peer, "Hello", g_variant_new ("(us)", 1u, role)));
  return peer;
}

PstPeer *
test_try_connect (TestBroker *broker, const char *role)
{
  int fd = open_socket (broker);
  g_autoptr (PstPeer) peer = fd >= 0 ? pst_peer_new_take_fd (fd) : NULL;
  g_autoptr (PstMessage) reply = NULL;

  if (peer)
    reply = pst_peer_call_sync (peer, "Hello", g_variant_new ("(us)", 1u, role), NULL, 0, 10000, NULL);
  return reply ? g_steal_pointer (&peer) : NULL;
}

GVariant *
test_call (PstPeer *peer, const char *member, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  PstMessage *reply = pst_peer_call_sync (peer, member, args, NULL, 0, 10000, &error);
  GVariant *result;

  g_assert_no_error (error);
  result = g_variant_ref (reply->args);
  pst_message_free (reply);
  return result;
}

char *
test_call_fails (PstPeer *peer, const char *member, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PstMessage) reply = pst_peer_call_sync (peer, member, args, NULL, 0, 10000, &error);

  g_assert_null (reply);
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
  return g_strdup (error->message);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
test_wait_count (const guint *counter, guint value)
{
  gint64 deadline = g_get_monotonic_time () + DEADLINE;
  guint tick = g_timeout_add (200, on_tick, NULL);

  while (*counter < value)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
}

void
test_wait (const guint *flag)
{
  test_wait_count (flag, 1);
}

void
test_settle (TestBroker *broker)
{
  g_autoptr (PstPeer) peer = test_connect (broker, "control");

  /* The broker shows questions from an idle callback: two round trips, so that it has been through its loop in between. */
  for (int i = 0; i < 2; i++)
    g_variant_unref (test_call (peer, PST_CONTROL_LIST_SANDBOXES, NULL));
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* A call while our scripted sandboxes answer the broker. */
typedef struct
{
  guint done;
  GVariant *result;
  char *sentence;
} Answer;

static void
on_answer (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  Answer *answer = data;

  answer->done = 1;
  answer->result = reply ? g_variant_ref (reply->args) : NULL;
  answer->sentence = error ? g_strdup (error->message) : NULL;
}

static Answer
call_control (TestBroker *broker, const char *member, GVariant *args)
{
  g_autoptr (PstPeer) peer = test_connect (broker, "control");
  Answer answer = { 0 };

  pst_peer_start (peer, NULL, NULL, NULL);
  pst_peer_call (peer, member, args, NULL, 0, on_answer, &answer);
  test_wait (&answer.done);
  return answer;
}

GVariant *
test_control_call (TestBroker *broker, const char *member, GVariant *args)
{
  Answer answer = call_control (broker, member, args);

  g_assert_cmpstr (answer.sentence, ==, NULL);
  return answer.result;
}

char *
test_control_call_fails (TestBroker *broker, const char *member, GVariant *args)
{
  Answer answer = call_control (broker, member, args);

  g_assert_null (answer.result);
  return answer.sentence;
}

GVariant *
test_grant_args (const char *app, const char *path, PstAccess access, PstAnswer answer, PstLifetime lifetime)
{
  return g_variant_new ("(su^ayuuuux)", app, (guint32)PST_KIND_FILES, path, (guint32)PST_SCOPE_TREE, (guint32)access,
                        (guint32)answer, (guint32)lifetime, (gint64)0);
}

char *
test_broker_start_with_policy (TestBroker *broker)
{
  char *dir = g_build_filename (broker->dir, "policy.d", NULL);
  g_autofree char *option = g_strconcat ("--policy-dir=", dir, NULL);

  g_assert_true (g_mkdir (dir, 0755) == 0 || errno == EEXIST);
  test_broker_start (broker, option);
  return dir;
}
