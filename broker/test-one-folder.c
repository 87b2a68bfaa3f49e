/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that is given one folder, on the command line or by a sheet, and nothing beside it. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "test-sheet.h"

static void
test_one_folder (TestSheet *f, gconstpointer data)
{
  static const char profile[] = "[Application]\nOneFolder=view\n[Wants]\nxdg:MUSIC=view\n";
  static const char *const refused[] = { "Pictures/2026/b.jpg", ".ssh", ".config", "nothing", "up", "inwards" };
  g_autofree char *folder = test_path (f->broker, "Pictures/2026"), *above = test_path (f->broker, "Pictures"),
                  *other = test_path (f->broker, "Documents/x.txt"), *up = test_path (f->broker, "up"),
                  *inwards = test_path (f->broker, "inwards"), *ssh = test_path (f->broker, ".ssh"),
                  *in = g_build_filename (folder, "b.jpg", NULL);
  guint32 access = 0;
  TestStart *start;
  guint n;

  g_assert_no_errno (symlink (f->broker->home, up));
  g_assert_no_errno (symlink (ssh, inwards));
  start = test_sheet_begin_profile (f, profile);
  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  g_assert_true (g_variant_lookup (f->agent->sheet_details, "folder", "u", &access));
  g_assert_cmpuint (access, ==, PST_ACCESS_VIEW);
  {
    /* Where there is only one folder, no other is offered. */
    g_autofree char *shown = test_sheet_lines (f->agent);

    g_assert_cmpstr (shown, ==, "");
  }
  for (n = 0; n < G_N_ELEMENTS (refused); n++)
    {
      g_autofree char *path = test_path (f->broker, refused[n]);

      test_sheet_answer (f->agent, TRUE, "", path);
      test_wait_count (&f->agent->n_sheets, n + 2);
      g_assert_cmpstr (test_sheet_said (f->agent, "problem"), !=, "");
    }
  test_sheet_answer (f->agent, TRUE, "", "");
  test_wait_count (&f->agent->n_sheets, ++n + 1);
  test_sheet_answer (f->agent, TRUE, "", "/etc");
  test_wait_count (&f->agent->n_sheets, ++n + 1);
  test_sheet_answer (f->agent, TRUE, "", f->broker->home);
  test_wait_count (&f->agent->n_sheets, ++n + 1);
  g_assert_cmpuint (start->answered, ==, 0);

  test_sheet_answer (f->agent, TRUE, "", folder);
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  test_wait (&start->n_policies);
  g_assert_cmpint (test_sheet_decide (start, in, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (test_sheet_decide (start, above, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (test_sheet_decide (start, other, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  test_sheet_end (start);
  start = test_sheet_begin_profile (f, profile);
  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  test_sheet_end (start);
}

/* One that is kept to a folder does not start where nobody can say which. */
static void
test_one_folder_nobody (TestSheet *f, gconstpointer data)
{
  TestStart *start = test_sheet_begin (f, &(TestStartAsk){ .profile = "[Application]\nOneFolder=change\n" });

  g_assert_true (start->sheet);
  test_wait (&start->answered);
  g_assert_false (start->admitted);
  g_assert_nonnull (strstr (start->text, "--only"));
  test_sheet_end (start);
}

static void
on_outcome (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  TestAsk *ask = data;

  ask->done = 1;
  if (reply)
    g_variant_get (reply->args, "(u)", &ask->outcome);
}

static gboolean
knows_user_dirs (TestSheet *f)
{
  g_autofree char *file = g_build_filename (f->broker->data, "postern", "homes", "cat", ".config", "user-dirs.dirs", NULL);

  return g_file_test (file, G_FILE_TEST_EXISTS);
}

/* What is kept to one folder is not told the names of the others either. */
static void
test_quiet_names (TestSheet *f, gconstpointer data)
{
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  TestStart *start =
      test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY, .only = pictures, .only_access = PST_ACCESS_VIEW });

  g_assert_true (start->admitted);
  g_assert_false (knows_user_dirs (f));
  test_sheet_end (start);
  start = test_sheet_begin_profile (f, "[Application]\nOneFolder=view\n");
  test_wait (&f->agent->n_sheets);
  test_sheet_answer (f->agent, TRUE, "", pictures);
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  g_assert_false (knows_user_dirs (f));
  test_sheet_end (start);
  /* control */
  start = test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY });
  g_assert_true (start->admitted);
  g_assert_true (knows_user_dirs (f));
  test_sheet_end (start);
}

static void
test_only (TestSheet *f, gconstpointer data)
{
  g_autofree char *folder = test_path (f->broker, "Pictures/2026"), *above = test_path (f->broker, "Pictures"),
                  *other = test_path (f->broker, "Documents/x.txt"), *in = g_build_filename (folder, "b.jpg", NULL),
                  *documents = test_path (f->broker, "Documents");
  g_autoptr (GPtrArray) found = NULL;
  TestStart *start;

  /* What is allowed at other times does not count. */
  g_variant_unref (
      test_control_call (f->broker, PST_CONTROL_GRANT,
                         test_grant_args ("cat", documents, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS)));
  start = test_sheet_begin (
      f, &(TestStartAsk){ .display = DISPLAY, .profile = test_sheet_wants, .only = folder, .only_access = PST_ACCESS_VIEW });
  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  g_assert_cmpint (test_sheet_decide (start, in, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (test_sheet_decide (start, in, PST_ACCESS_CHANGE), !=, PST_ANSWER_ALLOW);
  g_assert_cmpint (test_sheet_decide (start, in, PST_ACCESS_CHANGE), !=, PST_ANSWER_ASK);
  g_assert_cmpint (test_sheet_decide (start, above, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (test_sheet_decide (start, other, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  g_assert_cmpint (test_sheet_decide (start, "/mnt/x", PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  found = test_sheet_grants (f);
  g_assert_cmpuint (found->len, ==, 2);
  {
    /* What would be asked for is refused: of the file gate, and of the message buses. */
    TestAsk asks[2] = { { 0 } };

    pst_peer_notify (start->launcher, PST_LAUNCHER_STARTED, g_variant_new ("(u)", (guint32)getpid ()), NULL, 0);
    pst_peer_call (
        start->gate, PST_GATE_ASK,
        g_variant_new ("(t^ayuuu)", (guint64)1, other, (guint32)PST_ACCESS_VIEW, (guint32)PST_OP_OPEN, (guint32)getpid ()),
        NULL, 0, on_outcome, &asks[0]);
    pst_peer_call (start->bus, PST_BUS_ASK,
                   g_variant_new ("(tssss)", (guint64)2, "session", "org.freedesktop.secrets", "org.freedesktop.Secret.Service",
                                  "OpenSession"),
                   NULL, 0, on_outcome, &asks[1]);
    test_wait (&asks[0].done);
    test_wait (&asks[1].done);
    g_assert_cmpuint (asks[0].outcome, ==, PST_OUTCOME_HIDE);
    g_assert_cmpuint (asks[1].outcome, ==, PST_OUTCOME_DENY);
    test_settle (f->broker);
    g_assert_cmpuint (f->agent->n_shown, ==, 0);
  }
  test_sheet_end (start);
  test_settle (f->broker);
  g_ptr_array_unref (found);
  found = test_sheet_grants (f);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
}

static void
test_only_refused (TestSheet *f, gconstpointer data)
{
  static const struct
  {
    const char *name, *word;
  } bad[] = {
    { "Pictures/2026/b.jpg", "not a folder" },
    { ".ssh", "keys" },
    { ".config", "dot" },
    { "nothing", "does not exist" },
    { "up", "symbolic link" },
    { "inwards", "symbolic link" },
    { "out", "symbolic link" },
  };
  g_autofree char *up = test_path (f->broker, "up"), *inwards = test_path (f->broker, "inwards"),
                  *out = test_path (f->broker, "out"), *ssh = test_path (f->broker, ".ssh"),
                  *config = test_path (f->broker, ".config");
  TestStart *start;

  g_mkdir (config, 0700);
  g_assert_no_errno (symlink (f->broker->home, up));
  g_assert_no_errno (symlink (ssh, inwards));
  g_assert_no_errno (symlink ("/proc", out));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *path = test_path (f->broker, bad[i].name);

      start = test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY, .only = path, .only_access = PST_ACCESS_VIEW });
      g_assert_false (start->admitted);
      if (!strstr (start->text, bad[i].word))
        g_error ("%s: %s", bad[i].name, start->text);
      test_sheet_end (start);
    }
  start = test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY, .only = f->broker->home, .only_access = PST_ACCESS_VIEW });
  g_assert_nonnull (strstr (start->text, "whole home"));
  test_sheet_end (start);
  start = test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY, .only = "/etc", .only_access = PST_ACCESS_VIEW });
  g_assert_nonnull (strstr (start->text, "not in your home"));
  test_sheet_end (start);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
  TEST_SHEET_ADD ("one-folder", test_one_folder);
  TEST_SHEET_ADD ("one-folder-nobody", test_one_folder_nobody);
  TEST_SHEET_ADD ("quiet-names", test_quiet_names);
  TEST_SHEET_ADD ("only", test_only);
  TEST_SHEET_ADD ("only-refused", test_only_refused);
  return g_test_run ();
}
