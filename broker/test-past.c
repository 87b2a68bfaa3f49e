/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The history over the private socket: what a client can ask of it, well and badly, and allowing afterwards. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern-ipc.h"
#include "test-harness.h"

#define DISPLAY ":test"

typedef struct
{
  char *policy;
  TestBroker *broker;
  TestAgent *agent;
  TestSandbox *sandbox;
  PstPeer *control;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/a.jpg");
  test_make_file (f->broker, "Documents/x.txt");
  test_make_file (f->broker, ".ssh/id_rsa");
  f->policy = test_broker_start_with_policy (f->broker);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  f->control = test_connect (f->broker, "control");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  pst_peer_unref (f->control);
  test_sandbox_free (f->sandbox);
  test_agent_free (f->agent);
  test_broker_free (f->broker);
  g_free (f->policy);
}

/* @text: of an a{sv}. (transfer full) */
static GVariant *
filter (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) dict = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return g_variant_new ("(@a{sv})", dict);
}

static GVariant *
history (Fixture *f, const char *text)
{
  g_autoptr (GVariant) reply = test_call (f->control, PST_CONTROL_HISTORY, filter (text));

  return g_variant_get_child_value (reply, 0);
}

static void
deny (Fixture *f, const char *path)
{
  TestAsk *ask = test_ask (f->sandbox, path, PST_ACCESS_VIEW, PST_OP_LOOKUP);

  test_wait_count (&f->agent->n_shown, f->agent->n_shown + 1);
  test_agent_answer (f->agent, PST_ANSWER_DENY, 0, 0, PST_LIFETIME_ONCE);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
}

