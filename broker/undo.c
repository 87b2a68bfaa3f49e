/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step remembers three things: the rules that were there before, which are put back with their numbers; the switches before
 * and after; and what was there right after the change on every place that it touched. If the last is not what is there now,
 * somebody has changed it since, and putting the old state back would undo their change as well. */
#include "undo.h"

#include <string.h>

#include <glib/gi18n.h>

G_DEFINE_QUARK (pst - undo - error - quark, pst_undo_error)

/* In all steps together: a reset of an application may hold thousands. */
#define MAX_RULES 100000u

typedef struct
{
  char *id;
  gboolean locked, strict, had_locked, had_strict;
  gint64 sheet, had_sheet;
} Switches;

typedef struct
{
  guint64 number;
  gint64 made;         /* monotonic microseconds */
  GPtrArray *before;   /* of PstStoredRule, owned: those that the change removed */
  GHashTable *after;   /* number → PstStoredRule, both owned: all that was on the same places after the change */
  GHashTable *places;  /* set of places, owned */
  GPtrArray *added;    /* of guint64: which of after the change added */
  GPtrArray *switches; /* of Switches, owned */
  GHashTable *apps;    /* set of ids, owned */
  const PstUndoBeside *beside;
  gpointer data;
} Step;

struct _PstUndoList
{
  GQueue steps; /* of Step, owned, oldest first */
  guint64 last;
  guint source;
};

static void
switches_free (gpointer data)
{
  Switches *switches = data;

  g_free (switches->id);
  g_free (switches);
}

static void
step_free (Step *step, gboolean restored)
{
  if (step->beside)
    step->beside->drop (step->data, restored);
  g_ptr_array_unref (step->before);
  g_ptr_array_unref (step->added);
  g_ptr_array_unref (step->switches);
  g_hash_table_unref (step->after);
  g_hash_table_unref (step->places);
  g_hash_table_unref (step->apps);
  g_free (step);
}

static Step *
step_new (void)
{
  Step *step = g_new0 (Step, 1);

  step->made = g_get_monotonic_time ();
  step->before = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  step->after = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)pst_stored_rule_free);
  step->places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  step->added = g_ptr_array_new_with_free_func (g_free);
  step->switches = g_ptr_array_new_with_free_func (switches_free);
  step->apps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return step;
}

PstUndoList *
pst_undo_list_new (void)
{
  PstUndoList *list = g_new0 (PstUndoList, 1);

  g_queue_init (&list->steps);
  return list;
}

void
pst_undo_list_free (PstUndoList *list)
{
  Step *step;

  if (!list)
    return;
  g_clear_handle_id (&list->source, g_source_remove);
  while ((step = g_queue_pop_head (&list->steps)))
    step_free (step, FALSE);
  g_free (list);
}

/* Growing old */

static gboolean on_time (gpointer data);

static void
arm (PstUndoList *list)
{
  const Step *oldest = g_queue_peek_head (&list->steps);
  gint64 wait;

  g_clear_handle_id (&list->source, g_source_remove);
  if (!oldest)
    return;
  wait = oldest->made + PST_UNDO_SECONDS * G_USEC_PER_SEC - g_get_monotonic_time ();
  list->source = g_timeout_add_seconds ((guint)(MAX (wait, 0) / G_USEC_PER_SEC) + 1, on_time, list);
}

static gboolean
on_time (gpointer data)
{
  PstUndoList *list = data;

  list->source = 0;
  pst_undo_expire (list, g_get_monotonic_time ());
  return G_SOURCE_REMOVE;
}

void
pst_undo_expire (PstUndoList *list, gint64 now)
{
  Step *step;

  while ((step = g_queue_peek_head (&list->steps)) && now - step->made >= PST_UNDO_SECONDS * G_USEC_PER_SEC)
    step_free (g_queue_pop_head (&list->steps), FALSE);
  arm (list);
}

