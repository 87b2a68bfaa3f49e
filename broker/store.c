/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grants database.
 *
 * Everything that decides is read into memory once, when the file is opened and has been checked; after that SQLite is only
 * written. A change is first committed, then applied to the memory, so that nobody is told of a rule that a crash could take
 * back.
 *
 * Durability has two prices. A rule that outlives its sandbox is committed with synchronous=FULL (the write-ahead log is
 * flushed before COMMIT returns). History, last use and rules for one sandbox are committed with synchronous=NORMAL: the kernel
 * has them, so SIGKILL loses nothing, but no flush is paid for within a launch. A later FULL commit flushes them as well,
 * because it is the same log.
 *
 * Opening never writes before the file has proved to be ours, whole, and not newer than we are: until then closing must not
 * even checkpoint the log (NO_CKPT_ON_CLOSE). The lock is exclusive: no second broker can decide by the same file.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "pst-fd.h"
#include "pst-path.h"

G_DEFINE_QUARK (pst - store - error - quark, pst_store_error)

#define FLUSH_DELAY_MS 250
#define MAX_QUEUED 4096
#define SANDBOX_BLOCK 64
/* What an application can bring about by itself, as often as it likes. Of this it has its share: so much between two flushes,
 * and so much in the history, give or take what is added between two trims. */
#define COMMON_EVENTS "('asked', 'refused', 'started', 'ended', 'left out')"
#define MAX_APP_QUEUED 64
#define MAX_APP_EVENTS 1000
#define TRIM_AFTER 100

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
};
#define SCHEMA_VERSION ((int)G_N_ELEMENTS (migrations))

typedef struct
{
  guint64 rule;
  gint64 time;
} Use;

/* How much an application has added to the history. */
typedef struct
{
  guint queued, left_out; /* since the last flush */
  guint written;          /* since the last trim */
  guint64 sandbox;        /* of what was left out last */
} Share;

struct _PstStore
{
  sqlite3 *db;
  char *path;
  GHashTable *rules;      /* id → PstStoredRule, owned */
  GHashTable *by_app;     /* app → GPtrArray of borrowed rules, in order of id */
  GHashTable *apps;       /* id → PstStoredApp, owned */
  GHashTable *dirty_apps; /* borrowed ids */
  GQueue events;          /* PstEvent, owned */
  GHashTable *shares;     /* app → Share, owned */
  GArray *uses;
  guint flush_source;
  guint64 next_sandbox, end_sandbox;
  guint64 revision; /* of the rules in memory */
  PstStoreListener listener;
  gpointer listener_data;
};

void
pst_store_set_listener (PstStore *store, PstStoreListener listener, gpointer user_data)
{
  store->listener = listener;
  store->listener_data = user_data;
}

static void
tell (PstStore *store, guint what, const char *app)
{
  if (store->listener && what)
    store->listener (what, app, store->listener_data);
}

/* Small things */

PstEvent *
pst_event_new (const char *what, const char *app, guint64 sandbox, const char *resource, const char *text)
{
  PstEvent *event = g_new0 (PstEvent, 1);

  event->time = g_get_real_time () / G_USEC_PER_SEC;
  event->what = g_intern_string (what);
  event->app = g_strdup (app);
  event->sandbox = sandbox;
  event->resource = g_strdup (resource);
  event->text = g_strdup (text);
  return event;
}

void
pst_event_free (PstEvent *event)
{
  if (!event)
    return;
  g_free (event->app);
  g_free (event->resource);
  g_free (event->text);
  g_free (event);
}

void
pst_stored_app_free (PstStoredApp *app)
{
  if (!app)
    return;
  g_free (app->id);
  g_free (app->name);
  g_free (app->icon);
  g_free (app->executable);
  g_free (app->package);
  g_free (app);
}

static gboolean
set_write_error (PstStore *store, GError **error)
{
  g_set_error (
      error, PST_STORE_ERROR, PST_STORE_ERROR_WRITE,
      _ ("The grants database %s cannot be written (%s); nothing has changed. Make room or make it writable, and try again."),
      store->path, sqlite3_errmsg (store->db));
  return FALSE;
}

