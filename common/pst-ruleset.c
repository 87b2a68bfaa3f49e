/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset-private.h"

#include <string.h>

/* How a decision is made
 *
 * The paths of all rules, doors and protected paths form a tree of components. Its nodes lie in one array; a hash table finds
 * the child of a node by name. A decision walks the path from the root, as long as there are nodes; it costs one look-up per
 * component, however many rules there are, and none for what lies below the last node.
 *
 * On the way it remembers, for each tier, the rule that was met last and that speaks about the access: within a tier the
 * longest path wins, and a rule deeper down is met later. At one node the rules are sorted strongest first, so the first that
 * speaks is the one. At the end the strongest tier that has a rule decides.
 *
 * A file whose name no rule holds may be the side file of one that a rule does hold. Trying each file rule of the directory
 * would take as long as there are rules; instead the name tells which files it could belong to (pst-side-file.c), a handful at
 * most, and these are looked up.
 */

/* clang-format off */
G_DEFINE_QUARK (pst-ruleset-error-quark, pst_ruleset_error)
/* clang-format on */

gboolean
pst_rule_speaks (const PstRule *rule, PstAccess access)
{
  switch (rule->answer)
    {
    case PST_ANSWER_ALLOW:
      return rule->access == PST_ACCESS_CHANGE || rule->access == access;
    case PST_ANSWER_DENY:
    case PST_ANSWER_HIDE:
    case PST_ANSWER_PRIVATE:
      /* VIEW < CHANGE < SAVE: refusing one refuses what comes after it. */
      return access >= rule->access;
    case PST_ANSWER_ASK:
      return rule->access == access || access == PST_ACCESS_CHANGE;
    default:
      return FALSE;
    }
}

gboolean
pst_rule_covers_anonymous_side_files (const PstRule *rule)
{
  return rule->scope == PST_SCOPE_FILE && rule->answer == PST_ANSWER_ALLOW && rule->access != PST_ACCESS_VIEW;
}

gboolean
pst_rule_covers_side_files (const PstRule *rule)
{
  if (rule->scope != PST_SCOPE_FILE || rule->answer == PST_ANSWER_ASK)
    return FALSE;
  return rule->answer == PST_ANSWER_ALLOW ? rule->access != PST_ACCESS_VIEW : rule->access != PST_ACCESS_SAVE;
}

int
pst_rule_compare_strength (const PstRule *a, const PstRule *b)
{
  static const int severity[] = {
    [PST_ANSWER_DENY] = 0, [PST_ANSWER_HIDE] = 1, [PST_ANSWER_PRIVATE] = 2, [PST_ANSWER_ASK] = 3, [PST_ANSWER_ALLOW] = 4,
  };
  gboolean a_denies = a->answer == PST_ANSWER_DENY, b_denies = b->answer == PST_ANSWER_DENY;

  if (a->tier != b->tier)
    return pst_tier_rank (a->tier) < pst_tier_rank (b->tier) ? -1 : 1;
  if (a_denies != b_denies)
    return a_denies ? -1 : 1;
  if (a->scope != b->scope)
    return a->scope == PST_SCOPE_FILE ? -1 : 1;
  if (severity[a->answer] != severity[b->answer])
    return severity[a->answer] - severity[b->answer];
  return (int)a->access - (int)b->access;
}

guint32
pst_ruleset_find_child (const PstRuleset *ruleset, guint32 parent, const char *name, gsize length)
{
  guint32 hash = pst_node_hash (parent, name, length);

  for (guint32 i = hash & ruleset->table_mask;; i = (i + 1) & ruleset->table_mask)
    {
      guint32 index = ruleset->table[i];
      const PstNode *node;

      if (index == PST_NODE_NONE)
        return PST_NODE_NONE;
      node = &ruleset->nodes[index];
      if (node->hash == hash && node->parent == parent && node->name_length == length && memcmp (node->name, name, length) == 0)
        return index;
    }
}

