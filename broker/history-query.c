/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of the history.
 *
 * Every filter becomes a few streams of rows, each newest first by an index, which are merged; each row is then looked at
 * itself, and reading stops with the page. So a page costs what is on it, not what is in the file:
 *
 *   nothing                the table
 *   kinds                  a stream for each kind
 *   application            a stream for each kind it has, or of those that are wanted
 *   text                   the index of the words: its threes of characters, with the application's and the kinds' keys; of a
 *                          shorter one all the threes that begin with it, or, where those are many rows, the streams of the
 *                          other filters, which will soon have it
 *
 * What has no end soon all the same (threes that are each in every row, and together in none) ends after a time, with the rows
 * that were found and the number to go on with. Where that may be, the index is asked block by block, so that there is such a
 * number even if it finds nothing.
 */
#include "history-db-private.h"

#include <string.h>

#include <glib/gi18n.h>

#define CHECK 256 /* rows that are looked at before the clock is */

typedef struct
{
  PstHistoryDb *db;
  const PstHistoryFilter *filter;
  char *needle;      /* (nullable): case folded */
  gboolean ascii;    /* the needle is */
  guint64 low, high; /* numbers of rows, both excluded */
  gint64 deadline;
  sqlite3_stmt *blocks; /* (nullable): the stream that is asked block by block; then it is the only one */
  char *match;          /* (nullable): what the index is asked */
  guint64 block;        /* the lower bound of the present one, excluded */
  gint64 opened;        /* when it was */
  guint64 stopped;      /* what to go on with when time was up; 0 before */
  GPtrArray *streams;   /* of sqlite3_stmt, each on a row */
  gint64 newest;        /* number of a row */
  gboolean failed;
} Query;

/* Looking at a row */

