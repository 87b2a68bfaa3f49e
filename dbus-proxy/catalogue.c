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
is_bus (const char *word)
{
  return strcmp (word, "session") == 0 || strcmp (word, "system") == 0 || strcmp (word, "a11y") == 0;
}

/* The words behind "own". */
static gboolean
parse_own (PstBusPolicy *policy, const char *const *words, const char *bus)
{
  gsize length = strlen (words[1]);

  if (!is_bus (words[0]) || length == 0 || length > PST_MESSAGE_MAX_NAME || !g_ascii_isalpha (words[1][0]))
    return FALSE;
  if (strcmp (words[0], bus) == 0)
    g_ptr_array_add (policy->outside, g_strdup (words[1]));
  return TRUE;
}

static gboolean
parse_line (PstBusPolicy *policy, const char *line, const char *bus)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 7);
  guint n = g_strv_length (words);
  guint64 number = 0;
  PstBusAnswer answer;
  gboolean with_actions;
  char *path;

  if (n == 3 && strcmp (words[0], "own") == 0)
    return parse_own (policy, (const char *const *)words + 1, bus);
  if ((n != 5 && n != 6) || !parse_verdict (words[4], &answer) || !is_bus (words[0]))
    return FALSE;
  if (n == 6 && (answer != PST_BUS_ANSWER_ALLOW || !g_ascii_string_to_unsigned (words[5], 10, 1, G_MAXUINT64, &number, NULL)))
    return FALSE;
  path = strchr (words[3], '@');
  if (path != NULL)
    *path++ = '\0';
  with_actions = g_str_has_suffix (words[3], "!");
  if (with_actions)
    words[3][strlen (words[3]) - 1] = '\0';
  if (words[3][0] == '\0' || (path != NULL && path[0] != '/') ||
      (strcmp (words[2], "*") == 0 && (strcmp (words[3], "*") != 0 || path != NULL || with_actions)))
    return FALSE;
  if (strcmp (words[0], bus) != 0)
    return TRUE;
  return pst_bus_policy_add_part (policy, words[1], strcmp (words[2], "*") == 0 ? NULL : words[2],
                                  strcmp (words[3], "*") == 0 ? NULL : words[3], path, with_actions, answer, number);
}

