/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker as its peers see it: a real postern-broker, real sockets, a scripted supervisor, gate and agent. */
#include <signal.h>
#include <string.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "test-harness.h"

#define DISPLAY ":test"

typedef struct
{
  TestBroker *broker;
  TestAgent *agent;
  TestSandbox *sandbox;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/a.jpg");
  test_make_file (f->broker, "Pictures/2026/b.jpg");
  test_make_file (f->broker, "Documents/x.txt");
  test_make_file (f->broker, ".ssh/id_rsa");
  test_make_file (f->broker, "Projects/p/file");
  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, data ? data : "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->sandbox, test_sandbox_free);
  g_clear_pointer (&f->agent, test_agent_free);
  test_broker_free (f->broker);
}

static PstAnswer
decide (TestSandbox *sandbox, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (sandbox->ruleset, path, access, &decision);
  return decision.answer;
}

static void
test_allow (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *file = test_path (f->broker, "Pictures/a.jpg");
  const TestTree *tree;
  struct stat st;
  TestAsk *ask;

  g_assert_cmpint (decide (f->sandbox, file, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  ask = test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->agent->n_shown);
  g_assert_cmpstr (test_agent_string (f->agent, "title"), ==, "Allow “cat” to view your Pictures?");
  g_assert_cmpstr (test_agent_string (f->agent, "warning"), ==, "");
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);

  /* By then the policy was there and the tree attached, with the identity that was shown. */
  g_assert_cmpint (decide (f->sandbox, file, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 1);
  tree = f->sandbox->trees->pdata[0];
  g_assert_cmpstr (tree->path, ==, pictures);
  g_assert_cmpstr (tree->real, ==, pictures);
  g_assert_cmpuint (tree->kind, ==, PST_TREE_TREE);
  g_assert_cmpuint (tree->access, ==, PST_ACCESS_VIEW);
  g_assert_true (tree->live);
  g_assert_no_errno (stat (pictures, &st));
  g_assert_cmpuint (tree->device, ==, st.st_dev);
  g_assert_cmpuint (tree->inode, ==, st.st_ino);

  /* What the rules allow is attached without a person, here and in the next sandbox; there by the stored path. */
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  tree = f->sandbox->trees->pdata[0];
  g_assert_cmpuint (tree->inode, ==, 0);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
}

static void
test_deny_cools_down (Fixture *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg"), *b = test_path (f->broker, "Pictures/2026");
  TestAsk *ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);

  test_wait (&f->agent->n_shown);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  g_assert_cmpint (decide (f->sandbox, b, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, b, PST_ACCESS_CHANGE, PST_OP_MKDIR)), ==, PST_OUTCOME_DENY);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 0);

  /* The next run asks again. */
  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_free (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP));
  test_wait_count (&f->agent->n_shown, 2);
}

static void
test_one_question (Fixture *f, gconstpointer data)
{
  TestAsk *asks[100];

  for (guint i = 0; i < G_N_ELEMENTS (asks); i++)
    {
      g_autofree char *name = g_strdup_printf ("Pictures/%u.jpg", i), *path = test_path (f->broker, name);

      asks[i] = test_ask (f->sandbox, path, PST_ACCESS_VIEW, PST_OP_LOOKUP);
    }
  test_wait (&f->agent->n_shown);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ONCE);
  for (guint i = 0; i < G_N_ELEMENTS (asks); i++)
    g_assert_cmpint (test_outcome (asks[i]), ==, PST_OUTCOME_RETRY);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 1);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
}