static gboolean
has_ascii (const char *text, gsize len, const char *needle)
{
  gsize n = strlen (needle);

  for (gsize i = 0; i + n <= len; i++)
    {
      gsize k = 0;

      while (k < n && g_ascii_tolower (text[i + k]) == needle[k])
        k++;
      if (k == n)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_ascii (const char *text, gsize len)
{
  guchar any = 0;

  for (gsize i = 0; i < len; i++)
    any |= (guchar)text[i];
  return any < 0x80;
}

/* Is there nothing in @text but ASCII and general punctuation, as in our own sentences? Other characters may have ASCII in
 * their folded form ("ß"). */
static gboolean
folds_to_itself (const char *text, gsize len)
{
  for (gsize i = 0; i < len; i++)
    if ((guchar)text[i] >= 0x80)
      {
        if (i + 2 >= len || (guchar)text[i] != 0xe2 || (guchar)text[i + 1] != 0x80)
          return FALSE;
        i += 2;
      }
  return TRUE;
}

static gboolean
has_text (const Query *query, sqlite3_stmt *row, int column)
{
  const char *bytes = sqlite3_column_blob (row, column);
  gsize len = (gsize)sqlite3_column_bytes (row, column);
  g_autofree char *valid = NULL, *folded = NULL;

  if (!bytes || len == 0)
    return FALSE;
  if (query->ascii && has_ascii (bytes, len, query->needle))
    return TRUE;
  if (query->ascii ? folds_to_itself (bytes, len) : is_ascii (bytes, len))
    return FALSE;
  valid = g_utf8_make_valid (bytes, (gssize)len);
  folded = g_utf8_casefold (valid, -1);
  return strstr (folded, query->needle) != NULL;
}

static gboolean
is_wanted (const Query *query, sqlite3_stmt *row)
{
  const PstHistoryFilter *filter = query->filter;
  gint64 time = sqlite3_column_int64 (row, 1);

  if ((filter->since && time < filter->since) || (filter->until && time > filter->until))
    return FALSE;
  if (filter->app && g_strcmp0 ((const char *)sqlite3_column_text (row, 2), filter->app) != 0)
    return FALSE;
  if (filter->what && !g_strv_contains ((const char *const *)filter->what, (const char *)sqlite3_column_text (row, 5)))
    return FALSE;
  return !query->needle || has_text (query, row, 6) || has_text (query, row, 10) || has_text (query, row, 3) ||
         has_text (query, row, 2) || has_text (query, row, 11);
}

/* Streams */

static void
stream_free (gpointer stream)
{
  sqlite3_finalize (stream);
}

static void
set_bounds (sqlite3_stmt *stream, guint64 low, guint64 high)
{
  pst_sql_bind_int (stream, 1, (gint64)low);
  pst_sql_bind_int (stream, 2, (gint64)high);
}

/* What is below @high of its block. */
static void
open_block (Query *query, guint64 high)
{
  g_autoptr (GString) match = g_string_new (NULL);
  guint64 first = (high - 1) / query->db->block * query->db->block;
  char key[16];

  pst_history_db_block_key (query->db, first, key);
  pst_history_match_append (match, key);
  g_string_append_printf (match, " AND %s", query->match);
  query->opened = g_get_monotonic_time ();
  query->block = MAX (query->low, first > 0 ? first - 1 : 0);
  set_bounds (query->blocks, query->block, high);
  pst_sql_bind_text (query->blocks, 3, match->str);
}

/* If it takes as long as this one. */
static gboolean
is_time_for_another (const Query *query)
{
  gint64 now = g_get_monotonic_time ();

  return now + (now - query->opened) <= query->deadline;
}

static void
next (Query *query, guint index)
{
  sqlite3_stmt *stream = query->streams->pdata[index];
  int status = sqlite3_step (stream);

  while (status == SQLITE_DONE && stream == query->blocks && query->block > query->low && query->stopped == 0)
    if (!is_time_for_another (query))
      query->stopped = query->block + 1;
    else
      {
        sqlite3_reset (stream);
        open_block (query, query->block + 1);
        status = sqlite3_step (stream);
      }
  if (status == SQLITE_ROW)
    return;
  query->failed |= status != SQLITE_DONE;
  g_ptr_array_remove_index_fast (query->streams, index);
}

static void
add_stream (Query *query, sqlite3_stmt *stream)
{
  if (!stream)
    {
      query->failed = TRUE;
      return;
    }
  if (stream == query->blocks)
    open_block (query, MIN (query->high, (guint64)query->newest + 1));
  else
    set_bounds (stream, query->low, query->high);
  g_ptr_array_add (query->streams, stream);
  next (query, query->streams->len - 1);
}

#define SELECT "SELECT " PST_EVENT_COLUMNS " FROM events WHERE id > ?1 AND id < ?2 "
#define NEWEST " ORDER BY id DESC"

static void
add_kind (Query *query, const char *app, const char *what)
{
  sqlite3_stmt *stream =
      pst_sql_prepare (query->db->db, app ? SELECT "AND what=?3 AND app=?4" NEWEST : SELECT "AND what=?3" NEWEST);

  pst_sql_bind_text (stream, 3, what);
  if (app)
    pst_sql_bind_text (stream, 4, app);
  add_stream (query, stream);
}

/* Steps from kind to kind, without reading what is between. */
static void
add_kinds_of (Query *query, const char *app)
{
  g_autofree char *last = g_strdup ("");

  while (last)
    {
      sqlite3_stmt *statement =
          pst_sql_prepare (query->db->db, "SELECT what FROM events WHERE app=? AND what > ? ORDER BY what LIMIT 1");
      g_autofree char *what = NULL;

      pst_sql_bind_text (statement, 1, app);
      pst_sql_bind_text (statement, 2, last);
      if (statement && sqlite3_step (statement) == SQLITE_ROW)
        what = pst_sql_column_string (statement, 0);
      query->failed |= !statement || sqlite3_finalize (statement) != SQLITE_OK;
      if (what)
        add_kind (query, app, what);
      g_free (last);
      last = g_steal_pointer (&what);
    }
}

static void
add_streams (Query *query)
{
  const PstHistoryFilter *filter = query->filter;
  gboolean by_block = FALSE;

  if (query->needle)
    query->match = pst_history_match_new (query->db, filter, query->needle, query->newest, &by_block, &query->failed);
  if (query->match)
    {
      sqlite3_stmt *stream =
          pst_sql_prepare (query->db->db, "SELECT " PST_EVENT_COLUMNS " FROM words CROSS JOIN events ON id=words.rowid"
                                          " WHERE words MATCH ?3 AND words.rowid > ?1 AND words.rowid < ?2"
                                          " ORDER BY words.rowid DESC");

      pst_sql_bind_text (stream, 3, query->match);
      if (by_block)
        query->blocks = stream;
      add_stream (query, stream);
    }
  else if (filter->what)
    for (guint i = 0; filter->what[i]; i++)
      add_kind (query, filter->app, filter->what[i]);
  else if (filter->app)
    add_kinds_of (query, filter->app);
  else
    add_stream (query, pst_sql_prepare (query->db->db, SELECT NEWEST));
}

/* The bounds on numbers, and what a time says about them. */
static void
bound (Query *query)
{
  const PstHistoryFilter *filter = query->filter;

  query->low = filter->after;
  query->high = filter->before ? MIN (filter->before, (guint64)G_MAXINT64) : (guint64)G_MAXINT64;
  if (filter->since)
    {
      sqlite3_stmt *statement =
          pst_sql_prepare (query->db->db, "SELECT coalesce(min(first), ?2) - 1 FROM days WHERE day >= ?1");

      pst_sql_bind_int (statement, 1, filter->since / SECONDS_OF_A_DAY);
      pst_sql_bind_int (statement, 2, G_MAXINT64);
      if (statement && sqlite3_step (statement) == SQLITE_ROW)
        query->low = MAX (query->low, (guint64)sqlite3_column_int64 (statement, 0));
      query->failed |= !statement || sqlite3_finalize (statement) != SQLITE_OK;
    }
  if (filter->until)
    {
      sqlite3_stmt *statement = pst_sql_prepare (query->db->db, "SELECT coalesce(max(last), 0) + 1 FROM days WHERE day <= ?1");

      pst_sql_bind_int (statement, 1, filter->until / SECONDS_OF_A_DAY);
      if (statement && sqlite3_step (statement) == SQLITE_ROW)
        query->high = MIN (query->high, (guint64)sqlite3_column_int64 (statement, 0));
      query->failed |= !statement || sqlite3_finalize (statement) != SQLITE_OK;
    }
}

/* A number that is no row's is beyond every one. */
static gboolean
is_empty (const Query *query)
{
  return query->low >= (guint64)G_MAXINT64 || query->high <= query->low + 1;
}

GPtrArray *
pst_history_db_query (PstHistoryDb *db, const PstHistoryFilter *filter, guint64 *next_row, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  g_autoptr (GPtrArray) streams = g_ptr_array_new_with_free_func (stream_free);
  g_autofree char *needle = filter->text && *filter->text ? g_utf8_casefold (filter->text, -1) : NULL;
  Query query = { .db = db,
                  .filter = filter,
                  .needle = needle,
                  .ascii = needle && g_str_is_ascii (needle),
                  .deadline = g_get_monotonic_time () + db->budget,
                  .streams = streams };
  guint limit = CLAMP (filter->limit, 1, PST_HISTORY_MAX_LIMIT), looked_at = 0;
  gint64 last = -1;

  *next_row = 0;
  bound (&query);
  query.failed |= !pst_sql_query_int (db->db, "SELECT max(id) FROM events", &query.newest);
  if (!query.failed && !is_empty (&query))
    add_streams (&query);
  while (!query.failed && streams->len > 0)
    {
      guint newest = 0;

      for (guint i = 1; i < streams->len; i++)
        if (sqlite3_column_int64 (streams->pdata[i], 0) > sqlite3_column_int64 (streams->pdata[newest], 0))
          newest = i;
      /* A kind that was named twice gives its rows twice. */
      if (sqlite3_column_int64 (streams->pdata[newest], 0) != last && is_wanted (&query, streams->pdata[newest]))
        {
          if (rows->len == limit)
            {
              query.stopped = ((PstEvent *)rows->pdata[limit - 1])->number;
              break;
            }
          g_ptr_array_add (rows, pst_event_read (streams->pdata[newest]));
        }
      last = sqlite3_column_int64 (streams->pdata[newest], 0);
      if (++looked_at % CHECK == 0 && g_get_monotonic_time () > query.deadline)
        {
          query.stopped = (guint64)last;
          break;
        }
      next (&query, newest);
    }
  g_free (query.match);
  *next_row = query.stopped;
  if (query.failed)
    {
      pst_history_db_fail (db, _ ("The history cannot be read."), error);
      return NULL;
    }
  return g_steal_pointer (&rows);
}
