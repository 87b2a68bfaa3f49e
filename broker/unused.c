/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unused.h"

#define SECONDS_OF_A_DAY (24 * 60 * 60)

gboolean
pst_unused_is (const PstStoredRule *rule, const PstStoredApp *app, gint64 today, guint unused_days)
{
  gint64 last = MAX (rule->created, rule->used);

  if (unused_days == 0 || rule->answer != PST_ANSWER_ALLOW || pst_lifetime_span (rule->lifetime) < 2 || (app && app->locked))
    return FALSE;
  return today - last / SECONDS_OF_A_DAY >= (gint64)unused_days;
}

GArray *
pst_unused_select (PstStore *store, gint64 today, guint unused_days)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GPtrArray) rules = unused_days > 0 ? pst_store_list_rules (store, NULL) : g_ptr_array_new ();

  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      if (pst_unused_is (rule, pst_store_get_app (store, rule->app), today, unused_days))
        g_array_append_val (ids, rule->id);
    }
  return ids;
}
