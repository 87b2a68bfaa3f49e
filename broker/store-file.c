/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of the grants database: opened, checked, brought up to date. */
#include "store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "pst-fd.h"

/* Step i takes a file from version i to version i + 1. Never edit one that has been released: add one. */
static const char *const migrations[] = {
  "CREATE TABLE rules (id INTEGER PRIMARY KEY AUTOINCREMENT, app TEXT NOT NULL, kind INTEGER NOT NULL, resource BLOB NOT NULL,"
  " scope INTEGER NOT NULL, access INTEGER NOT NULL, answer INTEGER NOT NULL, lifetime INTEGER NOT NULL, until INTEGER NOT "
  "NULL,"
  " sandbox INTEGER NOT NULL, boot TEXT NOT NULL, login TEXT NOT NULL, real BLOB, created INTEGER NOT NULL, used INTEGER NOT "
  "NULL);"
  "CREATE INDEX rules_by_path ON rules (app, kind, resource, scope);"
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
  "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, app TEXT NOT NULL, sandbox INTEGER NOT "
  "NULL,"
  " what TEXT NOT NULL, resource BLOB, access INTEGER NOT NULL, answer INTEGER NOT NULL, lifetime INTEGER NOT NULL, text TEXT);"
  "CREATE TABLE apps (id TEXT PRIMARY KEY, name TEXT NOT NULL, icon TEXT NOT NULL, executable BLOB NOT NULL, package TEXT,"
  " package_stamp INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;",
  "ALTER TABLE rules ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE apps ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE apps ADD COLUMN strict INTEGER NOT NULL DEFAULT 0;"
  "ALTER TABLE apps ADD COLUMN sheet INTEGER NOT NULL DEFAULT 0;",
  /* What was the history is the way to it now. */
  "ALTER TABLE events ADD COLUMN name TEXT;"
  "ALTER TABLE events ADD COLUMN program BLOB;"
  "ALTER TABLE events ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;",
  /* A permission for a service (kind 2) counted as used when its application was. From now on it is noted: until then they have
   * been used, or those of each day would end as unused. */
  "UPDATE rules SET used = max (used, coalesce ((SELECT apps.used FROM apps WHERE apps.id = rules.app), 0)) WHERE kind = 2;",
};
#define SCHEMA_VERSION ((int)G_N_ELEMENTS (migrations))

gboolean
pst_store_set_write_error (PstStore *store, GError **error)
{
  g_set_error (
      error, PST_STORE_ERROR, PST_STORE_ERROR_WRITE,
      _ ("The grants database %s cannot be written (%s); nothing has changed. Make room or make it writable, and try again."),
      store->path, sqlite3_errmsg (store->db));
  return FALSE;
}

/* Transactions. @durable: on the disk when commit returns. */
gboolean
pst_store_begin (PstStore *store, gboolean durable)
{
  return pst_sql_exec (store->db, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL") &&
         pst_sql_exec (store->db, "BEGIN IMMEDIATE");
}

gboolean
pst_store_commit (PstStore *store)
{
  if (!pst_sql_exec (store->db, "COMMIT"))
    return FALSE;
  if (store->history)
    pst_store_hand_over (store);
  return TRUE;
}

void
pst_store_roll_back (PstStore *store)
{
  if (!sqlite3_get_autocommit (store->db))
    pst_sql_exec (store->db, "ROLLBACK");
  g_ptr_array_set_size (store->outbox, 0);
}

/* Opening */

static gboolean
unusable (PstStore *store, GError **error, const char *what)
{
  g_set_error (error, PST_STORE_ERROR, PST_STORE_ERROR_UNUSABLE,
               _ ("The grants database %s %s. It has been left as it is; no application is started until it is moved away or "
                  "replaced by a good "
                  "copy."),
               store->path, what);
  return FALSE;
}

static gboolean
unusable_because (PstStore *store, GError **error)
{
  g_autofree char *what = g_strdup_printf (_ ("cannot be read (%s)"), sqlite3_errmsg (store->db));

  return unusable (store, error, what);
}

/* Whether it is a good one cannot be said: moving it away would be the wrong advice. */
static void
cannot_open (PstStore *store, const char *directory, GError **error)
{
  int code = store->db ? sqlite3_system_errno (store->db) : ENOMEM;

  /* SQLite has then tried to read it at least. */
  if (code == ENOENT && access (directory, W_OK) < 0)
    code = errno;
  if (code == 0)
    unusable_because (store, error);
  else
    g_set_error (error, PST_STORE_ERROR, PST_STORE_ERROR_WRITE,
                 _ ("The grants database %s cannot be opened: %s. No application is started until you can read and write it."),
                 store->path, g_strerror (code));
}

static gboolean
check (PstStore *store, gboolean *is_new, GError **error)
{
  gint64 application_id, version, objects;
  sqlite3_stmt *statement;
  gboolean whole = FALSE;

  if (!pst_sql_query_int (store->db, "PRAGMA application_id", &application_id) ||
      !pst_sql_query_int (store->db, "PRAGMA user_version", &version) ||
      !pst_sql_query_int (store->db, "SELECT count(*) FROM sqlite_master", &objects))
    return unusable_because (store, error);
  *is_new = application_id == 0 && version == 0 && objects == 0;
  if (*is_new)
    return TRUE;
  if (application_id != PST_STORE_APPLICATION_ID || version < 1)
    return unusable (store, error, _ ("is not a database of Postern"));
  if (version > SCHEMA_VERSION)
    return unusable (store, error, _ ("was written by a newer version of Postern"));

  statement = pst_sql_prepare (store->db, "PRAGMA quick_check(1)");
  if (statement && sqlite3_step (statement) == SQLITE_ROW)
    whole = g_strcmp0 ((const char *)sqlite3_column_text (statement, 0), "ok") == 0;
  sqlite3_finalize (statement);
  return whole ? TRUE : unusable (store, error, _ ("is damaged"));
}

static gboolean
migrate (PstStore *store, gboolean is_new, GError **error)
{
  gint64 version = 0;

  if (!is_new && !pst_sql_query_int (store->db, "PRAGMA user_version", &version))
    return unusable_because (store, error);
  if (version == SCHEMA_VERSION)
    return TRUE;
  if (!pst_store_begin (store, TRUE))
    return pst_store_set_write_error (store, error);
  for (; version < SCHEMA_VERSION; version++)
    if (!pst_sql_exec (store->db, migrations[version]))
      goto failed;
  if (pst_sql_exec (store->db, "PRAGMA application_id=" G_STRINGIFY (PST_STORE_APPLICATION_ID)))
    {
      g_autofree char *sql = g_strdup_printf ("PRAGMA user_version=%d", SCHEMA_VERSION);

      if (pst_sql_exec (store->db, sql) && pst_store_commit (store))
        return TRUE;
    }
failed:
  pst_store_set_write_error (store, error);
  pst_store_roll_back (store);
  return FALSE;
}

/* The name of a new file must be on the disk as well as its content. */
static void
sync_directory (const char *directory)
{
  pst_autofd fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd >= 0)
    fsync (fd);
}

