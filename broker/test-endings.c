/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What begins and ends in another way than it should: callers, brokers, agents, supervisors and gates that die, stand still,
 * break off or lie; and what is left of it. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "store.h"
#include "test-world.h"

static void
test_killed (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");
  pid_t child = fork ();
  TestAsk *ask;

  if (child == 0)
    for (;;)
      pause ();
  ask = test_ask_from (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP, (guint32)child);
  test_wait (&f->agent->n_shown);
  /* A signal that is not death leaves the question alone. */
  pst_peer_notify (f->sandbox->gate, PST_GATE_INTERRUPTED, g_variant_new ("(t)", f->sandbox->last_ask), NULL, 0);
  test_settle (f->broker);
  g_assert_false (ask->done);
  g_assert_no_errno (kill (child, SIGKILL));
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_KILLED);
  test_wait (&f->agent->n_withdrawn);
  waitpid (child, NULL, 0);
}

static void
test_restart (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg"), *x = test_path (f->broker, "Documents/x.txt"),
                  *app = g_strdup (f->sandbox->app_id);
  TestAsk *ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  guint64 number = f->sandbox->number;
  TestSandbox *old = f->sandbox;
  TestAgent *old_agent = f->agent;

  /* Allowed for this run only, and a question open: both survive. */
  test_wait (&f->agent->n_shown);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  ask = test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait_count (&f->agent->n_shown, 2);
  test_broker_stop (f->broker, SIGKILL);
  test_wait (&old->gate_closed);
  test_wait (&old_agent->gone);
  g_free (ask);

  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", TEST_DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", TEST_DISPLAY, FALSE, number, app);
  g_assert_cmpuint (f->sandbox->number, ==, number);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  ask = test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->agent->n_shown);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  test_sandbox_free (old);
  test_agent_free (old_agent);
}

static void
test_agent_restart (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");
  TestAsk *ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  guint64 question;

  test_wait (&f->agent->n_shown);
  question = f->agent->question;
  test_agent_free (f->agent);
  f->agent = test_agent_new (f->broker, "gtk", TEST_DISPLAY);
  test_wait (&f->agent->n_shown);
  g_assert_cmpuint (f->agent->question, ==, question);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
}

static void
test_nobody (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");

  test_agent_free (f->agent);
  f->agent = NULL;
  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", NULL, FALSE, 0, NULL);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP)), ==, PST_OUTCOME_DENY);
  test_wait (&f->sandbox->n_notices);
  /* Not stored: with an agent it is asked. */
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
}

static void
test_terminal (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg"), *target = NULL;
  TestAgent *tty;
  TestAsk *ask;

  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", NULL, TRUE, 0, NULL);
  ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->sandbox->n_text_agents);
  target = g_strdup_printf ("%" G_GUINT64_FORMAT, f->sandbox->number);
  tty = test_agent_new (f->broker, "tty", target);
  test_wait (&tty->n_shown);
  g_assert_cmpuint (f->agent->n_shown, ==, 0);
  test_agent_answer (tty, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  test_agent_free (tty);
}

static void
test_timeout (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");
  TestAsk *ask;

  test_sandbox_free (f->sandbox);
  test_agent_free (f->agent);
  test_broker_stop (f->broker, SIGTERM);
  test_broker_start (f->broker, "--question-timeout=1");
  f->agent = test_agent_new (f->broker, "gtk", TEST_DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", TEST_DISPLAY, FALSE, 0, NULL);
  ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  test_wait (&f->sandbox->n_notices);
  test_wait (&f->agent->n_withdrawn);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
}

static void
test_hostile_gate (TestWorld *f, gconstpointer data)
{
  static const char *const paths[] = { "/etc/passwd", "relative", "/home/../etc", "//home" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      TestSandbox *sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", TEST_DISPLAY, FALSE, 0, NULL);
      TestAsk *ask = test_ask (sandbox, paths[i], PST_ACCESS_VIEW, PST_OP_LOOKUP);

      test_wait (&sandbox->gate_closed);
      test_wait (&sandbox->n_terminated);
      g_assert_cmpuint (ask->outcome, ==, 0);
      g_free (ask);
      test_sandbox_free (sandbox);
    }
  g_assert_cmpuint (f->agent->n_shown, ==, 0);
}

/* The asks of both gates are in one table: one that has been taken over takes back none of the other's, by whatever number. */
static void
test_gates_apart (TestWorld *f, gconstpointer data)
{
  TestAsk *call = test_ask_bus (f->sandbox, "session", "org.example.Service", "org.example.Service", "Do");
  guint64 number = f->sandbox->last_ask, inner = number | G_GUINT64_CONSTANT (1) << 63;

  test_wait (&f->agent->n_shown);
  for (gsize i = 0; i < 2; i++)
    {
      pst_peer_notify (f->sandbox->gate, PST_GATE_WITHDRAW, g_variant_new ("(t)", i == 0 ? number : inner), NULL, 0);
      pst_peer_notify (f->sandbox->gate, PST_GATE_INTERRUPTED, g_variant_new ("(t)", i == 0 ? number : inner), NULL, 0);
    }
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_withdrawn, ==, 0);
  g_assert_cmpuint (call->done, ==, 0);
  /* … and an answer still reaches its own. */
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (call), ==, PST_OUTCOME_RETRY);

  /* The control: what the proxy takes back is gone. */
  f->agent->n_shown = 0;
  call = test_ask_bus (f->sandbox, "session", "org.example.Other", "org.example.Other", "Do");
  test_wait (&f->agent->n_shown);
  pst_peer_notify (f->sandbox->bus, PST_BUS_WITHDRAW, g_variant_new ("(t)", f->sandbox->last_ask), NULL, 0);
  test_wait (&f->agent->n_withdrawn);
  g_assert_cmpint (test_outcome (call), ==, PST_OUTCOME_DENY);
}

