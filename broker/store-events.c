/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens: kept in memory for a moment, and written together. */
#include "store-private.h"

#include <glib/gi18n.h>

#define FLUSH_DELAY_MS 250
#define MAX_QUEUED 4096
/* What an application can bring about by itself, as often as it likes. Of this it has its share: so much between two flushes,
 * and so much in the history, give or take what is added between two trims. */
#define COMMON_EVENTS "('asked', 'refused', 'started', 'ended', 'left out')"
#define MAX_APP_QUEUED 64
#define MAX_APP_EVENTS 1000
#define TRIM_AFTER 100

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

gboolean
pst_store_write_event (PstStore *store, const PstEvent *event)
{
  sqlite3_stmt *statement =
      pst_sql_prepare (store->db, "INSERT INTO events (time, app, sandbox, what, resource, access, answer, lifetime, text)"
                                  " VALUES (?,?,?,?,?,?,?,?,?)");

  pst_sql_bind_int (statement, 1, event->time);
  pst_sql_bind_text (statement, 2, event->app);
  pst_sql_bind_int (statement, 3, (gint64)event->sandbox);
  pst_sql_bind_text (statement, 4, event->what);
  pst_sql_bind_path (statement, 5, event->resource);
  pst_sql_bind_int (statement, 6, event->access);
  pst_sql_bind_int (statement, 7, event->answer);
  pst_sql_bind_int (statement, 8, event->lifetime);
  if (event->text)
    pst_sql_bind_text (statement, 9, event->text);
  return pst_sql_run (statement);
}

/* A line for what an application's share had no room for. */
static gboolean
write_left_out (PstStore *store, const char *app, const PstStoreShare *share)
{
  g_autofree char *text = g_strdup_printf (ngettext ("%u more event", "%u more events", share->left_out), share->left_out);
  g_autoptr (PstEvent) event = pst_event_new ("left out", app, share->sandbox, NULL, text);

  return pst_store_write_event (store, event);
}

static gboolean
write_queued (PstStore *store)
{
  GHashTableIter iter;
  gpointer app, share;

  for (GList *l = store->events.head; l; l = l->next)
    if (!pst_store_write_event (store, l->data))
      return FALSE;
  g_hash_table_iter_init (&iter, store->shares);
  while (g_hash_table_iter_next (&iter, &app, &share))
    if (((PstStoreShare *)share)->left_out > 0 && !write_left_out (store, app, share))
      return FALSE;
  return TRUE;
}

/* After they have been written, or could not be: history must not grow in memory without bound because a disk is full. */
void
pst_store_clear_queued (PstStore *store)
{
  GHashTableIter iter;
  gpointer value;

  g_queue_clear_full (&store->events, (GDestroyNotify)pst_event_free);
  g_hash_table_iter_init (&iter, store->shares);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      PstStoreShare *share = value;

      share->written += share->queued + (share->left_out > 0);
      share->queued = share->left_out = 0;
    }
}

/* What was queued before @event happened before it. */
gboolean
pst_store_write_events_until (PstStore *store, const PstEvent *event)
{
  return write_queued (store) && pst_store_write_event (store, event);
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

void
pst_store_schedule_flush (PstStore *store)
{
  if (!store->flush_source)
    store->flush_source = g_timeout_add (FLUSH_DELAY_MS, on_flush, store);
}

static PstStoreShare *
share_of (PstStore *store, const char *app)
{
  PstStoreShare *share = g_hash_table_lookup (store->shares, app);

  if (!share)
    {
      share = g_new0 (PstStoreShare, 1);
      g_hash_table_insert (store->shares, g_strdup (app), share);
    }
  return share;
}

void
pst_store_queue_event (PstStore *store, PstEvent *event)
{
  PstStoreShare *share = share_of (store, event->app);

  pst_store_schedule_flush (store);
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
  PstStoreUse use = { rule, time };

  if (!stored || stored->used == time)
    return;
  stored->used = time;
  g_array_append_val (store->uses, use);
  pst_store_schedule_flush (store);
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

      if (((PstStoreShare *)share)->written < TRIM_AFTER)
        continue;
      statement = pst_sql_prepare (store->db, "DELETE FROM events WHERE app=?1 AND what IN " COMMON_EVENTS
                                              " AND id <= (SELECT id FROM events"
                                              " WHERE app=?1 AND what IN " COMMON_EVENTS
                                              " ORDER BY id DESC LIMIT 1 OFFSET " G_STRINGIFY (MAX_APP_EVENTS) ")");
      pst_sql_bind_text (statement, 1, app);
      if (!pst_sql_run (statement))
        return FALSE;
      ((PstStoreShare *)share)->written = 0;
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

  ok = pst_store_begin (store, FALSE) && write_queued (store) && trim_shares (store);
  if (store->events.length > 0)
    ok = ok && pst_sql_exec (store->db, "DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - " G_STRINGIFY (
                                            PST_STORE_MAX_EVENTS));
  for (guint i = 0; ok && i < store->uses->len; i++)
    {
      const PstStoreUse *use = &g_array_index (store->uses, PstStoreUse, i);
      sqlite3_stmt *statement = pst_sql_prepare (store->db, "UPDATE rules SET used=? WHERE id=?");

      pst_sql_bind_int (statement, 1, use->time);
      pst_sql_bind_int (statement, 2, (gint64)use->rule);
      ok = pst_sql_run (statement);
    }
  g_hash_table_iter_init (&iter, store->dirty_apps);
  while (ok && g_hash_table_iter_next (&iter, &id, NULL))
    ok = pst_store_write_app (store, g_hash_table_lookup (store->apps, id));
  if (!ok || !pst_store_commit (store))
    {
      g_warning ("the history cannot be written: %s", sqlite3_errmsg (store->db));
      pst_store_roll_back (store);
    }
  pst_store_clear_queued (store);
  g_array_set_size (store->uses, 0);
  g_hash_table_remove_all (store->dirty_apps);
  pst_store_tell (store, what, NULL);
}

GPtrArray *
pst_store_list_events (PstStore *store, const char *app, guint limit, GError **error)
{
  g_autoptr (GPtrArray) result = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  sqlite3_stmt *statement;
  int status = SQLITE_ERROR;

  pst_store_flush (store);
  statement =
      pst_sql_prepare (store->db, "SELECT time, app, sandbox, what, resource, access, answer, lifetime, text FROM events"
                                  " WHERE ?1 IS NULL OR app=?1 ORDER BY id DESC LIMIT ?2");
  if (app)
    pst_sql_bind_text (statement, 1, app);
  pst_sql_bind_int (statement, 2, limit);
  while (statement && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PstEvent *event = g_new0 (PstEvent, 1);
      g_autofree char *what = pst_sql_column_string (statement, 3);

      event->time = sqlite3_column_int64 (statement, 0);
      event->app = pst_sql_column_string (statement, 1);
      event->sandbox = (guint64)sqlite3_column_int64 (statement, 2);
      event->what = g_intern_string (what ? what : "");
      event->resource = pst_sql_column_string (statement, 4);
      event->access = (PstAccess)sqlite3_column_int64 (statement, 5);
      event->answer = (PstAnswer)sqlite3_column_int64 (statement, 6);
      event->lifetime = (PstLifetime)sqlite3_column_int64 (statement, 7);
      event->text = pst_sql_column_string (statement, 8);
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
