/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "admin-policy.h"
#include "host.h"
#include "pst-profile.h"
#include "pst-ruleset.h"
#include "rule.h"

G_BEGIN_DECLS

/* Which rules an application has: the one place where the store, the administrator's policy, the profile and the protected set
 * become a ruleset. Pure. */
typedef struct
{
  const PstHost *host;
  const char *app;
  guint64 sandbox;           /* the running sandbox, 0: none in particular, rules of lifetime "once" are left out */
  GPtrArray *rules;          /* of PstStoredRule: those of the application */
  GPtrArray *admin;          /* (nullable) of pst_admin_policy_rules_for() for this application */
  const PstProfile *profile; /* (nullable) */
  gboolean locked;           /* nothing is asked: what would be is refused */
  const char *launch_dir;    /* (nullable): becomes a door if it lies in a gate root */
  gint64 now;                /* seconds since 1970 */
  gboolean quiet;            /* what no rule speaks of is hidden, not asked */
  gboolean only;             /* and what the profile allows does not count */
} PstDecideInput;

PstRuleset *pst_decide_compile (const PstDecideInput *input, guint64 generation);

/* Is the rule in force? */
gboolean pst_decide_is_in_force (const PstStoredRule *rule, const PstHost *host, guint64 sandbox, gint64 now);

/* "xdg:PICTURES", "~/x", "/srv" → normal path; NULL for a user directory that there is not. (transfer full) */
char *pst_decide_expand (const PstHost *host, const char *written);

/* Is @path a dot entry of the top level of the home, or below one? Such names are the application's own; they are not part of a
 * grant for Home. */
gboolean pst_decide_is_private_name (const PstHost *host, const char *path);

/* What is attached for a request that @decision (of @path) allows: the path of the deciding rule; for a rule on a gate root or
 * above, the entry below the gate root on the way to @path. NULL if that rule says nothing for @path after all (dot entries of
 * the home; the gate root itself). (transfer full) */
char *pst_decide_unit (const PstHost *host, const PstDecision *decision, const char *path);

/* May the tree at @unit be mounted, so that the gate no longer sees what happens in it? Not if any rule, or protected path,
 * below it says anything but "allow" of at least @access. @real: (nullable) the unit's real path. */
gboolean pst_decide_may_be_live (const PstDecideInput *input, const PstRuleset *ruleset, const char *unit, const char *real,
                                 PstAccess access);

/* (nullable): the administrator's rule that became @rule of the ruleset: where it stands. */
const PstAdminRule *pst_decide_find_admin (const PstDecideInput *input, const PstRule *rule);

/* Sentences, one a line, on why @decision is as it is. (transfer full) */
char *pst_decide_explain (const PstDecideInput *input, const PstDecision *decision, const char *path, PstAccess access);

G_END_DECLS