static void
test_two_questions (Fixture *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg"), *x = test_path (f->broker, "Documents/x.txt");
  g_auto (GStrv) waiting = NULL;
  TestAsk *first = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP), *second;
  guint64 question;

  test_wait (&f->agent->n_shown);
  question = f->agent->question;
  second = test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait_count (&f->agent->n_shown, 2);
  /* The same question, with a line for the other. */
  g_assert_cmpuint (f->agent->question, ==, question);
  g_assert_true (g_variant_lookup (f->agent->details, "waiting", "^as", &waiting));
  g_assert_cmpuint (g_strv_length (waiting), ==, 1);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (first), ==, PST_OUTCOME_DENY);
  test_wait_count (&f->agent->n_shown, 3);
  g_assert_cmpuint (f->agent->question, !=, question);
  g_assert_false (second->done);
  test_agent_answer (f->agent, PST_ANSWER_HIDE, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (second), ==, PST_OUTCOME_HIDE);
}

static void
test_view_is_not_change (Fixture *f, gconstpointer data)
{
  g_autofree char *path = test_path (f->broker, "Documents/new.txt");
  TestAsk *ask = test_ask (f->sandbox, path, PST_ACCESS_CHANGE, PST_OP_CREATE);
  g_autoptr (GVariant) accesses = NULL;
  guint32 preselected;

  test_wait (&f->agent->n_shown);
  g_assert_true (g_variant_lookup (f->agent->details, "access", "u", &preselected));
  accesses = g_variant_lookup_value (f->agent->details, "accesses", G_VARIANT_TYPE ("a(us)"));
  g_assert_cmpuint (g_variant_n_children (accesses), ==, 3);
  g_assert_cmpuint (preselected, ==, 1);
  /* Only looking is allowed: the rest is refused without a second dialog. */
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
  g_assert_cmpint (decide (f->sandbox, path, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (decide (f->sandbox, path, PST_ACCESS_CHANGE), ==, PST_ANSWER_DENY);
}

static GVariant *
grant_args (const char *app, const char *path, PstAccess access, PstAnswer answer)
{
  return g_variant_new ("(su^ayuuuux)", app, (guint32)PST_KIND_FILES, path, 0u, (guint32)access, (guint32)answer,
                        (guint32)PST_LIFETIME_ALWAYS, (gint64)0);
}

static void
on_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  GVariant **result = data;

  g_assert_no_error (error);
  *result = g_variant_ref (reply->args);
}

static void
no_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  g_assert_not_reached ();
}

/* While gates have to acknowledge, the test's own loop must run. */
static GVariant *
control_call (Fixture *f, const char *member, GVariant *args)
{
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  GVariant *result = NULL;
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  pst_peer_start (control, no_message, NULL, NULL);
  pst_peer_call (control, member, args, NULL, 0, on_reply, &result);
  while (!result)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, TRUE);
    }
  return result;
}

static GVariant *
grant (Fixture *f, const char *path, PstAccess access, PstAnswer answer)
{
  return control_call (f, PST_CONTROL_GRANT, grant_args ("cat", path, access, answer));
}

/* Only one file is allowed: the folders on the way to it need no further question. */
static void
test_narrow (Fixture *f, gconstpointer data)
{
  g_autofree char *folder = test_path (f->broker, "Pictures/2026"), *file = test_path (f->broker, "Pictures/a.jpg");
  g_autofree char *deep = test_path (f->broker, "Pictures/2026/b.jpg");
  TestAsk *way = test_ask (f->sandbox, folder, PST_ACCESS_VIEW, PST_OP_LOOKUP), *other;
  GVariant *result;

  test_wait (&f->agent->n_shown);
  other = test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_settle (f->broker);
  result = grant (f, deep, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  g_variant_unref (result);
  g_assert_cmpint (test_outcome (way), ==, PST_OUTCOME_RETRY);
  /* What that does not cover goes on waiting. */
  g_assert_false (other->done);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (other), ==, PST_OUTCOME_DENY);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, deep, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_cmpuint (((TestTree *)f->sandbox->trees->pdata[0])->kind, ==, PST_TREE_FILE);
}