/* Nobody can be told to end who is stopped, as any program can make its own supervisor be: it is ended all the same. */
static void
test_stopped_supervisor (TestWorld *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  g_autoptr (GVariant) granted = NULL;
  struct pollfd end = { .events = POLLIN };
  pid_t pid;
  int status;

  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  pid = fork ();
  if (pid == 0)
    {
      test_sandbox_new (f->broker, "/usr/bin/cat", TEST_DISPLAY, FALSE, 0, NULL);
      raise (SIGSTOP);
      _exit (99);
    }
  g_assert_cmpint (waitpid (pid, &status, WUNTRACED), ==, pid);
  g_assert_true (WIFSTOPPED (status));
  granted = test_control_call (f->broker, PST_CONTROL_GRANT,
                               test_grant_args ("cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_DENY, PST_LIFETIME_ALWAYS));
  end.fd = (int)syscall (SYS_pidfd_open, pid, 0);
  if (poll (&end, 1, 10000) != 1)
    {
      kill (pid, SIGKILL);
      g_error ("it was left stopped, with all that it had");
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  close (end.fd);
}

/* A gate that cannot be told of a revocation any more does not go on with what it was told before. */
static void
test_gate_breaks_off (TestWorld *f, gconstpointer data)
{
  pst_peer_close (f->sandbox->gate);
  test_wait (&f->sandbox->n_terminated);
}

/* A connection speaks its own interface only. */
static void
test_roles (TestWorld *f, gconstpointer data)
{
  static const struct
  {
    const char *role, *member;
    int error;
  } cases[] = {
    { "agent", "ListApps", PST_PEER_ERROR_CLOSED },
    { "control", "Register", PST_PEER_ERROR_REMOTE }, /* told that it is too new */
    { "launcher", "ListApps", PST_PEER_ERROR_CLOSED },
    { "launcher", "Answer", PST_PEER_ERROR_CLOSED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PstPeer) peer = test_connect (f->broker, cases[i].role);
      g_autoptr (GError) error = NULL;
      g_autoptr (PstMessage) reply = pst_peer_call_sync (peer, cases[i].member, NULL, NULL, 0, 10000, &error);

      g_assert_null (reply);
      g_assert_error (error, PST_PEER_ERROR, cases[i].error);
    }
}

static void
test_broken_store (TestWorld *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->broker->data, "postern", "grants.db", NULL),
                  *wal = g_strconcat (path, "-wal", NULL);
  g_autofree char *sentence = NULL, *content = NULL;
  g_autoptr (PstPeer) control = NULL;
  g_autoptr (GVariant) status = NULL, dict = NULL;
  const char *database;

  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  test_agent_free (f->agent);
  f->agent = NULL;
  test_broker_stop (f->broker, SIGTERM);
  g_remove (wal);
  g_assert_true (g_file_set_contents (path, "this is no database, but somebody's only copy of something", -1, NULL));
  test_broker_start (f->broker, NULL);
  control = test_connect (f->broker, "control");
  sentence = test_call_fails (control, PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", ""));
  g_assert_nonnull (strstr (sentence, path));
  status = test_call (control, PST_CONTROL_GET_STATUS, NULL);
  dict = g_variant_get_child_value (status, 0);
  g_assert_true (g_variant_lookup (dict, "database", "&s", &database));
  g_assert_cmpstr (database, ==, sentence);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "this is no database, but somebody's only copy of something");
  /* Moved away, the broker goes on without being started again. */
  g_assert_no_errno (g_remove (path));
  g_variant_unref (test_call (control, PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", "")));
}

static void
test_events (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autoptr (GVariant) reply = NULL, list = NULL;
  g_autoptr (GString) what = g_string_new (NULL);
  TestAsk *ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);

  test_wait (&f->agent->n_shown);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  reply = test_call (control, PST_CONTROL_LIST_EVENTS, g_variant_new ("(su)", "cat", 100u));
  list = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) event = g_variant_get_child_value (list, i);
      g_autoptr (GVariant) word = g_variant_get_child_value (event, 3);

      g_string_append_printf (what, "%s ", g_variant_get_string (word, NULL));
    }
  g_assert_nonnull (strstr (what->str, "started"));
  g_assert_nonnull (strstr (what->str, "asked"));
  g_assert_nonnull (strstr (what->str, "granted"));
}

static char *
boot_id (void)
{
  char *text;

  g_assert_true (g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL));
  return g_strstrip (text);
}

