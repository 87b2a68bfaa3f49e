/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hostile application, or a gate that it has taken over, may try on the broker: each attack beside what must go on
 * working. A real postern-broker, a scripted gate that says whatever it likes. */
#include <signal.h>
#include <string.h>
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
  test_make_file (f->broker, "Projects/p/file");
  test_make_file (f->broker, "Secret/plan.txt");
  test_make_file (f->broker, ".config/foo/token");
  test_make_file (f->broker, ".ssh/id_rsa");
  test_broker_start (f->broker, data);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->sandbox, test_sandbox_free);
  g_clear_pointer (&f->agent, test_agent_free);
  test_broker_free (f->broker);
}

static void
make_link (Fixture *f, const char *name, const char *target)
{
  g_autofree char *path = test_path (f->broker, name);

  g_assert_no_errno (symlink (target, path));
}

static void
on_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  *(GVariant **)data = g_variant_ref (reply->args);
}

/* While gates have to acknowledge, the test's own loop must run. */
static GVariant *
call (PstPeer *peer, const char *member, GVariant *args)
{
  GVariant *result = NULL;
  gint64 deadline = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  pst_peer_call (peer, member, args, NULL, 0, on_reply, &result);
  while (!result)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_main_context_iteration (NULL, TRUE);
    }
  return result;
}

static void
no_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  g_assert_not_reached ();
}

static void
grant (Fixture *f, const char *name, PstAccess access, PstAnswer answer)
{
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  g_autofree char *path = test_path (f->broker, name);

  pst_peer_start (control, no_message, NULL, NULL);
  g_variant_unref (call (control, PST_CONTROL_GRANT,
                         g_variant_new ("(su^ayuuuux)", "cat", (guint32)PST_KIND_FILES, path, 0u, (guint32)access,
                                        (guint32)answer, (guint32)PST_LIFETIME_ALWAYS, (gint64)0)));
}

/* The labels of the scopes that the question offers, joined. */
static char *
scopes (Fixture *f)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (f->agent->details, "scopes", G_VARIANT_TYPE ("a(ss)"));
  GString *text = g_string_new ("");

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      const char *label, *value;

      g_variant_get_child (list, i, "(&s&s)", &label, &value);
      g_string_append_printf (text, "[%s]", label);
    }
  return g_string_free (text, FALSE);
}

static TestAsk *
look (Fixture *f, const char *name)
{
  g_autofree char *path = test_path (f->broker, name);

  return test_ask (f->sandbox, path, PST_ACCESS_VIEW, PST_OP_LOOKUP);
}

/* Ends the question that is shown, for this run, and starts another one. */
static void
refuse (Fixture *f, TestAsk *ask)
{
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
}

static gsize
n_names (Fixture *f, const char *name)
{
  g_autofree char *path = test_path (f->broker, name);
  g_autoptr (GVariant) reply = call (f->sandbox->gate, PST_GATE_LIST_NAMES, g_variant_new ("(^ay)", path)), list = NULL;

  list = g_variant_get_child_value (reply, 0);
  return g_variant_n_children (list);
}

