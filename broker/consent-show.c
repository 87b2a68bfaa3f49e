/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is on the screen of the questions that are open. */
#include "consent.h"

#include <string.h>

#include <glib/gi18n.h>

#include "agent-start.h"
#include "postern-ipc.h"
#include "pst-text.h"
#include "sheet.h"

static GVariant *
describe (PstBroker *broker, PstQuestion *question)
{
  const PstOffer *offer = question->offer;
  PstAsk *first = question->asks->pdata[0];
  PstSandbox *sandbox = first->sandbox;
  const PstStoredApp *app = broker->store ? pst_store_get_app (broker->store, question->app) : NULL;
  const char *reason = sandbox->profile ? pst_profile_get_reason (sandbox->profile) : NULL;
  g_autofree char *name = pst_text_for_display (sandbox->app->name, 80),
                  *executable = pst_text_for_display (sandbox->app->executable, 400);
  g_auto (GStrv) waiting = pst_ask_queue_waiting (broker->queue, question->app, question->screen);
  GVariantBuilder dict, scopes, accesses;

  g_variant_builder_init (&scopes, G_VARIANT_TYPE ("a(ss)"));
  for (guint i = 0; i < offer->scopes->len; i++)
    {
      const PstOfferScope *scope = offer->scopes->pdata[i];
      g_autofree char *value = pst_text_for_display (scope->path, 400);

      g_variant_builder_add (&scopes, "(ss)", scope->label, value);
    }
  g_variant_builder_init (&accesses, G_VARIANT_TYPE ("a(us)"));
  for (guint i = 0; i < offer->n_accesses; i++)
    g_variant_builder_add (&accesses, "(us)", (guint32)offer->accesses[i].access, offer->accesses[i].label);

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "app_id", g_variant_new_string (question->app));
  g_variant_builder_add (&dict, "{sv}", "sandbox", g_variant_new_uint64 (sandbox->number));
  g_variant_builder_add (&dict, "{sv}", "app_name", g_variant_new_string (name));
  g_variant_builder_add (&dict, "{sv}", "app_icon",
                         g_variant_new_string (g_utf8_validate (sandbox->app->icon, -1, NULL) ? sandbox->app->icon : ""));
  g_variant_builder_add (&dict, "{sv}", "executable", g_variant_new_string (executable));
  g_variant_builder_add (&dict, "{sv}", "package",
                         g_variant_new_string (app && app->package ? app->package : _ ("not known yet")));
  g_variant_builder_add (&dict, "{sv}", "title", g_variant_new_string (pst_offer_line (offer)));
  g_variant_builder_add (&dict, "{sv}", "intent", g_variant_new_string (offer->intent));
  g_variant_builder_add (&dict, "{sv}", "resource", g_variant_new_string (offer->resource));
  g_variant_builder_add (&dict, "{sv}", "warning", g_variant_new_string (offer->warning));
  g_variant_builder_add (&dict, "{sv}", "reason", g_variant_new_string (reason ? reason : ""));
  g_variant_builder_add (&dict, "{sv}", "scopes", g_variant_builder_end (&scopes));
  g_variant_builder_add (&dict, "{sv}", "scope", g_variant_new_uint32 (offer->scope));
  g_variant_builder_add (&dict, "{sv}", "accesses", g_variant_builder_end (&accesses));
  g_variant_builder_add (&dict, "{sv}", "access", g_variant_new_uint32 (offer->access));
  g_variant_builder_add (&dict, "{sv}", "titles", g_variant_new_strv ((const char *const *)offer->titles, -1));
  g_variant_builder_add (&dict, "{sv}", "private_ok", g_variant_new_boolean (offer->private_ok));
  g_variant_builder_add (&dict, "{sv}", "waiting", g_variant_new_strv ((const char *const *)waiting, -1));
  return g_variant_builder_end (&dict);
}

static gboolean on_deadline (gpointer data);

static void
arm_deadline (PstBroker *broker)
{
  gint64 next = pst_ask_queue_next_deadline (broker->queue);

  g_clear_handle_id (&broker->deadline_source, g_source_remove);
  if (next)
    broker->deadline_source = g_timeout_add ((guint)(MAX (next - g_get_monotonic_time (), 0) / 1000 + 1), on_deadline, broker);
}

static gboolean
on_deadline (gpointer data)
{
  PstBroker *broker = data;
  PstQuestion *question;

  broker->deadline_source = 0;
  while ((question = pst_ask_queue_expired (broker->queue, g_get_monotonic_time ())))
    pst_consent_refuse (broker, question, _ ("nobody answered in time"));
  arm_deadline (broker);
  return G_SOURCE_REMOVE;
}

static void
show_head (PstQuestion *question, gpointer user_data)
{
  PstBroker *broker = user_data;
  PstAgent *agent = pst_screen_agent (broker, question->screen);
  g_auto (GStrv) waiting = NULL;
  g_autofree char *lines = NULL;

  if (!agent)
    {
      PstAsk *first = question->asks->pdata[0];

      question->shown_to = NULL;
      if (!pst_screen_start (broker, question->screen, first->sandbox->environment, first->sandbox))
        pst_consent_refuse (broker, question, _ ("nobody could be asked"));
      return;
    }
  waiting = pst_ask_queue_waiting (broker->queue, question->app, question->screen);
  lines = g_strjoinv ("\n", waiting);
  if (question->shown_to == agent && g_strcmp0 (question->shown_waiting, lines) == 0)
    return;
  pst_peer_notify (agent->peer, PST_AGENT_SHOW, g_variant_new ("(t@a{sv})", question->id, describe (broker, question)), NULL,
                   0);
  question->shown_to = agent;
  g_free (question->shown_waiting);
  question->shown_waiting = g_steal_pointer (&lines);
  pst_question_shown (question, g_get_monotonic_time (), broker->question_timeout);
}

static gboolean
on_show (gpointer data)
{
  PstBroker *broker = data;

  broker->show_source = 0;
  pst_sheets_show (broker);
  pst_ask_queue_foreach_head (broker->queue, show_head, broker);
  arm_deadline (broker);
  return G_SOURCE_REMOVE;
}

void
pst_consent_schedule_show (PstBroker *broker)
{
  if (!broker->show_source)
    broker->show_source = g_idle_add_full (G_PRIORITY_DEFAULT, on_show, broker, NULL);
}

static void
withdraw (PstBroker *broker, PstQuestion *question)
{
  PstAgent *agent = pst_screen_agent (broker, question->screen);

  if (agent && question->shown_to == agent)
    pst_peer_notify (agent->peer, PST_AGENT_WITHDRAW_QUESTION, g_variant_new ("(t)", question->id), NULL, 0);
}

void
pst_consent_leave (PstAsk *ask)
{
  PstBroker *broker = ask->sandbox->broker;
  PstQuestion *question = ask->question;

  ask->question = NULL;
  if (question->asks->len == 1)
    withdraw (broker, question);
  if (pst_ask_queue_leave (broker->queue, question, ask))
    pst_consent_schedule_show (broker);
}
