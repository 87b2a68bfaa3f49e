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
  static const char *const names[] = {
    "state/grants.db", "state/grants.db-wal", "state/grants.db-shm", "state/history.db", "state/history.db-wal", "state", ""
  };

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

static void
run_sql (Fixture *f, const char *sql)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (f->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
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

static guint64
only_ending (Fixture *f)
{
  g_autoptr (GPtrArray) rules = pst_store_list_ending_rules (f->store);

  g_assert_cmpuint (rules->len, <=, 1);
  return rules->len > 0 ? ((PstStoredRule *)rules->pdata[0])->id : 0;
}

static void
test_ending (Fixture *f, gconstpointer data)
{
  PstStoredRule always = rule ("/a", PST_ACCESS_VIEW, PST_ANSWER_ALLOW), until = rule ("/b", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  guint64 id;

  until.lifetime = PST_LIFETIME_UNTIL;
  until.until = 4000000000;
  add (f, &always, NULL);
  g_assert_cmpuint (only_ending (f), ==, 0);
  id = add (f, &until, NULL);
  g_assert_cmpuint (only_ending (f), ==, id);
  open_again (f);
  g_assert_cmpuint (only_ending (f), ==, id);
  /* A later date in the place of the first. */
  until.until++;
  id = add (f, &until, NULL);
  g_assert_cmpuint (only_ending (f), ==, id);
  g_assert_true (pst_store_remove_rules (f->store, &id, 1, NULL, NULL));
  g_assert_cmpuint (only_ending (f), ==, 0);
  g_assert_cmpuint (count (f), ==, 1);
}

static void
on_answer (GPtrArray *rows, guint64 next, const GError *error, gpointer data)
{
  GPtrArray **result = data;

  g_assert_no_error (error);
  *result = g_ptr_array_ref (rows);
}

/* The newest rows, newest first. */
static GPtrArray *
history (Fixture *f, const char *app)
{
  PstHistoryFilter *filter = pst_history_filter_new ();
  GPtrArray *rows = NULL;

  filter->app = g_strdup (app);
  filter->limit = PST_HISTORY_MAX_LIMIT;
  pst_history_query (pst_store_get_history (f->store), filter, on_answer, &rows);
  pst_history_settle (pst_store_get_history (f->store));
  g_assert_nonnull (rows);
  return rows;
}

static const PstEvent *
at (GPtrArray *rows, guint index)
{
  g_assert_cmpuint (index, <, rows->len);
  return rows->pdata[index];
}

static void
test_history (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;
  PstStoredRule a = rule ("/a\xff", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  PstEvent *granted = pst_event_new ("granted", "eog", 7, "/a\xff", "by hand");
  guint64 first, second;

  granted->program = g_strdup ("/usr/bin/\xfe");
  pst_store_queue_app (f->store, "eog", "Image Viewer", "eog", "/usr/bin/eog", 5);
  pst_store_queue_package (f->store, "eog", "eog 43", 9);
  pst_store_queue_event (f->store, pst_event_new ("asked", "eog", 7, "/x", "text"));
  g_assert_cmpuint (pst_store_add_rule (f->store, &a, granted, NULL, &error), !=, 0);
  g_assert_no_error (error);
  first = pst_store_next_sandbox (f->store);
  open_again (f);
  rows = history (f, NULL);
  g_assert_cmpuint (rows->len, ==, 2);
  /* What happened before a change is before it. */
  g_assert_cmpstr (at (rows, 0)->what, ==, "granted");
  g_assert_cmpstr (at (rows, 1)->what, ==, "asked");
  g_assert_cmpuint (at (rows, 0)->number, >, at (rows, 1)->number);
  g_assert_cmpstr (at (rows, 0)->resource, ==, "/a\xff");
  g_assert_cmpstr (at (rows, 0)->program, ==, "/usr/bin/\xfe");
  g_assert_cmpstr (at (rows, 0)->name, ==, "Image Viewer");
  g_assert_cmpstr (pst_store_get_app (f->store, "eog")->package, ==, "eog 43");
  second = pst_store_next_sandbox (f->store);
  g_assert_cmpuint (second, ==, first + 1);
}

/* What one application brings about in a moment is cut, and it is said how much was. */
static void
test_burst (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) own = NULL, victims = NULL;

  pst_store_queue_event (f->store, pst_event_new ("asked", "victim", 1, "/x", "text"));
  for (guint i = 0; i < 1000; i++)
    pst_store_queue_event (f->store, pst_event_new ("asked", "flood", 2, "/x", "text"));
  own = history (f, "flood");
  victims = history (f, "victim");
  g_assert_cmpuint (own->len, ==, 65);
  g_assert_cmpstr (at (own, 0)->what, ==, "left out");
  g_assert_cmpstr (at (own, 0)->text, ==, "936 more events");
  g_assert_cmpuint (victims->len, ==, 1);
}

static gint64
count_outbox (Fixture *f)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  gint64 n;

  g_assert_cmpint (sqlite3_open (f->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, "SELECT count(*) FROM events", -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return n;
}

/* A process that is killed as soon as a change is committed: its row comes into the history at the next start, and only once,
 * also if the outbox could not be emptied. */
static void
test_outbox (Fixture *f, gconstpointer data)
{
  pid_t child;
  int status;

  g_clear_pointer (&f->store, pst_store_close);
  child = fork ();
  if (child == 0)
    {
      PstStore *store = pst_store_open (f->path, NULL);
      PstStoredRule a = rule ("/killed", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

      if (store && pst_store_add_rule (store, &a, pst_event_new ("granted", "eog", 1, "/killed", NULL), NULL, NULL))
        raise (SIGKILL);
      _exit (1);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (count_outbox (f), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GPtrArray) rows = NULL;

      open_again (f);
      rows = history (f, NULL);
      g_assert_cmpuint (rows->len, ==, 1);
      g_assert_cmpstr (at (rows, 0)->resource, ==, "/killed");
      g_clear_pointer (&f->store, pst_store_close);
      g_assert_cmpint (count_outbox (f), ==, 0);
      /* as if the deletion had been lost */
      run_sql (f, "INSERT INTO events (id, time, app, sandbox, what, resource, access, answer, lifetime)"
                  " VALUES (1, 5, 'eog', 1, 'granted', '/killed', 1, 1, 1)");
    }
  open_again (f);
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
  g_autoptr (GPtrArray) rows = NULL;
  PstStoredRule a = rule ("/old", PST_ACCESS_VIEW, PST_ANSWER_ALLOW);

  add (f, &a, NULL);
  g_clear_pointer (&f->store, pst_store_close);
  run_sql (f, "DROP TABLE events; DROP TABLE apps; ALTER TABLE rules DROP COLUMN origin; PRAGMA user_version=1");
  open_again (f);
  g_assert_cmpuint (count (f), ==, 1);
  pst_store_queue_event (f->store, pst_event_new ("asked", "eog", 1, NULL, NULL));
  rows = history (f, NULL);
  g_assert_cmpuint (rows->len, ==, 1);
}

/* Of a version that did not note when a service is used: permissions for one have been used when the application was. */
static void
test_service_used (Fixture *f, gconstpointer data)
{
  PstStoredRule files = rule ("/old", PST_ACCESS_VIEW, PST_ANSWER_ALLOW),
                service = rule ("session:org.test.Old", PST_ACCESS_TALK, PST_ANSWER_ALLOW);
  guint64 of_files, of_service;

  service.kind = PST_KIND_BUS;
  of_files = add (f, &files, NULL);
  of_service = add (f, &service, NULL);
  g_clear_pointer (&f->store, pst_store_close);
  run_sql (f, "INSERT OR REPLACE INTO apps (id, name, icon, executable, package_stamp, used)"
              " VALUES ('eog', 'Eye', '', '/usr/bin/eog', 0, 777); PRAGMA user_version=4");
  open_again (f);
  g_assert_cmpint (pst_store_get_rule (f->store, of_files)->used, ==, 0);
  g_assert_cmpint (pst_store_get_rule (f->store, of_service)->used, ==, 777);
}

/* The history of a version that kept it with the rules. */
static void
test_history_moves (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;

  g_clear_pointer (&f->store, pst_store_close);
  run_sql (f, "ALTER TABLE events DROP COLUMN name; ALTER TABLE events DROP COLUMN program; ALTER TABLE events DROP COLUMN "
              "kind; PRAGMA user_version=3;"
              "INSERT INTO events (time, app, sandbox, what, resource, access, answer, lifetime, text)"
              " VALUES (5, 'eog', 1, 'asked', '/old', 1, 0, 0, 'text')");
  open_again (f);
  rows = history (f, "eog");
  g_assert_cmpuint (rows->len, ==, 1);
  g_assert_cmpstr (at (rows, 0)->resource, ==, "/old");
  g_assert_cmpint (at (rows, 0)->time, ==, 5);
  g_clear_pointer (&f->store, pst_store_close);
  g_assert_cmpint (count_outbox (f), ==, 0);
  open_again (f);
}

/* A history that is damaged is set aside, and keeps nobody from working. */
static void
test_history_damaged (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->dir, "state", "history.db", NULL), *aside = g_strconcat (path, ".damaged", NULL);
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&f->store, pst_store_close);
  g_assert_true (g_file_set_contents (path,
                                      "this is none, and longer than a page header would be ................................"
                                      "......................................................................",
                                      -1, &error));
  open_again (f);
  pst_store_queue_event (f->store, pst_event_new ("asked", "eog", 1, "/x", NULL));
  rows = history (f, NULL);
  g_assert_cmpuint (rows->len, ==, 1);
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_unlink (aside), ==, 0);
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
  ADD ("ending", test_ending);
  ADD ("history", test_history);
  ADD ("burst", test_burst);
  ADD ("outbox", test_outbox);
  ADD ("killed", test_killed);
  ADD ("newer", test_newer);
  ADD ("foreign", test_foreign);
  ADD ("damaged", test_damaged);
  ADD ("insane-row", test_insane_row);
  ADD ("migration", test_migration);
  ADD ("service-used", test_service_used);
  ADD ("history-moves", test_history_moves);
  ADD ("history-damaged", test_history_damaged);
  ADD ("second-broker", test_second_broker);
#undef ADD
  return g_test_run ();
}
