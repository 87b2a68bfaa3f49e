/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an ask to its outcome.
 *
 *     considered ── the rules decide ──► answered, or attached and then answered
 *         │
 *         └─ they say "ask" ──► part of a question ──► shown ──► answer ──► stored ──► pushed ──► considered again
 *                                   │                   │
 *                                   │                   └─ time-out, no agent ──► refused for this once
 *                                   └─ withdrawn, killed, sandbox gone ──► dropped; the last one takes the question
 *                                                                         off the screen
 *
 * An ask is considered as often as its circumstances change, and is answered exactly once. Everything that a person's answer
 * covers is settled by one walk over all open questions of the application (pst_consent_resettle).
 *
 * Here is what considers; consent-show.c has what is on the screen, consent-answer.c what an answer stores, consent-refuse.c
 * what is refused without one, and consent-killed.c the callers that die meanwhile.
 */
#include "consent.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ask-refs.h"
#include "bus-rules.h"
#include "consent-private.h"
#include "facts.h"
#include "pst-path.h"
#include "push.h"
#include "sandbox-table.h"

static gboolean
is_cooling (PstSandbox *sandbox, const char *path)
{
  for (guint i = 0; i < sandbox->cooldowns->len; i++)
    if (pst_path_is_below_or_equal (path, sandbox->cooldowns->pdata[i]))
      return TRUE;
  return FALSE;
}

/* A name on the way to something that was allowed meanwhile: looking it up needs no permission any more. */
static gboolean
is_open_door (const PstAsk *ask, const PstDecision *decision)
{
  return decision->is_door && ask->op == PST_OP_LOOKUP && ask->access == PST_ACCESS_VIEW;
}

/* What the rules say of a service now. */
static PstAnswer
decide_bus (const PstAsk *ask)
{
  PstSandbox *sandbox = ask->sandbox;
  PstDecideInput input;
  PstAnswer answer;

  pst_broker_decide_input (sandbox->broker, sandbox, &input);
  answer = pst_bus_rules_decide (&input, sandbox->broker->services, ask->path);
  pst_decide_input_clear (&input);
  return answer;
}

/* The rule that allows a service names it. (Of what passes without a question the proxy tells: peer-bus.c.) */
static void
note_bus_use (PstAsk *ask)
{
  PstStore *store = ask->sandbox->broker->store;
  g_autoptr (GPtrArray) rules = store ? pst_store_list_rules (store, ask->sandbox->app->id) : g_ptr_array_new ();

  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      if (rule->kind == PST_KIND_BUS && rule->answer == PST_ANSWER_ALLOW && strcmp (rule->resource, ask->path) == 0 &&
          (rule->sandbox == 0 || rule->sandbox == ask->sandbox->number))
        {
          pst_sandbox_note_use (ask->sandbox, rule->id);
          return;
        }
    }
}

void
pst_consent_consider (PstAsk *ask, const PstShown *shown)
{
  PstSandbox *sandbox = ask->sandbox;
  PstDecision decision;

  if (ask->bus)
    {
      PstAnswer answer = decide_bus (ask);

      if (answer == PST_ANSWER_ALLOW)
        note_bus_use (ask);
      if (answer == PST_ANSWER_ASK)
        pst_consent_question (ask);
      else
        pst_ask_finish (ask, answer == PST_ANSWER_ALLOW ? PST_OUTCOME_RETRY : PST_OUTCOME_DENY);
      return;
    }
  pst_ruleset_decide (sandbox->ruleset, ask->path, ask->access, &decision);
  switch (decision.answer)
    {
    case PST_ANSWER_ALLOW:
      pst_attach_for (ask, &decision, shown);
      return;
    case PST_ANSWER_DENY:
      pst_ask_finish (ask, PST_OUTCOME_DENY);
      return;
    case PST_ANSWER_HIDE:
      /* A hidden directory is an empty one: the gate shows it so, by the policy that it has by now. */
      pst_ask_finish (ask, ask->op == PST_OP_OPENDIR ? PST_OUTCOME_RETRY : PST_OUTCOME_HIDE);
      return;
    case PST_ANSWER_PRIVATE:
      pst_ask_finish (ask, PST_OUTCOME_RETRY);
      return;
    case PST_ANSWER_ASK:
      break;
    }
  if (is_open_door (ask, &decision))
    {
      pst_ask_finish (ask, PST_OUTCOME_RETRY);
      return;
    }
  /* A look at a name that is about to be made, where making is all that is allowed. */
  if (ask->access == PST_ACCESS_VIEW && pst_intent_creates (ask->intent))
    {
      pst_ruleset_decide (sandbox->ruleset, ask->path, PST_ACCESS_SAVE, &decision);
      if (decision.answer == PST_ANSWER_ALLOW)
        {
          pst_attach_for (ask, &decision, shown);
          return;
        }
    }
  pst_consent_question (ask);
}

