/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of the history:
 *
 *   events   the rows; numbers are never given twice
 *   words    an index of every three characters that follow each other in a row (FTS5, tokenizer "trigram"). It holds no text,
 *            and no places (detail=none): it names candidates, and each is looked at. A row's application, kind and block (of
 *            numbers) are three private characters each, so that the index alone finds "this text, of that application", and a
 *            search that finds nothing can be made block by block: the index itself cannot be interrupted.
 *   weights  how much each application has in there; what it brings about itself apart from what is decided about it
 *   days     the first and last number of each day, so that a time becomes a range of numbers: rows are in the order in which
 *            they happened, whatever the clock said
 *
 * The size is bounded: a row weighs one for each 512 bytes of it that are begun, and the sum of weights is bounded; of longer
 * fields only the ends are indexed. Pages that become free are used again, and given back when they are a quarter of the file.
 */
#include "history-db-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

G_DEFINE_QUARK (pst - history - error - quark, pst_history_error)

#define WEIGHT_BYTES 512u
/* Entries of the index that are stepped over in a third of PST_HISTORY_BUDGET_MS; a block has as many where a few words are in
 * half of its rows. To find the beginning of a block costs as much again. */
#define AT_ONCE 400000.0
#define BLOCK 131072u

/* Step i takes a file from version i to version i + 1. */
static const char *const migrations[] = {
  "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, app TEXT NOT NULL, name TEXT,"
  " sandbox INTEGER NOT NULL, what TEXT NOT NULL, resource BLOB, access INTEGER NOT NULL, answer INTEGER NOT NULL,"
  " lifetime INTEGER NOT NULL, text TEXT, program BLOB, kind INTEGER NOT NULL);"
  "CREATE INDEX events_by_app ON events (app, what);"
  "CREATE INDEX events_by_what ON events (what);"
  "CREATE VIRTUAL TABLE words USING fts5 (line, of_app, of_what, content='', tokenize='trigram', detail=none, columnsize=0);"
  "CREATE TABLE weights (app TEXT NOT NULL, common INTEGER NOT NULL, weight INTEGER NOT NULL, PRIMARY KEY (app, common))"
  " WITHOUT ROWID;"
  "CREATE TABLE days (day INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);"
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",

  "DROP TABLE words;"
  "CREATE VIRTUAL TABLE words USING fts5 (line, of_app, of_what, of_block, content='', tokenize='trigram', detail=none,"
  " columnsize=0);",
};
#define SCHEMA_VERSION ((int)G_N_ELEMENTS (migrations))
/* The step after which the index is made anew from the rows. */
#define INDEX_STEP 1

/* Small things */

PstHistoryFilter *
pst_history_filter_new (void)
{
  PstHistoryFilter *filter = g_new0 (PstHistoryFilter, 1);

  filter->limit = 100;
  return filter;
}

void
pst_history_filter_free (PstHistoryFilter *filter)
{
  if (!filter)
    return;
  g_free (filter->app);
  g_strfreev (filter->what);
  g_free (filter->text);
  g_free (filter);
}

gboolean
pst_history_db_fail (PstHistoryDb *db, const char *sentence, GError **error)
{
  int code = sqlite3_errcode (db->db) & 0xff;

  db->damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  g_set_error (error, PST_HISTORY_ERROR, PST_HISTORY_ERROR_FAILED, "%s (%s)", sentence, sqlite3_errmsg (db->db));
  return FALSE;
}

gboolean
pst_history_db_is_damaged (PstHistoryDb *db)
{
  return db->damaged;
}

static gsize
length (const char *field)
{
  return field ? strlen (field) : 0;
}

gint64
pst_history_db_weight_of (const PstEvent *event)
{
  gsize bytes =
      length (event->resource) + length (event->text) + length (event->program) + length (event->name) + length (event->app);

  return (gint64)(bytes / WEIGHT_BYTES) + 1;
}