PstStore *
pst_store_open (const char *path, GError **error)
{
  g_autoptr (PstStore) store = g_new0 (PstStore, 1);
  g_autofree char *directory = g_path_get_dirname (path), *name = g_path_get_basename (path), *place = NULL, *history = NULL;
  char *real = NULL;
  gboolean is_new = FALSE;

  store->path = g_strdup (path);
  store->rules = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)pst_stored_rule_free);
  store->by_app = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  store->ending = g_hash_table_new (NULL, NULL);
  store->apps = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)pst_stored_app_free);
  store->dirty_apps = g_hash_table_new (g_str_hash, g_str_equal);
  store->uses = g_array_new (FALSE, FALSE, sizeof (PstStoreUse));
  g_queue_init (&store->events);
  store->outbox = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  store->shares = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  /* SQLite follows no link at all when it is told not to follow the last; the home may be one (/home → /var/home). */
  if (g_mkdir_with_parents (directory, 0700) < 0 || !(real = realpath (directory, NULL)))
    {
      g_set_error (error, PST_STORE_ERROR, PST_STORE_ERROR_WRITE, _ ("The directory %s cannot be made: %s."), directory,
                   g_strerror (errno));
      return NULL;
    }
  place = g_build_filename (real, name, NULL);
  history = g_build_filename (real, "history.db", NULL);
  free (real);
  if (pst_sql_open (place, &store->db) != SQLITE_OK)
    {
      cannot_open (store, directory, error);
      return NULL;
    }
  sqlite3_db_config (store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  if (!pst_sql_exec (store->db, "PRAGMA locking_mode=EXCLUSIVE") || !check (store, &is_new, error))
    {
      if (error && !*error)
        unusable_because (store, error);
      return NULL;
    }
  if (is_new)
    (void)chmod (path, 0600);
  if (!pst_sql_exec (store->db, "PRAGMA journal_mode=WAL"))
    {
      pst_store_set_write_error (store, error);
      return NULL;
    }
  if (!migrate (store, is_new, error))
    return NULL;
  if (is_new)
    sync_directory (directory);
  if (!pst_store_load_rules (store) || !pst_store_load_apps (store))
    {
      unusable (store, error, _ ("is damaged"));
      return NULL;
    }
  if (!pst_store_open_history (store, history))
    {
      pst_store_set_write_error (store, error);
      return NULL;
    }
  sqlite3_db_config (store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
  return g_steal_pointer (&store);
}

void
pst_store_close (PstStore *store)
{
  if (!store)
    return;
  store->listener = NULL;
  store->row_listener = NULL;
  if (store->history)
    pst_store_flush (store);
  g_clear_pointer (&store->history, pst_history_free);
  if (store->db && store->handed_over)
    pst_store_flush (store);
  if (store->db && store->next_sandbox)
    {
      sqlite3_stmt *statement = pst_sql_prepare (store->db, "INSERT OR REPLACE INTO meta VALUES ('sandbox', ?)");

      pst_sql_bind_int (statement, 1, (gint64)store->next_sandbox);
      pst_sql_run (statement);
    }
  sqlite3_close (store->db);
  g_hash_table_unref (store->dirty_apps);
  g_hash_table_unref (store->by_app);
  g_hash_table_unref (store->ending);
  g_hash_table_unref (store->rules);
  g_hash_table_unref (store->apps);
  g_queue_clear_full (&store->events, (GDestroyNotify)pst_event_free);
  g_ptr_array_unref (store->outbox);
  g_hash_table_unref (store->shares);
  g_array_unref (store->uses);
  g_free (store->path);
  g_free (store);
}
