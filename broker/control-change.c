/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include <string.h>

#include <glib/gi18n.h>

#include "consent.h"
#include "push.h"

PstOrigin
pst_control_origin (const PstControlCall *call)
{
  return call->client->on_bus || call->client->watcher ? PST_ORIGIN_MANAGER : PST_ORIGIN_COMMAND;
}

const char *
pst_control_origin_text (const PstControlCall *call)
{
  return pst_control_origin (call) == PST_ORIGIN_MANAGER ? _ ("in the manager") : _ ("by command");
}

PstControlChange *
pst_control_change_new (PstControlCall *call, GVariant *(*result) (PstControlChange *change))
{
  PstControlChange *change = g_new0 (PstControlChange, 1);

  change->call = call;
  change->apps = g_ptr_array_new_with_free_func (g_free);
  change->held = g_variant_builder_new (G_VARIANT_TYPE ("a(usay)"));
  change->result = result;
  return change;
}

static void
change_free (PstControlChange *change)
{
  g_ptr_array_unref (change->apps);
  g_clear_pointer (&change->paths, g_hash_table_unref);
  g_variant_builder_unref (change->held);
  g_free (change);
}

void
pst_control_change_fail (PstControlChange *change, const char *sentence)
{
  pst_control_fail (change->call, sentence);
  change_free (change);
}

void
pst_control_change_add_app (PstControlChange *change, const char *app)
{
  for (guint i = change->apps->len; i-- > 0;)
    if (strcmp (change->apps->pdata[i], app) == 0)
      return;
  g_ptr_array_add (change->apps, g_strdup (app));
}

void
pst_control_change_add_path (PstControlChange *change, const char *path)
{
  if (!change->paths)
    change->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (change->paths, g_strdup (path));
}

/* Questions that are open may be answered by it. */
static void
on_pushed (PstBroker *broker, gpointer data)
{
  PstControlChange *change = data;

  for (guint i = 0; i < change->apps->len; i++)
    pst_consent_resettle (broker, change->apps->pdata[i], NULL);
  pst_control_reply (change->call, change->result ? change->result (change) : NULL);
  change_free (change);
}

void
pst_control_change_push (PstControlChange *change)
{
  pst_push_apps_collecting (change->call->broker, change->apps, change->paths, change->held, on_pushed, change);
}
