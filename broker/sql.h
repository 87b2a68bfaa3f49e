/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* What the two databases of the broker share. A statement may be NULL in all of these, so that one that could not be prepared
 * fails when it is run; sqlite3_errmsg() then says why. */

gboolean pst_sql_exec (sqlite3 *db, const char *sql);
sqlite3_stmt *pst_sql_prepare (sqlite3 *db, const char *sql);
/* Consumes @statement, which gives no rows. */
gboolean pst_sql_run (sqlite3_stmt *statement);
/* (nullable) */
void pst_sql_bind_text (sqlite3_stmt *statement, int index, const char *text);
/* Paths are bytes, not text. (nullable) */
void pst_sql_bind_path (sqlite3_stmt *statement, int index, const char *path);
void pst_sql_bind_int (sqlite3_stmt *statement, int index, gint64 value);
/* NULL for NULL. (transfer full) (nullable) */
char *pst_sql_column_string (sqlite3_stmt *statement, int column);
/* The first column of the first row. FALSE if there is none. */
gboolean pst_sql_query_int (sqlite3 *db, const char *sql, gint64 *value);

/* Opens without following a link, and so that nothing in the file can make SQLite do more than hold tables. */
int pst_sql_open (const char *path, sqlite3 **db);

G_END_DECLS