static gboolean
exec (PstStore *store, const char *sql)
{
  return sqlite3_exec (store->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* NULL, and sqlite3_errmsg() says why. */
static sqlite3_stmt *
prepare (PstStore *store, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (store->db, sql, -1, &statement, NULL) != SQLITE_OK)
    return NULL;
  return statement;
}

/* Consumes @statement, which gives no rows. */
static gboolean
run (sqlite3_stmt *statement)
{
  int status;

  if (!statement)
    return FALSE;
  status = sqlite3_step (statement);
  return sqlite3_finalize (statement) == SQLITE_OK && status == SQLITE_DONE;
}

static void
bind_text (sqlite3_stmt *statement, int index, const char *text)
{
  if (statement)
    sqlite3_bind_text (statement, index, text, -1, SQLITE_TRANSIENT);
}

/* Paths are bytes, not text. */
static void
bind_path (sqlite3_stmt *statement, int index, const char *path)
{
  if (statement && path)
    sqlite3_bind_blob (statement, index, path, (int)strlen (path), SQLITE_TRANSIENT);
}

static void
bind_int (sqlite3_stmt *statement, int index, gint64 value)
{
  if (statement)
    sqlite3_bind_int64 (statement, index, value);
}

static char *
column_string (sqlite3_stmt *statement, int column)
{
  const void *bytes = sqlite3_column_blob (statement, column);

  if (sqlite3_column_type (statement, column) == SQLITE_NULL)
    return NULL;
  return g_strndup (bytes ? bytes : "", (gsize)sqlite3_column_bytes (statement, column));
}

static gboolean
query_int (PstStore *store, const char *sql, gint64 *value)
{
  sqlite3_stmt *statement = prepare (store, sql);
  gboolean ok = statement && sqlite3_step (statement) == SQLITE_ROW;

  if (ok)
    *value = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return ok;
}

/* Transactions. @durable: on the disk when commit returns. */

static gboolean
begin (PstStore *store, gboolean durable)
{
  return exec (store, durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL") && exec (store, "BEGIN IMMEDIATE");
}

static gboolean
commit (PstStore *store)
{
  return exec (store, "COMMIT");
}

static void
roll_back (PstStore *store)
{
  if (!sqlite3_get_autocommit (store->db))
    exec (store, "ROLLBACK");
}

/* The memory */

static void
remember (PstStore *store, PstStoredRule *rule)
{
  GPtrArray *list = g_hash_table_lookup (store->by_app, rule->app);

  store->revision++;
  if (!list)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (store->by_app, g_strdup (rule->app), list);
    }
  g_ptr_array_add (list, rule);
  g_hash_table_insert (store->rules, g_memdup2 (&rule->id, sizeof rule->id), rule);
}

static void
forget (PstStore *store, guint64 id)
{
  PstStoredRule *rule = g_hash_table_lookup (store->rules, &id);
  GPtrArray *list;

  if (!rule)
    return;
  store->revision++;
  list = g_hash_table_lookup (store->by_app, rule->app);
  g_ptr_array_remove (list, rule);
  if (list->len == 0)
    g_hash_table_remove (store->by_app, rule->app);
  g_hash_table_remove (store->rules, &id);
}

/* A row that no version of ours can have written means that the file is not what it was. */
static gboolean
rule_is_sane (const PstStoredRule *rule)
{
  return rule->app && *rule->app && rule->resource && rule->kind >= PST_KIND_FILES && rule->kind <= PST_KIND_URI &&
         rule->scope >= PST_SCOPE_TREE && rule->scope <= PST_SCOPE_FILE && pst_access_is_for (rule->kind, rule->access) &&
         rule->answer >= PST_ANSWER_ALLOW && rule->answer <= PST_ANSWER_ASK && rule->lifetime >= PST_LIFETIME_ONCE &&
         rule->lifetime <= PST_LIFETIME_UNTIL && rule->boot && rule->login &&
         (rule->kind != PST_KIND_FILES || pst_path_is_normal (rule->resource)) &&
         (!rule->real || pst_path_is_normal (rule->real));
}

#define RULE_COLUMNS                                                                                                           \
  "app, kind, resource, scope, access, answer, lifetime, until, sandbox, boot, login, real, created, used, origin"

static gboolean
load_rules (PstStore *store)
{
  sqlite3_stmt *statement = prepare (store, "SELECT id, " RULE_COLUMNS " FROM rules ORDER BY id");
  int status = SQLITE_ERROR;
  gboolean sane = TRUE;

  while (statement && sane && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PstStoredRule *rule = g_new0 (PstStoredRule, 1);

      rule->id = (guint64)sqlite3_column_int64 (statement, 0);
      rule->app = column_string (statement, 1);
      rule->kind = (PstKind)sqlite3_column_int64 (statement, 2);
      rule->resource = column_string (statement, 3);
      rule->scope = (PstScope)sqlite3_column_int64 (statement, 4);
      rule->access = (PstAccess)sqlite3_column_int64 (statement, 5);
      rule->answer = (PstAnswer)sqlite3_column_int64 (statement, 6);
      rule->lifetime = (PstLifetime)sqlite3_column_int64 (statement, 7);
      rule->until = sqlite3_column_int64 (statement, 8);
      rule->sandbox = (guint64)sqlite3_column_int64 (statement, 9);
      rule->boot = column_string (statement, 10);
      rule->login = column_string (statement, 11);
      rule->real = column_string (statement, 12);
      rule->created = sqlite3_column_int64 (statement, 13);
      rule->used = sqlite3_column_int64 (statement, 14);
      rule->origin = (PstOrigin)sqlite3_column_int64 (statement, 15);
      sane = rule_is_sane (rule);
      if (sane)
        remember (store, rule);
      else
        pst_stored_rule_free (rule);
    }
  sqlite3_finalize (statement);
  return sane && status == SQLITE_DONE;
}

#define APP_COLUMNS "id, name, icon, executable, package, package_stamp, used, locked, strict, sheet"

static gboolean
load_apps (PstStore *store)
{
  sqlite3_stmt *statement = prepare (store, "SELECT " APP_COLUMNS " FROM apps");
  int status = SQLITE_ERROR;

  while (statement && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PstStoredApp *app = g_new0 (PstStoredApp, 1);

      app->id = column_string (statement, 0);
      app->name = column_string (statement, 1);
      app->icon = column_string (statement, 2);
      app->executable = column_string (statement, 3);
      app->package = column_string (statement, 4);
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

  if (!query_int (store, "PRAGMA application_id", &application_id) || !query_int (store, "PRAGMA user_version", &version) ||
      !query_int (store, "SELECT count(*) FROM sqlite_master", &objects))
    return unusable_because (store, error);
  *is_new = application_id == 0 && version == 0 && objects == 0;
  if (*is_new)
    return TRUE;
  if (application_id != PST_STORE_APPLICATION_ID || version < 1)
    return unusable (store, error, _ ("is not a database of Postern"));
  if (version > SCHEMA_VERSION)
    return unusable (store, error, _ ("was written by a newer version of Postern"));

  statement = prepare (store, "PRAGMA quick_check(1)");
  if (statement && sqlite3_step (statement) == SQLITE_ROW)
    whole = g_strcmp0 ((const char *)sqlite3_column_text (statement, 0), "ok") == 0;
  sqlite3_finalize (statement);
  return whole ? TRUE : unusable (store, error, _ ("is damaged"));
}

static gboolean
migrate (PstStore *store, gboolean is_new, GError **error)
{
  gint64 version = 0;

  if (!is_new && !query_int (store, "PRAGMA user_version", &version))
    return unusable_because (store, error);
  if (version == SCHEMA_VERSION)
    return TRUE;
  if (!begin (store, TRUE))
    return set_write_error (store, error);
  for (; version < SCHEMA_VERSION; version++)
    if (!exec (store, migrations[version]))
      goto failed;
  if (exec (store, "PRAGMA application_id=" G_STRINGIFY (PST_STORE_APPLICATION_ID)))
    {
      g_autofree char *sql = g_strdup_printf ("PRAGMA user_version=%d", SCHEMA_VERSION);

      if (exec (store, sql) && commit (store))
        return TRUE;
    }
failed:
  set_write_error (store, error);
  roll_back (store);
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
  g_autofree char *directory = g_path_get_dirname (path), *name = g_path_get_basename (path), *place = NULL;
  char *real = NULL;
  gboolean is_new = FALSE;

  store->path = g_strdup (path);
  store->rules = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)pst_stored_rule_free);
  store->by_app = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  store->apps = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)pst_stored_app_free);
  store->dirty_apps = g_hash_table_new (g_str_hash, g_str_equal);
  store->uses = g_array_new (FALSE, FALSE, sizeof (Use));
  g_queue_init (&store->events);
  store->shares = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  /* SQLite follows no link at all when it is told not to follow the last; the home may be one (/home → /var/home). */
  if (g_mkdir_with_parents (directory, 0700) < 0 || !(real = realpath (directory, NULL)))
    {
      g_set_error (error, PST_STORE_ERROR, PST_STORE_ERROR_WRITE, _ ("The directory %s cannot be made: %s."), directory,
                   g_strerror (errno));
      return NULL;
    }
  place = g_build_filename (real, name, NULL);
  free (real);
  if (sqlite3_open_v2 (place, &store->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
                       NULL) != SQLITE_OK)
    {
      cannot_open (store, directory, error);
      return NULL;
    }
  sqlite3_extended_result_codes (store->db, 1);
  sqlite3_db_config (store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_db_config (store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_busy_timeout (store->db, 2000);
  if (!exec (store, "PRAGMA locking_mode=EXCLUSIVE") || !check (store, &is_new, error))
    {
      if (error && !*error)
        unusable_because (store, error);
      return NULL;
    }
  if (is_new)
    (void)chmod (path, 0600);
  if (!exec (store, "PRAGMA journal_mode=WAL"))
    {
      set_write_error (store, error);
      return NULL;
    }
  if (!migrate (store, is_new, error))
    return NULL;
  if (is_new)
    sync_directory (directory);
  if (!load_rules (store) || !load_apps (store))
    {
      unusable (store, error, _ ("is damaged"));
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
  if (store->db && store->flush_source)
    pst_store_flush (store);
  if (store->db && store->next_sandbox)
    {
      sqlite3_stmt *statement = prepare (store, "INSERT OR REPLACE INTO meta VALUES ('sandbox', ?)");

      bind_int (statement, 1, (gint64)store->next_sandbox);
      run (statement);
    }
  sqlite3_close (store->db);
  g_hash_table_unref (store->dirty_apps);
  g_hash_table_unref (store->by_app);
  g_hash_table_unref (store->rules);
  g_hash_table_unref (store->apps);
  g_queue_clear_full (&store->events, (GDestroyNotify)pst_event_free);
  g_hash_table_unref (store->shares);
  g_array_unref (store->uses);
  g_free (store->path);
  g_free (store);
}

/* Rules */

static int
compare_ids (gconstpointer a, gconstpointer b)
{
  const PstStoredRule *x = *(PstStoredRule *const *)a, *y = *(PstStoredRule *const *)b;

  return x->id < y->id ? -1 : x->id > y->id;
}

GPtrArray *
pst_store_list_rules (PstStore *store, const char *app)
{
  GPtrArray *result = g_ptr_array_new ();

  if (app)
    {
      GPtrArray *list = g_hash_table_lookup (store->by_app, app);

      if (list)
        g_ptr_array_extend (result, list, NULL, NULL);
    }
  else
    {
      GHashTableIter iter;
      gpointer rule;

      g_hash_table_iter_init (&iter, store->rules);
      while (g_hash_table_iter_next (&iter, NULL, &rule))
        g_ptr_array_add (result, rule);
      g_ptr_array_sort (result, compare_ids);
    }
  return result;
}

guint64
pst_store_get_revision (PstStore *store)
{
  return store->revision;
}

const PstStoredRule *
pst_store_get_rule (PstStore *store, guint64 id)
{
  return g_hash_table_lookup (store->rules, &id);
}

static gboolean
write_rule (PstStore *store, PstStoredRule *rule)
{
  sqlite3_stmt *statement = prepare (store, "INSERT INTO rules (" RULE_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");

  bind_text (statement, 1, rule->app);
  bind_int (statement, 2, rule->kind);
  bind_path (statement, 3, rule->resource);
  bind_int (statement, 4, rule->scope);
  bind_int (statement, 5, rule->access);
  bind_int (statement, 6, rule->answer);
  bind_int (statement, 7, rule->lifetime);
  bind_int (statement, 8, rule->until);
  bind_int (statement, 9, (gint64)rule->sandbox);
  bind_text (statement, 10, rule->boot);
  bind_text (statement, 11, rule->login);
  bind_path (statement, 12, rule->real);
  bind_int (statement, 13, rule->created);
  bind_int (statement, 14, rule->used);
  bind_int (statement, 15, rule->origin);
  if (!run (statement))
    return FALSE;
  rule->id = (guint64)sqlite3_last_insert_rowid (store->db);
  return TRUE;
}

static gboolean
delete_rule (PstStore *store, guint64 id)
{
  sqlite3_stmt *statement = prepare (store, "DELETE FROM rules WHERE id=?");

  bind_int (statement, 1, (gint64)id);
  return run (statement);
}

static gboolean
narrow_rule (PstStore *store, guint64 id)
{
  sqlite3_stmt *statement = prepare (store, "UPDATE rules SET access=? WHERE id=?");

  bind_int (statement, 1, PST_ACCESS_VIEW);
  bind_int (statement, 2, (gint64)id);
  return run (statement);
}

static gboolean
write_event (PstStore *store, const PstEvent *event)
{
  sqlite3_stmt *statement =
      prepare (store, "INSERT INTO events (time, app, sandbox, what, resource, access, answer, lifetime, text)"
                      " VALUES (?,?,?,?,?,?,?,?,?)");

  bind_int (statement, 1, event->time);
  bind_text (statement, 2, event->app);
  bind_int (statement, 3, (gint64)event->sandbox);
  bind_text (statement, 4, event->what);
  bind_path (statement, 5, event->resource);
  bind_int (statement, 6, event->access);
  bind_int (statement, 7, event->answer);
  bind_int (statement, 8, event->lifetime);
  if (event->text)
    bind_text (statement, 9, event->text);
  return run (statement);
}

/* A line for what an application's share had no room for. */
static gboolean
write_left_out (PstStore *store, const char *app, const Share *share)
{
  g_autofree char *text = g_strdup_printf (ngettext ("%u more event", "%u more events", share->left_out), share->left_out);
  g_autoptr (PstEvent) event = pst_event_new ("left out", app, share->sandbox, NULL, text);

  return write_event (store, event);
}

static gboolean
write_queued (PstStore *store)
{
  GHashTableIter iter;
  gpointer app, share;

  for (GList *l = store->events.head; l; l = l->next)
    if (!write_event (store, l->data))
      return FALSE;
  g_hash_table_iter_init (&iter, store->shares);
  while (g_hash_table_iter_next (&iter, &app, &share))
    if (((Share *)share)->left_out > 0 && !write_left_out (store, app, share))
      return FALSE;
  return TRUE;
}

/* After they have been written, or could not be: history must not grow in memory without bound because a disk is full. */
static void
clear_queued (PstStore *store)
{
  GHashTableIter iter;
  gpointer value;

  g_queue_clear_full (&store->events, (GDestroyNotify)pst_event_free);
  g_hash_table_iter_init (&iter, store->shares);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Share *share = value;

      share->written += share->queued + (share->left_out > 0);
      share->queued = share->left_out = 0;
    }
}

/* What was queued before @event happened before it. */
static gboolean
write_events_until (PstStore *store, const PstEvent *event)
{
  return write_queued (store) && write_event (store, event);
}

guint64
pst_store_add_rule (PstStore *store, const PstStoredRule *rule, PstEvent *event_take, gboolean *replaced, GError **error)
{
  g_autoptr (PstEvent) event = event_take;
  g_autoptr (PstStoredRule) copy = pst_stored_rule_copy (rule);
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) narrowed = g_array_new (FALSE, FALSE, sizeof (guint64));
  GPtrArray *list = g_hash_table_lookup (store->by_app, rule->app);
  gboolean ok;
  guint64 id;

  for (guint i = 0; list && i < list->len; i++)
    {
      PstStoredRule *older = list->pdata[i];

      if (older->kind != rule->kind || older->scope != rule->scope || strcmp (older->resource, rule->resource) != 0)
        continue;
      switch (pst_stored_rule_merge (rule, older))
        {
        case PST_MERGE_REPLACE:
          g_array_append_val (gone, older->id);
          copy->used = MAX (copy->used, older->used);
          break;
        case PST_MERGE_NARROW:
          g_array_append_val (narrowed, older->id);
          break;
        case PST_MERGE_KEEP:
          break;
        }
    }

  ok = begin (store, pst_lifetime_span (rule->lifetime) > 0);
  for (guint i = 0; ok && i < gone->len; i++)
    ok = delete_rule (store, g_array_index (gone, guint64, i));
  for (guint i = 0; ok && i < narrowed->len; i++)
    ok = narrow_rule (store, g_array_index (narrowed, guint64, i));
  ok = ok && write_rule (store, copy);
  if (ok && event)
    ok = write_events_until (store, event);
  if (!ok || !commit (store))
    {
      set_write_error (store, error);
      roll_back (store);
      return 0;
    }
  if (event)
    clear_queued (store);

  for (guint i = 0; i < gone->len; i++)
    forget (store, g_array_index (gone, guint64, i));
  for (guint i = 0; i < narrowed->len; i++)
    ((PstStoredRule *)g_hash_table_lookup (store->rules, &g_array_index (narrowed, guint64, i)))->access = PST_ACCESS_VIEW;
  if (replaced)
    *replaced = gone->len + narrowed->len > 0;
  id = copy->id;
  remember (store, g_steal_pointer (&copy));
  tell (store, PST_STORE_RULES | (event ? PST_STORE_EVENTS : 0), rule->app);
  return id;
}

gboolean
pst_store_remove_rules (PstStore *store, const guint64 *ids, gsize n_ids, PstEvent *event_take, GError **error)
{
  g_autoptr (PstEvent) event = event_take;
  g_autofree char *app = NULL;
  gboolean durable = FALSE, several = FALSE, ok;

  for (gsize i = 0; i < n_ids; i++)
    {
      const PstStoredRule *rule = pst_store_get_rule (store, ids[i]);

      if (!rule)
        continue;
      durable |= pst_lifetime_span (rule->lifetime) > 0;
      several |= app && strcmp (app, rule->app) != 0;
      if (!app)
        app = g_strdup (rule->app);
    }
  ok = begin (store, durable);
  for (gsize i = 0; ok && i < n_ids; i++)
    ok = delete_rule (store, ids[i]);
  if (ok && event)
    ok = write_events_until (store, event);
  if (!ok || !commit (store))
    {
      set_write_error (store, error);
      roll_back (store);
      return FALSE;
    }
  if (event)
    clear_queued (store);
  for (gsize i = 0; i < n_ids; i++)
    forget (store, ids[i]);
  tell (store, (app ? PST_STORE_RULES : 0) | (event ? PST_STORE_EVENTS : 0),
        several ? NULL
        : app   ? app
        : event ? event->app
                : NULL);
  return TRUE;
}

/* What may wait a moment */

static gboolean
on_flush (gpointer data)
{
  PstStore *store = data;

  store->flush_source = 0;
  pst_store_flush (store);
  return G_SOURCE_REMOVE;
}

static void
schedule_flush (PstStore *store)
{
  if (!store->flush_source)
    store->flush_source = g_timeout_add (FLUSH_DELAY_MS, on_flush, store);
}

static Share *
share_of (PstStore *store, const char *app)
{
  Share *share = g_hash_table_lookup (store->shares, app);

  if (!share)
    {
      share = g_new0 (Share, 1);
      g_hash_table_insert (store->shares, g_strdup (app), share);
    }
  return share;
}

void
pst_store_queue_event (PstStore *store, PstEvent *event)
{
  Share *share = share_of (store, event->app);

  schedule_flush (store);
  if (share->queued >= MAX_APP_QUEUED)
    {
      share->left_out++;
      share->sandbox = event->sandbox;
      pst_event_free (event);
      return;
    }
  share->queued++;
  if (store->events.length >= MAX_QUEUED)
    pst_event_free (g_queue_pop_head (&store->events));
  g_queue_push_tail (&store->events, event);
}

void
pst_store_queue_use (PstStore *store, guint64 rule, gint64 time)
{
  PstStoredRule *stored = g_hash_table_lookup (store->rules, &rule);
  Use use = { rule, time };

  if (!stored || stored->used == time)
    return;
  stored->used = time;
  g_array_append_val (store->uses, use);
  schedule_flush (store);
}

static PstStoredApp *
ensure_app (PstStore *store, const char *id)
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
  schedule_flush (store);
  return app;
}

