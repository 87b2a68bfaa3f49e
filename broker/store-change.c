/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-change.h"

#include <string.h>

/* So many additions to one application look through its rules each; the next one makes an index of them. */
#define N_LOOKS 8

struct _PstStoreChange
{
  PstStore *store;
  GArray *removed;         /* of guint64 */
  GHashTable *removed_set; /* the same */
  GPtrArray *added;        /* of PstStoredRule, owned */
  GPtrArray *apps;         /* of PstStoredApp, owned */
  GPtrArray *events;       /* of PstEvent, owned */
  GHashTable *looks;       /* application → how often its rules were looked through; more than N_LOOKS: all are in by_place */
  gboolean replaces;
  GHashTable *by_place; /* place → GPtrArray of borrowed rules: all of the store on it, and added */
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
  change->looks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
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
  g_hash_table_unref (change->looks);
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

/* Only rules with the same one can be about the same thing. */
static char *
place_of (const PstStoredRule *rule)
{
  return g_strdup_printf ("%d %d %s\n%s", rule->kind, rule->scope, rule->app, rule->resource);
}

static gboolean
is_same_place (const PstStoredRule *a, const PstStoredRule *b)
{
  return a->kind == b->kind && a->scope == b->scope && strcmp (a->resource, b->resource) == 0;
}

static GPtrArray *
add_place (PstStoreChange *change, char *place_take)
{
  GPtrArray *list = g_ptr_array_new ();

  g_hash_table_insert (change->by_place, place_take, list);
  return list;
}

/* The rules on a place that was looked at before are then there twice, which says nothing new: one that has given way is in
 * removed_set. */
static void
index_app (PstStoreChange *change, const GPtrArray *rules)
{
  for (guint i = 0; i < rules->len; i++)
    {
      g_autofree char *place = place_of (rules->pdata[i]);
      GPtrArray *list = g_hash_table_lookup (change->by_place, place);

      g_ptr_array_add (list ? list : add_place (change, g_steal_pointer (&place)), rules->pdata[i]);
    }
}

/* Most changes add one rule, and to make an index of thousands for it would cost more than all the rest of them. A change that
 * adds thousands to thousands would not be over soon without. */
static GPtrArray *
rules_at (PstStoreChange *change, const PstStoredRule *rule)
{
  g_autofree char *place = place_of (rule);
  GPtrArray *list = g_hash_table_lookup (change->by_place, place);
  guint looks = GPOINTER_TO_UINT (g_hash_table_lookup (change->looks, rule->app));
  g_autoptr (GPtrArray) rules = NULL;

  if (list)
    return list;
  if (looks > N_LOOKS)
    return add_place (change, g_steal_pointer (&place));
  rules = pst_store_list_rules (change->store, rule->app);
  g_hash_table_replace (change->looks, g_strdup (rule->app), GUINT_TO_POINTER (looks + 1));
  if (looks == N_LOOKS)
    {
      index_app (change, rules);
      list = g_hash_table_lookup (change->by_place, place);
      return list ? list : add_place (change, g_steal_pointer (&place));
    }
  list = add_place (change, g_steal_pointer (&place));
  for (guint i = 0; i < rules->len; i++)
    if (is_same_place (rules->pdata[i], rule))
      g_ptr_array_add (list, rules->pdata[i]);
  return list;
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