guint32
pst_ruleset_find (const PstRuleset *ruleset, const char *path)
{
  guint32 index = PST_NODE_ROOT;
  const char *component = path + 1, *end;

  for (; *component != '\0' && index != PST_NODE_NONE; component = *end == '\0' ? end : end + 1)
    {
      end = strchrnul (component, '/');
      index = pst_ruleset_find_child (ruleset, index, component, (gsize)(end - component));
    }
  return index;
}

/* What the walk has found so far. */
typedef struct
{
  const PstRuleset *ruleset;
  PstAccess access;
  const PstRule *rules[PST_N_TIERS]; /* by the tier's rank, the rule met last */
  guint depths[PST_N_TIERS];         /* … and how deep its path is */
  const PstNode *guard;              /* (nullable): the deepest protected path */
  guint32 directory;                 /* for side files: where the file is */
  const PstRule *side[PST_N_TIERS];
} Walk;

static void
meet (Walk *walk, const PstNode *node, gboolean is_path_itself)
{
  gboolean met[PST_N_TIERS] = { FALSE };

  if ((node->flags & PST_NODE_PROTECTED) != 0)
    walk->guard = node;
  for (guint i = 0; i < node->n_rules; i++)
    {
      const PstRule *rule = &walk->ruleset->rules[node->first_rule + i];
      guint tier = pst_tier_rank (rule->tier);

      if (!met[tier] && (rule->scope == PST_SCOPE_TREE || is_path_itself) && pst_rule_speaks (rule, walk->access))
        {
          met[tier] = TRUE;
          walk->rules[tier] = rule;
          walk->depths[tier] = node->depth;
        }
    }
}

static void
take_side_rule (Walk *walk, const PstRule *rule)
{
  guint tier = pst_tier_rank (rule->tier);

  if (walk->side[tier] == NULL || pst_rule_compare_strength (rule, walk->side[tier]) < 0)
    walk->side[tier] = rule;
}

static gboolean
try_original (const char *original, gsize length, gpointer user_data)
{
  Walk *walk = user_data;
  guint32 index = pst_ruleset_find_child (walk->ruleset, walk->directory, original, length);

  if (index != PST_NODE_NONE && (walk->ruleset->nodes[index].flags & PST_NODE_SIDE_RULE) != 0)
    for (guint i = 0; i < walk->ruleset->nodes[index].n_rules; i++)
      {
        const PstRule *rule = &walk->ruleset->rules[walk->ruleset->nodes[index].first_rule + i];

        if (pst_rule_covers_side_files (rule) && pst_rule_speaks (rule, walk->access))
          take_side_rule (walk, rule);
      }
  return FALSE;
}

/* The file rules of the directory that speak about @name as a side file; they stand behind rules that name it (at @depth). */
static void
meet_side_rules (Walk *walk, guint32 directory, const char *name, gsize length, guint depth)
{
  const PstNode *node = &walk->ruleset->nodes[directory];

  walk->directory = directory;
  pst_side_file_foreach_original (name, length, try_original, walk);
  if (node->anonymous != PST_NODE_NONE && pst_side_file_is_anonymous (name, length))
    for (guint tier = 0; tier < PST_N_TIERS; tier++)
      {
        const PstRule *rule = walk->ruleset->anonymous_rules[node->anonymous].rules[tier][walk->access - PST_ACCESS_VIEW];

        if (rule != NULL)
          take_side_rule (walk, rule);
      }
  for (guint tier = 0; tier < PST_N_TIERS; tier++)
    if (walk->side[tier] != NULL && (walk->rules[tier] == NULL || walk->depths[tier] < depth))
      {
        walk->rules[tier] = walk->side[tier];
        /* The rule's path is not the file's: if the side file itself is protected, that lies between them. */
        walk->depths[tier] = depth - 1;
      }
}