void
pst_store_queue_app (PstStore *store, const char *id, const char *name, const char *icon, const char *executable, gint64 used)
{
  PstStoredApp *app = ensure_app (store, id);

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
  PstStoredApp *app = ensure_app (store, id);

  g_free (app->package);
  app->package = g_strdup (package);
  app->package_stamp = stamp;
}

static gboolean
write_app (PstStore *store, const PstStoredApp *app)
{
  sqlite3_stmt *statement = prepare (store, "INSERT OR REPLACE INTO apps (" APP_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?)");

  bind_text (statement, 1, app->id);
  bind_text (statement, 2, app->name);
  bind_text (statement, 3, app->icon);
  if (statement)
    sqlite3_bind_blob (statement, 4, app->executable, (int)strlen (app->executable), SQLITE_TRANSIENT);
  if (app->package)
    bind_text (statement, 5, app->package);
  bind_int (statement, 6, app->package_stamp);
  bind_int (statement, 7, app->used);
  bind_int (statement, 8, app->locked);
  bind_int (statement, 9, app->strict);
  bind_int (statement, 10, app->sheet);
  return run (statement);
}

gboolean
pst_store_set_app (PstStore *store, const char *id, gboolean locked, gboolean strict, gint64 sheet, PstEvent *event_take,
                   GError **error)
{
  g_autoptr (PstEvent) event = event_take;
  PstStoredApp *app = ensure_app (store, id), changed = *app;

  changed.locked = locked;
  changed.strict = strict;
  changed.sheet = sheet;
  if (!begin (store, TRUE) || !write_app (store, &changed) || (event && !write_event (store, event)) || !commit (store))
    {
      set_write_error (store, error);
      roll_back (store);
      return FALSE;
    }
  app->locked = locked;
  app->strict = strict;
  app->sheet = sheet;
  store->revision++;
  tell (store, PST_STORE_APPS | (event ? PST_STORE_EVENTS : 0), id);
  return TRUE;
}

