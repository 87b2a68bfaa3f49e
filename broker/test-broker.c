/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker as its peers see it: a real postern-broker, real sockets, a scripted supervisor, gate and agent. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "test-world.h"

static void
test_allow (TestWorld *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *file = test_path (f->broker, "Pictures/a.jpg");
  const TestTree *tree;
  struct stat st;
  TestAsk *ask;

  g_assert_cmpint (test_decide (f->sandbox, file, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  ask = test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_LOOKUP);
  test_wait (&f->agent->n_shown);
  g_assert_cmpstr (test_agent_string (f->agent, "title"), ==, "Allow “cat” to view your Pictures?");
  g_assert_cmpstr (test_agent_string (f->agent, "warning"), ==, "");
  test_agent_answer (f->agent, PST_ANSWER_ALLOW, 0, 0, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);

  /* By then the policy was there and the tree attached, with the identity that was shown. */
  g_assert_cmpint (test_decide (f->sandbox, file, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
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
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", TEST_DISPLAY, FALSE, 0, NULL);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  tree = f->sandbox->trees->pdata[0];
  g_assert_cmpuint (tree->inode, ==, 0);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
}

static void
test_deny_cools_down (TestWorld *f, gconstpointer data)
{
  g_autofree char *a = test_path (f->broker, "Pictures/a.jpg"), *b = test_path (f->broker, "Pictures/2026");
  TestAsk *ask = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP);

  test_wait (&f->agent->n_shown);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  g_assert_cmpint (test_decide (f->sandbox, b, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, b, PST_ACCESS_CHANGE, PST_OP_MKDIR)), ==, PST_OUTCOME_DENY);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 0);

  /* The next run asks again. */
  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", TEST_DISPLAY, FALSE, 0, NULL);
  g_free (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP));
  test_wait_count (&f->agent->n_shown, 2);
}

static void
test_one_question (TestWorld *f, gconstpointer data)
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
test_two_questions (TestWorld *f, gconstpointer data)
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
test_view_is_not_change (TestWorld *f, gconstpointer data)
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
  g_assert_cmpint (test_decide (f->sandbox, path, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (test_decide (f->sandbox, path, PST_ACCESS_CHANGE), ==, PST_ANSWER_DENY);
}

static GVariant *
grant (TestWorld *f, const char *path, PstAccess access, PstAnswer answer)
{
  return test_control_call (f->broker, PST_CONTROL_GRANT, test_grant_args ("cat", path, access, answer, PST_LIFETIME_ALWAYS));
}

/* Only one file is allowed: the folders on the way to it need no further question. */
static void
test_narrow (TestWorld *f, gconstpointer data)
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
test_missing (TestWorld *f, gconstpointer data)
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
test_private (TestWorld *f, gconstpointer data)
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
  g_assert_cmpint (test_decide (f->sandbox, path, PST_ACCESS_CHANGE), ==, PST_ANSWER_PRIVATE);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 0);
}

/* A program that goes on making new things in the home does not go on asking. */
static void
test_nuisance (TestWorld *f, gconstpointer data)
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
test_flood (TestWorld *f, gconstpointer data)
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
test_protected_link (TestWorld *f, gconstpointer data)
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
test_swapped (TestWorld *f, gconstpointer data)
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
  g_assert_cmpint (test_decide (f->sandbox, file, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  test_wait (&f->sandbox->n_notices);
}

/* The swap happens after the broker has looked: the supervisor finds it. */
static void
test_swapped_at_attach (TestWorld *f, gconstpointer data)
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
  g_assert_cmpint (test_decide (f->sandbox, folder, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  grants = test_call (control, PST_CONTROL_LIST_GRANTS, g_variant_new ("(s)", "cat"));
  list = g_variant_get_child_value (grants, 0);
  g_assert_cmpuint (g_variant_n_children (list), ==, 0);
}

static void
test_control (TestWorld *f, gconstpointer data)
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
  granted = test_control_call (f->broker, PST_CONTROL_GRANT,
                               test_grant_args ("cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS));
  g_variant_get (granted, "(tb)", &id, &replaced);
  g_assert_false (replaced);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  test_wait (&f->agent->n_withdrawn);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 1);

  again = test_control_call (f->broker, PST_CONTROL_GRANT,
                             test_grant_args ("cat", pictures, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS));
  g_variant_get (again, "(tb)", &id2, &replaced);
  g_assert_true (replaced);
  g_assert_cmpuint (id, !=, id2);
  /* The tree that only allowed looking has gone when the grant is confirmed. */
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_CHANGE, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_true (((TestTree *)f->sandbox->trees->pdata[0])->live);

  /* Something forbidden below: it is no longer mounted, but served. */
  denied = test_control_call (f->broker, PST_CONTROL_GRANT,
                              test_grant_args ("cat", secret, PST_ACCESS_VIEW, PST_ANSWER_DENY, PST_LIFETIME_ALWAYS));
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_CHANGE, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_false (((TestTree *)f->sandbox->trees->pdata[0])->live);

  why = test_control_call (f->broker, PST_CONTROL_WHY, g_variant_new ("(s^ayu)", "cat", a, (guint32)PST_ACCESS_VIEW));
  g_variant_get (why, "(uts)", &answer, &rule, &explanation);
  g_assert_cmpuint (answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (rule, ==, id2);
  g_assert_nonnull (strstr (explanation, pictures));

  revoked = test_control_call (f->broker, PST_CONTROL_REVOKE, g_variant_new ("(s^ay)", "cat", pictures));
  g_variant_get_child (revoked, 0, "u", &removed);
  g_assert_cmpuint (removed, ==, 1);
  g_assert_cmpuint (f->sandbox->trees->len, ==, 0);
  g_assert_cmpint (test_decide (f->sandbox, a, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (test_decide (f->sandbox, secret, PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
}

/* All of Home is allowed, but an entry that is a link leads elsewhere: that is a question of its own, and one refusal ends it.
 */
static void
test_link_in_home (TestWorld *f, gconstpointer data)
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

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/broker/" name, TestWorld, NULL, test_world_set_up, function, test_world_tear_down)
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
#undef ADD
  return g_test_run ();
}
