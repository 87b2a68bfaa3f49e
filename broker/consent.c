/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an ask to its outcome.
 *
 *     considered ── the rules decide ──► answered, or attached and then answered
 *         │
 *         └─ they say "ask" ──► part of a question ──► shown ──► answer ──► stored ──► pushed ──► considered again
 *                                   │                   │
 *                                   │                   └─ time-out, no agent ──► refused for this once
 *                                   └─ withdrawn, killed, sandbox gone ──► dropped; the last one takes the question off the
 * screen
 *
 * An ask is considered as often as its circumstances change, and is answered exactly once. Everything that a person's answer
 * covers is settled by one walk over all open questions of the application (pst_consent_resettle).
 */
#include "consent.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "agent-start.h"
#include "bus-rules.h"
#include "facts.h"
#include "killed.h"
#include "look.h"
#include "notify.h"
#include "postern-ipc.h"
#include "pst-path.h"
#include "pst-text.h"
#include "push.h"
#include "sandbox-table.h"
#include "sheet.h"

#define KILLED_POLL_MS 20

static gint64
now_seconds (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* Considering */

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

/* The rule that allows a service names it. (Of calls that its proxy lets through without asking nobody hears.) */
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

/* Without a dialog, for this once. */
static void
refuse_unasked (PstAsk *ask, const char *reason)
{
  PstSandbox *sandbox = ask->sandbox;
  PstBroker *broker = sandbox->broker;

  if (broker->store)
    {
      PstEvent *event = pst_facts_event (ask, "refused", reason);

      event->answer = PST_ANSWER_DENY;
      pst_store_queue_event (broker->store, event);
    }
  pst_ask_finish (ask, PST_OUTCOME_DENY);
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
      refuse_unasked (ask, _ ("nothing is asked for this application, and no rule allows it"));
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
      refuse_unasked (ask, "too many questions are open");
      return;
    }
  if (ask->bus && sandbox->n_refused_services >= PST_MAX_REFUSED_SERVICES)
    {
      refuse_unasked (ask, "services were refused several times");
      return;
    }
  offer = ask->bus
              ? pst_bus_rules_offer (broker->services, sandbox->app->name, ask->path, ask->bus->interface, ask->bus->member)
              : pst_facts_offer (ask, protected_by);
  if (!offer || (offer->private_ok && sandbox->n_refused_creations >= PST_MAX_REFUSED_CREATIONS))
    {
      refuse_unasked (ask,
                      offer ? "making new things in the home was refused several times" : "it leads to where nothing is given");
      pst_offer_free (offer);
      return;
    }
  ask->question = pst_ask_queue_add (broker->queue, sandbox->app->id, sandbox->screen, offer, ask);
  if (broker->store)
    pst_store_queue_event (broker->store, pst_facts_event (ask, "asked", pst_offer_line (offer)));
  pst_consent_schedule_show (broker);
}

/* Asks that are about to be considered again, by number: some may be gone by then. */
typedef struct
{
  PstSandbox *sandbox;
  guint64 id;
} AskRef;

static void
ask_ref_clear (gpointer data)
{
  pst_sandbox_unref (((AskRef *)data)->sandbox);
}

static GArray *
ask_refs_new (void)
{
  GArray *refs = g_array_new (FALSE, FALSE, sizeof (AskRef));

  g_array_set_clear_func (refs, ask_ref_clear);
  return refs;
}

static void
ask_refs_add (GArray *refs, PstAsk *ask)
{
  AskRef ref = { pst_sandbox_ref (ask->sandbox), ask->id };

  g_array_append_val (refs, ref);
}

static PstAsk *
ask_ref_get (const AskRef *ref)
{
  return ref->sandbox->ended ? NULL : g_hash_table_lookup (ref->sandbox->asks, &ref->id);
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
  g_autoptr (GArray) refs = ask_refs_new ();

  for (guint i = 0; i < questions->len; i++)
    {
      PstQuestion *question = questions->pdata[i];

      for (guint k = 0; k < question->asks->len && (!app || strcmp (question->app, app) == 0); k++)
        ask_refs_add (refs, question->asks->pdata[k]);
    }
  for (guint i = 0; i < refs->len; i++)
    {
      PstAsk *ask = ask_ref_get (&g_array_index (refs, AskRef, i));

      if (!ask || !ask->question || !is_settled (ask))
        continue;
      pst_consent_leave (ask);
      pst_consent_consider (ask, shown);
    }
  pst_consent_schedule_show (broker);
}

/* Showing */

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

