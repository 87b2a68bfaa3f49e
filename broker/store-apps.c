/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Applications, and the numbers of their sandboxes. */
#include "store-private.h"

#define SANDBOX_BLOCK 64

#define APP_COLUMNS "id, name, icon, executable, package, package_stamp, used, locked, strict, sheet"

gboolean
pst_store_load_apps (PstStore *store)
{
  sqlite3_stmt *statement = pst_sql_prepare (store->db, "SELECT " APP_COLUMNS " FROM apps");
  int status = SQLITE_ERROR;

  while (statement && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PstStoredApp *app = g_new0 (PstStoredApp, 1);

      app->id = pst_sql_column_string (statement, 0);
      app->name = pst_sql_column_string (statement, 1);
      app->icon = pst_sql_column_string (statement, 2);
      app->executable = pst_sql_column_string (statement, 3);
      app->package = pst_sql_column_string (statement, 4);
      app->package_stamp = sqlite3_column_int64 (statement, 5);
      app->used = sqlite3_column_int64 (statement, 6);
      app->locked = sqlite3_column_int64 (statement, 7) != 0;
      app->strict = sqlite3_column_int64 (statement, 8) != 0;
      app->sheet = sqlite3_column_int64 (statement, 9);
      g_hash_table_insert (store->apps, app->id, app);
    }
  sqlite3_finalize (statement);
  return status == SQLITE_DONE;
}

PstStoredApp *
pst_store_ensure_app (PstStore *store, const char *id)
{
  PstStoredApp *app = g_hash_table_lookup (store->apps, id);

  if (!app)
    {
      app = g_new0 (PstStoredApp, 1);
      app->id = g_strdup (id);
      app->name = g_strdup (id);
      app->icon = g_strdup ("");
      app->executable = g_strdup ("");
      g_hash_table_insert (store->apps, app->id, app);
    }
  g_hash_table_add (store->dirty_apps, app->id);
  pst_store_schedule_flush (store);
  return app;
}

void
pst_store_queue_app (PstStore *store, const char *id, const char *name, const char *icon, const char *executable, gint64 used)
{
  PstStoredApp *app = pst_store_ensure_app (store, id);

  if (g_strcmp0 (app->executable, executable) != 0)
    g_clear_pointer (&app->package, g_free);
  g_free (app->name);
  g_free (app->icon);
  g_free (app->executable);
  app->name = g_strdup (name);
  app->icon = g_strdup (icon);
  app->executable = g_strdup (executable);
  app->used = MAX (app->used, used);
}

void
pst_store_queue_package (PstStore *store, const char *id, const char *package, gint64 stamp)
{
  PstStoredApp *app = pst_store_ensure_app (store, id);

  g_free (app->package);
  app->package = g_strdup (package);
  app->package_stamp = stamp;
}

gboolean
pst_store_write_app (PstStore *store, const PstStoredApp *app)
{
  sqlite3_stmt *statement =
      pst_sql_prepare (store->db, "INSERT OR REPLACE INTO apps (" APP_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?)");

  pst_sql_bind_text (statement, 1, app->id);
  pst_sql_bind_text (statement, 2, app->name);
  pst_sql_bind_text (statement, 3, app->icon);
  if (statement)
    sqlite3_bind_blob (statement, 4, app->executable, (int)strlen (app->executable), SQLITE_TRANSIENT);
  if (app->package)
    pst_sql_bind_text (statement, 5, app->package);
  pst_sql_bind_int (statement, 6, app->package_stamp);
  pst_sql_bind_int (statement, 7, app->used);
  pst_sql_bind_int (statement, 8, app->locked);
  pst_sql_bind_int (statement, 9, app->strict);
  pst_sql_bind_int (statement, 10, app->sheet);
  return pst_sql_run (statement);
}

gboolean
pst_store_set_app (PstStore *store, const char *id, gboolean locked, gboolean strict, gint64 sheet, PstEvent *event_take,
                   GError **error)
{
  g_autoptr (PstEvent) event = event_take;
  PstStoredApp *app = pst_store_ensure_app (store, id), changed = *app;

  changed.locked = locked;
  changed.strict = strict;
  changed.sheet = sheet;
  if (!pst_store_begin (store, TRUE) || !pst_store_write_app (store, &changed) ||
      (event && !pst_store_write_event (store, event)) || !pst_store_commit (store))
    {
      pst_store_set_write_error (store, error);
      pst_store_roll_back (store);
      return FALSE;
    }
  app->locked = locked;
  app->strict = strict;
  app->sheet = sheet;
  store->revision++;
  pst_store_tell (store, PST_STORE_APPS, id);
  return TRUE;
}

GPtrArray *
pst_store_list_apps (PstStore *store)
{
  GPtrArray *result = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer app;

  g_hash_table_iter_init (&iter, store->apps);
  while (g_hash_table_iter_next (&iter, NULL, &app))
    g_ptr_array_add (result, app);
  return result;
}

const PstStoredApp *
pst_store_get_app (PstStore *store, const char *id)
{
  return g_hash_table_lookup (store->apps, id);
}

/* Numbers are reserved in blocks, so that a launch does not wait for a write, and the rest of a block is given back by a clean
 * end. */
guint64
pst_store_next_sandbox (PstStore *store)
{
  if (store->next_sandbox == store->end_sandbox)
    {
      gint64 first = 1;
      sqlite3_stmt *statement;

      if (store->next_sandbox)
        first = (gint64)store->next_sandbox;
      else
        pst_sql_query_int (store->db, "SELECT value FROM meta WHERE key='sandbox'", &first);
      pst_sql_exec (store->db, "PRAGMA synchronous=NORMAL");
      statement = pst_sql_prepare (store->db, "INSERT OR REPLACE INTO meta VALUES ('sandbox', ?)");
      pst_sql_bind_int (statement, 1, first + SANDBOX_BLOCK);
      if (!pst_sql_run (statement))
        g_warning ("the next sandbox number cannot be stored: %s", sqlite3_errmsg (store->db));
      store->next_sandbox = (guint64)first;
      store->end_sandbox = (guint64)first + SANDBOX_BLOCK;
    }
  return store->next_sandbox++;
}