void
pst_consent_question (PstAsk *ask)
{
  PstSandbox *sandbox = ask->sandbox;
  PstBroker *broker = sandbox->broker;
  g_autofree char *protected_by = NULL;
  PstQuestion *question;
  PstOffer *offer;

  if (!ask->target && !ask->bus)
    pst_facts_read_intent (ask);
  /* What the rules leave open there is what lies in the protected set, or where nothing can be attached. */
  if (sandbox->quiet)
    {
      pst_ask_finish (ask, ask->bus ? PST_OUTCOME_DENY : PST_OUTCOME_HIDE);
      return;
    }
  if (is_cooling (sandbox, ask->path))
    {
      pst_ask_finish (ask, PST_OUTCOME_DENY);
      return;
    }
  protected_by = ask->bus ? NULL : pst_facts_protected_by (ask);
  if (!ask->bus && (pst_facts_may_hide (ask) || (!protected_by && pst_decide_is_private_name (broker->host, ask->path))))
    {
      pst_ask_finish (ask, PST_OUTCOME_HIDE);
      return;
    }
  if (pst_broker_is_locked (broker, sandbox->app->id))
    {
      pst_consent_refuse_unasked (ask, _ ("nothing is asked for this application, and no rule allows it"));
      return;
    }
  question = pst_ask_queue_find (broker->queue, sandbox->app->id, sandbox->screen, ask->path, protected_by != NULL);
  if (question)
    {
      ask->question = question;
      pst_ask_queue_join (question, ask, ask->wanted);
      return;
    }
  if (pst_ask_queue_count (broker->queue, sandbox->app->id, sandbox->screen) >= PST_MAX_QUESTIONS)
    {
      pst_consent_refuse_unasked (ask, _ ("too many questions are open"));
      return;
    }
  if (ask->bus && sandbox->n_refused_services >= PST_MAX_REFUSED_SERVICES)
    {
      pst_consent_refuse_unasked (ask, _ ("services were refused several times"));
      return;
    }
  offer = ask->bus
              ? pst_bus_rules_offer (broker->services, sandbox->app->name, ask->path, ask->bus->interface, ask->bus->member)
              : pst_facts_offer (ask, protected_by);
  if (!offer || (offer->private_ok && sandbox->n_refused_creations >= PST_MAX_REFUSED_CREATIONS))
    {
      pst_consent_refuse_unasked (ask, offer ? _ ("making new things in the home was refused several times")
                                             : _ ("it leads to where nothing is given"));
      pst_offer_free (offer);
      return;
    }
  ask->question = pst_ask_queue_add (broker->queue, sandbox->app->id, sandbox->screen, offer, ask);
  if (broker->store)
    pst_store_queue_event (broker->store, pst_facts_event (ask, "asked", pst_offer_line (offer)));
  pst_consent_schedule_show (broker);
}

/* Has what it waits for been decided meanwhile? */
static gboolean
is_settled (const PstAsk *ask)
{
  PstSandbox *sandbox = ask->sandbox;
  PstDecision decision;

  if (pst_broker_is_locked (sandbox->broker, sandbox->app->id))
    return TRUE;
  if (ask->bus)
    return decide_bus (ask) != PST_ANSWER_ASK;
  pst_ruleset_decide (sandbox->ruleset, ask->path, ask->access, &decision);
  if (decision.answer == PST_ANSWER_ASK)
    return is_open_door (ask, &decision);
  return decision.answer != PST_ANSWER_ALLOW || g_strcmp0 (decision.rule->path, ask->past_rule) != 0;
}

void
pst_consent_resettle (PstBroker *broker, const char *app, const PstShown *shown)
{
  g_autoptr (GPtrArray) questions = pst_ask_queue_list (broker->queue);
  g_autoptr (GArray) refs = pst_ask_refs_new ();

  for (guint i = 0; i < questions->len; i++)
    {
      PstQuestion *question = questions->pdata[i];

      for (guint k = 0; k < question->asks->len && (!app || strcmp (question->app, app) == 0); k++)
        pst_ask_refs_add (refs, question->asks->pdata[k]);
    }
  for (guint i = 0; i < refs->len; i++)
    {
      PstAsk *ask = pst_ask_refs_get (refs, i);

      if (!ask || !ask->question || !is_settled (ask))
        continue;
      pst_consent_leave (ask);
      pst_consent_consider (ask, shown);
    }
  pst_consent_schedule_show (broker);
}
