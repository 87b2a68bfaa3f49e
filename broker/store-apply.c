/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-change.h"
#include "store-private.h"

/* In order of what can fail: everything is written before anything is remembered. */
static gboolean
write_change (PstStore *store, PstStoreChange *change)
{
  const GArray *removed = pst_store_change_get_removed (change);
  const GPtrArray *added = pst_store_change_get_added (change), *apps = pst_store_change_get_apps (change),
                  *events = pst_store_change_get_events (change);

  for (guint i = 0; i < removed->len; i++)
    if (!pst_store_delete_rule (store, g_array_index (removed, guint64, i)))
      return FALSE;
  for (guint i = 0; i < added->len; i++)
    if (!pst_store_write_rule (store, added->pdata[i]))
      return FALSE;
  for (guint i = 0; i < apps->len; i++)
    {
      const PstStoredApp *switches = apps->pdata[i];
      PstStoredApp app = *pst_store_ensure_app (store, switches->id);

      app.locked = switches->locked;
      app.strict = switches->strict;
      app.sheet = switches->sheet;
      if (!pst_store_write_app (store, &app))
        return FALSE;
    }
  for (guint i = 0; i < events->len; i++)
    if (!pst_store_write_event (store, events->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean
change_is_durable (PstStore *store, PstStoreChange *change)
{
  const GArray *removed = pst_store_change_get_removed (change);
  const GPtrArray *added = pst_store_change_get_added (change);
  gboolean durable = pst_store_change_get_apps (change)->len > 0;

  for (guint i = 0; i < removed->len && !durable; i++)
    durable = pst_lifetime_span (pst_store_get_rule (store, g_array_index (removed, guint64, i))->lifetime) > 0;
  for (guint i = 0; i < added->len && !durable; i++)
    durable = pst_lifetime_span (((PstStoredRule *)added->pdata[i])->lifetime) > 0;
  return durable;
}

gboolean
pst_store_apply (PstStore *store, PstStoreChange *change, GError **error)
{
  const GArray *removed = pst_store_change_get_removed (change);
  const GPtrArray *added = pst_store_change_get_added (change), *apps = pst_store_change_get_apps (change);
  g_autofree char *app = g_strdup (pst_store_change_only_app (change));

  if (!pst_store_begin (store, change_is_durable (store, change)) || !write_change (store, change) || !pst_store_commit (store))
    {
      pst_store_set_write_error (store, error);
      pst_store_roll_back (store);
      return FALSE;
    }
  for (guint i = 0; i < removed->len; i++)
    pst_store_forget (store, g_array_index (removed, guint64, i));
  for (guint i = 0; i < added->len; i++)
    pst_store_remember (store, pst_stored_rule_copy (added->pdata[i]));
  for (guint i = 0; i < apps->len; i++)
    {
      const PstStoredApp *switches = apps->pdata[i];
      PstStoredApp *stored = g_hash_table_lookup (store->apps, switches->id);

      stored->locked = switches->locked;
      stored->strict = switches->strict;
      stored->sheet = switches->sheet;
      store->revision++;
    }
  pst_store_tell (store, (removed->len + added->len > 0 ? PST_STORE_RULES : 0) | (apps->len > 0 ? PST_STORE_APPS : 0), app);
  return TRUE;
}
