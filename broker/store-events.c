/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happens, on its way to the history: through the outbox together with a change, or kept in memory for a moment. And what
 * else may wait for a moment. */
#include "store-private.h"

#include <string.h>

#include <glib/gi18n.h>

#include "event-sql.h"

#define FLUSH_DELAY_MS 250
#define MAX_QUEUED 4096
/* So much of one application between two flushes; of more it is only said how much it was. */
#define MAX_APP_QUEUED 64
/* What the disk has not taken by then is left out. */
#define MAX_BACKLOG 16384

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

/* The outbox */

static void
set_name (PstStore *store, PstEvent *event)
{
  const PstStoredApp *app = event->name ? NULL : g_hash_table_lookup (store->apps, event->app);

  if (app)
    event->name = g_strdup (app->name);
}

gboolean
pst_store_write_event (PstStore *store, const PstEvent *event)
{
  g_autoptr (PstEvent) copy = pst_event_copy (event);

  set_name (store, copy);
  if (!pst_event_insert (store->db, copy))
    return FALSE;
  copy->outbox = (guint64)sqlite3_last_insert_rowid (store->db);
  g_ptr_array_add (store->outbox, g_steal_pointer (&copy));
  return TRUE;
}

/* A line for what an application's share had no room for. */
static PstEvent *
left_out_event (const char *app, const PstStoreShare *share)
{
  g_autofree char *text = g_strdup_printf (ngettext ("%u more event", "%u more events", share->left_out), share->left_out);

  return pst_event_new ("left out", app, share->sandbox, NULL, text);
}

void
pst_store_hand_over (PstStore *store)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  GHashTableIter iter;
  gpointer app, share;
  PstEvent *event;

  while ((event = g_queue_pop_head (&store->events)))
    g_ptr_array_add (events, event);
  g_hash_table_iter_init (&iter, store->shares);
  while (g_hash_table_iter_next (&iter, &app, &share))
    {
      if (((PstStoreShare *)share)->left_out > 0)
        g_ptr_array_add (events, left_out_event (app, share));
      g_hash_table_iter_remove (&iter);
    }
  g_ptr_array_extend_and_steal (events, g_steal_pointer (&store->outbox));
  store->outbox = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  for (guint i = 0; i < events->len; i++)
    set_name (store, events->pdata[i]);
  if (events->len > 0)
    pst_history_write (store->history, g_steal_pointer (&events));
}

static void
on_written (GPtrArray *events, const GError *error, gpointer data)
{
  PstStore *store = data;
  const char *app = ((PstEvent *)events->pdata[0])->app;

  if (error)
    g_warning ("%s", error->message);
  for (guint i = 0; i < events->len; i++)
    {
      const PstEvent *event = events->pdata[i];

      if (app && strcmp (event->app, app) != 0)
        app = NULL;
      if (event->outbox && error)
        store->is_stuck = TRUE;
      if (event->outbox && !store->is_stuck)
        store->handed_over = MAX (store->handed_over, event->outbox);
    }
  if (store->handed_over)
    pst_store_schedule_flush (store);
  if (error)
    return;
  if (store->row_listener)
    store->row_listener (events, store->row_listener_data);
  pst_store_tell (store, PST_STORE_EVENTS, app);
}

gboolean
pst_store_open_history (PstStore *store, const char *path)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  gint64 outbox = pst_store_get_meta (store, "outbox", 0);
  sqlite3_stmt *statement;
  int status = SQLITE_ERROR;

  if (outbox == 0)
    {
      const char *key = "outbox";

      outbox = ((gint64)g_random_int () << 16 | g_random_int_range (0, 1 << 16)) + 1;
      if (!pst_store_set_meta (store, &key, &outbox, 1, NULL))
        return FALSE;
    }
  statement = pst_sql_prepare (store->db, "SELECT " PST_EVENT_COLUMNS " FROM events ORDER BY id");
  while (statement && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      PstEvent *event = pst_event_read (statement);

      event->outbox = event->number;
      event->number = 0;
      set_name (store, event);
      g_ptr_array_add (events, event);
    }
  sqlite3_finalize (statement);
  if (status != SQLITE_DONE)
    return FALSE;
  store->history = pst_history_new (path, (guint64)outbox, on_written, store);
  if (events->len > 0)
    pst_history_write (store->history, g_steal_pointer (&events));
  return TRUE;
}

PstHistory *
pst_store_get_history (PstStore *store)
{
  pst_store_hand_over (store);
  return store->history;
}

void
pst_store_set_row_listener (PstStore *store, PstStoreRows listener, gpointer user_data)
{
  store->row_listener = listener;
  store->row_listener_data = user_data;
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
  if (share->queued >= MAX_APP_QUEUED || pst_history_get_backlog (store->history) > MAX_BACKLOG)
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

  if (!stored || stored->used >= time)
    return;
  stored->used = time;
  g_array_append_val (store->uses, use);
  pst_store_schedule_flush (store);
}

void
pst_store_flush (PstStore *store)
{
  guint what = (store->uses->len > 0 ? PST_STORE_RULES : 0) | (g_hash_table_size (store->dirty_apps) > 0 ? PST_STORE_APPS : 0);
  gboolean ok;
  GHashTableIter iter;
  gpointer id;

  g_clear_handle_id (&store->flush_source, g_source_remove);
  pst_store_hand_over (store);
  if (!what && !store->handed_over)
    return;

  ok = pst_store_begin (store, FALSE);
  if (ok && store->handed_over)
    {
      sqlite3_stmt *statement = pst_sql_prepare (store->db, "DELETE FROM events WHERE id <= ?");

      pst_sql_bind_int (statement, 1, (gint64)store->handed_over);
      ok = pst_sql_run (statement);
    }
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
      g_warning ("the last use cannot be written: %s", sqlite3_errmsg (store->db));
      pst_store_roll_back (store);
    }
  store->handed_over = 0;
  g_array_set_size (store->uses, 0);
  g_hash_table_remove_all (store->dirty_apps);
  pst_store_tell (store, what, NULL);
}
