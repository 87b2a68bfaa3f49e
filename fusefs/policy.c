/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include "epoch.h"

#include <stdatomic.h>

static _Atomic (PstRuleset *) current;
static _Atomic guint32 generation = 1;

static void
unref (gpointer data)
{
  pst_ruleset_unref (data);
}

void
pst_policy_take (PstRuleset *ruleset)
{
  PstRuleset *old = atomic_exchange (&current, ruleset);
  pst_policy_outdate ();
  if (old != NULL)
    pst_epoch_defer (unref, old);
}

PstRuleset *
pst_policy_get (void)
{
  return atomic_load (&current);
}

PstAnswer
pst_policy_decide (const char *path, PstAccess access, PstDecision *out)
{
  PstRuleset *ruleset = pst_policy_get ();

  if (ruleset == NULL)
    *out = (PstDecision){ .answer = PST_ANSWER_DENY };
  else
    pst_ruleset_decide (ruleset, path, access, out);
  return out->answer;
}

guint32
pst_policy_generation (void)
{
  return atomic_load_explicit (&generation, memory_order_acquire);
}

void
pst_policy_outdate (void)
{
  if (atomic_fetch_add (&generation, 1) == G_MAXUINT32)
    atomic_store (&generation, 1);
}