static void
test_missing (Fixture *f, gconstpointer data)
{
  g_autofree char *outside = test_path (f->broker, "nothing"), *behind = test_path (f->broker, "Pictures/nothing.jpg");

  /* Nothing of this name in the home: told at once. */
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, outside, PST_ACCESS_VIEW, PST_OP_LOOKUP)), ==, PST_OUTCOME_HIDE);
  g_assert_cmpuint (f->agent->n_shown, ==, 0);
  /* Whether there is one behind a closed door is not. */
  g_free (test_ask (f->sandbox, behind, PST_ACCESS_VIEW, PST_OP_LOOKUP));
  test_wait (&f->agent->n_shown);
}

static void
test_private (Fixture *f, gconstpointer data)
{
  g_autofree char *path = test_path (f->broker, "new-entry");
  TestAsk *ask = test_ask (f->sandbox, path, PST_ACCESS_CHANGE, PST_OP_CREATE);
  gboolean private_ok = FALSE;

  test_wait (&f->agent->n_shown);
  g_assert_true (g_variant_lookup (f->agent->details, "private_ok", "b", &private_ok));
  g_assert_true (private_ok);
  g_assert_cmpstr (test_agent_string (f->agent, "title"), ==, "Allow “cat” to create “new-entry” in your Home?");
  test_agent_answer (f->agent, PST_ANSWER_PRIVATE, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  g_assert_cmpint (decide (f->sandbox, path, PST_ACCESS_CHANGE), ==, PST_ANSWER_PRIVATE);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 0);
}

/* A program that goes on making new things in the home does not go on asking. */
static void
test_nuisance (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("new-%u", i), *path = test_path (f->broker, name);
      TestAsk *ask = test_ask (f->sandbox, path, PST_ACCESS_CHANGE, PST_OP_CREATE);

      if (i < 3)
        {
          test_wait_count (&f->agent->n_shown, i + 1);
          test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
        }
      g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
    }
  g_assert_cmpuint (f->agent->n_shown, ==, 3);
}

/* Nor does one that asks for everything at once fill the screen, or the broker. */
static void
test_flood (Fixture *f, gconstpointer data)
{
  GPtrArray *asks = g_ptr_array_new ();
  guint denied = 0;

  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf ("flood-%u", i), *path = test_path (f->broker, name);

      g_ptr_array_add (asks, test_ask (f->sandbox, path, PST_ACCESS_CHANGE, PST_OP_CREATE));
    }
  test_wait_count (&f->agent->n_shown, 1);
  /* The last is among those that are refused. */
  test_wait (&((TestAsk *)asks->pdata[asks->len - 1])->done);
  test_settle (f->broker);
  for (guint i = 0; i < asks->len; i++)
    denied += ((TestAsk *)asks->pdata[i])->done;
  g_assert_cmpuint (denied, ==, 5000 - 32);
  test_broker_stop (f->broker, SIGTERM);
  test_wait (&f->sandbox->gate_closed);
  for (guint i = 0; i < asks->len; i++)
    {
      test_wait (&((TestAsk *)asks->pdata[i])->done);
      g_free (asks->pdata[i]);
    }
  g_ptr_array_unref (asks);
}

static void
test_protected_link (Fixture *f, gconstpointer data)
{
  g_autofree char *link = test_path (f->broker, "Documents/x"), *ssh = test_path (f->broker, ".ssh");
  g_autoptr (GVariant) scopes = NULL;
  TestAsk *ask;

  g_assert_no_errno (symlink (ssh, link));
  ask = test_ask (f->sandbox, link, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->agent->n_shown);
  g_assert_cmpstr (test_agent_string (f->agent, "warning"), !=, "");
  g_assert_nonnull (strstr (test_agent_string (f->agent, "resource"), ssh));
  scopes = g_variant_lookup_value (f->agent->details, "scopes", G_VARIANT_TYPE ("a(ss)"));
  g_assert_cmpuint (g_variant_n_children (scopes), ==, 1);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
}