void
pst_consent_refuse (PstBroker *broker, PstQuestion *question, const char *reason)
{
  PstAsk *first = question->asks->pdata[0];
  PstSandbox *sandbox = first->sandbox;
  const PstOfferScope *scope = question->offer->scopes->pdata[question->offer->scope];
  PstAgent *agent = pst_screen_agent (broker, question->screen);
  g_autoptr (GArray) refs = ask_refs_new ();
  gboolean is_service = scope->kind == PST_OFFER_SERVICE;
  g_autofree char *shown = pst_path_abbreviate (scope->path, broker->host->home), *path = pst_text_for_display (shown, 400);
  g_autofree char *name = pst_text_for_display (sandbox->app->name, 80), *text = NULL, *notice = NULL;
  /* A command to paste, with a name in it that the application chose. */
  g_autofree char *quoted = g_shell_quote (path);

  text = g_strdup_printf (_ ("“%s” was refused %s: %s."), name, is_service ? scope->label : path, reason);
  notice = g_strdup_printf (_ ("%s To allow it: postern grant %s %s --access %s"), text, question->app, quoted,
                            pst_access_to_string (question->offer->accesses[question->offer->access].access));
  /* Once for each thing, and not where it has been read on the terminal. */
  if (pst_sandbox_notice (sandbox, question->offer->base, notice) && (!agent || strcmp (agent->kind, "gtk") == 0))
    {
      guint access = question->offer->access;
      gboolean can_allow = broker->store && !question->offer->is_protected && !is_service;

      pst_notify_refused (sandbox, text, scope, question->offer->accesses[access].access,
                          can_allow ? pst_offer_title (question->offer, question->offer->scope, access) : NULL);
    }
  if (broker->store)
    {
      PstEvent *event = pst_facts_event (first, "refused", reason);

      event->answer = PST_ANSWER_DENY;
      pst_store_queue_event (broker->store, event);
    }
  for (guint i = 0; i < question->asks->len; i++)
    ask_refs_add (refs, question->asks->pdata[i]);
  for (guint i = 0; i < refs->len; i++)
    {
      PstAsk *ask = ask_ref_get (&g_array_index (refs, AskRef, i));

      if (ask)
        pst_ask_finish (ask, PST_OUTCOME_DENY);
    }
}

/* Answering */

typedef struct
{
  GArray *refs; /* of AskRef */
  char *app;
  PstShown shown;
} Settle;

static void
settle_free (Settle *settle)
{
  g_array_unref (settle->refs);
  g_free (settle->app);
  g_free (settle);
}

static void
on_pushed (PstBroker *broker, gpointer user_data)
{
  Settle *settle = user_data;

  for (guint i = 0; i < settle->refs->len; i++)
    {
      PstAsk *ask = ask_ref_get (&g_array_index (settle->refs, AskRef, i));

      if (ask && !ask->question && !ask->tree)
        pst_consent_consider (ask, &settle->shown);
    }
  pst_consent_resettle (broker, settle->app, &settle->shown);
  settle_free (settle);
}

static GPtrArray *
sandboxes_of (PstQuestion *question)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_sandbox_unref);

  for (guint i = 0; i < question->asks->len; i++)
    {
      PstSandbox *sandbox = ((PstAsk *)question->asks->pdata[i])->sandbox;

      if (!g_ptr_array_find (list, sandbox, NULL))
        g_ptr_array_add (list, pst_sandbox_ref (sandbox));
    }
  return list;
}

static guint64
store_for (PstBroker *broker, PstStoredRule *rule, guint64 sandbox, const PstQuestion *question, const char *text,
           GError **error)
{
  struct stat st;
  PstEvent *event =
      pst_event_new (rule->answer == PST_ANSWER_ALLOW ? "granted" : "answered", rule->app, sandbox, rule->resource, text);

  event->access = rule->access;
  event->answer = rule->answer;
  event->lifetime = rule->lifetime;
  event->program = g_strdup (((PstAsk *)question->asks->pdata[0])->program);
  if (rule->kind == PST_KIND_FILES && pst_look (rule->resource, FALSE, &st) == 0)
    event->kind = st.st_mode & S_IFMT;
  rule->sandbox = rule->lifetime == PST_LIFETIME_ONCE ? sandbox : 0;
  return pst_store_add_rule (broker->store, rule, event, NULL, error);
}

