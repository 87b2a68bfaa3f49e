/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

typedef struct
{
  char *dir, *path;
  PstStore *store;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->dir = g_dir_make_tmp ("postern-store-XXXXXX", &error);
  g_assert_no_error (error);
  f->path = g_build_filename (f->dir, "state", "grants.db", NULL);
  f->store = pst_store_open (f->path, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "state/grants.db", "state/grants.db-wal", "state/grants.db-shm", "state", "" };

  pst_store_close (f->store);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (f->dir, names[i], NULL);

      remove (path);
    }
  g_assert_false (g_file_test (f->dir, G_FILE_TEST_EXISTS));
  g_free (f->dir);
  g_free (f->path);
}

static void
open_again (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  pst_store_close (f->store);
  f->store = pst_store_open (f->path, &error);
  g_assert_no_error (error);
}

static PstStoredRule
rule (const char *resource, PstAccess access, PstAnswer answer)
{
  return (PstStoredRule){ .app = (char *)"eog",
                          .kind = PST_KIND_FILES,
                          .resource = (char *)resource,
                          .scope = PST_SCOPE_TREE,
                          .access = access,
                          .answer = answer,
                          .lifetime = PST_LIFETIME_ALWAYS,
                          .boot = (char *)"",
                          .login = (char *)"",
                          .created = 1 };
}

static guint64
add (Fixture *f, const PstStoredRule *new_rule, gboolean *replaced)
{
  g_autoptr (GError) error = NULL;
  guint64 id = pst_store_add_rule (f->store, new_rule, NULL, replaced, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (id, !=, 0);
  return id;
}

static guint
count (Fixture *f)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (f->store, "eog");

  return rules->len;
}

static void
test_round_trip (Fixture *f, gconstpointer data)
{
  PstStoredRule in = rule ("/home/u/\xff\n ok", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  const PstStoredRule *out;
  gboolean replaced = TRUE;
  guint64 id;
  struct stat st;

  in.real = (char *)"/data/\xfe";
  in.lifetime = PST_LIFETIME_UNTIL;
  in.until = 42;
  id = add (f, &in, &replaced);
  g_assert_false (replaced);
  open_again (f);
  out = pst_store_get_rule (f->store, id);
  g_assert_nonnull (out);
  g_assert_cmpstr (out->resource, ==, in.resource);
  g_assert_cmpstr (out->real, ==, in.real);
  g_assert_cmpint (out->until, ==, 42);
  g_assert_cmpint (out->access, ==, PST_ACCESS_CHANGE);
  /* Nobody else may read what a person's applications may do. */
  g_assert_no_errno (stat (f->path, &st));
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);
}

