/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a checked import to one change of the store. What is there already and says the same stays as it is, with its number and
 * its history. */
#include "import.h"

#include <string.h>

#include <glib/gi18n.h>

static char *
place_of (const PstStoredRule *rule)
{
  return g_strdup_printf ("%d %d %s\n%s", (int)rule->kind, (int)rule->scope, rule->app, rule->resource);
}

static char *
words_of (const PstStoredRule *rule)
{
  return g_strdup_printf ("%d %d %d %" G_GINT64_FORMAT " %d %d %s\n%s", (int)rule->access, (int)rule->answer,
                          (int)rule->lifetime, rule->until, (int)rule->kind, (int)rule->scope, rule->app, rule->resource);
}

static GHashTable *
set_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static gboolean
in_set (GHashTable *set, char *key_take)
{
  g_autofree char *key = key_take;

  return g_hash_table_contains (set, key);
}

/* Rules of the import that are not there yet come, and with @replace what the import does not say goes. */
static void
plan_rules (const PstImport *import, PstStore *store, PstStoreChange *change, gboolean replace, PstImportCounts *counts)
{
  g_autoptr (GPtrArray) stored = pst_store_list_rules (store, NULL);
  g_autoptr (GHashTable) said = set_new (), there = set_new (), gone = set_new ();
  const GArray *removed;

  for (guint i = 0; i < import->rules->len; i++)
    g_hash_table_add (said, words_of (import->rules->pdata[i]));
  for (guint i = 0; i < stored->len; i++)
    {
      const PstStoredRule *rule = stored->pdata[i];

      if (in_set (said, words_of (rule)))
        g_hash_table_add (there, words_of (rule));
      else if (replace)
        pst_store_change_remove_rule (change, rule->id);
    }
  for (guint i = 0; i < import->rules->len; i++)
    if (!in_set (there, words_of (import->rules->pdata[i])))
      pst_store_change_add_rule (change, import->rules->pdata[i]);

  removed = pst_store_change_get_removed (change);
  counts->removed = removed->len;
  for (guint i = 0; i < removed->len; i++)
    g_hash_table_add (gone, place_of (pst_store_get_rule (store, g_array_index (removed, guint64, i))));
  for (guint i = 0; i < import->rules->len; i++)
    {
      g_autofree char *place = place_of (import->rules->pdata[i]);

      if (in_set (there, words_of (import->rules->pdata[i])))
        continue;
      /* In the place of one that goes: neither a new one, nor one less. */
      if (g_hash_table_remove (gone, place))
        counts->changed++, counts->removed--;
      else
        counts->added++;
    }
}

static void
plan_app (const PstStoredApp *stored, const PstImportApp *app, const char *id, gboolean replace, PstStoreChange *change,
          PstImportCounts *counts)
{
  gboolean locked_now = stored && stored->locked, strict_now = stored && stored->strict,
           locked = app && app->locked >= 0 ? app->locked == 1 : !replace && locked_now,
           strict = app && app->strict >= 0 ? app->strict == 1 : !replace && strict_now;

  if (locked == locked_now && strict == strict_now)
    return;
  pst_store_change_set_app (change, id, locked, strict, stored ? stored->sheet : 0);
  counts->changed++;
}

static void
plan_apps (const PstImport *import, PstStore *store, PstStoreChange *change, gboolean replace, PstImportCounts *counts)
{
  g_autoptr (GPtrArray) stored = pst_store_list_apps (store);
  g_autoptr (GHashTable) said = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < import->apps->len; i++)
    {
      const PstImportApp *app = import->apps->pdata[i];

      g_hash_table_add (said, app->id);
      plan_app (pst_store_get_app (store, app->id), app, app->id, replace, change, counts);
    }
  for (guint i = 0; replace && i < stored->len; i++)
    {
      const PstStoredApp *app = stored->pdata[i];

      if (!g_hash_table_contains (said, app->id))
        plan_app (app, NULL, app->id, TRUE, change, counts);
    }
}

/* A line of the history for each application that it is about. */
static void
add_events (PstStore *store, PstStoreChange *change, gint64 now)
{
  const GPtrArray *added = pst_store_change_get_added (change), *apps = pst_store_change_get_apps (change);
  const GArray *removed = pst_store_change_get_removed (change);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < added->len + apps->len + removed->len; i++)
    {
      const char *app = i < added->len ? ((const PstStoredRule *)added->pdata[i])->app
                        : i < added->len + apps->len
                            ? ((const PstStoredApp *)apps->pdata[i - added->len])->id
                            : pst_store_get_rule (store, g_array_index (removed, guint64, i - added->len - apps->len))->app;
      PstEvent *event;

      if (!g_hash_table_add (seen, (gpointer)app))
        continue;
      event = pst_event_new (i < added->len + apps->len ? "granted" : "revoked", app, 0, NULL, _ ("by an import"));
      event->time = now;
      pst_store_change_take_event (change, event);
    }
}

PstStoreChange *
pst_import_plan (const PstImport *import, PstStore *store, gboolean replace, gint64 now, PstImportCounts *counts)
{
  PstStoreChange *change = pst_store_change_new (store);

  *counts = (PstImportCounts){ 0 };
  plan_rules (import, store, change, replace, counts);
  plan_apps (import, store, change, replace, counts);
  add_events (store, change, now);
  return change;
}