PstBusPolicy *
pst_catalogue_parse (const char *text, const char *bus)
{
  g_autoptr (PstBusPolicy) policy = pst_bus_policy_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  policy->filter = TRUE;
  policy->by_catalogue = TRUE;
  policy->accessibility = strcmp (bus, "a11y") == 0;
  policy->ask_undecided = !policy->accessibility;
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

/* In PstBusOpinion's weight. */
#define WHOLE 1u
#define OWN_INTERFACE 0x10000u /* and the length of the name */
#define MEMBER (PST_BUS_LISTED + 2)
#define WITH_ACTIONS 1u /* more than the same without */

/* "org.foo.Bar" and "org.foo.Bar.Baz" are of org.foo.Bar. */
static gboolean
is_below (const char *interface, const char *name)
{
  gsize length = strlen (name);

  return strncmp (interface, name, length) == 0 && (interface[length] == '\0' || interface[length] == '.');
}

/* How much a rule of @name says of a message; 0: nothing. */
static guint
weigh (const PstBusRule *rule, const char *name, const PstBusQuery *query)
{
  if (rule->interface == NULL)
    return query->interface != NULL && is_below (query->interface, name) ? OWN_INTERFACE + (guint)strlen (name) : WHOLE;
  if (rule->member != NULL && g_strcmp0 (rule->member, query->member) != 0)
    return 0;
  /* A method that is refused may have a signal of the same name (login1's Lock). */
  if (rule->member != NULL && query->kind == PST_BUS_BROADCASTS && rule->answer != PST_BUS_ANSWER_ALLOW)
    return 0;
  if (rule->path != NULL && g_strcmp0 (rule->path, query->path) != 0)
    return 0;
  if (rule->with_actions && (query->no_actions || query->kind == PST_BUS_BROADCASTS))
    return 0;
  /* Without an interface: whichever rule could be meant. */
  if (query->interface == NULL)
    return query->kind == PST_BUS_CALLS ? WHOLE : 0;
  if (strcmp (rule->interface, query->interface) != 0)
    return 0;
  return (rule->member != NULL ? MEMBER : PST_BUS_LISTED) + (rule->with_actions ? WITH_ACTIONS : 0);
}

static void
weigh_all (const GPtrArray *rules, gboolean family, const char *name, const PstBusQuery *query, PstBusOpinion *opinion)
{
  for (guint i = 0; i < rules->len; i++)
    {
      const PstBusRule *rule = g_ptr_array_index (rules, i);
      guint own = rule->subtree == family ? weigh (rule, name, query) : 0;

      /* of two that say as much, the stricter */
      if (own > opinion->weight || (own == opinion->weight && own > 0 && rule->answer > opinion->answer))
        {
          opinion->weight = own;
          opinion->answer = rule->answer;
          opinion->number = rule->number;
        }
    }
}

/* Is the interface another service's, by its name? */
static void
ask_namesakes (const PstBusPolicy *policy, const char *name, const PstBusQuery *query, PstBusOpinion *opinion)
{
  char other[PST_MESSAGE_MAX_NAME + 1];
  char *dot;

  if (query->interface == NULL || opinion->weight >= PST_BUS_LISTED || strlen (query->interface) >= sizeof other)
    return;
  strcpy (other, query->interface);
  do
    {
      PstBusOpinion theirs = { .weight = 0 };
      gboolean family = FALSE;
      const GPtrArray *rules = strcmp (other, name) != 0 ? find_rules (policy, other, &family) : NULL;
      gpointer key = NULL;

      if (rules != NULL)
        weigh_all (rules, family, other, query, &theirs);
      /* One name of a family that nobody may be: there is nothing to ask about. */
      if (theirs.answer == PST_BUS_ANSWER_ASK && (family || !g_hash_table_lookup_extended (policy->names, other, &key, NULL)))
        theirs.weight = 0;
      if (theirs.weight > opinion->weight && theirs.answer > opinion->answer)
        {
          opinion->weight = theirs.weight;
          opinion->answer = theirs.answer;
          opinion->asked = key;
        }
      dot = strrchr (other, '.');
      if (dot != NULL)
        *dot = '\0';
    }
  while (dot != NULL);
}

static gboolean
may_ask_to_start (const GPtrArray *rules, gboolean family)
{
  for (guint i = 0; i < rules->len; i++)
    {
      const PstBusRule *rule = g_ptr_array_index (rules, i);

      if (rule->subtree == family && g_strcmp0 (rule->interface, "org.freedesktop.DBus") == 0 &&
          g_strcmp0 (rule->member, "StartServiceByName") == 0)
        return rule->answer != PST_BUS_ANSWER_DENY;
    }
  return TRUE;
}

void
pst_catalogue_consult (const PstBusPolicy *policy, const char *name, const PstBusQuery *query, PstBusOpinion *opinion)
{
  gboolean family = FALSE;
  const GPtrArray *rules = find_rules (policy, name, &family);
  PstBusAnswer unknown = policy->ask_undecided ? PST_BUS_ANSWER_ASK : PST_BUS_ANSWER_DENY;

  *opinion = (PstBusOpinion){ .weight = 0, .answer = PST_BUS_ANSWER_ALLOW };
  for (guint i = 0; rules != NULL && i < rules->len; i++)
    {
      const PstBusRule *rule = g_ptr_array_index (rules, i);

      if (rule->subtree == family && rule->answer != PST_BUS_ANSWER_DENY)
        opinion->level = MAX (opinion->level, rule->answer == PST_BUS_ANSWER_ALLOW ? PST_BUS_TALK : PST_BUS_SEE);
    }
  if (query == NULL)
    {
      /* The mildest of all: a library starts a service before it calls the first method. But of starting it a rule may speak.
       */
      opinion->weight = WHOLE;
      if (opinion->level < PST_BUS_TALK)
        opinion->answer = rules == NULL                                                       ? unknown
                          : opinion->level == PST_BUS_SEE && may_ask_to_start (rules, family) ? PST_BUS_ANSWER_ASK
                                                                                              : PST_BUS_ANSWER_DENY;
      return;
    }
  if (rules == NULL)
    {
      opinion->answer = unknown;
      opinion->weight =
          query->interface != NULL && is_below (query->interface, name) ? OWN_INTERFACE + (guint)strlen (name) : WHOLE;
    }
  else
    {
      weigh_all (rules, family, name, query, opinion);
    }
  ask_namesakes (policy, name, query, opinion);
}

gboolean
pst_catalogue_join (PstBusOpinion *kept, const PstBusOpinion *other)
{
  gboolean is_refused = kept->weight >= PST_BUS_LISTED && kept->answer == PST_BUS_ANSWER_DENY;
  gboolean refuses = other->weight >= PST_BUS_LISTED && other->answer == PST_BUS_ANSWER_DENY;
  PstBusLevel level = MAX (kept->level, other->level);

  kept->level = level;
  if (is_refused ||
      (!refuses && (other->weight < kept->weight || (other->weight == kept->weight && other->answer <= kept->answer))))
    return FALSE;
  *kept = *other;
  kept->level = level;
  return TRUE;
}

void
pst_catalogue_conclude (const PstBusOpinion *opinion, const char *name, const PstBusQuery *query, PstBusMatch *match)
{
  match->level = MAX (match->level, opinion->level);
  switch (opinion->answer)
    {
    case PST_BUS_ANSWER_ALLOW:
      match->matched |= query != NULL;
      match->number = query != NULL ? opinion->number : 0;
      break;
    case PST_BUS_ANSWER_ASK:
      match->ask_name = opinion->asked != NULL ? opinion->asked : name;
      break;
    case PST_BUS_ANSWER_DENY:
      match->denied = TRUE;
      break;
    }
}

/* As common/pst-services.c has it, of what is left of a pattern when the application's words are in it. These are spelt in
 * either case. */
gboolean
pst_catalogue_is_outside (const PstBusPolicy *policy, const char *name)
{
  for (guint i = 0; i < policy->outside->len; i++)
    {
      const char *pattern = g_ptr_array_index (policy->outside, i), *rest = name;

      while (*pattern != '\0' && strcmp (pattern, ".*") != 0)
        {
          if (g_str_has_prefix (pattern, "{number}"))
            {
              gsize digits = strspn (rest, "0123456789");

              if (digits == 0)
                break;
              pattern += strlen ("{number}");
              rest += digits;
              continue;
            }
          if (*rest == '\0' || g_ascii_tolower (*pattern) != g_ascii_tolower (*rest))
            break;
          pattern++;
          rest++;
        }
      if (*pattern == '\0' ? *rest == '\0' : strcmp (pattern, ".*") == 0 && (*rest == '\0' || *rest == '.'))
        return TRUE;
    }
  return FALSE;
}
