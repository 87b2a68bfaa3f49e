/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-ruleset.h"

G_BEGIN_DECLS

/* The ruleset in force. Workers read it between pst_epoch_enter() and _leave(); the main thread replaces it. */

/* (transfer full). Main thread. The old one is freed when no request uses it any more. */
void pst_policy_take (PstRuleset *ruleset);
/* (transfer none) (nullable): NULL before the first one: then nothing is allowed. */
PstRuleset *pst_policy_get (void);

/* pst_ruleset_decide() of the ruleset in force. Without one everything is denied. */
PstAnswer pst_policy_decide (const char *path, PstAccess access, PstDecision *out);

/* Raised with every new ruleset, and whenever cached decisions are to be made again; never 0. */
guint32 pst_policy_generation (void);
void pst_policy_outdate (void);

G_END_DECLS
