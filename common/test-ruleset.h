/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-ruleset.h"

/* What the tests of the ruleset write often. */

#define VIEW PST_ACCESS_VIEW
#define CHANGE PST_ACCESS_CHANGE
#define SAVE PST_ACCESS_SAVE
#define ALLOW PST_ANSWER_ALLOW
#define DENY PST_ANSWER_DENY
#define HIDE PST_ANSWER_HIDE
#define PRIVATE PST_ANSWER_PRIVATE
#define ASK PST_ANSWER_ASK
#define TREE PST_SCOPE_TREE
#define FILE_ PST_SCOPE_FILE
#define LOCK PST_TIER_LOCK
#define USER PST_TIER_USER
#define PROFILE PST_TIER_PROFILE
#define DEFAULT PST_TIER_DEFAULT

static inline PstDecision
decide (const PstRuleset *ruleset, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (ruleset, path, access, &decision);
  return decision;
}
