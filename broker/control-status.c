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
#include "why-bus.h"

/* Files: *what is a path; services: what pst_why_bus() takes. NULL: it makes no sense. */
static char *
explain (PstBroker *broker, const PstDecideInput *input, const char *what, PstAccess access, PstAnswer *answer, guint64 *rule)
{
  g_autoptr (PstRuleset) ruleset = NULL;
  PstDecision decision;

  if (*what != '/')
    {
      g_autofree char *text = pst_why_bus (input, broker->services, what, answer, rule);

      if (text && pst_admin_policy_app (broker->policy, input->app).no_bus)
        return g_strconcat (text, _ ("The administrator leaves its message buses out, so that nothing gets there at all."),
                            "\n", NULL);
      return g_steal_pointer (&text);
    }
  if (!pst_path_is_normal (what) || access < PST_ACCESS_VIEW || access > PST_ACCESS_SAVE)
    return NULL;
  ruleset = pst_decide_compile (input, 0);
  pst_ruleset_decide (ruleset, what, access, &decision);
  if (!decision.rule && pst_decide_is_private_name (broker->host, what))
    decision.answer = PST_ANSWER_PRIVATE;
  *answer = decision.answer == PST_ANSWER_ASK && input->locked ? PST_ANSWER_DENY : decision.answer;
  *rule = decision.rule ? decision.rule->id : 0;
  return pst_decide_explain (input, &decision, what, access);
}

void
pst_control_why (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *app = NULL, *what = NULL, *text = NULL, *valid = NULL;
  g_autoptr (GPtrArray) sandboxes = NULL;
  g_autoptr (GError) error = NULL;
  PstDecideInput input = { 0 };
  PstAnswer answer = 0;
  guint64 rule = 0;
  guint32 access;

  g_variant_get (call->args, "(&s@ayu)", &word, &bytes, &access);
  what = pst_dup_bytes (bytes);
  app = pst_control_resolve_app (broker, word);
  if (!app || !*app || !what)
    {
      pst_control_fail (call, _ ("The application, the path or the access is not understood: give the application as “postern "
                                 "apps” shows it, a whole path, and view, change or save."));
      return;
    }
  if (!pst_broker_read_policy (broker, &error) || !pst_host_refresh (broker->host, &error))
    {
      pst_control_fail (call, error->message);
      return;
    }
  sandboxes = pst_sandbox_list (broker, app);
  pst_profiles_refresh (broker->profiles);
  pst_broker_decide_input_for (broker, app, sandboxes->len > 0 ? sandboxes->pdata[sandboxes->len - 1] : NULL, &input);
  text = explain (broker, &input, what, access, &answer, &rule);
  pst_decide_input_clear (&input);
  if (!text)
    {
      pst_control_fail (call, *what == '/'
                                  ? _ ("The application, the path or the access is not understood: give the application as "
                                       "“postern apps” shows it, a whole path, and view, change or save.")
                                  : _ ("This is no service: use session:NAME or system:NAME, with /PART for a part that "
                                       "the catalogue has, or /INTERFACE.MEMBER for one message."));
      return;
    }
  valid = pst_control_text (text);
  pst_control_reply (call, g_variant_new ("(uts)", (guint32)answer, rule, valid));
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
