/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-change.h"

#include <string.h>

struct _PstStoreChange
{
  PstStore *store;
  GArray *removed;         /* of guint64 */
  GHashTable *removed_set; /* the same */
  GPtrArray *added;        /* of PstStoredRule, owned */
  GPtrArray *apps;         /* of PstStoredApp, owned */
  GPtrArray *events;       /* of PstEvent, owned */
  GHashTable *indexed;     /* set of applications whose rules are in by_place */
  gboolean replaces;
  GHashTable *by_place; /* place → GPtrArray of borrowed rules: of the store, and added */
};

PstStoreChange *
pst_store_change_new (PstStore *store)
{
  PstStoreChange *change = g_new0 (PstStoreChange, 1);

  change->store = store;
  change->removed = g_array_new (FALSE, FALSE, sizeof (guint64));
  change->removed_set = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  change->added = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  change->apps = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_app_free);
  change->events = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  change->indexed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  change->by_place = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  return change;
}

void
pst_store_change_free (PstStoreChange *change)
{
  if (!change)
    return;
  g_array_unref (change->removed);
  g_hash_table_unref (change->removed_set);
  g_hash_table_unref (change->by_place);
  g_hash_table_unref (change->indexed);
  g_ptr_array_unref (change->added);
  g_ptr_array_unref (change->apps);
  g_ptr_array_unref (change->events);
  g_free (change);
}

void
pst_store_change_remove_rule (PstStoreChange *change, guint64 id)
{
  if (!pst_store_get_rule (change->store, id) || !g_hash_table_add (change->removed_set, g_memdup2 (&id, sizeof id)))
    return;
  g_array_append_val (change->removed, id);
}

/* Which rules can be about the same thing. */
static GPtrArray *
rules_at (PstStoreChange *change, const PstStoredRule *rule)
{
  g_autofree char *place = g_strdup_printf ("%d %d %s\n%s", rule->kind, rule->scope, rule->app, rule->resource);
  GPtrArray *list = g_hash_table_lookup (change->by_place, place);

  if (!list)
    {
      list = g_ptr_array_new ();
      g_hash_table_insert (change->by_place, g_steal_pointer (&place), list);
    }
  return list;
}

/* Once for each application: with thousands of rules on either side, looking through all of them for each is not over soon. */
static void
index_app (PstStoreChange *change, const char *app)
{
  g_autoptr (GPtrArray) rules = NULL;

  if (!g_hash_table_add (change->indexed, g_strdup (app)))
    return;
  rules = pst_store_list_rules (change->store, app);
  for (guint i = 0; i < rules->len; i++)
    g_ptr_array_add (rules_at (change, rules->pdata[i]), rules->pdata[i]);
}

static PstStoredRule *
take (PstStoreChange *change, PstStoredRule *rule)
{
  g_ptr_array_add (change->added, rule);
  g_ptr_array_add (rules_at (change, rule), rule);
  return rule;
}

void
pst_store_change_add_rule (PstStoreChange *change, const PstStoredRule *rule)
{
  PstStoredRule *copy = pst_stored_rule_copy (rule);
  GPtrArray *there;

  copy->id = 0;
  index_app (change, rule->app);
  there = rules_at (change, rule);
  for (guint i = there->len; i-- > 0;)
    {
      PstStoredRule *older = there->pdata[i];
      gboolean stored = pst_store_get_rule (change->store, older->id) == older;
      PstStoredRule *narrowed;

      if (stored && g_hash_table_contains (change->removed_set, &older->id))
        continue;
      switch (pst_stored_rule_merge (rule, older))
        {
        case PST_MERGE_REPLACE:
          change->replaces = TRUE;
          copy->used = MAX (copy->used, older->used);
          g_ptr_array_remove_index (there, i);
          if (stored)
            pst_store_change_remove_rule (change, older->id);
          else
            g_ptr_array_remove (change->added, older);
          break;
        case PST_MERGE_NARROW:
          change->replaces = TRUE;
          if (!stored)
            {
              older->access = PST_ACCESS_VIEW;
              break;
            }
          narrowed = pst_stored_rule_copy (older);
          narrowed->access = PST_ACCESS_VIEW;
          g_ptr_array_remove_index (there, i);
          pst_store_change_remove_rule (change, older->id);
          take (change, narrowed);
          break;
        case PST_MERGE_KEEP:
          break;
        }
    }
  take (change, copy);
}

void
pst_store_change_restore_rule (PstStoreChange *change, const PstStoredRule *rule)
{
  index_app (change, rule->app);
  take (change, pst_stored_rule_copy (rule));
}

void
pst_store_change_set_app (PstStoreChange *change, const char *id, gboolean locked, gboolean strict, gint64 sheet)
{
  PstStoredApp *app = NULL;

  for (guint i = 0; i < change->apps->len && !app; i++)
    if (strcmp (((PstStoredApp *)change->apps->pdata[i])->id, id) == 0)
      app = change->apps->pdata[i];
  if (!app)
    {
      app = g_new0 (PstStoredApp, 1);
      app->id = g_strdup (id);
      g_ptr_array_add (change->apps, app);
    }
  app->locked = locked;
  app->strict = strict;
  app->sheet = sheet;
}

void
pst_store_change_take_event (PstStoreChange *change, PstEvent *event)
{
  g_ptr_array_add (change->events, event);
}

gboolean
pst_store_change_is_empty (const PstStoreChange *change)
{
  return change->removed->len == 0 && change->added->len == 0 && change->apps->len == 0;
}

gboolean
pst_store_change_replaces (const PstStoreChange *change)
{
  return change->replaces;
}

/* FALSE: it is another one. */
static gboolean
is_same_app (const char **app, const char *id)
{
  if (!*app)
    *app = id;
  return strcmp (*app, id) == 0;
}

const char *
pst_store_change_only_app (const PstStoreChange *change)
{
  const char *app = NULL;

  for (guint i = 0; i < change->removed->len; i++)
    if (!is_same_app (&app, pst_store_get_rule (change->store, g_array_index (change->removed, guint64, i))->app))
      return NULL;
  for (guint i = 0; i < change->added->len; i++)
    if (!is_same_app (&app, ((PstStoredRule *)change->added->pdata[i])->app))
      return NULL;
  for (guint i = 0; i < change->apps->len; i++)
    if (!is_same_app (&app, ((PstStoredApp *)change->apps->pdata[i])->id))
      return NULL;
  return app;
}

const GArray *
pst_store_change_get_removed (const PstStoreChange *change)
{
  return change->removed;
}

const GPtrArray *
pst_store_change_get_added (const PstStoreChange *change)
{
  return change->added;
}

const GPtrArray *
pst_store_change_get_apps (const PstStoreChange *change)
{
  return change->apps;
}

const GPtrArray *
pst_store_change_get_events (const PstStoreChange *change)
{
  return change->events;
}
