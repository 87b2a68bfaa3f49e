/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daily.h"

#include <string.h>

#include <glib/gi18n.h>

#include "consent.h"
#include "notify-unused.h"
#include "push.h"
#include "sandbox-table.h"
#include "settings.h"
#include "store-change.h"
#include "unused.h"

#define SECONDS_OF_A_DAY (24 * 60 * 60)
/* A timer for a day would not notice that the machine slept, or that the clock was set. */
#define LOOK_SECONDS 3600

static gint64
now_seconds (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static gint64
today_by_the_clock (void)
{
  return now_seconds () / SECONDS_OF_A_DAY;
}

PstSettings
pst_daily_settings (PstBroker *broker)
{
  PstAdminSettings admin;

  if (!broker->policy)
    return pst_settings_get (broker->store, NULL);
  admin = pst_admin_policy_settings (broker->policy);
  return pst_settings_get (broker->store, &admin);
}

void
pst_daily_set_bounds (PstBroker *broker)
{
  PstSettings settings = pst_daily_settings (broker);
  PstDays days = pst_settings_get_days (broker->store);
  PstHistoryBounds bounds = pst_settings_bounds (&settings, pst_days_today (&days, today_by_the_clock ()));

  pst_history_set_bounds (pst_store_get_history (broker->store), &bounds);
}

/* What is attached in a sandbox that runs for months was noted as used when it was attached. */
static void
note_uses (PstBroker *broker)
{
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, NULL);

  for (guint i = 0; i < sandboxes->len; i++)
    {
      const PstSandbox *sandbox = sandboxes->pdata[i];

      for (guint k = 0; k < sandbox->trees->len; k++)
        pst_store_queue_use (broker->store, ((PstTree *)sandbox->trees->pdata[k])->rule, now_seconds ());
    }
}

static void
on_pushed (PstBroker *broker, gpointer user_data)
{
  pst_consent_resettle (broker, NULL, NULL);
}

static PstEvent *
event_for (const char *what, const PstStoredRule *rule, const char *text)
{
  PstEvent *event = pst_event_new (what, rule->app, 0, rule->resource, text);

  event->access = rule->access;
  event->answer = rule->answer;
  event->lifetime = rule->lifetime;
  return event;
}

static void
expire (PstBroker *broker, gint64 today, guint unused_days)
{
  g_autoptr (PstStoreChange) change = pst_store_change_new (broker->store);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_stored_rule_free);
  g_autofree char *text = g_strdup_printf (ngettext ("not used for %u day", "not used for %u days", unused_days), unused_days);
  g_autoptr (GArray) ids = NULL;
  g_autoptr (GError) error = NULL;

  note_uses (broker);
  ids = pst_unused_select (broker->store, today, unused_days);
  if (ids->len == 0)
    return;
  for (guint i = 0; i < ids->len; i++)
    {
      const PstStoredRule *rule = pst_store_get_rule (broker->store, g_array_index (ids, guint64, i));

      g_ptr_array_add (gone, pst_stored_rule_copy (rule));
      pst_store_change_take_event (change, event_for ("expired", rule, text));
      pst_store_change_remove_rule (change, rule->id);
    }
  if (!pst_store_apply (broker->store, change, &error))
    {
      g_warning ("%s", error->message);
      return;
    }
  pst_push_app (broker, NULL, on_pushed, NULL);
  pst_notify_unused (broker, g_steal_pointer (&gone), unused_days);
}

static gboolean
is_place_taken (PstStore *store, const PstStoredRule *rule)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (store, rule->app);

  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *other = rules->pdata[i];

      if (other->kind == rule->kind && strcmp (other->resource, rule->resource) == 0 &&
          pst_lifetime_span (other->lifetime) == pst_lifetime_span (rule->lifetime))
        return TRUE;
    }
  return FALSE;
}

void
pst_daily_keep (PstBroker *broker, GPtrArray *rules)
{
  g_autoptr (PstStoreChange) change = NULL;
  g_autoptr (GError) error = NULL;
  gint64 now = now_seconds ();

  if (!broker->store)
    return;
  change = pst_store_change_new (broker->store);
  for (guint i = 0; i < rules->len; i++)
    {
      g_autoptr (PstStoredRule) rule = pst_stored_rule_copy (rules->pdata[i]);

      if (pst_store_get_rule (broker->store, rule->id) || is_place_taken (broker->store, rule) ||
          (rule->lifetime == PST_LIFETIME_UNTIL && rule->until <= now))
        continue;
      rule->used = now;
      pst_store_change_restore_rule (change, rule);
      pst_store_change_take_event (change, event_for ("granted", rule, _ ("kept, although it was not used")));
    }
  if (pst_store_change_is_empty (change))
    return;
  if (!pst_store_apply (broker->store, change, &error))
    {
      g_warning ("%s", error->message);
      return;
    }
  pst_broker_watch_expiry (broker);
  pst_push_app (broker, NULL, on_pushed, NULL);
}

static void
look (PstBroker *broker)
{
  gint64 today = today_by_the_clock ();
  PstSettings settings;
  PstDays days;
  g_autoptr (GError) error = NULL;

  if (!broker->store || today == broker->day)
    return;
  /* One that cannot be read stops launches, and says so there. */
  pst_broker_read_policy (broker, NULL);
  settings = pst_daily_settings (broker);
  days = pst_settings_get_days (broker->store);
  if (pst_days_advance (&days, today) && !pst_settings_store_days (broker->store, &days, &error))
    {
      g_warning ("%s", error->message);
      return;
    }
  broker->day = today;
  pst_daily_set_bounds (broker);
  expire (broker, pst_days_today (&days, today), settings.unused_days);
}

static gboolean
on_look (gpointer data)
{
  look (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_first_look (gpointer data)
{
  PstBroker *broker = data;

  look (broker);
  broker->daily_source = g_timeout_add_seconds (LOOK_SECONDS, on_look, broker);
  return G_SOURCE_REMOVE;
}

/* After whatever the broker was started for. */
void
pst_daily_start (PstBroker *broker)
{
  pst_daily_stop (broker);
  broker->day = 0;
  broker->daily_source = g_idle_add_full (G_PRIORITY_LOW, on_first_look, broker, NULL);
}

void
pst_daily_stop (PstBroker *broker)
{
  g_clear_handle_id (&broker->daily_source, g_source_remove);
}
