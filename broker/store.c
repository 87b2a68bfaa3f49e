/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grants database.
 *
 * Everything that decides is read into memory once, when the file is opened and has been checked; after that SQLite is only
 * written. A change is first committed, then applied to the memory, so that nobody is told of a rule that a crash could take
 * back.
 *
 * Durability has two prices. A rule that outlives its sandbox is committed with synchronous=FULL (the write-ahead log is
 * flushed before COMMIT returns). Last use and rules for one sandbox are committed with synchronous=NORMAL: the kernel
 * has them, so SIGKILL loses nothing, but no flush is paid for within a launch. A later FULL commit flushes them as well,
 * because it is the same log.
 *
 * Opening never writes before the file has proved to be ours, whole, and not newer than we are: until then closing must not
 * even checkpoint the log (NO_CKPT_ON_CLOSE). The lock is exclusive: no second broker can decide by the same file.
 */
#include "store-private.h"

#include <string.h>

#include "pst-path.h"

G_DEFINE_QUARK (pst - store - error - quark, pst_store_error)

void
pst_store_set_listener (PstStore *store, PstStoreListener listener, gpointer user_data)
{
  store->listener = listener;
  store->listener_data = user_data;
}

void
pst_store_tell (PstStore *store, guint what, const char *app)
{
  if (store->listener && what)
    store->listener (what, app, store->listener_data);
}

/* The memory */

void
pst_store_remember (PstStore *store, PstStoredRule *rule)
{
  GPtrArray *list = g_hash_table_lookup (store->by_app, rule->app);
  guint place;

  store->revision++;
  if (!list)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (store->by_app, g_strdup (rule->app), list);
    }
  /* New ones are the last; one that is put back has an older number. */
  for (place = list->len; place > 0 && ((PstStoredRule *)list->pdata[place - 1])->id > rule->id; place--)
    ;
  g_ptr_array_insert (list, (gint)place, rule);
  g_hash_table_insert (store->rules, g_memdup2 (&rule->id, sizeof rule->id), rule);
  if (rule->lifetime != PST_LIFETIME_ALWAYS)
    g_hash_table_add (store->ending, rule);
}

void
pst_store_forget (PstStore *store, guint64 id)
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
  g_hash_table_remove (store->ending, rule);
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

