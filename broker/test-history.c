/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history-db-private.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

typedef struct
{
  char *dir, *path;
  PstHistoryDb *db;
} Fixture;

static PstHistoryDb *
open_db (Fixture *f, guint64 outbox)
{
  g_autoptr (GError) error = NULL;
  gboolean set_aside = FALSE;
  PstHistoryDb *db = pst_history_db_open (f->path, outbox, &set_aside, &error);

  g_assert_no_error (error);
  g_assert_false (set_aside);
  return db;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->dir = g_dir_make_tmp ("postern-history-XXXXXX", &error);
  g_assert_no_error (error);
  f->path = g_build_filename (f->dir, "history.db", NULL);
  f->db = open_db (f, 1);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  pst_history_db_close (f->db);
  g_assert_cmpint (g_unlink (f->path), ==, 0);
  g_assert_cmpint (g_rmdir (f->dir), ==, 0);
  g_free (f->dir);
  g_free (f->path);
}

static GPtrArray *
events_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
}

static PstEvent *
event (const char *what, const char *app, const char *resource, const char *text)
{
  PstEvent *made = pst_event_new (what, app, 1, resource, text);

  made->time = 1000000;
  return made;
}

static void
write_take (Fixture *f, GPtrArray *events_take)
{
  g_autoptr (GPtrArray) events = events_take;
  g_autoptr (GError) error = NULL;

  g_assert_true (pst_history_db_write (f->db, events, &error));
  g_assert_no_error (error);
}

static guint64
write_one (Fixture *f, PstEvent *one)
{
  g_autoptr (GPtrArray) events = events_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (events, one);
  g_assert_true (pst_history_db_write (f->db, events, &error));
  g_assert_no_error (error);
  return one->number;
}

static GPtrArray *
query (Fixture *f, const PstHistoryFilter *filter, guint64 *next)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *rows = pst_history_db_query (f->db, filter, next, &error);

  g_assert_no_error (error);
  g_assert_nonnull (rows);
  g_assert_cmpuint (rows->len, <=, CLAMP (filter->limit, 1, PST_HISTORY_MAX_LIMIT));
  /* Whoever goes on comes to an end. */
  g_assert_true (*next == 0 || filter->before == 0 || *next < filter->before);
  return rows;
}

/* To the end. @n_pages: (nullable). */
static GPtrArray *
query_all_take (Fixture *f, PstHistoryFilter *filter_take, guint *n_pages)
{
  g_autoptr (PstHistoryFilter) filter = filter_take;
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  guint n = 0;

  do
    {
      g_autoptr (GPtrArray) rows = NULL;
      guint64 next;

      rows = query (f, filter, &next);
      filter->before = next;
      for (guint i = 0; i < rows->len; i++)
        g_ptr_array_add (all, pst_event_copy (rows->pdata[i]));
      n++;
    }
  while (filter->before != 0);
  if (n_pages)
    *n_pages = n;
  return all;
}

static PstHistoryFilter *
filter (const char *app, const char *what, const char *text)
{
  PstHistoryFilter *made = pst_history_filter_new ();

  made->app = g_strdup (app);
  made->what = what ? g_strsplit (what, " ", -1) : NULL;
  made->text = g_strdup (text);
  return made;
}

static guint
count (Fixture *f, const char *app, const char *what, const char *text)
{
  PstHistoryFilter *made = filter (app, what, text);
  g_autoptr (GPtrArray) rows = NULL;

  made->limit = PST_HISTORY_MAX_LIMIT;
  rows = query_all_take (f, made, NULL);
  for (guint i = 1; i < rows->len; i++)
    g_assert_cmpuint (((PstEvent *)rows->pdata[i])->number, <, ((PstEvent *)rows->pdata[i - 1])->number);
  return rows->len;
}

static guint
trim (Fixture *f, guint rows, guint days, gint64 today)
{
  PstHistoryBounds bounds = { rows, days, today };
  g_autoptr (GError) error = NULL;
  gboolean more = TRUE;
  guint n = 0;

  for (; more; n++)
    {
      g_assert_true (pst_history_db_trim (f->db, &bounds, &more, &error));
      g_assert_no_error (error);
    }
  return n;
}

