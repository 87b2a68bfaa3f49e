/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person answered: checked, stored, pushed, and what waited for it considered again. */
#include "consent.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "agent-start.h"
#include "ask-refs.h"
#include "facts.h"
#include "look.h"
#include "notify.h"
#include "push.h"
#include "sandbox-table.h"

typedef struct
{
  GArray *refs; /* of PstAskRef */
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
      PstAsk *ask = pst_ask_refs_get (settle->refs, i);

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
 * that permission does not reach there). TRUE in @spoils: no rule can say it without taking away something that is allowed. */
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

/* Where a rule allows what nothing can be attached for (attach.c), and the answer is about something wider, that rule goes on
 * deciding: without this the same question would come at once, and again after each answer. */
static void
cool_past_rules (const PstQuestion *question, const PstOfferScope *scope, PstAnswer answer)
{
  for (guint i = 0; i < question->asks->len; i++)
    {
      const PstAsk *ask = question->asks->pdata[i];

      if (ask->past_rule && (answer != PST_ANSWER_ALLOW || strcmp (scope->path, ask->past_rule) != 0))
        g_ptr_array_add (ask->sandbox->cooldowns, g_strdup (ask->path));
    }
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
      (lifetime == PST_LIFETIME_UNTIL && until <= g_get_real_time () / G_USEC_PER_SEC))
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
  rule->created = g_get_real_time () / G_USEC_PER_SEC;
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

  cool_past_rules (question, scope, answer);
  settle = g_new0 (Settle, 1);
  settle->app = g_strdup (question->app);
  settle->refs = pst_ask_refs_new ();
  settle->shown = (PstShown){ rule_id, scope->exists ? scope->device : 0, scope->exists ? scope->inode : 0 };
  for (guint i = 0; i < question->asks->len; i++)
    {
      PstAsk *ask = question->asks->pdata[i];

      ask->question = NULL;
      pst_ask_refs_add (settle->refs, ask);
    }
  pst_question_free (pst_ask_queue_steal (broker->queue, question));
  pst_broker_watch_expiry (broker);
  pst_push_app (broker, settle->app, on_pushed, settle);
  pst_consent_schedule_show (broker);
}