static void
test_swapped (Fixture *f, gconstpointer data)
{
  g_autofree char *folder = test_path (f->broker, "Projects"), *aside = test_path (f->broker, "aside"),
                  *file = test_path (f->broker, "Projects/p");
  g_autofree char *ssh = test_path (f->broker, ".ssh");
  TestAsk *ask = test_ask (f->sandbox, folder, PST_ACCESS_VIEW, PST_OP_LOOKUP);

  test_wait (&f->agent->n_shown);
  g_assert_no_errno (g_rename (folder, aside));
  g_assert_no_errno (symlink (ssh, folder));
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 0);
  g_assert_cmpint (decide (f->sandbox, file, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  test_wait (&f->sandbox->n_notices);
}

/* The swap happens after the broker has looked: the supervisor finds it. */
static void
test_swapped_at_attach (Fixture *f, gconstpointer data)
{
  g_autofree char *folder = test_path (f->broker, "Projects"), *aside = test_path (f->broker, "aside");
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autoptr (GVariant) grants = NULL, list = NULL;
  TestAsk *ask = test_ask (f->sandbox, folder, PST_ACCESS_VIEW, PST_OP_LOOKUP);

  test_wait (&f->agent->n_shown);
  f->sandbox->swap = folder;
  f->sandbox->swap_to = aside;
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  test_wait_count (&f->sandbox->n_policies, 3);
  g_assert_cmpint (decide (f->sandbox, folder, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  grants = test_call (control, PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", "cat"));
  list = g_variant_get_child_value (grants, 0);
  g_assert_cmpuint (g_variant_n_children (list), ==, 0);
}

static void
test_control (Fixture *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg");
  g_autofree char *secret = test_path (f->broker, "Pictures/2026");
  g_autoptr (GVariant) granted = NULL, again = NULL, revoked = NULL, why = NULL, denied = NULL;
  g_autofree char *explanation = NULL;
  TestAsk *ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  guint64 id, id2, rule;
  gboolean replaced;
  guint32 removed, answer;

  /* A grant by command settles the open question and takes it off the screen. */
  test_wait (&f->agent->n_shown);
  granted = control_call (f, PST_CONTROL_GRANT, grant_args ("cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW));
  g_variant_get (granted, "(tb)", &id, &replaced);
  g_assert_false (replaced);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  test_wait (&f->agent->n_withdrawn);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 1);

  again = control_call (f, PST_CONTROL_GRANT, grant_args ("cat", pictures, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW));
  g_variant_get (again, "(tb)", &id2, &replaced);
  g_assert_true (replaced);
  g_assert_cmpuint (id, !=, id2);
  /* The tree that only allowed looking has gone when the grant is confirmed. */
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_CHANGE, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_true (((TestTree *)f->sandbox->trees->pdata[0])->live);

  /* Something forbidden below: it is no longer mounted, but served. */
  denied = control_call (f, PST_CONTROL_GRANT, grant_args ("cat", secret, PST_ACCESS_VIEW, PST_ANSWER_DENY));
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_CHANGE, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_false (((TestTree *)f->sandbox->trees->pdata[0])->live);

  why = control_call (f, PST_CONTROL_WHY, g_variant_new ("(s^ayu)", "cat", a, (guint32)PST_ACCESS_VIEW));
  g_variant_get (why, "(uts)", &answer, &rule, &explanation);
  g_assert_cmpuint (answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (rule, ==, id2);
  g_assert_nonnull (strstr (explanation, pictures));

  revoked = control_call (f, PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", "cat", pictures));
  g_variant_get_child (revoked, 0, "u", &removed);
  g_assert_cmpuint (removed, ==, 1);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (decide (f->sandbox, secret, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
}

/* All of Home is allowed, but an entry that is a link leads elsewhere: that is a question of its own, and one refusal ends it.
 */
static void
test_link_in_home (Fixture *f, gconstpointer data)
{
  g_autofree char *link = test_path (f->broker, "link"), *target = test_path (f->broker, "Projects/p");
  g_autofree char *file = test_path (f->broker, "Projects/p/file");
  TestAsk *ask;

  g_assert_no_errno (symlink (target, link));
  g_variant_unref (grant (f, f->broker->home, PST_ACCESS_VIEW, PST_ANSWER_ALLOW));
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_LOOKUP)), ==, PST_OUTCOME_RETRY);
  g_assert_cmpuint (f->agent->n_shown, ==, 0);
  ask = test_ask (f->sandbox, link, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->agent->n_shown);
  g_assert_nonnull (strstr (test_agent_string (f->agent, "resource"), target));
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, link, PST_ACCESS_VIEW, PST_OP_LOOKUP)), ==, PST_OUTCOME_DENY);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
}

static void
test_killed (Fixture *f, gconstpointer data)
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
test_restart (Fixture *f, gconstpointer data)
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
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, number, app);
  g_assert_cmpuint (f->sandbox->number, ==, number);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  ask = test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->agent->n_shown);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  test_sandbox_free (old);
  test_agent_free (old_agent);
}

