/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* What has to be looked up on the disk before a question can be put. */

/* Reads what the caller of @ask is about to do, and fills in intent, target and wanted. */
void pst_facts_read_intent (PstAsk *ask);

/* What happened to @ask, with what is known about it. (transfer full) */
PstEvent *pst_facts_event (PstAsk *ask, const char *what, const char *text);

/* May the application be told at once that there is nothing? Only for a look at a name directly in a directory that is open to
 * it anyway, which is not a listed one: whether something is behind a closed door is not said without asking. */
gboolean pst_facts_may_hide (PstAsk *ask);

/* Is what is asked for protected? Returns the protected path as the application sees it; NULL if not. (transfer full) */
char *pst_facts_protected_by (PstAsk *ask);

/* @real by the names that the ruleset and the host's lists use, for a home that is itself reached through a link.
 * (transfer full) */
char *pst_facts_as_named (const PstHost *host, const char *real);

/* Does @path lead, through a symbolic link at @real, to what must not be given by another name: the home itself, the person's
 * settings and protected things, sockets, what was refused there? @is_protected: the question warns of settings and protected
 * things. @locks_only: of refusals only those of the administrator count. */
gboolean
pst_facts_leads_astray (PstSandbox *sandbox, const char *path, const char *real, gboolean is_protected, gboolean locks_only);

/* The offer for a new question, with what is there now noted in each scope. NULL: what is asked for leads to where nothing is
 * given. */
PstOffer *pst_facts_offer (PstAsk *ask, const char *protected_by);

/* Does what @scope names still lead to what was noted? */
gboolean pst_facts_unchanged (const PstOfferScope *scope);

G_END_DECLS