/* What was asked for and not given is refused for this run: the choice was made. */
static gboolean
refuse_rest (PstBroker *broker, const PstQuestion *question, const PstStoredRule *given, GPtrArray *sandboxes, GError **error)
{
  g_autoptr (PstStoredRule) rest = pst_stored_rule_copy (given);

  if (given->answer != PST_ANSWER_ALLOW || given->access != PST_ACCESS_VIEW)
    return TRUE;
  rest->answer = PST_ANSWER_DENY;
  rest->access = PST_ACCESS_CHANGE;
  rest->lifetime = PST_LIFETIME_ONCE;
  rest->until = 0;
  g_free (rest->boot);
  rest->boot = g_strdup (broker->host->boot);
  for (guint i = 0; i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];
      gboolean wanted = FALSE;

      for (guint k = 0; k < question->asks->len; k++)
        {
          const PstAsk *ask = question->asks->pdata[k];

          wanted |= ask->sandbox == sandbox && ask->wanted != PST_ACCESS_VIEW;
        }
      if (wanted && !store_for (broker, rest, sandbox->number, question, NULL, error))
        return FALSE;
    }
  return TRUE;
}

/* The access that a refusal is about: everything, unless looking is allowed already (and the question was not put just because
 * that permission does not reach there). TRUE in @spoils: no rule can say it
 * without taking away something that is allowed. */
static PstAccess
refused_access (PstQuestion *question, const char *path, gboolean *spoils)
{
  PstAsk *first = question->asks->pdata[0];
  PstDecision view, save;

  *spoils = FALSE;
  if (first->bus)
    return PST_ACCESS_TALK;
  if (first->past_rule)
    return PST_ACCESS_VIEW;
  pst_ruleset_decide (first->sandbox->ruleset, path, PST_ACCESS_VIEW, &view);
  pst_ruleset_decide (first->sandbox->ruleset, path, PST_ACCESS_SAVE, &save);
  *spoils = view.answer != PST_ANSWER_ALLOW && save.answer == PST_ANSWER_ALLOW;
  return view.answer == PST_ANSWER_ALLOW ? PST_ACCESS_CHANGE : PST_ACCESS_VIEW;
}

static void
tell_failure (PstAgent *agent, PstQuestion *question, const char *text)
{
  PstSandbox *sandbox = ((PstAsk *)question->asks->pdata[0])->sandbox;

  pst_sandbox_notice (sandbox, NULL, text);
  if (strcmp (agent->kind, "gtk") == 0)
    pst_notify_refused (sandbox, text, NULL, 0, NULL);
}

