/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match-rules.h"

#include <string.h>

static guint total;

gboolean
pst_match_rules_add (PstMatchRules *rules, const char *rule)
{
  guint times;

  if (rules->n >= PST_MATCH_RULES_MAX || total >= PST_MATCH_RULES_MAX_TOTAL || strlen (rule) > PST_MATCH_RULE_MAX_LENGTH)
    return FALSE;
  if (rules->rules == NULL)
    rules->rules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  times = GPOINTER_TO_UINT (g_hash_table_lookup (rules->rules, rule));
  g_hash_table_replace (rules->rules, g_strdup (rule), GUINT_TO_POINTER (times + 1));
  rules->n++;
  total++;
  return TRUE;
}

void
pst_match_rules_remove (PstMatchRules *rules, const char *rule)
{
  guint times = rules->rules != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (rules->rules, rule)) : 0;

  if (times == 0)
    return;
  if (times > 1)
    g_hash_table_replace (rules->rules, g_strdup (rule), GUINT_TO_POINTER (times - 1));
  else
    g_hash_table_remove (rules->rules, rule);
  rules->n--;
  total--;
}

void
pst_match_rules_clear (PstMatchRules *rules)
{
  total -= rules->n;
  rules->n = 0;
  g_clear_pointer (&rules->rules, g_hash_table_unref);
}
