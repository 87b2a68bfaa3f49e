/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sheet of a first start. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "test-sheet.h"

static void
test_start (TestSheet *f, gconstpointer data)
{
  g_autofree char *shown = NULL, *pictures = test_path (f->broker, "Pictures/2026/b.jpg"),
                  *project = test_path (f->broker, "Projects/p");
  TestStart *start = test_sheet_begin_profile (f, test_sheet_wants);
  g_autoptr (GPtrArray) found = NULL;

  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  shown = test_sheet_lines (f->agent);
  g_assert_cmpstr (test_sheet_said (f->agent, "title"), ==, "“Viewer” starts for the first time");
  g_assert_cmpstr (test_sheet_said (f->agent, "reason"), ==, "Shows what is there");
  g_assert_true (g_str_has_prefix (shown, "folder-pictures|View your Pictures|~/Pictures|0\n"
                                          "folder|View and change the folder “Projects”|~/Projects|0\n"));
  g_assert_nonnull (strstr (shown, "|Use Passwords and keys|"));
  /* Nothing before it is answered: no policy, no rule, no sandbox. */
  test_settle (f->broker);
  g_assert_cmpuint (start->n_policies, ==, 0);
  g_assert_cmpuint (start->answered, ==, 0);

  test_sheet_answer (f->agent, TRUE, "101", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  test_wait (&start->n_policies);
  g_assert_cmpint (test_sheet_decide (start, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (test_sheet_decide (start, pictures, PST_ACCESS_CHANGE), ==, PST_ANSWER_ASK);
  /* What was left off is not denied: it is asked for when it is used. */
  g_assert_cmpint (test_sheet_decide (start, project, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  found = test_sheet_grants (f);
  g_assert_cmpuint (found->len, ==, 2);
  test_sheet_end (start);

  /* Remembered, over a broker's end as well. */
  test_broker_stop (f->broker, SIGKILL);
  test_agent_free (f->agent);
  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  start = test_sheet_begin_profile (f, test_sheet_wants);
  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  g_assert_cmpint (test_sheet_decide (start, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
  test_sheet_end (start);
}

static void
test_cancel (TestSheet *f, gconstpointer data)
{
  TestStart *start = test_sheet_begin_profile (f, test_sheet_wants);
  g_autoptr (GPtrArray) found = NULL;

  test_wait (&f->agent->n_sheets);
  test_sheet_answer (f->agent, FALSE, "111", "");
  test_wait (&start->answered);
  g_assert_true (start->cancelled && !start->admitted);
  g_assert_nonnull (strstr (start->text, "Viewer"));
  g_assert_cmpuint (start->n_policies, ==, 0);
  found = test_sheet_grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  test_sheet_end (start);
  /* Not remembered. */
  start = test_sheet_begin_profile (f, test_sheet_wants);
  g_assert_true (start->sheet);
  test_wait_count (&f->agent->n_sheets, 2);
  test_sheet_end (start);
}

/* What is decided, protected, private, whole, missing or never given by a question is not on a sheet. */
static void
test_left_out (TestSheet *f, gconstpointer data)
{
  static const char text[] = "[Files]\nxdg:MUSIC=view\nxdg:VIDEOS=deny\n"
                             "[Wants]\nxdg:MUSIC=view\nxdg:VIDEOS=view\n~/.ssh=view\n~/.config=change\n~/.ssh/id_rsa=view\n"
                             "~/nothing=view\n/etc=view\n/usr/share=view\n~/inwards=view\n~/up=view\n~/out=view\n"
                             "session:org.freedesktop.systemd1=talk\nsession:org.example.Unknown=talk\n"
                             "session:org.freedesktop.Notifications=talk\nxdg:DOCUMENTS=view\n";
  g_autofree char *shown = NULL, *inwards = test_path (f->broker, "inwards"), *ssh = test_path (f->broker, ".ssh"),
                  *up = test_path (f->broker, "up"), *out = test_path (f->broker, "out");
  TestStart *start;

  g_assert_no_errno (symlink (ssh, inwards));
  g_assert_no_errno (symlink (f->broker->home, up));
  g_assert_no_errno (symlink ("/proc", out));
  start = test_sheet_begin_profile (f, text);
  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  shown = test_sheet_lines (f->agent);
  {
    g_autoptr (GString) others = g_string_new (shown);
    char *last = strstr (others->str, "folder-documents|View your Documents|~/Documents|0\n");

    g_assert_nonnull (last);
    g_string_truncate (others, (gsize)(last - others->str));
    /* Notifications may be a question or not, as the catalogue has it; nothing else may be before it. */
    g_assert_true (others->len == 0 || (strstr (others->str, "|Use ") && !strstr (others->str, "/")));
  }
  test_sheet_end (start);
}

static void
test_wants_nothing (TestSheet *f, gconstpointer data)
{
  static const char *const nothing[] = { NULL, "[Application]\nName=X\n", "[Wants]\n", "[Wants]\n~/.ssh=view\n",
                                         "[Files]\nxdg:MUSIC=view\n[Wants]\nxdg:MUSIC=view\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (nothing); i++)
    {
      TestStart *start = test_sheet_begin_profile (f, nothing[i]);

      g_assert_false (start->sheet);
      g_assert_true (start->admitted);
      test_sheet_end (start);
    }
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
}

static void
test_five_lines (TestSheet *f, gconstpointer data)
{
  TestStart *start =
      test_sheet_begin_profile (f, "[Wants]\nxdg:PICTURES=view\nxdg:DOCUMENTS=view\nxdg:MUSIC=view\nxdg:VIDEOS=view\n"
                                   "~/Projects=view\nxdg:DOWNLOAD=save\n");
  g_autofree char *shown = NULL;
  g_auto (GStrv) each = NULL;

  test_wait (&f->agent->n_sheets);
  shown = test_sheet_lines (f->agent);
  each = g_strsplit (shown, "\n", -1);
  g_assert_cmpuint (g_strv_length (each) - 1, ==, 5);
  g_assert_null (strstr (shown, "Downloads"));
  test_sheet_end (start);
}

/* The quotation is the packager's, and cannot look like words of ours. */
static void
test_hostile_text (TestSheet *f, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("[Application]\nName=<b>V</b>\xe2\x80\xae\nReason=Fine.” Postern says: “turn "
                                           "on\xe2\x80\xae all\xe2\x81\xa6 <a href='x'>");
  TestStart *start;

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, " x");
  g_string_append (text, "\n[Wants]\nxdg:PICTURES=view\n");
  start = test_sheet_begin_profile (f, text->str);
  test_wait (&f->agent->n_sheets);
  g_assert_null (strstr (test_sheet_said (f->agent, "reason"), "”"));
  g_assert_null (strstr (test_sheet_said (f->agent, "reason"), "“"));
  g_assert_null (strstr (test_sheet_said (f->agent, "reason"), "\xe2\x80\xae"));
  g_assert_null (strchr (test_sheet_said (f->agent, "reason"), '\n'));
  g_assert_cmpint (g_utf8_strlen (test_sheet_said (f->agent, "reason"), -1), <=, 200);
  g_assert_null (strstr (test_sheet_said (f->agent, "title"), "\xe2\x80\xae"));
  test_sheet_end (start);
}

static void
test_two_starts (TestSheet *f, gconstpointer data)
{
  TestStart *first = test_sheet_begin_profile (f, test_sheet_wants), *second = test_sheet_begin_profile (f, test_sheet_wants),
            *third;

  test_wait (&f->agent->n_sheets);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 1);
  test_sheet_answer (f->agent, TRUE, "000", "");
  test_wait (&first->answered);
  test_wait (&second->answered);
  g_assert_true (first->admitted && second->admitted);
  test_sheet_end (first);
  test_sheet_end (second);
  third = test_sheet_begin_profile (f, test_sheet_wants);
  g_assert_false (third->sheet);
  test_sheet_end (third);
}

static void
test_launcher_gone (TestSheet *f, gconstpointer data)
{
  TestStart *first = test_sheet_begin_profile (f, test_sheet_wants), *second = test_sheet_begin_profile (f, test_sheet_wants);

  test_wait (&f->agent->n_sheets);
  test_sheet_end (first);
  test_settle (f->broker);
  /* The other one still waits for it. */
  g_assert_cmpuint (f->agent->n_sheets_withdrawn, ==, 0);
  test_sheet_end (second);
  test_wait (&f->agent->n_sheets_withdrawn);
  /* An answer that was on its way gives nothing. */
  test_sheet_answer (f->agent, TRUE, "111", "");
  test_settle (f->broker);
  {
    g_autoptr (GPtrArray) found = test_sheet_grants (f);

    g_assert_cmpuint (found->len, ==, 0);
  }
}

static void
test_agent_dies (TestSheet *f, gconstpointer data)
{
  TestStart *start = test_sheet_begin_profile (f, test_sheet_wants);
  TestAgent *other;
  g_autoptr (GPtrArray) found = NULL;

  test_wait (&f->agent->n_sheets);
  other = test_agent_new (f->broker, "gtk", ":other");
  /* Not who shows it: what it says does not count. */
  other->sheet = f->agent->sheet;
  test_sheet_answer (other, TRUE, "111", "");
  test_settle (f->broker);
  g_assert_cmpuint (start->answered, ==, 0);
  test_agent_free (other);

  test_agent_free (f->agent);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  test_wait (&f->agent->n_sheets);
  g_assert_cmpuint (start->answered, ==, 0);
  found = test_sheet_grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  test_sheet_answer (f->agent, TRUE, "000", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  test_sheet_end (start);
}

/* An answer with too few switches, or too many, is no answer, and whoever sent it is shut out. */
static void
test_bad_answer (TestSheet *f, gconstpointer data)
{
  static const char *const bad[] = { "", "11", "1111" };
  TestStart *start = test_sheet_begin_profile (f, test_sheet_wants);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      test_wait (&f->agent->n_sheets);
      test_sheet_answer (f->agent, TRUE, bad[i], "");
      test_wait (&f->agent->gone);
      g_assert_cmpuint (start->answered, ==, 0);
      test_agent_free (f->agent);
      f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
    }
  test_sheet_end (start);
}

/* Only an agent can answer, and only who has registered and waits is told. */
static void
test_roles (TestSheet *f, gconstpointer data)
{
  static const char *const roles[] = { "control", "launcher" };
  TestStart *start = test_sheet_begin_profile (f, test_sheet_wants);

  test_wait (&f->agent->n_sheets);
  for (gsize i = 0; i < G_N_ELEMENTS (roles); i++)
    {
      g_autoptr (PstPeer) peer = test_connect (f->broker, roles[i]);
      g_autoptr (GError) error = NULL;

      g_assert_null (pst_peer_call_sync (peer, PST_AGENT_ANSWER_SHEET,
                                         g_variant_new_parsed ("(%t, true, [true, true, true], b'')", f->agent->sheet), NULL, 0,
                                         10000, &error));
      g_assert_nonnull (error);
    }
  {
    g_autoptr (PstPeer) peer = test_connect (f->broker, "launcher");
    g_autoptr (GError) error = NULL;

    g_assert_null (pst_peer_call_sync (peer, PST_LAUNCHER_AWAIT_SHEET, NULL, NULL, 0, 10000, &error));
    g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED);
  }
  test_settle (f->broker);
  g_assert_cmpuint (start->answered, ==, 0);
  /* Saying that the program has started does not start it. */
  pst_peer_notify (start->launcher, PST_LAUNCHER_STARTED, g_variant_new ("(u)", (guint32)getpid ()), NULL, 0);
  test_wait (&start->closed);
  test_wait (&f->agent->n_sheets_withdrawn);
  test_sheet_end (start);
}

/* Where nobody can be asked it starts without, and the sheet comes another time. */
static void
test_nobody (TestSheet *f, gconstpointer data)
{
  TestStart *start = test_sheet_begin (f, &(TestStartAsk){ .profile = test_sheet_wants });

  g_assert_false (start->sheet);
  g_assert_true (start->admitted);
  test_sheet_end (start);
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);
  start = test_sheet_begin_profile (f, test_sheet_wants);
  g_assert_true (start->sheet);
  test_sheet_end (start);
}

static void
test_on_the_terminal (TestSheet *f, gconstpointer data)
{
  TestStart *start = test_sheet_begin (f, &(TestStartAsk){ .profile = test_sheet_wants, .tty = TRUE });

  g_assert_true (start->sheet);
  test_wait (&start->n_text_agents);
  test_sheet_end (start);
}

static void
test_changed_meanwhile (TestSheet *f, gconstpointer data)
{
  g_autofree char *projects = test_path (f->broker, "Projects"), *aside = test_path (f->broker, "aside"),
                  *documents = test_path (f->broker, "Documents");
  TestStart *start = test_sheet_begin_profile (f, test_sheet_wants);
  g_autoptr (GPtrArray) found = NULL;

  test_wait (&f->agent->n_sheets);
  g_assert_no_errno (g_rename (projects, aside));
  g_assert_no_errno (symlink (documents, projects));
  test_sheet_answer (f->agent, TRUE, "110", "");
  test_wait_count (&f->agent->n_sheets, 2);
  g_assert_nonnull (strstr (test_sheet_said (f->agent, "problem"), "~/Projects"));
  found = test_sheet_grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  test_sheet_answer (f->agent, TRUE, "100", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  test_sheet_end (start);
}

/* What the administrator allows by default is switched on; switched off, it is asked for: the person's word goes before. */
static void
test_administrator (TestSheet *f, gconstpointer data)
{
  g_autofree char *dir = g_build_filename (f->broker->dir, "policy", NULL), *file = g_build_filename (dir, "a.conf", NULL),
                  *argument = g_strconcat ("--policy-dir=", dir, NULL), *shown = NULL,
                  *pictures = test_path (f->broker, "Pictures/2026/b.jpg"), *music = test_path (f->broker, "Music/a.ogg");
  TestStart *start;

  g_assert_no_errno (g_mkdir (dir, 0700));
  g_assert_true (g_file_set_contents (file,
                                      "[Default Files]\nxdg:PICTURES=view\nxdg:MUSIC=view\n[Default Bus]\n"
                                      "session:org.freedesktop.secrets=allow\n[Lock Files]\nxdg:VIDEOS=deny\n",
                                      -1, NULL));
  g_assert_no_errno (chmod (file, 0600));
  test_agent_free (f->agent);
  test_broker_stop (f->broker, SIGTERM);
  test_broker_start (f->broker, argument);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  start = test_sheet_begin_profile (f, "[Wants]\nxdg:PICTURES=view\nxdg:MUSIC=view\nxdg:VIDEOS=view\nxdg:DOCUMENTS=view\n"
                                       "session:org.freedesktop.secrets=talk\n");
  g_assert_true (start->sheet);
  test_wait (&f->agent->n_sheets);
  shown = test_sheet_lines (f->agent);
  g_assert_true (g_str_has_prefix (shown, "folder-pictures|View your Pictures|~/Pictures|1\n"
                                          "folder-music|View your Music|~/Music|1\n"
                                          "folder-documents|View your Documents|~/Documents|0\n"));
  g_assert_true (g_str_has_suffix (shown, "|1\n") && strstr (shown, "|Use Passwords and keys|"));
  test_sheet_answer (f->agent, TRUE, "0100", "");
  test_wait (&start->answered);
  test_wait (&start->n_policies);
  g_assert_cmpint (test_sheet_decide (start, pictures, PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_assert_cmpint (test_sheet_decide (start, music, PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  test_sheet_end (start);

  /* Kept to one folder, it has none of that by default. */
  start = test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY, .only = pictures, .only_access = PST_ACCESS_VIEW });
  g_assert_nonnull (start->text);
  test_sheet_end (start);
  {
    g_autofree char *documents = test_path (f->broker, "Documents");

    start = test_sheet_begin (f, &(TestStartAsk){ .display = DISPLAY, .only = documents, .only_access = PST_ACCESS_VIEW });
    g_assert_true (start->admitted);
    g_assert_cmpint (test_sheet_decide (start, music, PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
    test_sheet_end (start);
  }
}

/* The private home of a start that waits is in use. */
static void
test_reset_meanwhile (TestSheet *f, gconstpointer data)
{
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) args = g_variant_ref_sink (g_variant_new ("(sb)", "cat", TRUE)), reply = NULL;
  g_autoptr (PstMessage) refused = NULL;
  g_autofree char *home = g_build_filename (f->broker->data, "postern", "homes", "cat", NULL);
  TestStart *start = test_sheet_begin_profile (f, test_sheet_wants);

  test_wait (&f->agent->n_sheets);
  refused = pst_peer_call_sync (control, PST_CONTROL_RESET_APP, args, NULL, 0, 10000, &error);
  g_assert_null (refused);
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
  g_assert_true (g_file_test (home, G_FILE_TEST_IS_DIR));
  test_sheet_answer (f->agent, TRUE, "000", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  g_assert_true (g_file_test (home, G_FILE_TEST_IS_DIR));
  test_sheet_end (start);
  test_settle (f->broker);
  /* control */
  reply = test_call (control, PST_CONTROL_RESET_APP, g_variant_ref (args));
  g_assert_false (g_file_test (home, G_FILE_TEST_EXISTS));
}

static void
lock (TestSheet *f, gboolean locked)
{
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder changes;

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", "locked", g_variant_new_boolean (locked));
  reply = test_call (control, PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", "cat", &changes));
}

/* Of what nothing is asked, a first start is no way to ask after all. */
static void
test_locked (TestSheet *f, gconstpointer data)
{
  static const char *const profiles[] = { test_sheet_wants, "[Application]\nOneFolder=view\n" };
  g_autofree char *pictures = test_path (f->broker, "Pictures");
  g_autoptr (GPtrArray) found = NULL;
  TestStart *start;

  lock (f, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
    {
      start = test_sheet_begin_profile (f, profiles[i]);
      g_assert_false (start->sheet);
      g_assert_true (start->admitted);
      g_assert_cmpint (test_sheet_decide (start, pictures, PST_ACCESS_VIEW), !=, PST_ANSWER_ALLOW);
      test_sheet_end (start);
    }
  test_settle (f->broker);
  g_assert_cmpuint (f->agent->n_sheets, ==, 0);

  /* One that is open when it is locked goes, and an answer to it that was on its way is none. */
  lock (f, FALSE);
  start = test_sheet_begin_profile (f, test_sheet_wants);
  test_wait (&f->agent->n_sheets);
  lock (f, TRUE);
  test_sheet_answer (f->agent, TRUE, "111", "");
  test_wait (&start->answered);
  g_assert_true (start->admitted);
  found = test_sheet_grants (f);
  g_assert_cmpuint (found->len, ==, 0);
  test_sheet_end (start);

  /* control */
  lock (f, FALSE);
  start = test_sheet_begin_profile (f, test_sheet_wants);
  g_assert_true (start->sheet);
  test_sheet_end (start);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
  TEST_SHEET_ADD ("start", test_start);
  TEST_SHEET_ADD ("cancel", test_cancel);
  TEST_SHEET_ADD ("left-out", test_left_out);
  TEST_SHEET_ADD ("wants-nothing", test_wants_nothing);
  TEST_SHEET_ADD ("five-lines", test_five_lines);
  TEST_SHEET_ADD ("hostile-text", test_hostile_text);
  TEST_SHEET_ADD ("two-starts", test_two_starts);
  TEST_SHEET_ADD ("launcher-gone", test_launcher_gone);
  TEST_SHEET_ADD ("agent-dies", test_agent_dies);
  TEST_SHEET_ADD ("bad-answer", test_bad_answer);
  TEST_SHEET_ADD ("roles", test_roles);
  TEST_SHEET_ADD ("nobody", test_nobody);
  TEST_SHEET_ADD ("on-the-terminal", test_on_the_terminal);
  TEST_SHEET_ADD ("changed-meanwhile", test_changed_meanwhile);
  TEST_SHEET_ADD ("administrator", test_administrator);
  TEST_SHEET_ADD ("locked", test_locked);
  TEST_SHEET_ADD ("reset-meanwhile", test_reset_meanwhile);
  return g_test_run ();
}
