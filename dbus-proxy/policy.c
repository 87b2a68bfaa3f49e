/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include "catalogue.h"
#include "message.h"

#include <string.h>

static void
rule_free (PstBusRule *rule)
{
  if (rule == NULL)
    return;
  g_free (rule->path);
  g_free (rule->interface);
  g_free (rule->member);
  g_free (rule);
}

static void
rules_free (gpointer rules)
{
  g_ptr_array_free (rules, TRUE);
}

/* Takes @rule, also when it fails. The name of a rule about messages may be a single element ("org.*"), as in the original. */
static gboolean
add (PstBusPolicy *policy, const char *name, PstBusRule *rule, gboolean single)
{
  g_autofree char *base = g_strdup (name);
  gsize length;
  GPtrArray *rules;

  if (g_str_has_suffix (base, ".*"))
    {
      base[strlen (base) - 2] = '\0';
      rule->subtree = TRUE;
    }
  length = strlen (base);
  if (base[0] == ':' || !pst_bus_name_is_valid (base, length))
    {
      g_autofree char *two = g_strconcat (base, ".x", NULL);

      if (!single || !rule->subtree || strchr (base, '.') != NULL || base[0] == ':' ||
          !pst_bus_name_is_valid (two, strlen (two)))
        {
          rule_free (rule);
          return FALSE;
        }
    }
  rules = g_hash_table_lookup (policy->names, base);
  if (rules == NULL)
    {
      rules = g_ptr_array_new_with_free_func ((GDestroyNotify)rule_free);
      g_hash_table_insert (policy->names, g_steal_pointer (&base), rules);
    }
  g_ptr_array_add (rules, rule);
  return TRUE;
}

PstBusPolicy *
pst_bus_policy_new (void)
{
  PstBusPolicy *policy = g_new0 (PstBusPolicy, 1);

  policy->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, rules_free);
  policy->outside = g_ptr_array_new_with_free_func (g_free);
  pst_bus_policy_add (policy, "org.freedesktop.DBus", PST_BUS_TALK, PST_BUS_ANSWER_ALLOW);
  return policy;
}

void
pst_bus_policy_free (PstBusPolicy *policy)
{
  if (policy == NULL)
    return;
  g_hash_table_unref (policy->names);
  g_ptr_array_unref (policy->outside);
  g_free (policy->address);
  g_free (policy);
}

gboolean
pst_bus_policy_add (PstBusPolicy *policy, const char *name, PstBusLevel level, PstBusAnswer answer)
{
  PstBusRule *rule = g_new0 (PstBusRule, 1);

  rule->level = answer == PST_BUS_ANSWER_ALLOW ? level : answer == PST_BUS_ANSWER_ASK ? PST_BUS_SEE : PST_BUS_NONE;
  rule->answer = answer;
  rule->kinds = PST_BUS_CALLS | PST_BUS_BROADCASTS;
  return add (policy, name, rule, FALSE);
}

gboolean
pst_bus_policy_add_rule (PstBusPolicy *policy, const char *name, const char *text, PstBusKind kind)
{
  PstBusRule *rule = g_new0 (PstBusRule, 1);
  const char *at = strchr (text, '@');
  gsize method = at != NULL ? (gsize)(at - text) : strlen (text);

  rule->level = PST_BUS_TALK;
  rule->kinds = kind;
  if (at != NULL && at[1] != '\0')
    {
      rule->path = g_strdup (at + 1);
      if (g_str_has_suffix (rule->path, "/*"))
        {
          rule->path[strlen (rule->path) - 2] = '\0';
          rule->path_subtree = TRUE;
        }
    }
  if (method > 0 && text[0] != '*')
    {
      char *dot;

      rule->interface = g_strndup (text, method);
      dot = strrchr (rule->interface, '.');
      if (dot != NULL)
        {
          *dot = '\0';
          if (strcmp (dot + 1, "*") != 0)
            rule->member = g_strdup (dot + 1);
        }
    }
  return add (policy, name, rule, TRUE);
}

gboolean
pst_bus_policy_add_part (PstBusPolicy *policy, const char *name, const char *interface, const char *member, const char *path,
                         gboolean with_actions, PstBusAnswer answer, guint64 number)
{
  PstBusRule *rule = g_new0 (PstBusRule, 1);

  rule->level = answer == PST_BUS_ANSWER_ALLOW ? PST_BUS_TALK : answer == PST_BUS_ANSWER_ASK ? PST_BUS_SEE : PST_BUS_NONE;
  rule->answer = answer;
  rule->kinds = PST_BUS_CALLS | PST_BUS_BROADCASTS;
  rule->interface = g_strdup (interface);
  rule->member = g_strdup (member);
  rule->path = g_strdup (path);
  rule->with_actions = with_actions;
  rule->number = number;
  return add (policy, name, rule, FALSE);
}

static gboolean
rule_matches (const PstBusRule *rule, const PstBusQuery *query)
{
  if (rule->level < PST_BUS_TALK || (rule->kinds & query->kind) == 0)
    return FALSE;
  if (rule->path != NULL)
    {
      gsize length = strlen (rule->path);

      if (query->path == NULL || strncmp (query->path, rule->path, length) != 0)
        return FALSE;
      if (query->path[length] != '\0' && !(rule->path_subtree && query->path[length] == '/'))
        return FALSE;
    }
  return (rule->interface == NULL || g_strcmp0 (rule->interface, query->interface) == 0) &&
         (rule->member == NULL || g_strcmp0 (rule->member, query->member) == 0);
}

void
pst_bus_policy_match (const PstBusPolicy *policy, const char *name, const PstBusQuery *query, PstBusMatch *match)
{
  char part[256];
  gsize length = strlen (name);
  gboolean exact = TRUE, decided = FALSE, denied = FALSE, ask = FALSE;
  PstBusLevel level = PST_BUS_NONE;
  char *dot;

  if (policy->by_catalogue)
    {
      PstBusOpinion opinion;

      pst_catalogue_consult (policy, name, query, &opinion);
      pst_catalogue_conclude (&opinion, name, query, match);
      return;
    }
  if (length >= sizeof part)
    return;
  memcpy (part, name, length + 1);
  do
    {
      const GPtrArray *rules = g_hash_table_lookup (policy->names, part);

      for (guint i = 0; rules != NULL && i < rules->len; i++)
        {
          const PstBusRule *rule = g_ptr_array_index (rules, i);

          if (!exact && !rule->subtree)
            continue;
          decided = TRUE;
          /* The deepest name that speaks of refusing decides against what stands above it, not against what is below. */
          if (rule->answer == PST_BUS_ANSWER_DENY && level == PST_BUS_NONE && !ask)
            denied = TRUE;
          if (denied)
            continue;
          ask |= rule->answer == PST_BUS_ANSWER_ASK;
          level = MAX (level, rule->level);
          if (query != NULL && rule_matches (rule, query))
            match->matched = TRUE;
        }
      exact = FALSE;
      dot = strrchr (part, '.');
      if (dot != NULL)
        *dot = '\0';
    }
  while (dot != NULL);

  match->level = MAX (match->level, level);
  match->denied |= denied;
  if (ask || (!decided && policy->ask_undecided))
    match->ask_name = name;
}

gboolean
pst_bus_rules_have_subtree (const GPtrArray *rules)
{
  for (guint i = 0; i < rules->len; i++)
    if (((const PstBusRule *)g_ptr_array_index (rules, i))->subtree)
      return TRUE;
  return FALSE;
}
