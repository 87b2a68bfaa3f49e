/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What there is: applications, rules, sandboxes. */
#include "control.h"

#include "sandbox-table.h"

static gboolean
is_running (PstBroker *broker, const char *app)
{
  g_autoptr (GPtrArray) list = pst_sandbox_list (broker, app);

  return list->len > 0;
}

void
pst_control_list_apps (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  g_autoptr (GPtrArray) apps = pst_store_list_apps (broker->store), rules = pst_store_list_rules (broker->store, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssssutb)"));
  for (guint i = 0; i < apps->len; i++)
    {
      const PstStoredApp *app = apps->pdata[i];
      /* one that has a switch and was never started: its name is its identifier until then */
      g_autoptr (PstAppInfo) info = *app->executable == '\0' ? pst_identity_for_word (broker->identity, app->id) : NULL;
      g_autoptr (GPtrArray) own = pst_store_list_rules (broker->store, app->id);
      g_autofree char *name = pst_control_text (info ? info->name : app->name),
                      *icon = pst_control_text (info ? info->icon : app->icon),
                      *executable = pst_control_text (info ? info->executable : app->executable);

      g_hash_table_add (seen, app->id);
      g_variant_builder_add (&builder, "(ssssutb)", app->id, name, icon, executable, own->len, (guint64)app->used,
                             is_running (broker, app->id));
    }
  /* Those that were granted something and have never run. */
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];
      g_autoptr (PstAppInfo) info = NULL;
      g_autoptr (GPtrArray) own = NULL;

      if (!g_hash_table_add (seen, rule->app))
        continue;
      info = pst_identity_for_word (broker->identity, rule->app);
      own = pst_store_list_rules (broker->store, rule->app);
      g_variant_builder_add (&builder, "(ssssutb)", rule->app, info ? info->name : rule->app, info ? info->icon : "",
                             info ? info->executable : "", own->len, (guint64)0, is_running (broker, rule->app));
    }
  pst_control_reply (call, g_variant_new ("(a(ssssutb))", &builder));
}

void
pst_control_list_grants (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autofree char *app = NULL;
  g_autoptr (GPtrArray) rules = NULL;
  GVariantBuilder builder;

  g_variant_get (call->args, "(&s)", &word);
  pst_broker_expire (broker);
  app = pst_control_resolve_app (broker, word);
  rules = app ? pst_store_list_rules (broker->store, *app ? app : NULL) : g_ptr_array_new ();
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tsuayuuuuxuxx)"));
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      g_variant_builder_add (&builder, "(tsu^ayuuuuxuxx)", rule->id, rule->app, (guint32)rule->kind, rule->resource,
                             (guint32)rule->scope, (guint32)rule->access, (guint32)rule->answer, (guint32)rule->lifetime,
                             rule->until, (guint32)PST_TIER_USER, rule->created, rule->used);
    }
  pst_control_reply (call, g_variant_new ("(a(tsuayuuuuxuxx))", &builder));
}

void
pst_control_list_sandboxes (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  g_autoptr (GPtrArray) list = pst_sandbox_list (broker, NULL);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tssuuxbuu)"));
  for (guint i = 0; i < list->len; i++)
    {
      const PstSandbox *sandbox = list->pdata[i];
      g_autofree char *name = pst_control_text (sandbox->app->name);
      GHashTableIter iter;
      gpointer ask;
      guint waiting = 0;

      g_hash_table_iter_init (&iter, sandbox->asks);
      while (g_hash_table_iter_next (&iter, NULL, &ask))
        waiting += ((PstAsk *)ask)->question != NULL;
      g_variant_builder_add (&builder, "(tssuuxbuu)", sandbox->number, sandbox->app->id, name, (guint32)sandbox->supervisor,
                             (guint32)sandbox->init, sandbox->started, sandbox->strict, sandbox->trees->len, waiting);
    }
  pst_control_reply (call, g_variant_new ("(a(tssuuxbuu))", &builder));
}
