/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* An immutable set of file rules of one application, and the one function that decides by it.
 *
 * Pure: no I/O, no main loop. Safe to read from many threads. A decision costs one hash
 * look-up per path component, whatever the number of rules.
 */
typedef struct _PstRuleset PstRuleset;
typedef struct _PstRulesetBuilder PstRulesetBuilder;

typedef struct
{
  guint64 id;       /* the store's number, 0 for none */
  const char *path; /* absolute, normalised */
  PstScope scope;
  PstAccess access;
  PstAnswer answer;
  PstTier tier;
} PstRule;

typedef struct
{
  PstAnswer answer;
  const PstRule *rule;      /* (nullable): the rule that decided; lives as long as the ruleset */
  const char *protected_by; /* (nullable): of an ask: the deepest protected path at or above the path, for the warning */
  gboolean is_door;         /* the path may be shown as a directory without asking */
  gboolean uniform;         /* no rule, door or protected path lies strictly below the path: every path below
                             * decides alike for every access (side files of file rules excepted) */
} PstDecision;

PstRulesetBuilder *pst_ruleset_builder_new (void);
void pst_ruleset_builder_free (PstRulesetBuilder *builder);

/* Adds a rule. The strings are copied. A second rule with the same path, scope, access and tier replaces the first,
 * except that deny beats any other answer. Returns FALSE for a path that is not absolute and normalised. */
gboolean pst_ruleset_builder_add_rule (PstRulesetBuilder *builder, const PstRule *rule);

/* A grant of a parent never includes this path or what is below it. */
gboolean pst_ruleset_builder_add_protected (PstRulesetBuilder *builder, const char *path);

/* A directory that is shown without asking; listed ones appear in their parent's listing. Adds the parents as unlisted doors.
 * The parents of every rule that allows (and that decides for its own path) are unlisted doors by themselves. */
gboolean pst_ruleset_builder_add_door (PstRulesetBuilder *builder, const char *path, gboolean listed);

/* Consumes the builder. */
PstRuleset *pst_ruleset_builder_end (PstRulesetBuilder *builder, guint64 generation);

PstRuleset *pst_ruleset_ref (PstRuleset *ruleset);
void pst_ruleset_unref (PstRuleset *ruleset);
guint64 pst_ruleset_get_generation (const PstRuleset *ruleset);
guint pst_ruleset_get_n_rules (const PstRuleset *ruleset);
/* In no particular order; @index is below the number of rules. It lives as long as the ruleset. */
const PstRule *pst_ruleset_get_rule (const PstRuleset *ruleset, guint index);

/* Decides. @path is absolute and normalised. A rule speaks about an access when it
 *   allows CHANGE:   speaks about VIEW, CHANGE and SAVE    allows VIEW: VIEW      allows SAVE: SAVE
 *   denies, hides or makes private VIEW: about all         denies … CHANGE: CHANGE and SAVE; … SAVE: SAVE
 *   asks: about its own access and those that imply it.
 * Among the rules that speak: the lock tier first, then user, then default, then profile; within a tier the longest path wins;
 * on a tie deny wins, then FILE scope before TREE, then hide, private, ask, allow in this order. An allow is turned into ask if
 * a protected path lies between the rule's path (exclusive) and @path (inclusive). Without a rule the answer is ASK.
 *
 * A FILE rule speaks about side files (pst_is_side_file) as well, but after the rules that name the side file itself, when it
 * allows CHANGE or SAVE, or when it denies, hides or makes private VIEW or CHANGE. A refusal reaches only side files whose name
 * derives from the file's: a temporary file without its name may be another's.
 *
 * A @path that is not normal is denied. */
void pst_ruleset_decide (const PstRuleset *ruleset, const char *path, PstAccess access, PstDecision *out);

/* Calls @func for each listed door, and each path that a rule of answer allow names (and decides for), that lies directly in
 * @directory (its last component is passed as @name). Each name once, in no order. */
typedef void (*PstRulesetNameFunc) (const char *name, gboolean listed_door, gpointer user_data);
void pst_ruleset_foreach_child (const PstRuleset *ruleset, const char *directory, PstRulesetNameFunc func, gpointer user_data);

/* Wire form: one array of bytes, laid out in pst-ruleset-variant.c. A tree of GVariants would say the same, but takes 24 ms to
 * write and 23 to read for 10,000 rules, at each start of an application and each answer; this takes 0.4 and 4.5. */
#define PST_RULESET_TYPE "ay"
GVariant *pst_ruleset_to_variant (const PstRuleset *ruleset);
/* Returns NULL and sets @error (PST_RULESET_ERROR) if a field is out of range or a path is not normalised. */
PstRuleset *pst_ruleset_new_from_variant (GVariant *variant, GError **error);

#define PST_RULESET_MAX_ENTRIES 200000 /* rules, doors and protected paths together */

#define PST_RULESET_ERROR (pst_ruleset_error_quark ())
GQuark pst_ruleset_error_quark (void);

/* Is @name, in the directory of the file called @file, one of its side files: backups, locks, swap and journal files, temporary
 * files of a safe save? (a.txt~ .a.txt.swp .goutputstream-XXXXXX a.jpg.xmp x.db-wal .~lock.x# …) */
gboolean pst_is_side_file (const char *file, const char *name);
/* … and is @name made of @file's name? One that is not (.goutputstream-XXXXXX) may as well be another file's: it belongs to
 * this one only if the application itself made it. */
gboolean pst_is_side_file_by_name (const char *file, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstRuleset, pst_ruleset_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstRulesetBuilder, pst_ruleset_builder_free)

G_END_DECLS
