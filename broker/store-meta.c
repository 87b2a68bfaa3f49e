/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single numbers that are kept under a name: the settings among them (settings.h). */
#include "store-private.h"

gint64
pst_store_get_meta (PstStore *store, const char *key, gint64 missing)
{
  sqlite3_stmt *statement = pst_sql_prepare (store->db, "SELECT value FROM meta WHERE key=?");
  gint64 value = missing;

  pst_sql_bind_text (statement, 1, key);
  if (statement && sqlite3_step (statement) == SQLITE_ROW)
    value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return value;
}

gboolean
pst_store_set_meta (PstStore *store, const char *const *keys, const gint64 *values, gsize n, GError **error)
{
  gboolean ok = pst_store_begin (store, TRUE);

  for (gsize i = 0; ok && i < n; i++)
    {
      sqlite3_stmt *statement = pst_sql_prepare (store->db, "INSERT OR REPLACE INTO meta VALUES (?,?)");

      pst_sql_bind_text (statement, 1, keys[i]);
      pst_sql_bind_int (statement, 2, values[i]);
      ok = pst_sql_run (statement);
    }
  if (ok && pst_store_commit (store))
    return TRUE;
  pst_store_set_write_error (store, error);
  pst_store_roll_back (store);
  return FALSE;
}