/* A gate that has been taken over makes a symbolic link in what may be changed, and has the broker list where it leads. */
static void
test_list_through_link (Fixture *f, gconstpointer data)
{
  grant (f, "Projects", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  make_link (f, "Projects/link", "../.ssh");
  g_assert_cmpuint (n_names (f, "Projects/link"), ==, 0);
  make_link (f, "Projects/p/up", "../..");
  g_assert_cmpuint (n_names (f, "Projects/p/up/Secret"), ==, 0);
  /* What it is for: a Home of which all is granted. */
  grant (f, "", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  g_assert_cmpuint (n_names (f, ""), >=, 3);
}

/* The application's own settings are never asked about; a link to the person's must not get around that without a warning. */
static void
test_link_to_settings (Fixture *f, gconstpointer data)
{
  TestAsk *ask;

  make_link (f, "Pictures/d", "../.config");
  g_assert_cmpint (test_outcome (look (f, ".config")), ==, PST_OUTCOME_HIDE);
  ask = look (f, "Pictures/d");
  test_wait (&f->agent->n_shown);
  g_assert_nonnull (strstr (test_agent_string (f->agent, "warning"), "settings that other programs obey"));
  g_assert_nonnull (strstr (test_agent_string (f->agent, "warning"), "/.config"));
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
}

/* Sockets of the session, of X and of agents: a folder that holds them gives away more than files. */
static void
test_link_to_sockets (Fixture *f, gconstpointer data)
{
  g_autofree char *temporary = g_build_filename (g_get_tmp_dir (), "postern-attack-XXXXXX", NULL);
  const char *targets[] = { "/run", "/tmp", "/var/run", "/dev/shm", "/proc/self/root", "/run/lock", temporary };

  g_assert_nonnull (g_mkdtemp (temporary));
  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autofree char *name = g_strdup_printf ("Pictures/d%" G_GSIZE_FORMAT, i), *offered = NULL;
      TestAsk *ask;

      make_link (f, name, targets[i]);
      ask = look (f, name);
      test_wait_count (&f->agent->n_shown, (guint)i + 1);
      offered = scopes (f);
      g_assert_cmpstr (offered, ==, "[All of Pictures]");
      refuse (f, ask);
    }
  g_assert_no_errno (g_rmdir (temporary));
}

/* What was refused by its own name is not offered by another. */
static void
test_link_to_refused (Fixture *f, gconstpointer data)
{
  g_autofree char *offered = NULL, *more = NULL, *control = NULL;
  TestAsk *ask;

  make_link (f, "Pictures/d", "../Secret");
  make_link (f, "Pictures/e", "../Projects");
  grant (f, "Secret", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  ask = look (f, "Pictures/d");
  test_wait (&f->agent->n_shown);
  offered = scopes (f);
  g_assert_cmpstr (offered, ==, "[All of Pictures]");
  refuse (f, ask);

  ask = look (f, "Pictures/e");
  test_wait_count (&f->agent->n_shown, 2);
  control = scopes (f);
  g_assert_cmpstr (control, ==, "[All of Pictures][Only Pictures/e]");
  refuse (f, ask);

  /* … nor what holds something that was. */
  grant (f, "Projects/p", PST_ACCESS_VIEW, PST_ANSWER_HIDE);
  ask = look (f, "Pictures/e");
  test_wait_count (&f->agent->n_shown, 3);
  more = scopes (f);
  g_assert_cmpstr (more, ==, "[All of Pictures]");
  refuse (f, ask);
}

/* A permission for a link that leads nowhere would be one for wherever it leads later. */
static void
test_link_to_nowhere (Fixture *f, gconstpointer data)
{
  g_autofree char *later = test_path (f->broker, "Pictures/later"), *secret = test_path (f->broker, "Secret"), *sentence = NULL;
  g_autoptr (PstPeer) control = test_connect (f->broker, "control");
  TestAsk *ask;

  make_link (f, "Pictures/later", "../nothing-yet");
  sentence = test_call_fails (control, PST_CONTROL_GRANT,
                              g_variant_new ("(su^ayuuuux)", "cat", (guint32)PST_KIND_FILES, later, (guint32)PST_SCOPE_TREE,
                                             (guint32)PST_ACCESS_VIEW, (guint32)PST_ANSWER_ALLOW, (guint32)PST_LIFETIME_ALWAYS,
                                             (gint64)0));
  g_assert_nonnull (strstr (sentence, "leads nowhere"));
  g_assert_no_errno (g_unlink (later));
  make_link (f, "Pictures/later", "../Secret");
  ask = look (f, "Pictures/later");
  test_wait (&f->agent->n_shown);
  refuse (f, ask);

  /* The control: what is granted while it leads somewhere is that, and says so. */
  grant (f, "Pictures/later", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  ask = look (f, "Pictures/later");
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_RETRY);
  g_assert_cmpstr (((TestTree *)f->sandbox->trees->pdata[0])->real, ==, secret);
}

/* The whole of the home, and whole folders of settings, still hold what needs a question of its own. */
static void
test_home_is_not_all (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const char *name;
    PstAnswer answer;
  } names[] = {
    { "snap/firefox/common/.mozilla/logins.json", PST_ANSWER_ASK },
    { "bin/tool", PST_ANSWER_ASK },
    { "perl5/lib/perl5/strict.pm", PST_ANSWER_ASK },
    { "Maildir/cur/1", PST_ANSWER_ASK },
    { ".config/autostart/x.desktop", PST_ANSWER_ASK },
    { ".config/gtk-3.0/settings.ini", PST_ANSWER_ASK },
    { ".config/Code/User/settings.json", PST_ANSWER_ASK },
    { ".local/lib/python3/site-packages/x.pth", PST_ANSWER_ASK },
    { ".vscode/extensions/x.js", PST_ANSWER_ASK },
    { "Projects/p/file", PST_ANSWER_ALLOW },
    { ".config/foo/token", PST_ANSWER_ALLOW },
  };

  grant (f, "", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  grant (f, ".config", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = test_path (f->broker, names[i].name);
      PstDecision decision;

      pst_ruleset_decide (f->sandbox->ruleset, path, PST_ACCESS_CHANGE, &decision);
      if (decision.answer != names[i].answer)
        g_error ("%s: %s", names[i].name, pst_answer_to_string (decision.answer));
    }
}

/* A profile names a folder that somebody else can make a link: where it leads, nobody has agreed to. */
static void
test_profile_through_link (Fixture *f, gconstpointer data)
{
  g_autofree char *dir = test_path (f->broker, ".config/postern/profiles"), *file = NULL;
  TestAsk *ask;

  g_mkdir_with_parents (dir, 0700);
  file = g_build_filename (dir, "cat.profile", NULL);
  g_assert_true (
      g_file_set_contents (file, "[Application]\nExecutables=cat;\n\n[Files]\n~/Sync=change\n~/Projects=change\n", -1, NULL));
  make_link (f, "Sync", ".config");
  test_sandbox_free (f->sandbox);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_assert_cmpint (test_outcome (look (f, "Projects")), ==, PST_OUTCOME_RETRY);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 1);
  ask = look (f, "Sync");
  test_wait (&f->agent->n_shown);
  g_assert_cmpuint (f->sandbox->n_attached, ==, 1);
  g_assert_cmpstr (test_agent_string (f->agent, "warning"), !=, "");
  refuse (f, ask);
}

/* The sentence that says how to allow it is one to paste, and the application chose the name in it. */
static void
test_notice_is_quoted (Fixture *f, gconstpointer data)
{
  g_autofree char *path = test_path (f->broker, "x'; touch pwned #");
  g_auto (GStrv) argv = NULL;
  const char *command;
  TestAsk *ask;
  int argc;

  ask = test_ask (f->sandbox, path, PST_ACCESS_CHANGE, PST_OP_CREATE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
  test_wait (&f->sandbox->n_notices);
  command = strstr (f->sandbox->last_notice, "postern grant");
  g_assert_nonnull (command);
  g_assert_true (g_shell_parse_argv (command, &argc, &argv, NULL));
  g_assert_cmpstr (argv[3], ==, "~/x'; touch pwned #");
  g_assert_cmpint (argc, ==, 6);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function, option) g_test_add ("/attacks/" name, Fixture, option, set_up, function, tear_down)
  ADD ("list-through-link", test_list_through_link, NULL);
  ADD ("link-to-settings", test_link_to_settings, NULL);
  ADD ("link-to-sockets", test_link_to_sockets, NULL);
  ADD ("link-to-refused", test_link_to_refused, NULL);
  ADD ("link-to-nowhere", test_link_to_nowhere, NULL);
  ADD ("home-is-not-all", test_home_is_not_all, NULL);
  ADD ("profile-through-link", test_profile_through_link, NULL);
  ADD ("notice-is-quoted", test_notice_is_quoted, "--question-timeout=1");
#undef ADD
  return g_test_run ();
}