gboolean
pst_store_load_rules (PstStore *store)
{
  sqlite3_stmt *statement = pst_sql_prepare (store->db, "SELECT id, " RULE_COLUMNS " FROM rules ORDER BY id");
  int status = SQLITE_ERROR;
  gboolean sane = TRUE;

  while (statement && sane && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PstStoredRule *rule = g_new0 (PstStoredRule, 1);

      rule->id = (guint64)sqlite3_column_int64 (statement, 0);
      rule->app = pst_sql_column_string (statement, 1);
      rule->kind = (PstKind)sqlite3_column_int64 (statement, 2);
      rule->resource = pst_sql_column_string (statement, 3);
      rule->scope = (PstScope)sqlite3_column_int64 (statement, 4);
      rule->access = (PstAccess)sqlite3_column_int64 (statement, 5);
      rule->answer = (PstAnswer)sqlite3_column_int64 (statement, 6);
      rule->lifetime = (PstLifetime)sqlite3_column_int64 (statement, 7);
      rule->until = sqlite3_column_int64 (statement, 8);
      rule->sandbox = (guint64)sqlite3_column_int64 (statement, 9);
      rule->boot = pst_sql_column_string (statement, 10);
      rule->login = pst_sql_column_string (statement, 11);
      rule->real = pst_sql_column_string (statement, 12);
      rule->created = sqlite3_column_int64 (statement, 13);
      rule->used = sqlite3_column_int64 (statement, 14);
      rule->origin = (PstOrigin)sqlite3_column_int64 (statement, 15);
      sane = rule_is_sane (rule);
      if (sane)
        pst_store_remember (store, rule);
      else
        pst_stored_rule_free (rule);
    }
  sqlite3_finalize (statement);
  return sane && status == SQLITE_DONE;
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

static GPtrArray *
list_keys (GHashTable *table)
{
  GPtrArray *result = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (result, key);
  return result;
}

GPtrArray *
pst_store_list_ending_rules (PstStore *store)
{
  return list_keys (store->ending);
}

GPtrArray *
pst_store_list_apps_with_rules (PstStore *store)
{
  return list_keys (store->by_app);
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

gboolean
pst_store_write_rule (PstStore *store, PstStoredRule *rule)
{
  sqlite3_stmt *statement =
      pst_sql_prepare (store->db, "INSERT INTO rules (" RULE_COLUMNS ", id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");

  pst_sql_bind_text (statement, 1, rule->app);
  pst_sql_bind_int (statement, 2, rule->kind);
  pst_sql_bind_path (statement, 3, rule->resource);
  pst_sql_bind_int (statement, 4, rule->scope);
  pst_sql_bind_int (statement, 5, rule->access);
  pst_sql_bind_int (statement, 6, rule->answer);
  pst_sql_bind_int (statement, 7, rule->lifetime);
  pst_sql_bind_int (statement, 8, rule->until);
  pst_sql_bind_int (statement, 9, (gint64)rule->sandbox);
  pst_sql_bind_text (statement, 10, rule->boot);
  pst_sql_bind_text (statement, 11, rule->login);
  pst_sql_bind_path (statement, 12, rule->real);
  pst_sql_bind_int (statement, 13, rule->created);
  pst_sql_bind_int (statement, 14, rule->used);
  pst_sql_bind_int (statement, 15, rule->origin);
  if (rule->id)
    pst_sql_bind_int (statement, 16, (gint64)rule->id);
  if (!pst_sql_run (statement))
    return FALSE;
  rule->id = (guint64)sqlite3_last_insert_rowid (store->db);
  return TRUE;
}

gboolean
pst_store_delete_rule (PstStore *store, guint64 id)
{
  sqlite3_stmt *statement = pst_sql_prepare (store->db, "DELETE FROM rules WHERE id=?");

  pst_sql_bind_int (statement, 1, (gint64)id);
  return pst_sql_run (statement);
}

static gboolean
narrow_rule (PstStore *store, guint64 id)
{
  sqlite3_stmt *statement = pst_sql_prepare (store->db, "UPDATE rules SET access=? WHERE id=?");

  pst_sql_bind_int (statement, 1, PST_ACCESS_VIEW);
  pst_sql_bind_int (statement, 2, (gint64)id);
  return pst_sql_run (statement);
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

  ok = pst_store_begin (store, pst_lifetime_span (rule->lifetime) > 0);
  for (guint i = 0; ok && i < gone->len; i++)
    ok = pst_store_delete_rule (store, g_array_index (gone, guint64, i));
  for (guint i = 0; ok && i < narrowed->len; i++)
    ok = narrow_rule (store, g_array_index (narrowed, guint64, i));
  copy->id = 0;
  ok = ok && pst_store_write_rule (store, copy);
  if (ok && event)
    ok = pst_store_write_event (store, event);
  if (!ok || !pst_store_commit (store))
    {
      pst_store_set_write_error (store, error);
      pst_store_roll_back (store);
      return 0;
    }

  for (guint i = 0; i < gone->len; i++)
    pst_store_forget (store, g_array_index (gone, guint64, i));
  for (guint i = 0; i < narrowed->len; i++)
    ((PstStoredRule *)g_hash_table_lookup (store->rules, &g_array_index (narrowed, guint64, i)))->access = PST_ACCESS_VIEW;
  if (replaced)
    *replaced = gone->len + narrowed->len > 0;
  id = copy->id;
  pst_store_remember (store, g_steal_pointer (&copy));
  pst_store_tell (store, PST_STORE_RULES, rule->app);
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
  ok = pst_store_begin (store, durable);
  for (gsize i = 0; ok && i < n_ids; i++)
    ok = pst_store_delete_rule (store, ids[i]);
  if (ok && event)
    ok = pst_store_write_event (store, event);
  if (!ok || !pst_store_commit (store))
    {
      pst_store_set_write_error (store, error);
      pst_store_roll_back (store);
      return FALSE;
    }
  for (gsize i = 0; i < n_ids; i++)
    pst_store_forget (store, ids[i]);
  if (app)
    pst_store_tell (store, PST_STORE_RULES, several ? NULL : app);
  return TRUE;
}