static gint64
ask_file (Fixture *f, const char *sql)
{
  sqlite3 *db;
  sqlite3_stmt *statement;
  gint64 value;

  g_clear_pointer (&f->db, pst_history_db_close);
  g_assert_cmpint (sqlite3_open (f->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  f->db = open_db (f, 1);
  return value;
}

/* Filters against the plain way: every row looked at. */

static const char *const apps[] = { "eog", "org.gnome.Evince", "a%b_c" };
static const char *const kinds[] = { "asked", "granted", "refused" };
static const char *const paths[] = { "/home/u/Pictures/Straße.jpg", "/home/u/\xff\xfe.bin", "/srv/a\"b'c%d_e*", "/x/\\n\n\t" };

static gboolean
holds (const char *field, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (field, -1), *folded = g_utf8_casefold (valid, -1),
                  *needle = g_utf8_casefold (text, -1);

  return strstr (folded, needle) != NULL;
}

static gboolean
plain_match (const PstEvent *row, const PstHistoryFilter *by)
{
  return (!by->app || strcmp (by->app, row->app) == 0) &&
         (!by->what || g_strv_contains ((const char *const *)by->what, row->what)) &&
         (!by->text || holds (row->resource, by->text) || holds (row->text, by->text) || holds (row->app, by->text)) &&
         (!by->before || row->number < by->before) && row->number > by->after && (!by->since || row->time >= by->since) &&
         (!by->until || row->time <= by->until);
}

/* With @data: as little of the time and of the rows in each page as can be. */
static void
test_filters (Fixture *f, gconstpointer data)
{
  static const char *const texts[] = { NULL,           "a",   "st",    "STRASSE",       "straße", "Pictures", "a\"b",
                                       "%d_",          "*",   "\"",    "' OR 1",        "evince", "\n",       "row 77",
                                       "\xef\xbf\xbd", "AND", "NEAR(", "nowhere at all" };
  g_autoptr (GPtrArray) all = events_new ();
  guint checked = 0, most_pages = 0;

  if (data)
    f->db->budget = 0, f->db->block = 7, f->db->at_once = 0;
  for (guint i = 0; i < 300; i++)
    {
      g_autofree char *text = g_strdup_printf ("row %u", i);
      PstEvent *one = event (kinds[i % 3], apps[i / 7 % 3], paths[i % 4], text);

      /* a clock that was set back in between */
      one->time = i < 150 ? 100000 + i * 5000 : 50000 + i * 4000;
      one->number = write_one (f, pst_event_copy (one));
      g_ptr_array_add (all, one);
    }
  for (guint a = 0; a <= 3; a++)
    for (guint w = 0; w < 4; w++)
      for (gsize t = 0; t < G_N_ELEMENTS (texts); t++)
        for (guint range = 0; range < 5; range++)
          {
            static const char *const whats[] = { NULL, "asked", "granted refused granted", "none such" };
            PstHistoryFilter *by = filter (a < 3 ? apps[a] : NULL, whats[w], texts[t]);
            g_autoptr (PstHistoryFilter) copy = filter (a < 3 ? apps[a] : NULL, whats[w], texts[t]);
            g_autoptr (GPtrArray) rows = NULL;
            guint k = 0, n_pages;

            g_test_message ("application %u, kinds %u, text %zu, range %u", a, w, t, range);
            by->since = copy->since = range == 1 || range == 3 ? 400000 : 0;
            by->until = copy->until = range == 2 || range == 3 ? 700000 : 0;
            by->before = copy->before = range == 4 ? 200 : 0;
            by->after = copy->after = range == 4 ? 100 : 0;
            by->limit = 1000;
            rows = query_all_take (f, by, &n_pages);
            most_pages = MAX (most_pages, n_pages);
            for (guint i = all->len; i-- > 0;)
              if (plain_match (all->pdata[i], copy))
                {
                  g_assert_cmpuint (k, <, rows->len);
                  g_assert_cmpuint (((PstEvent *)rows->pdata[k++])->number, ==, ((PstEvent *)all->pdata[i])->number);
                }
            g_assert_cmpuint (k, ==, rows->len);
            checked += k > 0;
          }
  g_assert_cmpuint (checked, >, 300);
  g_assert_true (!data || most_pages > 40);
}

static void
test_pages (Fixture *f, gconstpointer data)
{
  guint64 before = 0;
  guint n = 0;

  for (guint i = 0; i < 250; i++)
    write_one (f, event (kinds[i % 3], apps[i % 2], "/x", NULL));
  do
    {
      g_autoptr (PstHistoryFilter) by = filter (apps[0], NULL, NULL);
      g_autoptr (GPtrArray) rows = NULL;

      by->limit = 10;
      by->before = before;
      rows = query (f, by, &before);
      g_assert_cmpuint (rows->len, ==, n == 120 ? 5 : 10);
      n += rows->len;
    }
  while (before != 0);
  g_assert_cmpuint (n, ==, 125);
}

/* Numbers, times and words that no person would give. */
static void
test_extremes (Fixture *f, gconstpointer data)
{
  static const guint64 numbers[] = { 0, 1, 2, G_MAXINT64 - 1, G_MAXINT64, (guint64)G_MAXINT64 + 1, G_MAXUINT64 };
  static const gint64 times[] = { 0, 1, -1, G_MAXINT64, G_MININT64 };

  write_one (f, event ("asked", "eog", "/x", "t"));
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (numbers); k++)
      for (gsize s = 0; s < G_N_ELEMENTS (times); s++)
        {
          g_autoptr (PstHistoryFilter) by = filter (NULL, NULL, s % 2 ? "t" : NULL);
          g_autoptr (GPtrArray) rows = NULL;
          guint64 next;
          gboolean in;

          by->before = numbers[i];
          by->after = numbers[k];
          by->since = times[s];
          by->until = times[G_N_ELEMENTS (times) - 1 - s];
          by->limit = s % 2 ? G_MAXUINT : 0;
          in = (numbers[i] == 0 || numbers[i] > 1) && numbers[k] < 1 && (!by->since || by->since <= 1000000) &&
               (!by->until || by->until >= 1000000);
          rows = query (f, by, &next);
          g_assert_cmpuint (rows->len, ==, in);
          g_assert_cmpuint (next, ==, 0);
        }
}

/* An application that brings about as much as it can does not push out the history of the others, nor what was decided about
 * itself, and the file does not grow beyond what the rows may take. */
static void
test_flood (Fixture *f, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  struct stat st;
  gint64 size_before = 0;

  for (guint i = 0; i < 40; i++)
    write_one (f, event ("asked", "victim", "/mine", "text"));
  write_one (f, event ("granted", "flood", "/g", NULL));
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < 12; i++)
        {
          GPtrArray *events = events_new ();

          for (guint k = 0; k < 64; k++)
            {
              char path[4096];

              /* As long as a path may be, and no three characters twice where that can be. */
              for (gsize b = 0; b < sizeof path - 1; b++)
                path[b] = (char)g_rand_int_range (random, 1, 256);
              path[0] = '/';
              path[sizeof path - 1] = '\0';
              g_ptr_array_add (events, event (k % 2 ? "asked" : "refused", "flood", path, "text"));
            }
          write_take (f, events);
          trim (f, 10000, 180, 0);
        }
      g_assert_cmpuint (count (f, "victim", NULL, NULL), ==, 40);
      g_assert_cmpuint (count (f, "flood", "granted", NULL), ==, 1);
      /* A share of 1000, and a row of 4096 bytes weighs nine. */
      g_assert_cmpuint (count (f, "flood", NULL, NULL), <=, 1000 / 9 + 10);
      g_assert_cmpuint (count (f, "flood", NULL, NULL), >=, 1000 / 9 - 10);
      if (round == 0)
        {
          g_assert_cmpint (ask_file (f, "SELECT count(*) FROM events"), <, 200);
          g_assert_cmpint (stat (f->path, &st), ==, 0);
          size_before = st.st_size;
        }
    }
  /* It was full already after the first half. */
  g_assert_cmpint (ask_file (f, "SELECT count(*) FROM events"), <, 200);
  g_assert_cmpint (stat (f->path, &st), ==, 0);
  g_assert_cmpint (st.st_size, <, size_before + size_before / 2);
  g_assert_cmpint (st.st_size, <, 10 << 20);
}