static void
bound (PstUndoList *list)
{
  guint n = 0;

  for (GList *l = list->steps.head; l; l = l->next)
    n += ((Step *)l->data)->before->len + g_hash_table_size (((Step *)l->data)->after);
  while (list->steps.length > PST_UNDO_MAX || (n > MAX_RULES && list->steps.length > 1))
    {
      Step *step = g_queue_pop_head (&list->steps);

      n -= step->before->len + g_hash_table_size (step->after);
      step_free (step, FALSE);
    }
}

/* Making a change */

static char *
place_of (const PstStoredRule *rule)
{
  return g_strdup_printf ("%s\n%s", rule->app, rule->resource);
}

static void
touch (Step *step, const PstStoredRule *rule)
{
  g_hash_table_add (step->places, place_of (rule));
  g_hash_table_add (step->apps, g_strdup (rule->app));
}

static void
note_before (Step *step, PstStore *store, const PstStoreChange *change)
{
  const GArray *removed = pst_store_change_get_removed (change);
  const GPtrArray *apps = pst_store_change_get_apps (change);

  for (guint i = 0; i < removed->len; i++)
    {
      const PstStoredRule *rule = pst_store_get_rule (store, g_array_index (removed, guint64, i));

      g_ptr_array_add (step->before, pst_stored_rule_copy (rule));
      touch (step, rule);
    }
  for (guint i = 0; i < apps->len; i++)
    {
      const PstStoredApp *now = apps->pdata[i], *then = pst_store_get_app (store, now->id);
      Switches *switches = g_new0 (Switches, 1);

      switches->id = g_strdup (now->id);
      switches->locked = now->locked;
      switches->strict = now->strict;
      switches->sheet = now->sheet;
      switches->had_locked = then && then->locked;
      switches->had_strict = then && then->strict;
      switches->had_sheet = then ? then->sheet : 0;
      g_ptr_array_add (step->switches, switches);
      g_hash_table_add (step->apps, g_strdup (now->id));
    }
}

typedef void (*PlaceFunc) (Step *step, const PstStoredRule *rule, gpointer data);

/* Calls @func for each rule that is on one of the step's places now. */
static void
foreach_there (Step *step, PstStore *store, PlaceFunc func, gpointer data)
{
  GHashTableIter iter;
  gpointer app;

  g_hash_table_iter_init (&iter, step->apps);
  while (g_hash_table_iter_next (&iter, &app, NULL))
    {
      g_autoptr (GPtrArray) rules = pst_store_list_rules (store, app);

      for (guint i = 0; i < rules->len; i++)
        {
          g_autofree char *place = place_of (rules->pdata[i]);

          if (g_hash_table_contains (step->places, place))
            func (step, rules->pdata[i], data);
        }
    }
}

static void
note_one (Step *step, const PstStoredRule *rule, gpointer data)
{
  g_hash_table_insert (step->after, g_memdup2 (&rule->id, sizeof rule->id), pst_stored_rule_copy (rule));
}

static void
note_after (Step *step, PstStore *store, const PstStoreChange *change)
{
  const GPtrArray *added = pst_store_change_get_added (change);

  for (guint i = 0; i < added->len; i++)
    {
      const PstStoredRule *rule = added->pdata[i];

      touch (step, rule);
      g_ptr_array_add (step->added, g_memdup2 (&rule->id, sizeof rule->id));
    }
  foreach_there (step, store, note_one, NULL);
}

guint64
pst_undo_apply (PstUndoList *list, PstStore *store, PstStoreChange *change, GError **error)
{
  return pst_undo_apply_with (list, store, change, NULL, NULL, error);
}

guint64
pst_undo_apply_with (PstUndoList *list, PstStore *store, PstStoreChange *change_take, const PstUndoBeside *beside,
                     gpointer data, GError **error)
{
  g_autoptr (PstStoreChange) change = change_take;
  Step *step = step_new ();

  note_before (step, store, change);
  if (!pst_store_apply (store, change, error))
    {
      step_free (step, FALSE);
      return 0;
    }
  note_after (step, store, change);
  step->beside = beside;
  step->data = data;
  step->number = ++list->last;
  g_queue_push_tail (&list->steps, step);
  bound (list);
  arm (list);
  return list->last;
}

/* Taking it back */