static gboolean
component_is_normal (const char *name, gsize length)
{
  return length > 0 && !(name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')));
}

void
pst_ruleset_decide (const PstRuleset *ruleset, const char *path, PstAccess access, PstDecision *out)
{
  Walk walk = { .ruleset = ruleset, .access = access };
  guint32 index = PST_NODE_ROOT, directory = PST_NODE_NONE;
  const char *component, *end, *last = NULL;
  gsize last_length = 0;
  guint depth = 0;

  *out = (PstDecision){ .answer = PST_ANSWER_DENY };
  if (path == NULL || path[0] != '/' || access < PST_ACCESS_VIEW || access > PST_ACCESS_SAVE)
    return;

  for (component = path + 1; *component != '\0' || depth > 0; component = end + 1)
    {
      end = strchrnul (component, '/');
      last = component;
      last_length = (gsize)(end - component);
      if (!component_is_normal (last, last_length))
        return;
      if (index != PST_NODE_NONE)
        meet (&walk, &ruleset->nodes[index], FALSE);
      directory = index;
      if (index != PST_NODE_NONE)
        index = pst_ruleset_find_child (ruleset, index, last, last_length);
      depth++;
      if (*end == '\0')
        break;
    }

  if (index != PST_NODE_NONE)
    meet (&walk, &ruleset->nodes[index], TRUE);
  if (directory != PST_NODE_NONE && (ruleset->nodes[directory].flags & PST_NODE_SIDE_BELOW) != 0)
    meet_side_rules (&walk, directory, last, last_length, depth);

  out->answer = PST_ANSWER_ASK;
  out->uniform = index == PST_NODE_NONE || (ruleset->nodes[index].flags & PST_NODE_HAS_BELOW) == 0;
  out->is_door = index != PST_NODE_NONE && (ruleset->nodes[index].flags & PST_NODE_DOOR) != 0;
  for (guint tier = 0; tier < PST_N_TIERS; tier++)
    if (walk.rules[tier] != NULL)
      {
        out->rule = walk.rules[tier];
        out->answer = out->rule->answer;
        if (out->answer == PST_ANSWER_ALLOW && walk.guard != NULL && walk.guard->depth > walk.depths[tier])
          out->answer = PST_ANSWER_ASK;
        break;
      }
  if (out->answer == PST_ANSWER_ASK && walk.guard != NULL)
    out->protected_by = walk.guard->path;
}

void
pst_ruleset_foreach_child (const PstRuleset *ruleset, const char *directory, PstRulesetNameFunc func, gpointer user_data)
{
  guint32 index = directory[0] == '/' ? pst_ruleset_find (ruleset, directory) : PST_NODE_NONE;

  if (index == PST_NODE_NONE)
    return;
  for (index = ruleset->nodes[index].first_child; index != PST_NODE_NONE; index = ruleset->nodes[index].next_sibling)
    {
      const PstNode *node = &ruleset->nodes[index];
      char name[G_MAXUINT8 + 1];
      g_autofree char *long_name = NULL;

      if ((node->flags & (PST_NODE_LISTED | PST_NODE_GRANTED)) == 0)
        continue;
      if (node->name_length < sizeof name)
        {
          memcpy (name, node->name, node->name_length);
          name[node->name_length] = '\0';
        }
      else
        long_name = g_strndup (node->name, node->name_length);
      func (long_name != NULL ? long_name : name, (node->flags & PST_NODE_LISTED) != 0, user_data);
    }
}

PstRuleset *
pst_ruleset_ref (PstRuleset *ruleset)
{
  g_atomic_int_inc (&ruleset->refs);
  return ruleset;
}

void
pst_ruleset_unref (PstRuleset *ruleset)
{
  if (ruleset == NULL || !g_atomic_int_dec_and_test (&ruleset->refs))
    return;
  g_string_chunk_free (ruleset->strings);
  g_free (ruleset->nodes);
  g_free (ruleset->table);
  g_free (ruleset->rules);
  g_free (ruleset->anonymous_rules);
  g_free (ruleset);
}

guint64
pst_ruleset_get_generation (const PstRuleset *ruleset)
{
  return ruleset->generation;
}

guint
pst_ruleset_get_n_rules (const PstRuleset *ruleset)
{
  return ruleset->n_rules;
}

const PstRule *
pst_ruleset_get_rule (const PstRuleset *ruleset, guint index)
{
  g_return_val_if_fail (index < ruleset->n_rules, NULL);
  return &ruleset->rules[index];
}