static void
test_bounds (Fixture *f, gconstpointer data)
{
  const gint64 day = 24 * 60 * 60;

  for (guint i = 0; i < 3000; i++)
    {
      g_autofree char *app = g_strdup_printf ("app-%u", i % 50);
      PstEvent *one = event ("asked", app, "/x", "text");

      one->time = i / 10 * day;
      write_one (f, one);
    }
  trim (f, 2000, 0, 299);
  g_assert_cmpint (ask_file (f, "SELECT count(*) FROM events"), ==, 2000);
  g_assert_cmpint (ask_file (f, "SELECT min(id) FROM events"), ==, 1001);
  /* Rows of the last 100 days: 199 to 299. */
  trim (f, 2000, 100, 299);
  g_assert_cmpint (ask_file (f, "SELECT count(*) FROM events"), ==, 1010);
  g_assert_cmpint (ask_file (f, "SELECT sum(weight) FROM weights"), ==, 1010);
  g_assert_cmpint (ask_file (f, "SELECT min(day) FROM days"), ==, 199);
  /* What has gone is in no index either. */
  g_assert_cmpint (ask_file (f, "SELECT count(*) FROM words WHERE words MATCH '\"tex\"'"), ==, 1010);
  trim (f, 100, 0, 299);
  g_assert_cmpint (ask_file (f, "SELECT count(*) FROM words WHERE words MATCH '\"tex\"'"), ==, 100);
}

