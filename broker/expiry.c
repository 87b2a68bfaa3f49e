/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules that end by themselves. */
#include "broker.h"

#include <string.h>

#include "consent.h"
#include "push.h"
#include "sandbox-table.h"

/* After a restart supervisors register again; rules of those that have not by then are purged. */
#define REGISTER_AGAIN 30

/* @known: (nullable): login → whether it lives, as it was found since the set was made. Of thousands of rules nearly all are of
 * the same logins, and each has a file to be looked for. */
static gboolean
login_lives (const char *login, GHashTable *known)
{
  gpointer lives;

  if (!known)
    return pst_host_login_lives (login);
  if (!g_hash_table_lookup_extended (known, login, NULL, &lives))
    {
      lives = GINT_TO_POINTER (pst_host_login_lives (login));
      g_hash_table_insert (known, (gpointer)login, lives);
    }
  return GPOINTER_TO_INT (lives);
}

static gboolean
is_over (PstBroker *broker, const PstStoredRule *rule, gint64 now, GHashTable *logins)
{
  gboolean this_boot = strcmp (rule->boot, broker->host->boot) == 0;

  switch (rule->lifetime)
    {
    case PST_LIFETIME_ONCE:
      if (!this_boot)
        return TRUE;
      return !pst_sandbox_lookup (broker, rule->sandbox) && now - broker->started > REGISTER_AGAIN;
    case PST_LIFETIME_SESSION:
      return !this_boot || !login_lives (rule->login, logins);
    case PST_LIFETIME_UNTIL:
      return rule->until <= now;
    case PST_LIFETIME_ALWAYS:
      return FALSE;
    }
  return FALSE;
}

gboolean
pst_broker_is_over (PstBroker *broker, const PstStoredRule *rule, gint64 now)
{
  return is_over (broker, rule, now, NULL);
}

static void
on_pushed (PstBroker *broker, gpointer user_data)
{
  pst_consent_resettle (broker, NULL, NULL);
}

void
pst_broker_expire (PstBroker *broker)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GHashTable) logins = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) rules = NULL;
  g_autoptr (GError) error = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (!broker->store)
    return;
  rules = pst_store_list_ending_rules (broker->store);
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      if (is_over (broker, rule, now, logins))
        g_array_append_val (ids, rule->id);
    }
  if (ids->len == 0)
    return;
  if (!pst_store_remove_rules (broker->store, (guint64 *)(void *)ids->data, ids->len, NULL, &error))
    g_warning ("%s", error->message);
  pst_push_app (broker, NULL, on_pushed, NULL);
}

static gboolean
on_expiry (gpointer data)
{
  PstBroker *broker = data;

  broker->expiry_source = 0;
  pst_broker_expire (broker);
  pst_broker_watch_expiry (broker);
  return G_SOURCE_REMOVE;
}

/* Dates may be far away and clocks may be set: it looks again at least each ten minutes while there is a date, or a login, to
 * wait for. */
void
pst_broker_watch_expiry (PstBroker *broker)
{
  g_autoptr (GPtrArray) rules = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC, wait = G_MAXINT64;

  g_clear_handle_id (&broker->expiry_source, g_source_remove);
  if (!broker->store)
    return;
  rules = pst_store_list_ending_rules (broker->store);
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      if (rule->lifetime == PST_LIFETIME_UNTIL)
        wait = MIN (wait, MAX (rule->until - now, 0));
      else if (rule->lifetime == PST_LIFETIME_SESSION && *rule->login)
        wait = MIN (wait, 60);
      else if (rule->lifetime == PST_LIFETIME_ONCE && !pst_sandbox_lookup (broker, rule->sandbox))
        wait = MIN (wait, REGISTER_AGAIN + 1);
    }
  if (wait != G_MAXINT64)
    broker->expiry_source = g_timeout_add_seconds ((guint)MIN (wait + 1, 600), on_expiry, broker);
}