gboolean
pst_history_db_add_weight (PstHistoryDb *db, const PstEvent *event, gint64 weight)
{
  sqlite3_stmt *statement = pst_sql_prepare (db->db, "INSERT INTO weights VALUES (?,?,?) ON CONFLICT (app, common) DO UPDATE"
                                                     " SET weight = weight + excluded.weight");

  pst_sql_bind_text (statement, 1, event->app);
  pst_sql_bind_int (statement, 2, pst_event_is_common (event->what));
  pst_sql_bind_int (statement, 3, weight);
  return pst_sql_run (statement);
}

static gboolean
set_meta (PstHistoryDb *db, const char *key, guint64 value)
{
  sqlite3_stmt *statement = pst_sql_prepare (db->db, "INSERT OR REPLACE INTO meta VALUES (?,?)");

  pst_sql_bind_text (statement, 1, key);
  pst_sql_bind_int (statement, 2, (gint64)value);
  return pst_sql_run (statement);
}

/* Opening */

static gboolean
index_all (PstHistoryDb *db)
{
  sqlite3_stmt *select = pst_sql_prepare (db->db, "SELECT " PST_EVENT_COLUMNS " FROM events");
  gboolean ok = select != NULL;

  while (ok && sqlite3_step (select) == SQLITE_ROW)
    {
      g_autoptr (PstEvent) event = pst_event_read (select);

      ok = pst_history_db_index (db, event, FALSE);
    }
  return sqlite3_finalize (select) == SQLITE_OK && ok;
}

