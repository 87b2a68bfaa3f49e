/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sql.h"

#include <string.h>

gboolean
pst_sql_exec (sqlite3 *db, const char *sql)
{
  return sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

sqlite3_stmt *
pst_sql_prepare (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
    return NULL;
  return statement;
}

gboolean
pst_sql_run (sqlite3_stmt *statement)
{
  int status;

  if (!statement)
    return FALSE;
  status = sqlite3_step (statement);
  return sqlite3_finalize (statement) == SQLITE_OK && status == SQLITE_DONE;
}

void
pst_sql_bind_text (sqlite3_stmt *statement, int index, const char *text)
{
  if (statement)
    sqlite3_bind_text (statement, index, text, -1, SQLITE_TRANSIENT);
}

void
pst_sql_bind_path (sqlite3_stmt *statement, int index, const char *path)
{
  if (statement && path)
    sqlite3_bind_blob (statement, index, path, (int)strlen (path), SQLITE_TRANSIENT);
}

void
pst_sql_bind_int (sqlite3_stmt *statement, int index, gint64 value)
{
  if (statement)
    sqlite3_bind_int64 (statement, index, value);
}

char *
pst_sql_column_string (sqlite3_stmt *statement, int column)
{
  const void *bytes = sqlite3_column_blob (statement, column);

  if (sqlite3_column_type (statement, column) == SQLITE_NULL)
    return NULL;
  return g_strndup (bytes ? bytes : "", (gsize)sqlite3_column_bytes (statement, column));
}

gboolean
pst_sql_query_int (sqlite3 *db, const char *sql, gint64 *value)
{
  sqlite3_stmt *statement = pst_sql_prepare (db, sql);
  gboolean ok = statement && sqlite3_step (statement) == SQLITE_ROW;

  if (ok)
    *value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return ok;
}

int
pst_sql_open (const char *path, sqlite3 **db)
{
  int status =
      sqlite3_open_v2 (path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

  if (status != SQLITE_OK)
    return status;
  sqlite3_extended_result_codes (*db, 1);
  sqlite3_db_config (*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_busy_timeout (*db, 2000);
  return SQLITE_OK;
}