/* What is stored while no broker runs: of "app", in a folder with the name. */
static void
store_ending (TestBroker *broker, PstStore *store, const char *name, PstLifetime lifetime, gint64 until, const char *boot,
              const char *login)
{
  g_autofree char *path = test_path (broker, name);
  g_autoptr (GError) error = NULL;
  PstStoredRule rule = { .app = (char *)"app",
                         .kind = PST_KIND_FILES,
                         .resource = path,
                         .real = path,
                         .scope = PST_SCOPE_TREE,
                         .access = PST_ACCESS_VIEW,
                         .answer = PST_ANSWER_ALLOW,
                         .lifetime = lifetime,
                         .until = until,
                         .boot = (char *)boot,
                         .login = (char *)login,
                         .created = g_get_real_time () / G_USEC_PER_SEC };

  g_assert_cmpuint (pst_store_add_rule (store, &rule, NULL, NULL, &error), !=, 0);
  g_assert_no_error (error);
}

/* The names of the folders, in the order in which they were stored. */
static char *
stored_names (TestBroker *broker)
{
  g_autoptr (GVariant) reply = test_control_call (broker, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", "app")),
                       list = g_variant_get_child_value (reply, 0);
  GString *names = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (list, i), path = g_variant_get_child_value (entry, 3);
      g_autofree char *base = g_path_get_basename (g_variant_get_bytestring (path));

      g_string_append_printf (names, " %s", base);
    }
  return g_string_free (names, FALSE);
}

/* Of many rules of a few logins each is judged by its own. */
static void
test_over (TestWorld *f, gconstpointer data)
{
  g_autofree char *file = g_build_filename (f->broker->data, "postern", "grants.db", NULL), *boot = boot_id (), *names = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (GError) error = NULL;
  g_autoptr (PstStore) store = NULL;

  test_broker_stop (f->broker, SIGTERM);
  store = pst_store_open (file, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *dead = g_strdup_printf ("dead-%d", i), *other = g_strdup_printf ("other-%d", i),
                      *none = g_strdup_printf ("none-%d", i), *old = g_strdup_printf ("old-%d", i),
                      *past = g_strdup_printf ("past-%d", i), *later = g_strdup_printf ("later-%d", i),
                      *always = g_strdup_printf ("always-%d", i);

      store_ending (f->broker, store, dead, PST_LIFETIME_SESSION, 0, boot, "no-such-login");
      store_ending (f->broker, store, none, PST_LIFETIME_SESSION, 0, boot, "");
      store_ending (f->broker, store, other, PST_LIFETIME_SESSION, 0, boot, "none-such either");
      store_ending (f->broker, store, old, PST_LIFETIME_SESSION, 0, "another boot", "");
      store_ending (f->broker, store, past, PST_LIFETIME_UNTIL, now - 5, "", "");
      store_ending (f->broker, store, later, PST_LIFETIME_UNTIL, now + 100000, "", "");
      store_ending (f->broker, store, always, PST_LIFETIME_ALWAYS, 0, "", "");
    }
  g_clear_pointer (&store, pst_store_close);
  test_broker_start (f->broker, NULL);
  names = stored_names (f->broker);
  g_assert_cmpstr (names, ==, " none-0 later-0 always-0 none-1 later-1 always-1");
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/broker/" name, TestWorld, NULL, test_world_set_up, function, test_world_tear_down)
  ADD ("killed", test_killed);
  ADD ("restart", test_restart);
  ADD ("agent-restart", test_agent_restart);
  ADD ("nobody", test_nobody);
  ADD ("terminal", test_terminal);
  ADD ("timeout", test_timeout);
  ADD ("stopped-supervisor", test_stopped_supervisor);
  ADD ("gate-breaks-off", test_gate_breaks_off);
  ADD ("hostile-gate", test_hostile_gate);
  ADD ("gates-apart", test_gates_apart);
  ADD ("roles", test_roles);
  ADD ("broken-store", test_broken_store);
  ADD ("events", test_events);
  ADD ("over", test_over);
#undef ADD
  return g_test_run ();
}
