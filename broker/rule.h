/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* A rule as the store keeps it: what PstRule says, and for whom, how long, and where the path led when the person confirmed it.
 */
typedef struct
{
  guint64 id; /* the store's number, 0 before it is stored */
  char *app;
  PstKind kind;
  char *resource; /* files: absolute, normalised path as applications see it. bus: "session:" or "system:" and a well-known
                   * name */
  PstScope scope;
  PstAccess access;
  PstAnswer answer;
  PstLifetime lifetime;
  gint64 until;    /* seconds since 1970, for PST_LIFETIME_UNTIL */
  guint64 sandbox; /* for PST_LIFETIME_ONCE: the sandbox's number */
  char *boot;      /* once, session: the boot it belongs to; else "" */
  char *login;     /* session: the logins it belongs to (see pst_host_login()); else "" */
  char *real;      /* (nullable): the real path at the time of confirmation, no component of it a symlink */
  gint64 created;  /* seconds since 1970 */
  gint64 used;     /* the same, 0: never */
  PstOrigin origin;
} PstStoredRule;

PstStoredRule *pst_stored_rule_copy (const PstStoredRule *rule);
void pst_stored_rule_free (PstStoredRule *rule);

/* What a newer rule makes of an older one on the same application, kind, resource and scope. */
typedef enum
{
  PST_MERGE_KEEP = 1, /* they speak about different things, or for different times */
  PST_MERGE_REPLACE,  /* the newer one takes its place */
  PST_MERGE_NARROW,   /* "allow change" meets "deny change": the older one becomes "allow view" */
} PstMerge;

/* Pure. Same rule twice is an update, and a contradiction is settled by the newer word, so that no two stored rules ever
 * disagree about one path for one length of time. A rule for a shorter time (once, session) never touches one for a longer. */
PstMerge pst_stored_rule_merge (const PstStoredRule *newer, const PstStoredRule *older);

/* The same without regard to time: what the first makes of the second while both are in force. */
PstMerge pst_stored_rule_clash (const PstStoredRule *newer, const PstStoredRule *older);

/* How long a lifetime reaches, to compare: 0 once, 1 session, 2 until and always. */
guint pst_lifetime_span (PstLifetime lifetime);

/* Does a rule of @answer and @access speak about @about? The table of pst_ruleset_decide(). */
gboolean pst_rule_speaks_about (PstAnswer answer, PstAccess access, PstAccess about);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstStoredRule, pst_stored_rule_free)

G_END_DECLS