static void
test_update (Fixture *f, gconstpointer data)
{
  PstStoredRule view = rule ("/p", PST_ACCESS_VIEW, PST_ANSWER_ALLOW),
                change = rule ("/p", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  PstStoredRule no_change = rule ("/p", PST_ACCESS_CHANGE, PST_ANSWER_DENY), no = rule ("/p", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  PstStoredRule once = rule ("/p", PST_ACCESS_VIEW, PST_ANSWER_DENY);
  gboolean replaced;
  guint64 id;

  add (f, &view, &replaced);
  g_assert_false (replaced);
  id = add (f, &view, &replaced);
  g_assert_true (replaced);
  g_assert_cmpuint (count (f), ==, 1);
  id = add (f, &change, &replaced);
  g_assert_true (replaced);
  g_assert_cmpuint (count (f), ==, 1);
  /* A refusal to change leaves the permission to look. */
  add (f, &no_change, &replaced);
  g_assert_true (replaced);
  g_assert_cmpuint (count (f), ==, 2);
  g_assert_cmpint (pst_store_get_rule (f->store, id)->access, ==, PST_ACCESS_VIEW);
  open_again (f);
  g_assert_cmpint (pst_store_get_rule (f->store, id)->access, ==, PST_ACCESS_VIEW);
  /* What is for one run leaves what is for always, and not the other way about. */
  once.lifetime = PST_LIFETIME_ONCE;
  once.sandbox = 7;
  once.boot = (char *)"b";
  add (f, &once, &replaced);
  g_assert_false (replaced);
  g_assert_cmpuint (count (f), ==, 3);
  add (f, &no, &replaced);
  g_assert_cmpuint (count (f), ==, 1);
}

static void
test_remove (Fixture *f, gconstpointer data)
{
  PstStoredRule a = rule ("/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), b = rule ("/b", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  guint64 ids[] = { add (f, &a, NULL), 4711 };
  g_autoptr (GError) error = NULL;

  add (f, &b, NULL);
  g_assert_true (pst_store_remove_rules (f->store, ids, G_N_ELEMENTS (ids), NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count (f), ==, 1);
  open_again (f);
  g_assert_cmpuint (count (f), ==, 1);
}

static void
test_history (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) events = NULL, own = NULL;
  guint64 first, second;

  for (guint i = 0; i < PST_STORE_MAX_EVENTS + 50; i++)
    {
      g_autofree char *app = i % 50 ? g_strdup_printf ("app-%u", i % 50) : g_strdup ("eog");

      pst_store_queue_event (f->store, pst_event_new ("asked", app, i, "/x", "text"));
      if (i % 1000 == 0)
        pst_store_flush (f->store);
    }
  pst_store_queue_app (f->store, "eog", "Image Viewer", "eog", "/usr/bin/eog", 5);
  pst_store_queue_package (f->store, "eog", "eog 43", 9);
  first = pst_store_next_sandbox (f->store);
  open_again (f);
  events = pst_store_list_events (f->store, NULL, G_MAXINT, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (events->len, ==, PST_STORE_MAX_EVENTS);
  g_assert_cmpuint (((PstEvent *)events->pdata[events->len - 1])->sandbox, ==, PST_STORE_MAX_EVENTS + 49);
  own = pst_store_list_events (f->store, "eog", 3, &error);
  g_assert_cmpuint (own->len, ==, 3);
  g_assert_cmpstr (((PstEvent *)own->pdata[0])->app, ==, "eog");
  g_assert_cmpstr (pst_store_get_app (f->store, "eog")->package, ==, "eog 43");
  second = pst_store_next_sandbox (f->store);
  g_assert_cmpuint (second, ==, first + 1);
}

/* What an application can bring about by itself, as often as it likes, does not push out the history of the others, nor what a
 * person has decided about it. */
static void
test_flood (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) victims = NULL, own = NULL;
  PstStoredRule a = rule ("/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  guint n_granted = 0, n_left_out = 0;

  for (guint i = 0; i < 40; i++)
    pst_store_queue_event (f->store, pst_event_new ("asked", "victim", 1, "/x", "text"));
  pst_store_flush (f->store);
  a.app = (char *)"flood";
  g_assert_cmpuint (pst_store_add_rule (f->store, &a, pst_event_new ("granted", "flood", 2, "/a", NULL), NULL, &error), !=, 0);
  g_assert_no_error (error);
  for (guint i = 0; i < 40000; i++)
    {
      g_autofree char *path = g_strdup_printf ("/x/%u", i);

      pst_store_queue_event (f->store, pst_event_new (i % 2 ? "asked" : "refused", "flood", 2, path, "text"));
      if (i % 400 == 399)
        pst_store_flush (f->store);
    }
  victims = pst_store_list_events (f->store, "victim", G_MAXINT, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (victims->len, ==, 40);
  own = pst_store_list_events (f->store, "flood", G_MAXINT, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (own->len, <=, PST_STORE_MAX_EVENTS / 5);
  for (guint i = 0; i < own->len; i++)
    {
      const PstEvent *event = own->pdata[i];

      n_granted += strcmp (event->what, "granted") == 0;
      n_left_out += strcmp (event->what, "left out") == 0;
    }
  g_assert_cmpuint (n_granted, ==, 1);
  g_assert_cmpuint (n_left_out, >, 0);
}

/* A process that is killed between two commits: numbers are not given twice, rules stay. */
static void
test_killed (Fixture *f, gconstpointer data)
{
  guint64 before = pst_store_next_sandbox (f->store);
  pid_t child;
  int status;

  pst_store_close (f->store);
  child = fork ();
  if (child == 0)
    {
      PstStore *store = pst_store_open (f->path, NULL);
      PstStoredRule a = rule ("/killed", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

      if (store && pst_store_next_sandbox (store) == before + 1 && pst_store_add_rule (store, &a, NULL, NULL, NULL))
        raise (SIGKILL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  f->store = NULL;
  open_again (f);
  g_assert_cmpuint (count (f), ==, 1);
  g_assert_cmpuint (pst_store_next_sandbox (f->store), >, before + 1);
}

static void
refuses (Fixture *f, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL, *after = NULL;
  gsize before_size, after_size;

  g_assert_true (g_file_get_contents (f->path, &before, &before_size, NULL));
  g_assert_null (pst_store_open (f->path, &error));
  g_assert_error (error, PST_STORE_ERROR, PST_STORE_ERROR_UNUSABLE);
  g_assert_nonnull (strstr (error->message, f->path));
  g_assert_nonnull (strstr (error->message, part));
  g_assert_true (g_file_get_contents (f->path, &after, &after_size, NULL));
  g_assert_cmpmem (before, before_size, after, after_size);
}

static void
run_sql (Fixture *f, const char *sql)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (f->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

static void
test_newer (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->store, pst_store_close);
  run_sql (f, "PRAGMA user_version=99");
  refuses (f, "newer");
}

static void
test_foreign (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->store, pst_store_close);
  run_sql (f, "PRAGMA application_id=7");
  refuses (f, "is not a database of Postern");
}

static void
test_damaged (Fixture *f, gconstpointer data)
{
  int fd;

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *path = g_strdup_printf ("/some/where/%u", i);
      PstStoredRule a = rule (path, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

      a.lifetime = PST_LIFETIME_ONCE;
      a.sandbox = 1;
      add (f, &a, NULL);
    }
  g_clear_pointer (&f->store, pst_store_close);
  fd = open (f->path, O_WRONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  for (int page = 1; page < 6; page++)
    g_assert_cmpint (pwrite (fd, "garbage garbage garbage garbage", 31, page * 4096), ==, 31);
  close (fd);
  refuses (f, "damaged");
}

/* Whole for SQLite, but nothing that was ever written by us. */
static void
test_insane_row (Fixture *f, gconstpointer data)
{
  PstStoredRule a = rule ("/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

  add (f, &a, NULL);
  g_clear_pointer (&f->store, pst_store_close);
  run_sql (f, "UPDATE rules SET access=9");
  refuses (f, "damaged");
}

/* A file of the first version is brought up to date, with what was in it. */
static void
test_migration (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GError) error = NULL;
  PstStoredRule a = rule ("/old", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

  add (f, &a, NULL);
  g_clear_pointer (&f->store, pst_store_close);
  run_sql (f, "DROP TABLE events; DROP TABLE apps; ALTER TABLE rules DROP COLUMN origin; PRAGMA user_version=1");
  open_again (f);
  g_assert_cmpuint (count (f), ==, 1);
  pst_store_queue_event (f->store, pst_event_new ("asked", "eog", 1, NULL, NULL));
  events = pst_store_list_events (f->store, NULL, 10, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (events->len, ==, 1);
}

static void
test_second_broker (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (pst_store_open (f->path, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/store/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("round-trip", test_round_trip);
  ADD ("update", test_update);
  ADD ("remove", test_remove);
  ADD ("history", test_history);
  ADD ("flood", test_flood);
  ADD ("killed", test_killed);
  ADD ("newer", test_newer);
  ADD ("foreign", test_foreign);
  ADD ("damaged", test_damaged);
  ADD ("insane-row", test_insane_row);
  ADD ("migration", test_migration);
  ADD ("second-broker", test_second_broker);
#undef ADD
  return g_test_run ();
}