static gboolean
migrate (PstHistoryDb *db, GError **error)
{
  gint64 application_id, version, objects;

  if (!pst_sql_query_int (db->db, "PRAGMA application_id", &application_id) ||
      !pst_sql_query_int (db->db, "PRAGMA user_version", &version) ||
      !pst_sql_query_int (db->db, "SELECT count(*) FROM sqlite_master", &objects))
    return pst_history_db_fail (db, _ ("The history cannot be read."), error);
  if (objects > 0 && (application_id != PST_HISTORY_APPLICATION_ID || version < 1 || version > SCHEMA_VERSION))
    {
      g_set_error (error, PST_HISTORY_ERROR, PST_HISTORY_ERROR_FAILED, _ ("%s is not a history of this version of Postern."),
                   db->path);
      db->damaged = TRUE;
      return FALSE;
    }
  /* Before there is anything in the file. */
  if (objects == 0 && !pst_sql_exec (db->db, "PRAGMA auto_vacuum=INCREMENTAL"))
    return pst_history_db_fail (db, _ ("The history cannot be written."), error);
  if (!pst_sql_exec (db->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=4194304"))
    return pst_history_db_fail (db, _ ("The history cannot be written."), error);
  for (; version < SCHEMA_VERSION; version++)
    {
      g_autofree char *step = g_strdup_printf ("BEGIN IMMEDIATE; %s PRAGMA application_id=%d; PRAGMA user_version=%d;",
                                               migrations[version], PST_HISTORY_APPLICATION_ID, (int)version + 1);

      if (!pst_sql_exec (db->db, step) || (version == INDEX_STEP && !index_all (db)) || !pst_sql_exec (db->db, "COMMIT"))
        return pst_history_db_fail (db, _ ("The history cannot be written."), error);
    }
  return TRUE;
}

static gboolean
load_mark (PstHistoryDb *db, GError **error)
{
  gint64 outbox = 0, mark = 0;

  pst_sql_query_int (db->db, "SELECT value FROM meta WHERE key='outbox'", &outbox);
  pst_sql_query_int (db->db, "SELECT value FROM meta WHERE key='mark'", &mark);
  if ((guint64)outbox == db->outbox)
    {
      db->mark = (guint64)mark;
      return TRUE;
    }
  /* Another grants database: its numbers begin anew. */
  db->mark = 0;
  return (set_meta (db, "outbox", db->outbox) && set_meta (db, "mark", 0)) ||
         pst_history_db_fail (db, _ ("The history cannot be written."), error);
}

static gboolean
open_file (PstHistoryDb *db, GError **error)
{
  db->damaged = FALSE;
  if (pst_sql_open (db->path, &db->db) != SQLITE_OK || !pst_sql_exec (db->db, "PRAGMA locking_mode=EXCLUSIVE"))
    return pst_history_db_fail (db, _ ("The history cannot be opened."), error);
  if (!migrate (db, error) || !load_mark (db, error))
    return FALSE;
  /* Which threes there are. */
  return pst_sql_exec (db->db, "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, words, row)") ||
         pst_history_db_fail (db, _ ("The history cannot be read."), error);
}

static void
close_file (PstHistoryDb *db)
{
  sqlite3_close (db->db);
  db->db = NULL;
}

/* Nothing that is decided depends on the history, so that its loss stops nobody; what can still be read of it is kept. */
static gboolean
set_aside (PstHistoryDb *db)
{
  static const char *const suffixes[] = { "", "-wal" };

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (db->path, suffixes[i], NULL),
                      *to = g_strconcat (db->path, ".damaged", suffixes[i], NULL);

      (void)unlink (to);
      if (rename (from, to) < 0 && errno != ENOENT)
        return FALSE;
    }
  return TRUE;
}

PstHistoryDb *
pst_history_db_open (const char *path, guint64 outbox, gboolean *was_set_aside, GError **error)
{
  g_autoptr (PstHistoryDb) db = g_new0 (PstHistoryDb, 1);
  g_autoptr (GError) first = NULL;

  db->path = g_strdup (path);
  db->outbox = outbox;
  db->budget = PST_HISTORY_BUDGET_MS * 1000;
  db->block = BLOCK;
  db->at_once = AT_ONCE;
  *was_set_aside = FALSE;
  if (!open_file (db, &first))
    {
      close_file (db);
      if (!db->damaged || !set_aside (db))
        {
          g_propagate_error (error, g_steal_pointer (&first));
          return NULL;
        }
      *was_set_aside = TRUE;
      if (!open_file (db, error))
        return NULL;
    }
  (void)chmod (path, 0600);
  return g_steal_pointer (&db);
}

void
pst_history_db_close (PstHistoryDb *db)
{
  if (!db)
    return;
  close_file (db);
  g_free (db->path);
  g_free (db);
}

/* Writing */

static gboolean
note_day (PstHistoryDb *db, const PstEvent *event)
{
  sqlite3_stmt *statement =
      pst_sql_prepare (db->db, "INSERT INTO days VALUES (?1,?2,?2) ON CONFLICT (day) DO UPDATE SET last = ?2");

  pst_sql_bind_int (statement, 1, event->time / SECONDS_OF_A_DAY);
  pst_sql_bind_int (statement, 2, (gint64)event->number);
  return pst_sql_run (statement);
}

static gboolean
write_event (PstHistoryDb *db, PstEvent *event)
{
  if (!pst_event_insert (db->db, event))
    return FALSE;
  event->number = (guint64)sqlite3_last_insert_rowid (db->db);
  return pst_history_db_index (db, event, FALSE) && pst_history_db_add_weight (db, event, pst_history_db_weight_of (event)) &&
         note_day (db, event);
}

gboolean
pst_history_db_write (PstHistoryDb *db, GPtrArray *events, GError **error)
{
  guint64 mark = db->mark;
  gboolean ok = pst_sql_exec (db->db, "BEGIN IMMEDIATE");

  for (guint i = 0; ok && i < events->len; i++)
    {
      PstEvent *event = events->pdata[i];

      if (event->outbox > 0 && event->outbox <= mark)
        continue;
      mark = MAX (mark, event->outbox);
      ok = write_event (db, event);
    }
  if (ok && mark != db->mark)
    ok = set_meta (db, "mark", mark);
  if (ok && pst_sql_exec (db->db, "COMMIT"))
    {
      db->mark = mark;
      return TRUE;
    }
  pst_history_db_fail (db, _ ("The history cannot be written."), error);
  if (!sqlite3_get_autocommit (db->db))
    pst_sql_exec (db->db, "ROLLBACK");
  for (guint i = 0; i < events->len; i++)
    ((PstEvent *)events->pdata[i])->number = 0;
  return FALSE;
}
