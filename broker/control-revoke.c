/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking the person's rules away, and taking that back. */
#include "control.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "pst-path.h"

/* Of more at once the history says how many they were. */
#define MAX_EVENTS 16u

static GVariant *
revoked (PstControlChange *change)
{
  return g_variant_new ("(ua(usay))", change->removed, change->held);
}

void
pst_control_revoke (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *app = NULL, *path = NULL;
  g_autoptr (GPtrArray) rules = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GError) error = NULL;
  PstControlChange *out;

  g_variant_get (call->args, "(&s@ay)", &word, &bytes);
  path = pst_dup_bytes (bytes);
  if (!*word || !(app = pst_control_resolve_app (broker, word)) || !path ||
      (*path && !pst_path_is_normal (path) && !pst_bus_rules_is_resource (path)))
    {
      pst_control_fail (call, _ ("The application or the path is not understood: give the application as “postern apps” shows "
                                 "it, and a whole path."));
      return;
    }
  rules = pst_store_list_rules (broker->store, app);
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      /* Below the path only permissions are taken back: what was forbidden there stays forbidden. */
      if (!*path || strcmp (rule->resource, path) == 0 ||
          (rule->kind == PST_KIND_FILES && rule->answer == PST_ANSWER_ALLOW &&
           pst_path_is_below_or_equal (rule->resource, path)))
        g_array_append_val (ids, rule->id);
    }
  if (ids->len > 0 &&
      !pst_store_remove_rules (broker->store, (guint64 *)(void *)ids->data, ids->len,
                               pst_event_new ("revoked", app, 0, *path ? path : NULL, pst_control_origin_text (call)), &error))
    {
      pst_control_fail (call, error->message);
      return;
    }
  out = pst_control_change_new (call, revoked);
  out->removed = ids->len;
  pst_control_change_add_app (out, app);
  /* Without a path: everything below the home. */
  if (ids->len > 0 && *path != 's')
    pst_control_change_add_path (out, *path ? path : broker->host->home);
  pst_control_change_push (out);
}

static GVariant *
removed (PstControlChange *change)
{
  return g_variant_new ("(ua(usay)t)", change->removed, change->held, change->undo);
}

/* Adds the events for what @change removes: of each application. */
static void
tell_removed (PstControlCall *call, PstStoreChange *change)
{
  const GArray *ids = pst_store_change_get_removed (change);
  g_autoptr (GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);
  const char *text = pst_control_origin_text (call);
  GHashTableIter iter;
  gpointer app, count;

  for (guint i = 0; i < ids->len; i++)
    {
      const PstStoredRule *rule = pst_store_get_rule (call->broker->store, g_array_index (ids, guint64, i));
      guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, rule->app)) + 1;

      g_hash_table_insert (counts, rule->app, GUINT_TO_POINTER (n));
      if (n <= MAX_EVENTS)
        {
          PstEvent *event = pst_event_new ("revoked", rule->app, 0, rule->resource, text);

          event->access = rule->access;
          event->answer = rule->answer;
          event->lifetime = rule->lifetime;
          pst_store_change_take_event (change, event);
        }
    }
  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &app, &count))
    if (GPOINTER_TO_UINT (count) > MAX_EVENTS)
      {
        guint more = GPOINTER_TO_UINT (count) - MAX_EVENTS;
        g_autofree char *line = g_strdup_printf (ngettext ("and %u more rule", "and %u more rules", more), more);

        pst_store_change_take_event (change, pst_event_new ("revoked", app, 0, NULL, line));
      }
}

void
pst_control_remove_grants (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  g_autoptr (GVariant) list = g_variant_get_child_value (call->args, 0);
  g_autoptr (PstStoreChange) change = pst_store_change_new (broker->store);
  g_autoptr (GError) error = NULL;
  const GArray *ids = pst_store_change_get_removed (change);
  PstControlChange *out = pst_control_change_new (call, removed);
  gsize n;
  const guint64 *numbers = g_variant_get_fixed_array (list, &n, sizeof *numbers);

  for (gsize i = 0; i < n; i++)
    pst_store_change_remove_rule (change, numbers[i]);
  for (guint i = 0; i < ids->len; i++)
    {
      const PstStoredRule *rule = pst_store_get_rule (broker->store, g_array_index (ids, guint64, i));

      pst_control_change_add_app (out, rule->app);
      if (rule->kind == PST_KIND_FILES && rule->answer == PST_ANSWER_ALLOW)
        pst_control_change_add_path (out, rule->resource);
    }
  tell_removed (call, change);
  out->removed = ids->len;
  if (ids->len > 0 && !(out->undo = pst_undo_apply (broker->undo, broker->store, g_steal_pointer (&change), &error)))
    {
      pst_control_change_fail (out, error->message);
      return;
    }
  pst_control_change_push (out);
}

/* What has come to its end meanwhile is not put back. */
static gboolean
is_worth_it (const PstStoredRule *rule, gpointer data)
{
  return !pst_broker_is_over (data, rule, g_get_real_time () / G_USEC_PER_SEC);
}

void
pst_control_take_back (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  g_autoptr (GPtrArray) apps = NULL;
  g_autoptr (GError) error = NULL;
  PstControlChange *out;
  guint64 number;

  g_variant_get (call->args, "(t)", &number);
  if (!pst_undo_take_back (broker->undo, broker->store, number, is_worth_it, broker, &apps, &error))
    {
      pst_control_fail (call, error->message);
      return;
    }
  pst_broker_watch_expiry (broker);
  out = pst_control_change_new (call, NULL);
  for (guint i = 0; i < apps->len; i++)
    pst_control_change_add_app (out, apps->pdata[i]);
  pst_control_change_push (out);
}