/* Brings each application that has added much back to its share. */
static gboolean
trim_shares (PstStore *store)
{
  GHashTableIter iter;
  gpointer app, share;

  g_hash_table_iter_init (&iter, store->shares);
  while (g_hash_table_iter_next (&iter, &app, &share))
    {
      sqlite3_stmt *statement;

      if (((Share *)share)->written < TRIM_AFTER)
        continue;
      statement =
          prepare (store, "DELETE FROM events WHERE app=?1 AND what IN " COMMON_EVENTS " AND id <= (SELECT id FROM events"
                          " WHERE app=?1 AND what IN " COMMON_EVENTS
                          " ORDER BY id DESC LIMIT 1 OFFSET " G_STRINGIFY (MAX_APP_EVENTS) ")");
      bind_text (statement, 1, app);
      if (!run (statement))
        return FALSE;
      ((Share *)share)->written = 0;
    }
  return TRUE;
}

void
pst_store_flush (PstStore *store)
{
  guint what = (store->events.length > 0 ? PST_STORE_EVENTS : 0) | (store->uses->len > 0 ? PST_STORE_RULES : 0) |
               (g_hash_table_size (store->dirty_apps) > 0 ? PST_STORE_APPS : 0);
  gboolean ok;
  GHashTableIter iter;
  gpointer id;

  g_clear_handle_id (&store->flush_source, g_source_remove);
  if (store->events.length == 0 && store->uses->len == 0 && g_hash_table_size (store->dirty_apps) == 0)
    return;

  ok = begin (store, FALSE) && write_queued (store) && trim_shares (store);
  if (store->events.length > 0)
    ok =
        ok && exec (store, "DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - " G_STRINGIFY (PST_STORE_MAX_EVENTS));
  for (guint i = 0; ok && i < store->uses->len; i++)
    {
      const Use *use = &g_array_index (store->uses, Use, i);
      sqlite3_stmt *statement = prepare (store, "UPDATE rules SET used=? WHERE id=?");

      bind_int (statement, 1, use->time);
      bind_int (statement, 2, (gint64)use->rule);
      ok = run (statement);
    }
  g_hash_table_iter_init (&iter, store->dirty_apps);
  while (ok && g_hash_table_iter_next (&iter, &id, NULL))
    ok = write_app (store, g_hash_table_lookup (store->apps, id));
  if (!ok || !commit (store))
    {
      g_warning ("the history cannot be written: %s", sqlite3_errmsg (store->db));
      roll_back (store);
    }
  clear_queued (store);
  g_array_set_size (store->uses, 0);
  g_hash_table_remove_all (store->dirty_apps);
  tell (store, what, NULL);
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

GPtrArray *
pst_store_list_events (PstStore *store, const char *app, guint limit, GError **error)
{
  g_autoptr (GPtrArray) result = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  sqlite3_stmt *statement;
  int status = SQLITE_ERROR;

  pst_store_flush (store);
  statement = prepare (store, "SELECT time, app, sandbox, what, resource, access, answer, lifetime, text FROM events"
                              " WHERE ?1 IS NULL OR app=?1 ORDER BY id DESC LIMIT ?2");
  if (app)
    bind_text (statement, 1, app);
  bind_int (statement, 2, limit);
  while (statement && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PstEvent *event = g_new0 (PstEvent, 1);
      g_autofree char *what = column_string (statement, 3);

      event->time = sqlite3_column_int64 (statement, 0);
      event->app = column_string (statement, 1);
      event->sandbox = (guint64)sqlite3_column_int64 (statement, 2);
      event->what = g_intern_string (what ? what : "");
      event->resource = column_string (statement, 4);
      event->access = (PstAccess)sqlite3_column_int64 (statement, 5);
      event->answer = (PstAnswer)sqlite3_column_int64 (statement, 6);
      event->lifetime = (PstLifetime)sqlite3_column_int64 (statement, 7);
      event->text = column_string (statement, 8);
      g_ptr_array_insert (result, 0, event);
    }
  sqlite3_finalize (statement);
  if (status != SQLITE_DONE)
    {
      g_set_error (error, PST_STORE_ERROR, PST_STORE_ERROR_UNUSABLE, _ ("The history cannot be read: %s."),
                   sqlite3_errmsg (store->db));
      return NULL;
    }
  return g_steal_pointer (&result);
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
        query_int (store, "SELECT value FROM meta WHERE key='sandbox'", &first);
      exec (store, "PRAGMA synchronous=NORMAL");
      statement = prepare (store, "INSERT OR REPLACE INTO meta VALUES ('sandbox', ?)");
      bind_int (statement, 1, first + SANDBOX_BLOCK);
      if (!run (statement))
        g_warning ("the next sandbox number cannot be stored: %s", sqlite3_errmsg (store->db));
      store->next_sandbox = (guint64)first;
      store->end_sandbox = (guint64)first + SANDBOX_BLOCK;
    }
  return store->next_sandbox++;
}
