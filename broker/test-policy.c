/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The administrator's policy in a broker that runs: locks and defaults reach gates that are there already, a policy that cannot
 * be trusted or read stops launches, and says so. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "test-harness.h"

#define DISPLAY ":test"

typedef struct
{
  TestBroker *broker;
  char *dir;
} Fixture;

static void
write_policy (Fixture *f, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (f->dir, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_assert_no_errno (chmod (path, 0644));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/a.jpg");
  test_make_file (f->broker, "Work/plan.txt");
  f->dir = test_broker_start_with_policy (f->broker);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_broker_free (f->broker);
  g_free (f->dir);
}

static PstAnswer
decide (Fixture *f, TestSandbox *sandbox, const char *name, PstAccess access)
{
  g_autofree char *path = test_path (f->broker, name);

  return test_decide (sandbox, path, access);
}

/* Gates are answered meanwhile: it returns when they have it. */
static void
grant (Fixture *f, const char *name, PstAccess access, PstAnswer answer)
{
  g_autofree char *path = test_path (f->broker, name);

  g_variant_unref (
      test_control_call (f->broker, PST_CONTROL_GRANT, test_grant_args ("cat", path, access, answer, PST_LIFETIME_ALWAYS)));
}

/* What "postern why cat NAME" says. */
static char *
why (Fixture *f, const char *resource)
{
  PstPeer *control = test_connect (f->broker, "control");
  g_autoptr (GVariant) reply =
      test_call (control, PST_CONTROL_WHY, g_variant_new ("(s^ayu)", "cat", resource, (guint32)PST_ACCESS_VIEW));
  char *text;

  g_variant_get (reply, "(uts)", NULL, NULL, &text);
  pst_peer_unref (control);
  return text;
}

/* A launch now: NULL, or the sentence that it is refused with. */
static char *
launch_refused (Fixture *f)
{
  PstPeer *launcher = test_connect (f->broker, "launcher");
  GVariantBuilder request;
  char *sentence;
  int ends[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  g_variant_builder_init (&request, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&request, "{sv}", "executable", g_variant_new_bytestring ("/usr/bin/cat"));
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (PstMessage) reply =
        pst_peer_call_sync (launcher, PST_LAUNCHER_REGISTER, g_variant_new ("(a{sv})", &request), &ends[1], 1, 10000, &error);

    sentence = reply ? NULL : g_strdup (error->message);
  }
  close (ends[0]);
  close (ends[1]);
  pst_peer_unref (launcher);
  return sentence;
}

static void
on_watched (PstPeer *peer, PstMessage *message, gpointer data)
{
  guint *told = data;
  guint32 topics;

  if (strcmp (message->member, PST_CONTROL_CHANGED) != 0)
    return;
  g_variant_get (message->args, "(uas)", &topics, NULL);
  *told |= (topics & 16) != 0;
}

static void
test_while_running (Fixture *f, gconstpointer data)
{
  TestSandbox *sandbox;
  PstPeer *watcher = test_connect (f->broker, "control");
  g_autofree char *explained = NULL, *plan = test_path (f->broker, "Work/plan.txt");
  guint told = 0, n;

  grant (f, "Work", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  g_assert_cmpint (decide (f, sandbox, "Work/plan.txt", PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  g_assert_cmpint (decide (f, sandbox, "Pictures/a.jpg", PST_ACCESS_VIEW), ==, PST_ANSWER_ASK);
  g_variant_unref (test_call (watcher, PST_CONTROL_WATCH, g_variant_new ("(b)", FALSE)));
  pst_peer_start (watcher, on_watched, NULL, &told);

  /* A permission that was there before the lock ends with it, also what it has attached. */
  g_assert_cmpint (test_outcome (test_ask (sandbox, plan, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  g_assert_cmpuint (sandbox->n_attached, ==, 1);
  n = sandbox->n_policies;
  write_policy (f, "a.conf", "[Lock Files]\n~/Work=deny\n[Default Files]\nxdg:PICTURES=view\n");
  test_wait_count (&sandbox->n_policies, n + 1);
  test_wait (&told);
  test_wait_count (&sandbox->n_detached, 1);
  g_assert_cmpint (decide (f, sandbox, "Work/plan.txt", PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_assert_cmpint (decide (f, sandbox, "Pictures/a.jpg", PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  explained = why (f, plan);
  g_assert_nonnull (strstr (explained, "policy.d/a.conf, line 2."));

  /* The person has the last word on a default. */
  grant (f, "Pictures", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  g_assert_cmpint (decide (f, sandbox, "Pictures/a.jpg", PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);

  /* What cannot be read changes nothing for those that run. */
  n = sandbox->n_policies;
  write_policy (f, "b.conf", "[Lock Files]\n~/Pictures\n");
  {
    g_autofree char *sentence = launch_refused (f);

    g_assert_nonnull (strstr (sentence, "policy.d/b.conf, line 2:"));
  }
  g_assert_cmpint (decide (f, sandbox, "Work/plan.txt", PST_ACCESS_VIEW), ==, PST_ANSWER_DENY);
  g_assert_cmpuint (sandbox->n_policies, ==, n);

  /* … and the end of it all is noticed too. */
  {
    g_autofree char *a = g_build_filename (f->dir, "a.conf", NULL), *b = g_build_filename (f->dir, "b.conf", NULL);

    g_assert_no_errno (g_unlink (b));
    g_assert_no_errno (g_unlink (a));
  }
  test_wait_count (&sandbox->n_policies, n + 1);
  g_assert_cmpint (decide (f, sandbox, "Work/plan.txt", PST_ACCESS_VIEW), ==, PST_ANSWER_ALLOW);
  test_sandbox_free (sandbox);
  pst_peer_unref (watcher);
}

static void
test_untrusted (Fixture *f, gconstpointer data)
{
  g_autofree char *good = NULL, *writable = NULL, *of_file = NULL, *again = NULL,
                  *file = g_build_filename (f->dir, "a.conf", NULL);

  write_policy (f, "a.conf", "[Lock Files]\n~/Work=deny\n");
  g_assert_null (good = launch_refused (f));
  g_assert_no_errno (chmod (f->dir, 0777));
  writable = launch_refused (f);
  g_assert_nonnull (strstr (writable, "can be written by others"));
  g_assert_nonnull (strstr (writable, f->dir));
  g_assert_no_errno (chmod (f->dir, 0755));
  g_assert_no_errno (chmod (file, 0666));
  of_file = launch_refused (f);
  g_assert_nonnull (strstr (of_file, "a.conf"));
  g_assert_no_errno (chmod (file, 0644));
  g_assert_null (again = launch_refused (f));
}

/* A directory that comes later is waited for. */
static void
test_made_later (Fixture *f, gconstpointer data)
{
  TestSandbox *sandbox;
  g_autofree char *elsewhere = g_build_filename (f->broker->dir, "elsewhere", NULL);
  guint n;

  g_assert_no_errno (g_rename (f->dir, elsewhere));
  sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  n = sandbox->n_policies;
  {
    g_autofree char *path = g_build_filename (elsewhere, "a.conf", NULL);

    g_assert_true (g_file_set_contents (path, "[Lock Files]\n~/Work=hide\n", -1, NULL));
    g_assert_no_errno (chmod (path, 0644));
  }
  g_assert_no_errno (g_rename (elsewhere, f->dir));
  test_wait_count (&sandbox->n_policies, n + 1);
  g_assert_cmpint (decide (f, sandbox, "Work", PST_ACCESS_VIEW), ==, PST_ANSWER_HIDE);
  test_sandbox_free (sandbox);
}

static void
test_switches (Fixture *f, gconstpointer data)
{
  TestSandbox *sandbox;
  PstPeer *control = test_connect (f->broker, "control");
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariantIter) list = NULL;
  gboolean strict;

  write_policy (f, "a.conf", "[Application cat]\nStrict=true\n");
  sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  reply = test_call (control, PST_CONTROL_LIST_SANDBOXES, NULL);
  g_variant_get (reply, "(a(tssuuxbuu))", &list);
  g_assert_true (g_variant_iter_next (list, "(tssuuxbuu)", NULL, NULL, NULL, NULL, NULL, NULL, &strict, NULL, NULL));
  g_assert_true (strict);
  test_sandbox_free (sandbox);
  pst_peer_unref (control);
}

static guint
setting (Fixture *f, const char *key)
{
  PstPeer *control = test_connect (f->broker, "control");
  g_autoptr (GVariant) reply = test_call (control, PST_CONTROL_GET_SETTINGS, NULL), dict = g_variant_get_child_value (reply, 0);
  guint32 value;

  g_assert_true (g_variant_lookup (dict, key, "u", &value));
  pst_peer_unref (control);
  return value;
}

/* What the person has set is theirs; what they have not follows the administrator, also later. */
static void
test_settings (Fixture *f, gconstpointer data)
{
  PstPeer *control;
  GVariantBuilder changes;
  g_autofree char *started = NULL;

  g_assert_cmpuint (setting (f, "unused_days"), ==, 90);
  write_policy (f, "a.conf", "[Settings]\nUnusedDays=30\nHistoryDays=20\n");
  g_assert_null (started = launch_refused (f));
  g_assert_cmpuint (setting (f, "unused_days"), ==, 30);
  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", "unused_days", g_variant_new_uint32 (7));
  control = test_connect (f->broker, "control");
  g_variant_unref (test_call (control, PST_CONTROL_SET_SETTINGS, g_variant_new ("(a{sv})", &changes)));
  pst_peer_unref (control);
  write_policy (f, "a.conf", "[Settings]\nUnusedDays=31\nHistoryDays=21\n");
  g_assert_null (started = launch_refused (f));
  g_assert_cmpuint (setting (f, "unused_days"), ==, 7);
  g_assert_cmpuint (setting (f, "history_days"), ==, 21);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/broker-policy/while-running", Fixture, NULL, set_up, test_while_running, tear_down);
  g_test_add ("/broker-policy/untrusted", Fixture, NULL, set_up, test_untrusted, tear_down);
  g_test_add ("/broker-policy/made-later", Fixture, NULL, set_up, test_made_later, tear_down);
  g_test_add ("/broker-policy/switches", Fixture, NULL, set_up, test_switches, tear_down);
  g_test_add ("/broker-policy/settings", Fixture, NULL, set_up, test_settings, tear_down);
  return g_test_run ();
}
