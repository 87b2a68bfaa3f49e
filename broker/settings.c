/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "settings.h"

#include <string.h>

#include <glib/gi18n.h>

static const struct
{
  const char *key;
  gsize offset;
  guint missing, min, max;
} fields[] = {
  { "history_days", G_STRUCT_OFFSET (PstSettings, history_days), 180, 1, PST_SETTINGS_MAX_DAYS },
  { "history_rows", G_STRUCT_OFFSET (PstSettings, history_rows), 100000, PST_SETTINGS_MIN_ROWS, PST_SETTINGS_MAX_ROWS },
  { "unused_days", G_STRUCT_OFFSET (PstSettings, unused_days), 90, 1, PST_SETTINGS_MAX_DAYS },
};

static gboolean
is_in_range (gsize field, gint64 value)
{
  return value == 0 || (value >= fields[field].min && value <= fields[field].max);
}

PstSettings
pst_settings_get (PstStore *store, const PstAdminSettings *admin)
{
  const int said[] = { admin ? admin->history_days : -1, admin ? admin->history_rows : -1, admin ? admin->unused_days : -1 };
  PstSettings settings;

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      guint missing = said[i] >= 0 && is_in_range (i, said[i]) ? (guint)said[i] : fields[i].missing;
      gint64 value = pst_store_get_meta (store, fields[i].key, missing);

      G_STRUCT_MEMBER (guint, &settings, fields[i].offset) = is_in_range (i, value) ? (guint)value : missing;
    }
  return settings;
}

gboolean
pst_settings_put (PstSettings *settings, const char *key, guint value, const char **sentence)
{
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (strcmp (fields[i].key, key) == 0)
      {
        if (!is_in_range (i, value))
          {
            *sentence = fields[i].max == PST_SETTINGS_MAX_ROWS
                            ? _ ("The history holds from 1000 to 1000000 rows; 0 is as many as it can.")
                            : _ ("A number of days is from 1 to 36500; 0 is for ever.");
            return FALSE;
          }
        G_STRUCT_MEMBER (guint, settings, fields[i].offset) = value;
        return TRUE;
      }
  *sentence = _ ("There is no such setting; there are history_days, history_rows and unused_days.");
  return FALSE;
}

gboolean
pst_settings_store (PstStore *store, const PstSettings *before, const PstSettings *settings, GError **error)
{
  const char *keys[G_N_ELEMENTS (fields)];
  gint64 values[G_N_ELEMENTS (fields)];
  gsize n = 0;

  /* What stays as the administrator has it stays the administrator's. */
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (G_STRUCT_MEMBER (guint, settings, fields[i].offset) != G_STRUCT_MEMBER (guint, before, fields[i].offset))
      {
        keys[n] = fields[i].key;
        values[n++] = G_STRUCT_MEMBER (guint, settings, fields[i].offset);
      }
  return n == 0 || pst_store_set_meta (store, keys, values, n, error);
}

PstHistoryBounds
pst_settings_bounds (const PstSettings *settings, gint64 today)
{
  return (PstHistoryBounds){
    .rows = settings->history_rows ? settings->history_rows : PST_SETTINGS_MAX_ROWS,
    .days = settings->history_days,
    .today = today,
  };
}

static const char *const day_keys[] = { "day_believed", "day_leap_last", "day_leap_days" };

PstDays
pst_settings_get_days (PstStore *store)
{
  return (PstDays){
    .believed = pst_store_get_meta (store, day_keys[0], 0),
    .leap_last = pst_store_get_meta (store, day_keys[1], 0),
    .leap_days = pst_store_get_meta (store, day_keys[2], 0),
  };
}

gboolean
pst_settings_store_days (PstStore *store, const PstDays *days, GError **error)
{
  const gint64 values[] = { days->believed, days->leap_last, days->leap_days };

  return pst_store_set_meta (store, day_keys, values, G_N_ELEMENTS (values), error);
}
