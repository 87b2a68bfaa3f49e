/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decide.h"

G_BEGIN_DECLS

/* The first policy of a sandbox, kept for the next sandbox of the same application: with ten thousand rules compiling costs
 * more than all the rest of a launch. Only the first: later ones need a generation of their own. */
typedef struct _PstPolicyCache PstPolicyCache;

PstPolicyCache *pst_policy_cache_new (void);
void pst_policy_cache_free (PstPolicyCache *cache);

/* What an entry was made from, as far as it can differ between two launches; NULL if the ruleset must not be used again,
 * because it holds something that is for this sandbox or for a time. @revision: of the store. (transfer full) */
char *pst_policy_fingerprint (const PstDecideInput *input, guint64 revision);

/* (transfer full) (nullable), and *fd (not the caller's): its serialised form. */
PstRuleset *pst_policy_cache_get (PstPolicyCache *cache, const char *app, const char *fingerprint, int *fd);
/* Duplicates @fd. */
void pst_policy_cache_put (PstPolicyCache *cache, const char *app, const char *fingerprint, PstRuleset *ruleset, int fd);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstPolicyCache, pst_policy_cache_free)

G_END_DECLS
