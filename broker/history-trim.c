/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeping the history within its bounds: who has more than a share, then what is too much or too old, a batch at a time. */
#include "history-db-private.h"

#include <glib/gi18n.h>

#define TRIM_BATCH 500
#define VACUUM_PAGES 1000
#define MERGE_ROWS 1000
#define MERGE_PAGES 200

static gboolean
remove_event (PstHistoryDb *db, const PstEvent *event)
{
  sqlite3_stmt *statement;

  db->removed++;
  if (!pst_history_db_index (db, event, TRUE) || !pst_history_db_add_weight (db, event, -pst_history_db_weight_of (event)))
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
        weight = MAX (weight - pst_history_db_weight_of (event), 0);
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
