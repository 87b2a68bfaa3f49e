/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rule.h"

PstStoredRule *
pst_stored_rule_copy (const PstStoredRule *rule)
{
  PstStoredRule *copy = g_new (PstStoredRule, 1);

  *copy = *rule;
  copy->app = g_strdup (rule->app);
  copy->resource = g_strdup (rule->resource);
  copy->boot = g_strdup (rule->boot ? rule->boot : "");
  copy->login = g_strdup (rule->login ? rule->login : "");
  copy->real = g_strdup (rule->real);
  return copy;
}

void
pst_stored_rule_free (PstStoredRule *rule)
{
  if (!rule)
    return;
  g_free (rule->app);
  g_free (rule->resource);
  g_free (rule->boot);
  g_free (rule->login);
  g_free (rule->real);
  g_free (rule);
}

guint
pst_lifetime_span (PstLifetime lifetime)
{
  switch (lifetime)
    {
    case PST_LIFETIME_ONCE:
      return 0;
    case PST_LIFETIME_SESSION:
      return 1;
    case PST_LIFETIME_ALWAYS:
    case PST_LIFETIME_UNTIL:
      return 2;
    }
  return 2;
}

gboolean
pst_rule_speaks_about (PstAnswer answer, PstAccess access, PstAccess about)
{
  switch (answer)
    {
    case PST_ANSWER_ALLOW:
      return access == about || access == PST_ACCESS_CHANGE;
    case PST_ANSWER_DENY:
    case PST_ANSWER_HIDE:
    case PST_ANSWER_PRIVATE:
      return access == PST_ACCESS_VIEW || access == about || (access == PST_ACCESS_CHANGE && about == PST_ACCESS_SAVE);
    case PST_ANSWER_ASK:
      return access == about || about == PST_ACCESS_CHANGE;
    }
  return FALSE;
}

static gboolean
overlap (const PstStoredRule *a, const PstStoredRule *b)
{
  static const PstAccess all[] = { PST_ACCESS_VIEW, PST_ACCESS_CHANGE, PST_ACCESS_SAVE };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (pst_rule_speaks_about (a->answer, a->access, all[i]) && pst_rule_speaks_about (b->answer, b->access, all[i]))
      return TRUE;
  return FALSE;
}

PstMerge
pst_stored_rule_merge (const PstStoredRule *newer, const PstStoredRule *older)
{
  guint new_span = pst_lifetime_span (newer->lifetime), old_span = pst_lifetime_span (older->lifetime);

  if (new_span < old_span)
    return PST_MERGE_KEEP;
  if (new_span == 0 && (newer->sandbox != older->sandbox || g_strcmp0 (newer->boot, older->boot) != 0))
    return PST_MERGE_KEEP;
  return pst_stored_rule_clash (newer, older);
}

PstMerge
pst_stored_rule_clash (const PstStoredRule *newer, const PstStoredRule *older)
{
  /* Of a service there is one word at a time. */
  if (newer->kind == PST_KIND_BUS)
    return PST_MERGE_REPLACE;
  if (!overlap (newer, older))
    return PST_MERGE_KEEP;
  /* A refusal to change leaves the permission to look. */
  if (older->answer == PST_ANSWER_ALLOW && older->access == PST_ACCESS_CHANGE && newer->answer != PST_ANSWER_ALLOW &&
      !pst_rule_speaks_about (newer->answer, newer->access, PST_ACCESS_VIEW))
    return PST_MERGE_NARROW;
  return PST_MERGE_REPLACE;
}