/* The newest row of @what. */
static guint64
row_of (Fixture *f, const char *what)
{
  g_autofree char *text = g_strdup_printf ("{'what': <['%s']>}", what);
  g_autoptr (GVariant) rows = history (f, text);
  guint64 number;

  g_assert_cmpuint (g_variant_n_children (rows), >, 0);
  g_variant_get_child (rows, 0, "(txstsayuuus)", &number, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  return number;
}

static void
test_bad_filters (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = {
    "{'nonsense': <1>}",
    "{'app': <1>}",
    "{'what': <'asked'>}",
    "{'text': <b'asked'>}",
    "{'since': <uint64 1>}",
    "{'before': <int64 1>}",
    "{'limit': <int32 1>}",
    "{'limit': <uint32 0>}",
    "{'what': "
    "<['1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17','18','19','20','21','22','23','24','25',"
    "'26','27','28','29','30','31','32','33']>}",
  };
  static const char *const odd[] = {
    "@a{sv} {}",
    "{'what': <@as []>}",
    "{'text': <''>}",
    "{'limit': <uint32 4294967295>, 'before': <uint64 18446744073709551615>}",
    "{'after': <uint64 0>, 'since': <int64 -9223372036854775808>, 'until': <int64 9223372036854775807>}",
    "{'app': <'no such application'>, 'text': <'\" OR 1=1; --'>}",
    "{'text': <'NEAR(a b) AND \"*'>}",
    "{'text': <'%_\\\\*?['>}",
    "{'text': <'a'>, 'what': <['asked', 'asked', '']>}",
  };
  g_autofree char *megabyte = g_strnfill (1 << 20, 'x'), *long_text = NULL;
  g_autoptr (GVariant) rows = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_free (test_call_fails (f->control, PST_CONTROL_HISTORY, filter (bad[i])));
  long_text = g_strdup_printf ("{'text': <'%s'>}", megabyte);
  g_free (test_call_fails (f->control, PST_CONTROL_HISTORY, filter (long_text)));
  for (gsize i = 0; i < G_N_ELEMENTS (odd); i++)
    {
      g_autoptr (GVariant) any = history (f, odd[i]);

      g_assert_cmpuint (g_variant_n_children (any), <=, 1000);
    }
  rows = history (f, "{'what': <['started']>}");
  g_assert_cmpuint (g_variant_n_children (rows), ==, 1);
}

typedef struct
{
  guint n_rows;
  guint64 last;
  gboolean ordered;
} Watcher;

static void
on_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  Watcher *watcher = data;
  g_autoptr (GVariant) rows = NULL;

  if (strcmp (message->member, PST_CONTROL_EVENT) != 0)
    return;
  g_assert_true (pst_message_check (message, PST_CONTROL_EVENT_IN, NULL));
  rows = g_variant_get_child_value (message->args, 0);
  for (gsize i = 0; i < g_variant_n_children (rows); i++)
    {
      guint64 number;

      g_variant_get_child (rows, i, "(txstsayuuus)", &number, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
      watcher->ordered &= number > watcher->last;
      watcher->last = number;
      watcher->n_rows++;
    }
}

/* A row is told when it can be asked for, in order. */
static void
test_watch (Fixture *f, gconstpointer data)
{
  g_autofree char *path = test_path (f->broker, "Pictures/a.jpg");
  g_autoptr (PstPeer) peer = test_connect (f->broker, "control");
  g_autoptr (GVariant) rows = NULL;
  Watcher watcher = { .ordered = TRUE };

  g_variant_unref (test_call (peer, PST_CONTROL_WATCH, g_variant_new ("(b)", TRUE)));
  pst_peer_start (peer, on_message, NULL, &watcher);
  deny (f, path);
  test_wait_count (&watcher.n_rows, 2);
  g_assert_true (watcher.ordered);
  rows = history (f, "{'what': <['asked', 'answered']>}");
  g_assert_cmpuint (g_variant_n_children (rows), ==, 2);
  g_assert_cmpuint (row_of (f, "answered"), ==, watcher.last);
}

static char *
allow_fails (Fixture *f, guint64 row, PstLifetime lifetime)
{
  return test_call_fails (f->control, PST_CONTROL_ALLOW_REFUSED, g_variant_new ("(tu)", row, (guint32)lifetime));
}

static void
test_allow (Fixture *f, gconstpointer data)
{
  g_autofree char *path = test_path (f->broker, "Pictures/a.jpg");
  g_autoptr (GVariant) reply = NULL, back = NULL;
  guint64 id, undo;
  TestAsk *ask;

  deny (f, path);
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, path, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_DENY);
  reply = test_control_call (f->broker, PST_CONTROL_ALLOW_REFUSED,
                             g_variant_new ("(tu)", row_of (f, "asked"), (guint32)PST_LIFETIME_ONCE));
  g_variant_get (reply, "(tt)", &id, &undo);
  g_assert_cmpuint (id, !=, 0);
  g_assert_cmpuint (undo, !=, 0);
  /* For the file of that row, although more had been refused in the dialog. */
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, path, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
  back = test_control_call (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", undo));
  ask = test_ask (f->sandbox, path, PST_ACCESS_VIEW, PST_OP_OPEN);
  g_assert_cmpint (test_outcome (ask), ==, PST_OUTCOME_DENY);
}

/* What only a question with a warning gives, what is another thing now, what has not been refused. */
static void
test_allow_refuses (Fixture *f, gconstpointer data)
{
  g_autofree char *key = test_path (f->broker, ".ssh/id_rsa"), *file = test_path (f->broker, "Documents/x.txt"),
                  *pictures = test_path (f->broker, "Pictures"), *text = NULL;
  static const PstLifetime lifetimes[] = { 0, PST_LIFETIME_UNTIL, 99 };
  guint64 row;

  deny (f, key);
  text = allow_fails (f, row_of (f, "asked"), PST_LIFETIME_ALWAYS);
  g_assert_nonnull (strstr (text, "protected"));
  deny (f, file);
  row = row_of (f, "asked");
  for (gsize i = 0; i < G_N_ELEMENTS (lifetimes); i++)
    g_free (allow_fails (f, row, lifetimes[i]));
  g_free (allow_fails (f, 0, PST_LIFETIME_ALWAYS));
  g_free (allow_fails (f, G_MAXUINT64, PST_LIFETIME_ALWAYS));
  g_free (allow_fails (f, row + 1000, PST_LIFETIME_ALWAYS));
  g_free (allow_fails (f, row_of (f, "started"), PST_LIFETIME_ALWAYS));

  g_assert_no_errno (unlink (file));
  g_free (allow_fails (f, row, PST_LIFETIME_ALWAYS));
  g_assert_no_errno (symlink (key, file));
  g_free (allow_fails (f, row, PST_LIFETIME_ALWAYS));
  g_assert_no_errno (unlink (file));
  g_assert_no_errno (mkdir (file, 0700));
  g_free (allow_fails (f, row, PST_LIFETIME_ALWAYS));
  g_assert_no_errno (rmdir (file));
  g_assert_no_errno (mkfifo (file, 0600));
  g_free (allow_fails (f, row, PST_LIFETIME_ALWAYS));
  g_assert_no_errno (unlink (file));
  /* Through a directory that has become a link. */
  test_make_file (f->broker, "Documents/x.txt");
  g_free (g_steal_pointer (&text));
  text = g_strconcat (pictures, "/x.txt", NULL);
  g_assert_no_errno (rename (file, text));
  g_free (g_steal_pointer (&text));
  text = g_path_get_dirname (file);
  g_assert_no_errno (rmdir (text));
  g_assert_no_errno (symlink (pictures, text));
  g_free (allow_fails (f, row, PST_LIFETIME_ALWAYS));
}

static void
write_policy (Fixture *f, const char *text)
{
  g_autofree char *path = g_build_filename (f->policy, "a.conf", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  g_assert_no_errno (chmod (path, 0644));
}

/* What the administrator has decided meanwhile. */
static void
test_locked (Fixture *f, gconstpointer data)
{
  g_autofree char *file = test_path (f->broker, "Documents/x.txt"), *first = NULL, *second = NULL;
  g_autoptr (GVariant) reply = NULL, dict = NULL;
  guint32 value = 0;
  guint64 row;

  deny (f, file);
  row = row_of (f, "asked");
  write_policy (f, "[Lock Files]\n~/Documents=deny\n");
  first = allow_fails (f, row, PST_LIFETIME_ALWAYS);
  g_assert_nonnull (strstr (first, "administrator"));
  write_policy (f, "[Application cat]\nLocked=true\n[Settings]\nUnusedDays=7\n");
  second = allow_fails (f, row, PST_LIFETIME_ALWAYS);
  g_assert_nonnull (strstr (second, "administrator"));
  reply = test_call (f->control, PST_CONTROL_GET_SETTINGS, NULL);
  dict = g_variant_get_child_value (reply, 0);
  g_assert_true (g_variant_lookup (dict, "unused_days", "u", &value));
  g_assert_cmpuint (value, ==, 7);
}

/* The control of the above. */
static void
test_allow_always (Fixture *f, gconstpointer data)
{
  g_autofree char *file = test_path (f->broker, "Documents/x.txt");

  deny (f, file);
  g_variant_unref (test_control_call (f->broker, PST_CONTROL_ALLOW_REFUSED,
                                      g_variant_new ("(tu)", row_of (f, "asked"), (guint32)PST_LIFETIME_ALWAYS)));
  g_assert_cmpint (test_outcome (test_ask (f->sandbox, file, PST_ACCESS_VIEW, PST_OP_OPEN)), ==, PST_OUTCOME_RETRY);
}

static void
test_settings (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "{'nonsense': <uint32 1>}", "{'history_days': <'1'>}", "{'history_rows': <uint32 1>}",
                                     "{'unused_days': <uint32 5>, 'history_days': <uint32 4000000000>}" };
  g_autoptr (GVariant) reply = NULL, dict = NULL;
  guint32 value = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_free (test_call_fails (f->control, PST_CONTROL_SET_SETTINGS, filter (bad[i])));
  g_variant_unref (test_call (f->control, PST_CONTROL_SET_SETTINGS, filter ("{'history_rows': <uint32 5000>}")));
  test_broker_stop (f->broker, SIGKILL);
  g_clear_pointer (&f->control, pst_peer_unref);
  test_broker_start (f->broker, NULL);
  f->control = test_connect (f->broker, "control");
  reply = test_call (f->control, PST_CONTROL_GET_SETTINGS, NULL);
  dict = g_variant_get_child_value (reply, 0);
  g_assert_true (g_variant_lookup (dict, "history_rows", "u", &value));
  g_assert_cmpuint (value, ==, 5000);
  /* All of it or nothing. */
  g_assert_true (g_variant_lookup (dict, "unused_days", "u", &value));
  g_assert_cmpuint (value, ==, 90);
}

int
main (int argc, char **argv)
{
  test_drop_root ();
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/past/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("bad-filters", test_bad_filters);
  ADD ("watch", test_watch);
  ADD ("allow", test_allow);
  ADD ("allow-refuses", test_allow_refuses);
  ADD ("allow-always", test_allow_always);
  ADD ("locked", test_locked);
  ADD ("settings", test_settings);
#undef ADD
  return g_test_run ();
}