static void
test_agent_restart (Fixture *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");
  TestAsk *ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  guint64 question;

  test_wait (&f->agent->n_shown);
  question = f->agent->question;
  test_agent_free (f->agent);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  test_wait (&f->agent->n_shown);
  g_assert_cmpuint (f->agent->question, ==, question);
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
}

static void
test_nobody (Fixture *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");

  test_agent_free (f->agent);
  f->agent = NULL;
  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", NULL, FALSE, 0, NULL);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP)), ==, PST_OUTCOME_DENY);
  test_wait (&f->sandbox->n_notices);
  /* Not stored: with an agent it is asked. */
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
}

static void
test_terminal (Fixture *f, gconstpointer data)
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
test_timeout (Fixture *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg");
  TestAsk *ask;

  test_sandbox_free (f->sandbox);
  test_agent_free (f->agent);
  test_broker_stop (f->broker, SIGTERM);
  test_broker_start (f->broker, "--question-timeout=1");
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  test_wait (&f->sandbox->n_notices);
  test_wait (&f->agent->n_withdrawn);
  g_assert_cmpint (decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
}

static void
test_hostile_gate (Fixture *f, gconstpointer data)
{
  static const char *const paths[] = { "/etc/passwd", "relative", "/home/../etc", "//home" };

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      TestSandbox *sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
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
test_gates_apart (Fixture *f, gconstpointer data)
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
test_stopped_supervisor (Fixture *f, gconstpointer data)
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
      test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
      raise (SIGSTOP);
      _exit (99);
    }
  g_assert_cmpint (waitpid (pid, &status, WUNTRACED), ==, pid);
  g_assert_true (WIFSTOPPED (status));
  granted = control_call (f, PST_CONTROL_GRANT, grant_args ("cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_DENY));
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
test_gate_breaks_off (Fixture *f, gconstpointer data)
{
  pst_peer_close (f->sandbox->gate);
  test_wait (&f->sandbox->n_terminated);
}

/* A connection speaks its own interface only. */
static void
test_roles (Fixture *f, gconstpointer data)
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
test_broken_store (Fixture *f, gconstpointer data)
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
test_events (Fixture *f, gconstpointer data)
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

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/broker/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("allow", test_allow);
  ADD ("deny-cools-down", test_deny_cools_down);
  ADD ("one-question", test_one_question);
  ADD ("two-questions", test_two_questions);
  ADD ("view-is-not-change", test_view_is_not_change);
  ADD ("narrow", test_narrow);
  ADD ("missing", test_missing);
  ADD ("private", test_private);
  ADD ("nuisance", test_nuisance);
  ADD ("flood", test_flood);
  ADD ("protected-link", test_protected_link);
  ADD ("swapped", test_swapped);
  ADD ("swapped-at-attach", test_swapped_at_attach);
  ADD ("control", test_control);
  ADD ("link-in-home", test_link_in_home);
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
#undef ADD
  return g_test_run ();
}
