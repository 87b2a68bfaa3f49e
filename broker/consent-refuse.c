/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is refused though nobody said so: for this once, and the person is told. */
#include "consent.h"

#include <string.h>

#include <glib/gi18n.h>

#include "agent-start.h"
#include "ask-refs.h"
#include "consent-private.h"
#include "facts.h"
#include "notify.h"
#include "pst-path.h"
#include "pst-text.h"
#include "sandbox-table.h"

static void
note_refusal (PstAsk *ask, const char *reason)
{
  PstStore *store = ask->sandbox->broker->store;
  PstEvent *event;

  if (!store)
    return;
  event = pst_facts_event (ask, "refused", reason);
  event->answer = PST_ANSWER_DENY;
  pst_store_queue_event (store, event);
}

void
pst_consent_refuse_unasked (PstAsk *ask, const char *reason)
{
  note_refusal (ask, reason);
  pst_ask_finish (ask, PST_OUTCOME_DENY);
}

void
pst_consent_refuse (PstBroker *broker, PstQuestion *question, const char *reason)
{
  PstAsk *first = question->asks->pdata[0];
  PstSandbox *sandbox = first->sandbox;
  const PstOfferScope *scope = question->offer->scopes->pdata[question->offer->scope];
  PstAgent *agent = pst_screen_agent (broker, question->screen);
  g_autoptr (GArray) refs = pst_ask_refs_new ();
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
  note_refusal (first, reason);
  for (guint i = 0; i < question->asks->len; i++)
    pst_ask_refs_add (refs, question->asks->pdata[i]);
  for (guint i = 0; i < refs->len; i++)
    {
      PstAsk *ask = pst_ask_refs_get (refs, i);

      if (ask)
        pst_ask_finish (ask, PST_OUTCOME_DENY);
    }
}