/* Last use does not count: an application goes on using what it may. */
static gboolean
is_same (const PstStoredRule *a, const PstStoredRule *b)
{
  return a->kind == b->kind && a->scope == b->scope && a->access == b->access && a->answer == b->answer &&
         a->lifetime == b->lifetime && a->until == b->until && a->sandbox == b->sandbox && strcmp (a->boot, b->boot) == 0 &&
         strcmp (a->login, b->login) == 0 && g_strcmp0 (a->real, b->real) == 0 && a->created == b->created &&
         a->origin == b->origin;
}

typedef struct
{
  guint n;
  gboolean differs;
} Comparison;

static void
compare_one (Step *step, const PstStoredRule *rule, gpointer data)
{
  Comparison *comparison = data;
  const PstStoredRule *then = g_hash_table_lookup (step->after, &rule->id);

  comparison->n++;
  comparison->differs |= !then || !is_same (then, rule);
}

static gboolean
is_unchanged (Step *step, PstStore *store)
{
  Comparison comparison = { 0 };

  foreach_there (step, store, compare_one, &comparison);
  if (comparison.differs || comparison.n != g_hash_table_size (step->after))
    return FALSE;
  for (guint i = 0; i < step->switches->len; i++)
    {
      const Switches *switches = step->switches->pdata[i];
      const PstStoredApp *app = pst_store_get_app (store, switches->id);

      if (!app || app->locked != switches->locked || app->strict != switches->strict || app->sheet != switches->sheet)
        return FALSE;
    }
  return TRUE;
}

static PstStoreChange *
make_back (const Step *step, PstStore *store, PstUndoKeep keep, gpointer user_data)
{
  PstStoreChange *back = pst_store_change_new (store);
  GHashTableIter iter;
  gpointer app;

  for (guint i = 0; i < step->added->len; i++)
    pst_store_change_remove_rule (back, *(guint64 *)step->added->pdata[i]);
  for (guint i = 0; i < step->before->len; i++)
    if (!keep || keep (step->before->pdata[i], user_data))
      pst_store_change_restore_rule (back, step->before->pdata[i]);
  for (guint i = 0; i < step->switches->len; i++)
    {
      const Switches *switches = step->switches->pdata[i];

      pst_store_change_set_app (back, switches->id, switches->had_locked, switches->had_strict, switches->had_sheet);
    }
  g_hash_table_iter_init (&iter, (GHashTable *)step->apps);
  while (g_hash_table_iter_next (&iter, &app, NULL))
    pst_store_change_take_event (back, pst_event_new ("changed", app, 0, NULL, _ ("a change was taken back")));
  return back;
}

gboolean
pst_undo_take_back (PstUndoList *list, PstStore *store, guint64 number, PstUndoKeep keep, gpointer user_data, GPtrArray **apps,
                    GError **error)
{
  g_autoptr (PstStoreChange) back = NULL;
  GList *link = list->steps.head;
  GHashTableIter iter;
  gpointer app;
  Step *step;

  while (link && ((Step *)link->data)->number != number)
    link = link->next;
  if (!link)
    {
      g_set_error (error, PST_UNDO_ERROR, PST_UNDO_ERROR_GONE,
                   _ ("This change cannot be taken back any more: that is possible once, for ten minutes."));
      return FALSE;
    }
  step = link->data;
  if (!is_unchanged (step, store))
    {
      g_set_error (error, PST_UNDO_ERROR, PST_UNDO_ERROR_CHANGED,
                   _ ("The same things have been changed again since; nothing was taken back."));
      return FALSE;
    }
  if (step->beside && !step->beside->restore (step->data, error))
    return FALSE;
  back = make_back (step, store, keep, user_data);
  if (!pst_store_apply (store, back, error))
    {
      if (step->beside)
        step->beside->put_aside (step->data);
      return FALSE;
    }
  *apps = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_iter_init (&iter, step->apps);
  while (g_hash_table_iter_next (&iter, &app, NULL))
    g_ptr_array_add (*apps, g_strdup (app));
  g_queue_delete_link (&list->steps, link);
  step_free (step, TRUE);
  arm (list);
  return TRUE;
}