/* The pages that many rows took are given back. */
static void
test_shrinks (Fixture *f, gconstpointer data)
{
  struct stat before, after;

  for (guint i = 0; i < 60; i++)
    {
      GPtrArray *events = events_new ();

      for (guint k = 0; k < 500; k++)
        {
          g_autofree char *app = g_strdup_printf ("app-%u", k), *path = g_strdup_printf ("/home/u/%u/%u/%x", i, k, k * 7919);

          g_ptr_array_add (events, event ("asked", app, path, "some text of a question that is neither short nor long"));
        }
      write_take (f, events);
    }
  ask_file (f, "SELECT 1");
  g_assert_cmpint (stat (f->path, &before), ==, 0);
  trim (f, 1000, 0, 0);
  g_assert_cmpint (ask_file (f, "SELECT count(*) FROM events"), <=, 1064);
  g_assert_cmpint (stat (f->path, &after), ==, 0);
  g_assert_cmpint (after.st_size, <, before.st_size / 2);
}

/* What came out of an outbox before does not come again; another database's numbers begin anew. */
static void
test_outbox (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    for (guint64 k = 1; k <= 2; k++)
      {
        PstEvent *one = event ("granted", "eog", "/x", NULL);

        one->outbox = k;
        write_one (f, one);
        pst_history_db_close (f->db);
        f->db = open_db (f, i < 2 ? 1 : 2);
      }
  g_assert_cmpuint (count (f, NULL, NULL, NULL), ==, 3);
}

static void
set_aside (Fixture *f)
{
  g_autofree char *aside = g_strconcat (f->path, ".damaged", NULL);
  g_autoptr (GError) error = NULL;
  gboolean was = FALSE;

  f->db = pst_history_db_open (f->path, 1, &was, &error);
  g_assert_no_error (error);
  g_assert_true (was);
  g_assert_cmpuint (count (f, NULL, NULL, NULL), ==, 0);
  g_assert_cmpint (g_unlink (aside), ==, 0);
}

static void
run_sql (Fixture *f, const char *sql)
{
  sqlite3 *db;

  g_clear_pointer (&f->db, pst_history_db_close);
  g_assert_cmpint (sqlite3_open (f->path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* A file of the first version, whose index had no blocks. */
static void
test_old (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    write_one (f, event ("asked", "eog", i == 20 ? "/home/u/needle" : "/home/u/hay", "text"));
  run_sql (f, "DROP TABLE words; CREATE VIRTUAL TABLE words USING fts5 (line, of_app, of_what, content='', tokenize='trigram',"
              " detail=none, columnsize=0); PRAGMA user_version=1");
  f->db = open_db (f, 1);
  g_assert_cmpuint (count (f, NULL, NULL, "needle"), ==, 1);
  g_assert_cmpuint (count (f, "eog", "asked", "/u/h"), ==, 199);
  trim (f, 10, 0, 0);
  g_assert_cmpint (ask_file (f, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (ask_file (f, "SELECT count(*) FROM events"), <, 200);
  g_assert_cmpuint (count (f, NULL, NULL, "needle"), ==, 0);
}

static void
test_set_aside (Fixture *f, gconstpointer data)
{
  write_one (f, event ("asked", "eog", "/x", NULL));
  run_sql (f, "PRAGMA user_version=99");
  set_aside (f);
  write_one (f, event ("asked", "eog", "/x", NULL));
  run_sql (f, "PRAGMA application_id=1");
  set_aside (f);
  g_clear_pointer (&f->db, pst_history_db_close);
  g_assert_true (g_file_set_contents (f->path, "not a database, whatever its name", -1, NULL));
  set_aside (f);
}

/* Nobody else may read what a person's applications did. */
static void
test_mode (Fixture *f, gconstpointer data)
{
  struct stat st;

  g_assert_cmpint (stat (f->path, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/history/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("filters", test_filters);
  g_test_add ("/history/filters/in-pieces", Fixture, "in pieces", set_up, test_filters, tear_down);
  ADD ("pages", test_pages);
  ADD ("extremes", test_extremes);
  ADD ("flood", test_flood);
  ADD ("bounds", test_bounds);
  ADD ("shrinks", test_shrinks);
  ADD ("outbox", test_outbox);
  ADD ("old", test_old);
  ADD ("set-aside", test_set_aside);
  ADD ("mode", test_mode);
#undef ADD
  return g_test_run ();
}
