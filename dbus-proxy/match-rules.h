/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The match rules that one connection has on the bus. The bus compares every broadcast of anybody with all of them, and takes
 * 50,000 of each connection: two applications' worth of that, and a signal between two others takes 17 ms instead of 0.06. So
 * there is an end to what an application may add, on one connection, and on all together.
 *
 * What is counted are texts. The bus knows a rule by its meaning: removed in another spelling it stays in the count, which so
 * is never less than what the bus has. */
typedef struct
{
  GHashTable *rules; /* (nullable) text → how often, as a pointer */
  guint n;
} PstMatchRules;

#define PST_MATCH_RULES_MAX 1024       /* of one connection; the system's bus takes 512 */
#define PST_MATCH_RULES_MAX_TOTAL 2048 /* of all */
#define PST_MATCH_RULE_MAX_LENGTH 1024 /* as dbus-daemon has it */

/* FALSE: it is one too many, or too long. */
gboolean pst_match_rules_add (PstMatchRules *rules, const char *rule);
void pst_match_rules_remove (PstMatchRules *rules, const char *rule);
void pst_match_rules_clear (PstMatchRules *rules);

G_END_DECLS
