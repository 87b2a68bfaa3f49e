/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Taking the person's rules out, and in again. */
#include "control.h"

#include <string.h>

#include <glib/gi18n.h>

#include "consent.h"
#include "export.h"
#include "import.h"
#include "json.h"
#include "push.h"
#include "undo.h"

void
pst_control_export (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autofree char *app = NULL, *text = NULL;
  g_autoptr (GPtrArray) rules = NULL, apps = NULL;

  g_variant_get (call->args, "(&s)", &word);
  if (*word && !(app = pst_control_take_app (call, word)))
    return;
  pst_broker_expire (broker);
  rules = pst_store_list_rules (broker->store, app);
  apps = pst_store_list_apps (broker->store);
  text = pst_export_text (rules, apps, app, g_get_real_time () / G_USEC_PER_SEC);
  if (strlen (text) > PST_JSON_MAX_SIZE - 4096)
    {
      pst_control_fail (call, _ ("These are more rules than can be exported at once; export the applications one by one."));
      return;
    }
  pst_control_reply (call, g_variant_new ("(s)", text));
}

/* An import that is on its way to the gates. */
typedef struct
{
  PstControlCall *call;
  GVariant *result; /* floating */
  char *app;        /* (nullable): several */
} Imported;

static void
on_imported (PstBroker *broker, gpointer user_data)
{
  Imported *imported = user_data;

  pst_consent_resettle (broker, imported->app, NULL);
  pst_control_reply (imported->call, imported->result);
  g_free (imported->app);
  g_free (imported);
}

static PstImport *
read_import (PstBroker *broker, const char *json, gboolean protected_too, gint64 now, GError **error)
{
  g_autoptr (PstImport) import = NULL;
  PstImportPlace place = { .services = broker->services, .protected_too = protected_too, .real_path = pst_host_real_path };

  if (!pst_broker_read_policy (broker, error) || !pst_host_refresh (broker->host, error))
    return NULL;
  place.host = broker->host;
  place.policy = broker->policy;
  import = pst_import_parse (json, strlen (json), now, error);
  return import && pst_import_check (import, &place, error) ? g_steal_pointer (&import) : NULL;
}

static void
import_text (PstControlCall *call, gboolean protected_too)
{
  PstBroker *broker = call->broker;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (PstImport) import = NULL;
  g_autoptr (PstStoreChange) change = NULL;
  g_autoptr (GError) error = NULL;
  PstImportCounts counts;
  gboolean replace, dry;
  const char *json;
  guint64 undo = 0;
  Imported *imported;
  g_autofree char *app = NULL;

  g_variant_get (call->args, "(&sbb)", &json, &replace, &dry);
  pst_broker_expire (broker);
  if (!(import = read_import (broker, json, protected_too, now, &error)))
    {
      pst_control_fail (call, error->message);
      return;
    }
  change = pst_import_plan (import, broker->store, replace, now, &counts);
  if (dry || pst_store_change_is_empty (change))
    {
      pst_control_reply (call, g_variant_new ("(uuut)", counts.added, counts.changed, counts.removed, undo));
      return;
    }
  app = g_strdup (pst_store_change_only_app (change));
  undo = pst_undo_apply (broker->undo, broker->store, g_steal_pointer (&change), &error);
  if (undo == 0)
    {
      pst_control_fail (call, error->message);
      return;
    }
  pst_broker_watch_expiry (broker);
  imported = g_new0 (Imported, 1);
  imported->call = call;
  imported->result = g_variant_new ("(uuut)", counts.added, counts.changed, counts.removed, undo);
  imported->app = g_steal_pointer (&app);
  pst_push_app (broker, imported->app, on_imported, imported);
}

void
pst_control_import (PstControlCall *call)
{
  import_text (call, FALSE);
}

void
pst_control_import_protected (PstControlCall *call)
{
  import_text (call, TRUE);
}
