/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the person can set: see settings.h. */
#include "control.h"

#include <glib/gi18n.h>

#include "daily.h"
#include "settings.h"

void
pst_control_get_settings (PstControlCall *call)
{
  PstSettings settings = pst_daily_settings (call->broker);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "history_days", g_variant_new_uint32 (settings.history_days));
  g_variant_builder_add (&dict, "{sv}", "history_rows", g_variant_new_uint32 (settings.history_rows));
  g_variant_builder_add (&dict, "{sv}", "unused_days", g_variant_new_uint32 (settings.unused_days));
  pst_control_reply (call, g_variant_new ("(a{sv})", &dict));
}

/* All of them, or none. */
void
pst_control_set_settings (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  g_autoptr (GVariant) dict = g_variant_get_child_value (call->args, 0);
  g_autoptr (GError) error = NULL;
  PstSettings before = pst_daily_settings (broker), settings = before;
  const char *key, *sentence = NULL;
  GVariantIter iter;
  GVariant *value;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
        sentence = _ ("A setting is a number.");
      if (sentence || !pst_settings_put (&settings, key, g_variant_get_uint32 (value), &sentence))
        {
          g_variant_unref (value);
          pst_control_fail (call, sentence);
          return;
        }
    }
  if (!pst_settings_store (broker->store, &before, &settings, &error))
    {
      pst_control_fail (call, error->message);
      return;
    }
  pst_daily_set_bounds (broker);
  pst_changes_note (broker, PST_TOPIC_SETTINGS, NULL);
  pst_control_reply (call, NULL);
}
