/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event-sql.h"

gboolean
pst_event_insert (sqlite3 *db, const PstEvent *event)
{
  sqlite3_stmt *statement =
      pst_sql_prepare (db, "INSERT INTO events (" PST_EVENT_COLUMNS ") VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?)");

  pst_sql_bind_int (statement, 1, event->time);
  pst_sql_bind_text (statement, 2, event->app);
  pst_sql_bind_text (statement, 3, event->name);
  pst_sql_bind_int (statement, 4, (gint64)event->sandbox);
  pst_sql_bind_text (statement, 5, event->what);
  pst_sql_bind_path (statement, 6, event->resource);
  pst_sql_bind_int (statement, 7, event->access);
  pst_sql_bind_int (statement, 8, event->answer);
  pst_sql_bind_int (statement, 9, event->lifetime);
  pst_sql_bind_text (statement, 10, event->text);
  pst_sql_bind_path (statement, 11, event->program);
  pst_sql_bind_int (statement, 12, event->kind);
  return pst_sql_run (statement);
}

PstEvent *
pst_event_read (sqlite3_stmt *statement)
{
  PstEvent *event = g_new0 (PstEvent, 1);
  g_autofree char *what = pst_sql_column_string (statement, 5);

  event->number = (guint64)sqlite3_column_int64 (statement, 0);
  event->time = sqlite3_column_int64 (statement, 1);
  event->app = pst_sql_column_string (statement, 2);
  event->name = pst_sql_column_string (statement, 3);
  event->sandbox = (guint64)sqlite3_column_int64 (statement, 4);
  event->what = g_intern_string (what ? what : "");
  event->resource = pst_sql_column_string (statement, 6);
  event->access = (PstAccess)sqlite3_column_int64 (statement, 7);
  event->answer = (PstAnswer)sqlite3_column_int64 (statement, 8);
  event->lifetime = (PstLifetime)sqlite3_column_int64 (statement, 9);
  event->text = pst_sql_column_string (statement, 10);
  event->program = pst_sql_column_string (statement, 11);
  event->kind = (guint)sqlite3_column_int64 (statement, 12);
  return event;
}
