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
#define INDEXED_BYTES 512u
/* Entries of the index that are stepped over in a third of PST_HISTORY_BUDGET_MS; a block has as many where a few words are in
 * half of its rows. To find the beginning of a block costs as much again. */
#define AT_ONCE 400000.0
#define BLOCK 131072u
#define TRIM_BATCH 500
#define VACUUM_PAGES 1000
#define MERGE_ROWS 1000
#define MERGE_PAGES 200
#define SECONDS_OF_A_DAY (24 * 60 * 60)

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

void
pst_history_db_key (char kind, const char *word, char *text)
{
  const gunichar first = 0xe000, n = 6400; /* the private characters of the basic plane */
  g_autofree char *both = g_strdup_printf ("%c%s", kind, word);
  guint hash = g_str_hash (both);

  for (int i = 0; i < 3; i++, hash /= n)
    text += g_unichar_to_utf8 (first + hash % n, text);
  *text = '\0';
}

void
pst_history_db_block_key (PstHistoryDb *db, guint64 number, char *text)
{
  g_autofree char *block = g_strdup_printf ("%" G_GUINT64_FORMAT, number / db->block);

  pst_history_db_key ('b', block, text);
}

static gsize
length (const char *field)
{
  return field ? strlen (field) : 0;
}

static gint64
weight_of (const PstEvent *event)
{
  gsize bytes =
      length (event->resource) + length (event->text) + length (event->program) + length (event->name) + length (event->app);

  return (gint64)(bytes / WEIGHT_BYTES) + 1;
}

/* The end of a path says more than its beginning. */
static void
append_words (GString *words, const char *field, gboolean the_end)
{
  gsize len = length (field);
  g_autofree char *valid = NULL, *folded = NULL;

  if (len == 0)
    return;
  if (len > INDEXED_BYTES && the_end)
    field += len - INDEXED_BYTES;
  valid = g_utf8_make_valid (field, (gssize)MIN (len, INDEXED_BYTES));
  folded = g_utf8_casefold (valid, -1);
  g_string_append (words, folded);
  g_string_append_c (words, '\n');
}

/* Adds @event to the index, or takes it out, for which it must be told the same words again. */
static gboolean
index_event (PstHistoryDb *db, const PstEvent *event, gboolean take_out)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char app[16], what[16], block[16];
  sqlite3_stmt *statement = pst_sql_prepare (
      db->db, take_out ? "INSERT INTO words (rowid, line, of_app, of_what, of_block, words) VALUES (?,?,?,?,?,'delete')"
                       : "INSERT INTO words (rowid, line, of_app, of_what, of_block) VALUES (?,?,?,?,?)");

  append_words (line, event->resource, TRUE);
  append_words (line, event->text, FALSE);
  append_words (line, event->program, TRUE);
  append_words (line, event->name, FALSE);
  append_words (line, event->app, FALSE);
  g_string_append_c (line, '\n'); /* so that the last two characters begin a three as well */
  pst_history_db_key ('a', event->app, app);
  pst_history_db_key ('w', event->what, what);
  pst_history_db_block_key (db, event->number, block);
  pst_sql_bind_int (statement, 1, (gint64)event->number);
  pst_sql_bind_text (statement, 2, line->str);
  pst_sql_bind_text (statement, 3, app);
  pst_sql_bind_text (statement, 4, what);
  pst_sql_bind_text (statement, 5, block);
  return pst_sql_run (statement);
}

static gboolean
add_weight (PstHistoryDb *db, const PstEvent *event, gint64 weight)
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

      ok = index_event (db, event, FALSE);
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
  return index_event (db, event, FALSE) && add_weight (db, event, weight_of (event)) && note_day (db, event);
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

/* Trimming */

static gboolean
remove_event (PstHistoryDb *db, const PstEvent *event)
{
  sqlite3_stmt *statement;

  db->removed++;
  if (!index_event (db, event, TRUE) || !add_weight (db, event, -weight_of (event)))
    return FALSE;
  statement = pst_sql_prepare (db->db, "DELETE FROM events WHERE id=?");
  pst_sql_bind_int (statement, 1, (gint64)event->number);
  return pst_sql_run (statement);
}

/* Consumes @select, a SELECT of PST_EVENT_COLUMNS in the order in which rows are to go, and removes rows until @weight of
 * them has gone (-1: all). @gone: how many there were. */
static gboolean
remove_selected (PstHistoryDb *db, sqlite3_stmt *select, gint64 weight, guint *gone)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  int status = SQLITE_ERROR;

  while (select && (weight > 0 || weight == -1) && (status = sqlite3_step (select)) == SQLITE_ROW)
    {
      PstEvent *event = pst_event_read (select);

      g_ptr_array_add (events, event);
      if (weight > 0)
        weight = MAX (weight - weight_of (event), 0);
    }
  sqlite3_finalize (select);
  if (status != SQLITE_DONE && status != SQLITE_ROW)
    return FALSE;
  for (guint i = 0; i < events->len; i++)
    if (!remove_event (db, events->pdata[i]))
      return FALSE;
  *gone += events->len;
  return TRUE;
}

/* So that not every new row removes one: what is beyond a bound may grow to this. */
static gint64
slack (gint64 bound)
{
  return MAX (bound / 50, 64);
}