void
pst_consent_answer (PstBroker *broker, PstAgent *agent, guint64 id, PstAnswer answer, guint scope_index, guint access_index,
                    PstLifetime lifetime, gint64 until)
{
  PstQuestion *question = pst_ask_queue_lookup (broker->queue, id);
  g_autoptr (GPtrArray) sandboxes = NULL;
  g_autoptr (PstStoredRule) rule = g_new0 (PstStoredRule, 1);
  g_autoptr (GError) error = NULL;
  const PstOfferScope *scope;
  gboolean spoils = FALSE, stored = TRUE, is_bus;
  guint64 rule_id = 0;
  Settle *settle;

  if (!question || question->shown_to != agent)
    return; /* withdrawn meanwhile, or never theirs */
  if (scope_index >= question->offer->scopes->len || access_index >= question->offer->n_accesses || answer < PST_ANSWER_ALLOW ||
      answer > PST_ANSWER_PRIVATE || lifetime < PST_LIFETIME_ONCE || lifetime > PST_LIFETIME_UNTIL ||
      (answer == PST_ANSWER_PRIVATE && !question->offer->private_ok) ||
      (lifetime == PST_LIFETIME_UNTIL && until <= now_seconds ()))
    {
      g_warning ("an agent's answer makes no sense; it is taken as “deny”");
      answer = PST_ANSWER_DENY;
      lifetime = PST_LIFETIME_ONCE;
      scope_index = MIN (scope_index, question->offer->scopes->len - 1);
      access_index = 0;
    }
  scope = question->offer->scopes->pdata[scope_index];
  if (!broker->store)
    {
      pst_consent_refuse (broker, question, broker->store_error);
      return;
    }
  is_bus = ((PstAsk *)question->asks->pdata[0])->bus != NULL;
  if (answer == PST_ANSWER_ALLOW && !is_bus && !pst_facts_unchanged (scope))
    {
      pst_consent_refuse (broker, question, _ ("it changed while the question was open, and nothing was granted"));
      return;
    }

  rule->app = g_strdup (question->app);
  rule->kind = is_bus ? PST_KIND_BUS : PST_KIND_FILES;
  rule->resource = g_strdup (scope->path);
  rule->scope = scope->scope;
  rule->access = question->offer->accesses[access_index].access;
  rule->answer = answer;
  rule->lifetime = lifetime;
  rule->until = lifetime == PST_LIFETIME_UNTIL ? until : 0;
  rule->boot = g_strdup (lifetime == PST_LIFETIME_ONCE || lifetime == PST_LIFETIME_SESSION ? broker->host->boot : "");
  rule->login = lifetime == PST_LIFETIME_SESSION ? pst_host_login () : g_strdup ("");
  rule->created = now_seconds ();
  rule->origin = PST_ORIGIN_QUESTION;
  if (answer == PST_ANSWER_ALLOW)
    {
      rule->real = g_strdup (scope->real);
      /* A single new file that may be saved may also be read again: it holds nothing but what was saved. */
      if (rule->scope == PST_SCOPE_FILE && rule->access == PST_ACCESS_SAVE)
        rule->access = PST_ACCESS_CHANGE;
    }
  else
    rule->access = refused_access (question, scope->path, &spoils);
  if (answer == PST_ANSWER_PRIVATE)
    {
      /* Whatever it is going to be, a file or a folder. */
      rule->scope = PST_SCOPE_TREE;
      rule->access = PST_ACCESS_VIEW;
    }

  sandboxes = sandboxes_of (question);
  for (guint i = 0; question->offer->private_ok && i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];

      sandbox->n_refused_creations = answer == PST_ANSWER_DENY ? sandbox->n_refused_creations + 1 : 0;
    }
  for (guint i = 0; is_bus && i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];

      sandbox->n_refused_services = answer == PST_ANSWER_ALLOW ? 0 : sandbox->n_refused_services + 1;
    }
  if (spoils && lifetime == PST_LIFETIME_ONCE)
    for (guint i = 0; i < sandboxes->len; i++)
      g_ptr_array_add (((PstSandbox *)sandboxes->pdata[i])->cooldowns, g_strdup (scope->path));
  else if (lifetime == PST_LIFETIME_ONCE)
    for (guint i = 0; i < sandboxes->len && stored; i++)
      {
        PstSandbox *sandbox = sandboxes->pdata[i];

        rule_id = store_for (broker, rule, sandbox->number, question,
                             pst_offer_title (question->offer, scope_index, access_index), &error);
        stored = rule_id != 0;
      }
  else
    {
      rule_id = store_for (broker, rule, ((PstSandbox *)sandboxes->pdata[0])->number, question,
                           pst_offer_title (question->offer, scope_index, access_index), &error);
      stored = rule_id != 0;
    }
  if (stored)
    stored = refuse_rest (broker, question, rule, sandboxes, &error);
  if (!stored)
    {
      tell_failure (agent, question, error->message);
      pst_consent_refuse (broker, question, _ ("the answer could not be stored"));
      return;
    }

  settle = g_new0 (Settle, 1);
  settle->app = g_strdup (question->app);
  settle->refs = ask_refs_new ();
  settle->shown = (PstShown){ rule_id, scope->exists ? scope->device : 0, scope->exists ? scope->inode : 0 };
  for (guint i = 0; i < question->asks->len; i++)
    {
      PstAsk *ask = question->asks->pdata[i];

      ask->question = NULL;
      ask_refs_add (settle->refs, ask);
    }
  pst_question_free (pst_ask_queue_steal (broker->queue, question));
  pst_broker_watch_expiry (broker);
  pst_push_app (broker, settle->app, on_pushed, settle);
  pst_consent_schedule_show (broker);
}

/* Callers that are being killed */

static gboolean
look_at_interrupted (PstBroker *broker)
{
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, NULL);
  gboolean more = FALSE;

  for (guint i = 0; i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];
      g_autoptr (GArray) refs = ask_refs_new ();
      GHashTableIter iter;
      gpointer value;

      g_hash_table_iter_init (&iter, sandbox->asks);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        if (((PstAsk *)value)->interrupted)
          ask_refs_add (refs, value);
      for (guint k = 0; k < refs->len; k++)
        {
          PstAsk *ask = ask_ref_get (&g_array_index (refs, AskRef, k));

          if (ask && pst_killed (ask->tid))
            pst_ask_finish (ask, PST_OUTCOME_KILLED);
          else if (ask)
            more = TRUE;
        }
    }
  return more;
}

static gboolean
on_look (gpointer data)
{
  PstBroker *broker = data;

  if (look_at_interrupted (broker))
    return G_SOURCE_CONTINUE;
  broker->killed_source = 0;
  return G_SOURCE_REMOVE;
}

void
pst_consent_watch_killed (PstBroker *broker)
{
  if (look_at_interrupted (broker) && !broker->killed_source)
    broker->killed_source = g_timeout_add (KILLED_POLL_MS, on_look, broker);
}
