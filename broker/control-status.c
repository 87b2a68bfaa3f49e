/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions about the broker and its decisions, and what a caller wants to be told. */
#include "control.h"

#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "agent-start.h"
#include "intent.h"
#include "postern-config.h"
#include "pst-path.h"
#include "sandbox-table.h"

void
pst_control_why (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *app = NULL, *path = NULL, *text = NULL;
  g_autoptr (PstRuleset) ruleset = NULL;
  g_autoptr (GPtrArray) sandboxes = NULL;
  g_autoptr (GError) error = NULL;
  PstDecideInput input = { 0 };
  PstDecision decision;
  guint32 access;

  g_variant_get (call->args, "(&s@ayu)", &word, &bytes, &access);
  path = pst_dup_bytes (bytes);
  app = pst_control_resolve_app (broker, word);
  if (!app || !*app || !path || !pst_path_is_normal (path) || access < PST_ACCESS_VIEW || access > PST_ACCESS_SAVE)
    {
      pst_control_fail (call, _ ("The application, the path or the access makes no sense."));
      return;
    }
  if (!pst_broker_read_locks (broker, &error) || !pst_host_refresh (broker->host, &error))
    {
      pst_control_fail (call, error->message);
      return;
    }
  sandboxes = pst_sandbox_list (broker, app);
  pst_profiles_refresh (broker->profiles);
  pst_broker_decide_input_for (broker, app, sandboxes->len > 0 ? sandboxes->pdata[sandboxes->len - 1] : NULL, &input);
  ruleset = pst_decide_compile (&input, 0);
  pst_ruleset_decide (ruleset, path, access, &decision);
  if (!decision.rule && pst_decide_is_private_name (broker->host, path))
    decision.answer = PST_ANSWER_PRIVATE;
  text = pst_decide_explain (&input, &decision, path, access);
  if (decision.answer == PST_ANSWER_ASK && input.locked)
    decision.answer = PST_ANSWER_DENY;
  pst_decide_input_clear (&input);
  {
    g_autofree char *valid = pst_control_text (text);

    pst_control_reply (
        call, g_variant_new ("(uts)", (guint32)decision.answer, decision.rule ? decision.rule->id : (guint64)0, valid));
  }
}

void
pst_control_get_status (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  GVariantBuilder dict, agents;
  const char *sentence = NULL;

  pst_broker_ready (broker, &sentence);
  g_variant_builder_init (&agents, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < broker->agents->len; i++)
    {
      const PstAgent *agent = broker->agents->pdata[i];
      g_autofree char *text = g_strdup_printf ("%s %s", agent->kind, agent->target);

      g_variant_builder_add (&agents, "s", text);
    }
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "version", g_variant_new_string (PST_VERSION));
  g_variant_builder_add (&dict, "{sv}", "pid", g_variant_new_uint32 ((guint32)getpid ()));
  g_variant_builder_add (&dict, "{sv}", "agents", g_variant_builder_end (&agents));
  g_variant_builder_add (&dict, "{sv}", "database", g_variant_new_string (sentence ? sentence : "ok"));
  g_variant_builder_add (&dict, "{sv}", "sandboxes", g_variant_new_uint32 (g_hash_table_size (broker->sandboxes)));
  g_variant_builder_add (&dict, "{sv}", "pending", g_variant_new_uint32 (pst_ask_queue_get_n_questions (broker->queue)));
  g_variant_builder_add (&dict, "{sv}", "intent", g_variant_new_boolean (pst_intent_probe ()));
  pst_control_reply (call, g_variant_new ("(a{sv})", &dict));
}

static void
on_agent_ready (gboolean ready, gpointer user_data)
{
  PstControlCall *call = user_data;

  if (ready)
    pst_control_reply (call, NULL);
  else
    pst_control_fail (call, _ ("The prompt agent could not be started on this display."));
}

void
pst_control_ensure_agent (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  g_autoptr (GVariant) environment = g_variant_get_child_value (call->args, 0);
  g_autofree char *key = pst_screen_key (environment, FALSE, 0);

  if (strcmp (key, "none") == 0)
    {
      pst_control_fail (call, _ ("There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."));
      return;
    }
  pst_screen_ensure (broker, key, environment, on_agent_ready, call);
}

void
pst_control_watch (PstControlCall *call)
{
  gboolean history;

  g_variant_get (call->args, "(b)", &history);
  if (!pst_control_client_watch (call->client, history))
    {
      pst_control_fail (call, _ ("Too many programs watch the broker already; close some of them."));
      return;
    }
  pst_control_reply (call, NULL);
}
