/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the manager asks of the broker about an application as a whole: locked, strict, started afresh, stopped. */
#include <signal.h>
#include <string.h>

#include "postern-ipc.h"
#include "test-control.h"

static guint64
set_app (TestControl *f, const char *app, const char *key, gboolean value)
{
  GVariantBuilder changes;
  g_autoptr (GVariant) reply = NULL;
  guint64 number;

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", key, g_variant_new_boolean (value));
  reply = test_control_call (f->broker, PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", app, &changes));
  g_variant_get (reply, "(t)", &number);
  return number;
}

static gboolean
app_boolean (TestControl *f, const char *app, const char *key)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_GET_APP, g_variant_new ("(s)", app)),
                       details = g_variant_get_child_value (reply, 0);
  gboolean value;

  g_assert_true (g_variant_lookup (details, key, "b", &value));
  return value;
}

static gboolean
has_event (TestControl *f, const char *app, const char *what, const char *resource)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_LIST_EVENTS, g_variant_new ("(su)", app, 100u));
  g_autoptr (GVariantIter) iter = NULL;
  const char *word, *path;

  g_variant_get (reply, "(a(xstsayuuus))", &iter);
  while (g_variant_iter_next (iter, "(x&st&s^&ayuuu&s)", NULL, NULL, NULL, &word, &path, NULL, NULL, NULL, NULL))
    if (strcmp (word, what) == 0 && strcmp (path, resource) == 0)
      return TRUE;
  return FALSE;
}

/* Nothing is asked any more, from now on and in what runs; what is allowed stays allowed; unlocked, it is asked again. */
static void
test_locked (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *a = test_path (f->broker, "Pictures/a.jpg"),
                  *x = test_path (f->broker, "Documents/x.txt"), *sentence = NULL;
  TestAsk *open = test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_LOOKUP), *ask;
  g_autoptr (GVariant) why = NULL;
  guint64 number;
  guint32 answer;
  GVariantBuilder changes;

  test_wait (&f->agent->n_shown);
  g_assert_false (app_boolean (f, "cat", "locked"));
  number = set_app (f, "cat", "locked", TRUE);
  /* the question on the screen is one too */
  g_assert_cmpint (test_outcome (open), ==, PST_OUTCOME_DENY);
  test_wait (&f->agent->n_withdrawn);
  g_assert_true (app_boolean (f, "cat", "locked"));
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_DENY);
  g_assert_true (has_event (f, "cat", "refused", x));
  g_assert_cmpuint (f->agent->n_shown, ==, 1);
  why = test_control_call (f->broker, PST_CONTROL_WHY, g_variant_new ("(s^ayu)", "cat", x, (guint32)PST_ACCESS_VIEW));
  g_variant_get (why, "(uts)", &answer, NULL, NULL);
  g_assert_cmpuint (answer, ==, PST_ANSWER_DENY);

  /* What a rule allows is allowed; and another application is asked about. */
  test_control_grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, a, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  {
    TestSandbox *other = test_sandbox_new (f->broker, "/usr/bin/head", DISPLAY, FALSE, 0, NULL);

    g_free (test_ask (other, x, PST_ACCESS_VIEW, PST_OP_LOOKUP));
    test_wait_count (&f->agent->n_shown, 2);
    test_sandbox_free (other);
  }

  test_control_undo (f, number);
  g_assert_false (app_boolean (f, "cat", "locked"));
  ask = test_ask (f->sandbox, x, PST_ACCESS_VIEW, PST_OP_OPEN);
  test_wait_count (&f->agent->n_shown, 3);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", "sheet", g_variant_new_boolean (TRUE));
  sentence = test_control_call_fails (f->broker, PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", "cat", &changes));
  g_assert_nonnull (strstr (sentence, "locked"));
}

static gboolean
is_strict (TestControl *f, guint64 number)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_LIST_SANDBOXES, NULL);
  g_autoptr (GVariantIter) iter = NULL;
  guint64 own;
  gboolean strict;

  g_variant_get (reply, "(a(tssuuxbuu))", &iter);
  while (g_variant_iter_next (iter, "(t&s&suuxbuu)", &own, NULL, NULL, NULL, NULL, NULL, &strict, NULL, NULL))
    if (own == number)
      return strict;
  g_assert_not_reached ();
}

static void
test_strict (TestControl *f, gconstpointer data)
{
  TestSandbox *next;

  set_app (f, "cat", "strict", TRUE);
  g_assert_true (app_boolean (f, "cat", "strict"));
  g_assert_false (is_strict (f, f->sandbox->number));
  next = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_assert_true (is_strict (f, next->number));
  test_sandbox_free (next);
  /* and it is not forgotten */
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  test_broker_stop (f->broker, SIGKILL);
  test_broker_start (f->broker, NULL);
  g_assert_true (app_boolean (f, "cat", "strict"));
}

static guint64
reset_app (TestControl *f, const char *app, gboolean home)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_RESET_APP, g_variant_new ("(sb)", app, home)),
                       held = NULL;
  guint64 number;

  g_variant_get (reply, "(@a(usay)t)", &held, &number);
  return number;
}

static void
home_size (TestControl *f, const char *app, guint64 *size, guint64 *files)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_HOME_SIZE, g_variant_new ("(s)", app));

  g_variant_get (reply, "(tt)", size, files);
}

