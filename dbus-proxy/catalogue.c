/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue.h"

#include "message.h"

#include <string.h>

static gboolean
parse_verdict (const char *word, PstBusAnswer *out)
{
  static const char *const words[] = {
    [PST_BUS_ANSWER_ALLOW] = "allow", [PST_BUS_ANSWER_ASK] = "ask", [PST_BUS_ANSWER_DENY] = "deny"
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (word, words[i]) == 0)
      {
        *out = (PstBusAnswer)i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
parse_line (PstBusPolicy *policy, const char *line, const char *bus)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 6);
  PstBusAnswer answer;

  if (g_strv_length (words) != 5 || !parse_verdict (words[4], &answer))
    return FALSE;
  if (strcmp (words[0], "session") != 0 && strcmp (words[0], "system") != 0)
    return FALSE;
  if (strcmp (words[2], "*") == 0 && strcmp (words[3], "*") != 0)
    return FALSE;
  if (strcmp (words[0], bus) != 0)
    return TRUE;
  return pst_bus_policy_add_part (policy, words[1], strcmp (words[2], "*") == 0 ? NULL : words[2],
                                  strcmp (words[3], "*") == 0 ? NULL : words[3], answer);
}

PstBusPolicy *
pst_catalogue_parse (const char *text, const char *bus)
{
  g_autoptr (PstBusPolicy) policy = pst_bus_policy_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  policy->filter = TRUE;
  policy->by_catalogue = TRUE;
  policy->ask_undecided = TRUE;
  for (char **line = lines; *line; line++)
    if (**line != '\0' && !parse_line (policy, *line, bus))
      return NULL;
  return g_steal_pointer (&policy);
}

/* The rules that are about @name: those of the name itself, or else those of the deepest family that it belongs to. */
static const GPtrArray *
find_rules (const PstBusPolicy *policy, const char *name, gboolean *family)
{
  char part[256];
  gsize length = strlen (name);
  gboolean exact = TRUE;
  char *dot;

  if (length >= sizeof part)
    return NULL;
  memcpy (part, name, length + 1);
  do
    {
      const GPtrArray *rules = g_hash_table_lookup (policy->names, part);

      for (int subtree = !exact; rules != NULL && subtree <= 1; subtree++)
        for (guint i = 0; i < rules->len; i++)
          if (((const PstBusRule *)g_ptr_array_index (rules, i))->subtree == subtree)
            {
              *family = subtree;
              return rules;
            }
      exact = FALSE;
      dot = strrchr (part, '.');
      if (dot != NULL)
        *dot = '\0';
    }
  while (dot != NULL);
  return NULL;
}

/* How much a rule says of a message; -1: nothing. */
static int
specificity (const PstBusRule *rule, const PstBusQuery *query)
{
  if (rule->interface == NULL)
    return 0;
  /* Rules name methods; of an interface as a whole they speak of its signals too. */
  if (query->kind == PST_BUS_BROADCASTS)
    return rule->member == NULL && g_strcmp0 (rule->interface, query->interface) == 0 ? 2 : -1;
  if (rule->member != NULL && g_strcmp0 (rule->member, query->member) != 0)
    return -1;
  /* Without an interface: whichever rule could be meant. */
  if (query->interface == NULL)
    return 1;
  if (strcmp (rule->interface, query->interface) != 0)
    return -1;
  return rule->member != NULL ? 3 : 2;
}

static PstBusAnswer
decide (const GPtrArray *rules, gboolean family, const PstBusQuery *query)
{
  PstBusAnswer answer = PST_BUS_ANSWER_ASK;
  int best = -1;

  for (guint i = 0; i < rules->len; i++)
    {
      const PstBusRule *rule = g_ptr_array_index (rules, i);
      int own = rule->subtree == family ? specificity (rule, query) : -1;

      if (own < 0)
        continue;
      if (query->interface == NULL && query->kind == PST_BUS_CALLS)
        own = 1;
      /* of two that say as much, the stricter */
      if (own > best || (own == best && rule->answer > answer))
        {
          best = own;
          answer = rule->answer;
        }
    }
  return answer;
}

void
pst_catalogue_match (const PstBusPolicy *policy, const char *name, const PstBusQuery *query, PstBusMatch *match)
{
  const PstBusQuery whole = { .kind = PST_BUS_BROADCASTS };
  gboolean family = FALSE;
  const GPtrArray *rules = find_rules (policy, name, &family);
  PstBusAnswer answer;

  if (rules == NULL)
    {
      match->ask_name = name;
      return;
    }
  /* Whoever may send it anything at all may know that it is there. */
  for (guint i = 0; i < rules->len; i++)
    {
      const PstBusRule *rule = g_ptr_array_index (rules, i);

      if (rule->subtree == family && rule->answer != PST_BUS_ANSWER_DENY)
        match->level = MAX (match->level, rule->answer == PST_BUS_ANSWER_ALLOW ? PST_BUS_TALK : PST_BUS_SEE);
    }
  answer = decide (rules, family, query != NULL ? query : &whole);
  switch (answer)
    {
    case PST_BUS_ANSWER_ALLOW:
      match->matched |= query != NULL;
      break;
    case PST_BUS_ANSWER_ASK:
      match->ask_name = name;
      break;
    case PST_BUS_ANSWER_DENY:
      match->denied = TRUE;
      break;
    }
}