static gboolean
trim_shares (PstHistoryDb *db, gint64 share, guint *gone)
{
  sqlite3_stmt *statement =
      pst_sql_prepare (db->db, "SELECT app, weight FROM weights WHERE common=1 AND weight > ? ORDER BY weight DESC LIMIT 1");
  g_autofree char *app = NULL;
  gint64 beyond = 0;

  pst_sql_bind_int (statement, 1, share + slack (share));
  if (statement && sqlite3_step (statement) == SQLITE_ROW)
    {
      app = pst_sql_column_string (statement, 0);
      beyond = sqlite3_column_int64 (statement, 1) - share;
    }
  if (!statement || sqlite3_finalize (statement) != SQLITE_OK)
    return FALSE;
  if (!app)
    return TRUE;
  statement = pst_sql_prepare (db->db, "SELECT " PST_EVENT_COLUMNS " FROM events WHERE id IN (SELECT id FROM events WHERE app=?"
                                       " AND what IN ('asked', 'refused', 'started', 'ended', 'used', 'left out')"
                                       " ORDER BY id LIMIT " G_STRINGIFY (TRIM_BATCH) ") ORDER BY id");
  pst_sql_bind_text (statement, 1, app);
  return remove_selected (db, statement, beyond, gone);
}

static gboolean
trim_all (PstHistoryDb *db, gint64 rows, guint *gone)
{
  gint64 weight = 0;

  if (!pst_sql_query_int (db->db, "SELECT coalesce(sum(weight), 0) FROM weights", &weight))
    return FALSE;
  if (weight <= rows + slack (rows))
    return TRUE;
  return remove_selected (
      db, pst_sql_prepare (db->db, "SELECT " PST_EVENT_COLUMNS " FROM events ORDER BY id LIMIT " G_STRINGIFY (TRIM_BATCH)),
      weight - rows, gone);
}

static gboolean
trim_old (PstHistoryDb *db, const PstHistoryBounds *bounds, guint *gone)
{
  sqlite3_stmt *statement = pst_sql_prepare (db->db, "SELECT day, first, last FROM days WHERE day < ? ORDER BY day LIMIT 1");
  gint64 day, first, last;
  guint before = *gone;

  pst_sql_bind_int (statement, 1, bounds->today - bounds->days);
  if (!statement || sqlite3_step (statement) != SQLITE_ROW)
    return statement && sqlite3_finalize (statement) == SQLITE_OK;
  day = sqlite3_column_int64 (statement, 0);
  first = sqlite3_column_int64 (statement, 1);
  last = sqlite3_column_int64 (statement, 2);
  sqlite3_finalize (statement);
  statement = pst_sql_prepare (db->db, "SELECT " PST_EVENT_COLUMNS " FROM events WHERE id BETWEEN ? AND ? AND time < ?"
                                       " ORDER BY id LIMIT " G_STRINGIFY (TRIM_BATCH));
  pst_sql_bind_int (statement, 1, first);
  pst_sql_bind_int (statement, 2, last);
  pst_sql_bind_int (statement, 3, (day + 1) * SECONDS_OF_A_DAY);
  if (!remove_selected (db, statement, -1, gone))
    return FALSE;
  if (*gone - before == TRIM_BATCH)
    return TRUE;
  ++*gone; /* there may be another day */
  statement = pst_sql_prepare (db->db, "DELETE FROM days WHERE day=?");
  pst_sql_bind_int (statement, 1, day);
  return pst_sql_run (statement);
}

/* What was taken out of the index stays in it as words that are crossed out, until its parts are merged: a few pages at a time.
 */
static gboolean
merge (PstHistoryDb *db, gboolean *more)
{
  gint64 rows = 0;
  int before;

  if (db->removed < MERGE_ROWS || *more)
    return TRUE;
  if (!pst_sql_query_int (db->db, "SELECT coalesce(sum(weight), 0) FROM weights", &rows))
    return FALSE;
  if (db->removed < rows / 4)
    return TRUE;
  before = sqlite3_total_changes (db->db);
  if (!pst_sql_exec (db->db, "INSERT INTO words (words, rank) VALUES ('merge', -" G_STRINGIFY (MERGE_PAGES) ")"))
    return FALSE;
  if (sqlite3_total_changes (db->db) - before < 2)
    db->removed = 0;
  else
    *more = TRUE;
  return TRUE;
}

/* Gives pages back to the file system, a few at a time. */
static gboolean
shrink (PstHistoryDb *db, gboolean *more)
{
  gint64 pages = 0, unused = 0;

  if (!pst_sql_query_int (db->db, "PRAGMA page_count", &pages) || !pst_sql_query_int (db->db, "PRAGMA freelist_count", &unused))
    return FALSE;
  if (unused < VACUUM_PAGES || unused < pages / 4)
    return TRUE;
  *more = TRUE;
  return pst_sql_exec (db->db, "PRAGMA incremental_vacuum(" G_STRINGIFY (VACUUM_PAGES) ")");
}

gboolean
pst_history_db_trim (PstHistoryDb *db, const PstHistoryBounds *bounds, gboolean *more, GError **error)
{
  gboolean ok = pst_sql_exec (db->db, "BEGIN IMMEDIATE");
  guint gone = 0;

  *more = FALSE;
  ok = ok && trim_shares (db, bounds->rows / PST_HISTORY_SHARES, &gone);
  ok = ok && (gone > 0 || trim_all (db, bounds->rows, &gone));
  ok = ok && (gone > 0 || bounds->days == 0 || trim_old (db, bounds, &gone));
  if (ok && gone > 0)
    ok = pst_sql_exec (db->db, "DELETE FROM days WHERE last < (SELECT coalesce(min(id), 0) FROM events);"
                               "DELETE FROM weights WHERE weight <= 0");
  if (ok && pst_sql_exec (db->db, "COMMIT"))
    {
      *more = gone > 0;
      ok = merge (db, more) && (*more || shrink (db, more));
    }
  else
    ok = FALSE;
  if (ok)
    return TRUE;
  pst_history_db_fail (db, _ ("The history cannot be written."), error);
  if (!sqlite3_get_autocommit (db->db))
    pst_sql_exec (db->db, "ROLLBACK");
  return FALSE;
}