/* Rules, switches and home go, and come back together; not while it runs, and not over what it has made since. */
static void
test_reset (TestControl *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures"), *sentence = NULL, *home = g_strdup (f->sandbox->home),
                  *file = g_build_filename (home, "settings", NULL), *places = g_path_get_dirname (home),
                  *state = g_path_get_dirname (places), *aside = g_build_filename (state, "aside", NULL);
  guint64 size, files, number, id;
  g_autoptr (GPtrArray) list = NULL;

  g_assert_true (g_file_set_contents (file, "some of it", -1, NULL));
  id = test_control_grant (f, "cat", pictures, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS);
  set_app (f, "cat", "locked", TRUE);
  sentence = test_control_call_fails (f->broker, PST_CONTROL_RESET_APP, g_variant_new ("(sb)", "cat", TRUE));
  g_assert_nonnull (strstr (sentence, "running"));
  g_assert_true (app_boolean (f, "cat", "locked"));

  /* Without its home while it runs: it is asked again. */
  number = reset_app (f, "cat", FALSE);
  g_assert_false (app_boolean (f, "cat", "locked"));
  g_assert_cmpint (test_decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  test_control_undo (f, number);
  g_assert_true (app_boolean (f, "cat", "locked"));
  g_assert_cmpint (test_decide (f->sandbox, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);

  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  while (app_boolean (f, "cat", "running"))
    test_control_await (f, 4);
  home_size (f, "cat", &size, &files);
  g_assert_cmpuint (files, ==, 2); /* and where its user directories are */
  g_assert_cmpuint (size, >, 0);
  g_assert_true (app_boolean (f, "cat", "has_home"));
  number = reset_app (f, "cat", TRUE);
  g_assert_false (app_boolean (f, "cat", "has_home"));
  g_assert_false (g_file_test (home, G_FILE_TEST_EXISTS));
  home_size (f, "cat", &size, &files);
  g_assert_cmpuint (files, ==, 0);
  test_control_undo (f, number);
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
  list = test_control_entries (f, "cat");
  g_assert_nonnull (test_control_find (list, id));

  /* It has been started since and has made something: nothing comes back, neither home nor rules. */
  number = reset_app (f, "cat", TRUE);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_clear_pointer (&sentence, g_free);
  sentence = test_control_call_fails (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  g_assert_true (g_file_set_contents (file, "new", -1, NULL));
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  while (app_boolean (f, "cat", "running"))
    test_control_await (f, 4);
  g_clear_pointer (&sentence, g_free);
  sentence = test_control_call_fails (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", number));
  g_clear_pointer (&list, g_ptr_array_unref);
  list = test_control_entries (f, "cat");
  g_assert_cmpuint (list->len, ==, 0);

  /* What is aside does not outlive the broker that could put it back. */
  test_broker_stop (f->broker, SIGTERM);
  {
    g_autoptr (GDir) dir = g_dir_open (aside, 0, NULL);

    g_assert_nonnull (dir);
    g_assert_null (g_dir_read_name (dir));
  }
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

/* Killed, it leaves what was aside; the next one deletes it. */
static void
test_reset_killed (TestControl *f, gconstpointer data)
{
  g_autofree char *home = g_strdup (f->sandbox->home), *places = g_path_get_dirname (home),
                  *state = g_path_get_dirname (places), *aside = g_build_filename (state, "aside", NULL),
                  *file = g_build_filename (home, "settings", NULL);

  g_assert_true (g_file_set_contents (file, "some of it", -1, NULL));
  test_sandbox_free (f->sandbox);
  f->sandbox = NULL;
  while (app_boolean (f, "cat", "running"))
    test_control_await (f, 4);
  reset_app (f, "cat", TRUE);
  test_broker_stop (f->broker, SIGKILL);
  test_broker_start (f->broker, NULL);
  /* Deleting is a thread of the broker's; it has ended when a clean end has. */
  test_settle (f->broker);
  test_broker_stop (f->broker, SIGTERM);
  {
    g_autoptr (GDir) dir = g_dir_open (aside, 0, NULL);

    g_assert_nonnull (dir);
    g_assert_null (g_dir_read_name (dir));
  }
}

static void
test_stop (TestControl *f, gconstpointer data)
{
  for (guint force = 0; force < 2; force++)
    {
      g_autoptr (GVariant) reply =
          test_control_call (f->broker, PST_CONTROL_STOP_APP, g_variant_new ("(sb)", "cat", (gboolean)force));
      guint32 stopped;

      g_variant_get (reply, "(u)", &stopped);
      g_assert_cmpuint (stopped, ==, 1);
      test_wait_count (&f->sandbox->n_terminated, force + 1);
    }
  {
    g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_STOP_APP, g_variant_new ("(sb)", "other", FALSE));
    guint32 stopped;

    g_variant_get (reply, "(u)", &stopped);
    g_assert_cmpuint (stopped, ==, 0);
  }
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
  TEST_CONTROL_ADD ("locked", test_locked);
  TEST_CONTROL_ADD ("strict", test_strict);
  TEST_CONTROL_ADD ("reset", test_reset);
  TEST_CONTROL_ADD ("reset-killed", test_reset_killed);
  TEST_CONTROL_ADD ("stop", test_stop);
  return g_test_run ();
}
