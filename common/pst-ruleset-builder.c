/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset-private.h"

#include "pst-path.h"

#include <string.h>

/* Collects rules, doors and protected paths into the tree that pst-ruleset.c walks. A node is always made after its parent, so
 * an index is greater than the parent's. What depends on several rules is computed once, in pst_ruleset_builder_end(). */

typedef struct
{
  guint32 node;
  guint32 order; /* of adding */
  PstRule rule;
} Entry;

struct _PstRulesetBuilder
{
  GStringChunk *strings;
  GArray *nodes;   /* of PstNode */
  GArray *entries; /* of Entry */
  guint32 *table;
  guint32 table_mask;
};

/* A function and not a macro: the index may come from something that moves the array. */
static PstNode *
node_at (PstRulesetBuilder *builder, guint32 index)
{
  return &g_array_index (builder->nodes, PstNode, index);
}

static void
table_insert (PstRulesetBuilder *builder, guint32 index)
{
  guint32 i = node_at (builder, index)->hash & builder->table_mask;

  while (builder->table[i] != PST_NODE_NONE)
    i = (i + 1) & builder->table_mask;
  builder->table[i] = index;
}

static void
table_resize (PstRulesetBuilder *builder, guint32 size)
{
  g_free (builder->table);
  builder->table = g_new (guint32, size);
  memset (builder->table, 0xff, size * sizeof (guint32));
  builder->table_mask = size - 1;
  for (guint32 i = 1; i < builder->nodes->len; i++)
    table_insert (builder, i);
}

static guint32
add_node (PstRulesetBuilder *builder, guint32 parent, const char *name, gsize length)
{
  PstNode node = {
    .name = name,
    .name_length = (guint16)length,
    .parent = parent,
    .first_child = PST_NODE_NONE,
    .next_sibling = PST_NODE_NONE,
    .anonymous = PST_NODE_NONE,
    .hash = pst_node_hash (parent, name, length),
  };
  guint32 index = builder->nodes->len;

  if (parent != PST_NODE_NONE)
    {
      node.next_sibling = node_at (builder, parent)->first_child;
      node_at (builder, parent)->first_child = index;
      node.depth = (guint16)(node_at (builder, parent)->depth + 1);
    }
  g_array_append_val (builder->nodes, node);
  if (parent == PST_NODE_NONE)
    return index;
  if (builder->nodes->len > builder->table_mask / 2)
    table_resize (builder, (builder->table_mask + 1) * 2);
  else
    table_insert (builder, index);
  return index;
}

PstRulesetBuilder *
pst_ruleset_builder_new (void)
{
  PstRulesetBuilder *builder = g_new0 (PstRulesetBuilder, 1);

  builder->strings = g_string_chunk_new (1024);
  builder->nodes = g_array_new (FALSE, FALSE, sizeof (PstNode));
  builder->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  add_node (builder, PST_NODE_NONE, "", 0);
  table_resize (builder, 64);
  return builder;
}

void
pst_ruleset_builder_free (PstRulesetBuilder *builder)
{
  if (builder == NULL)
    return;
  if (builder->strings != NULL)
    g_string_chunk_free (builder->strings);
  if (builder->nodes != NULL)
    g_array_unref (builder->nodes);
  g_array_unref (builder->entries);
  g_free (builder->table);
  g_free (builder);
}

static guint32
find_child (PstRulesetBuilder *builder, guint32 parent, const char *name, gsize length)
{
  const PstRuleset view = {
    .nodes = (PstNode *)(gpointer)builder->nodes->data,
    .table = builder->table,
    .table_mask = builder->table_mask,
  };

  return pst_ruleset_find_child (&view, parent, name, length);
}

/* The node of @path, which is normal. @owned: the copy of it that the ruleset keeps. */
static guint32
intern (PstRulesetBuilder *builder, const char *owned)
{
  guint32 index = PST_NODE_ROOT;
  const char *component = owned + 1, *end;

  for (; *component != '\0'; component = *end == '\0' ? end : end + 1)
    {
      gsize length;
      guint32 child;

      end = strchrnul (component, '/');
      length = (gsize)(end - component);
      child = find_child (builder, index, component, length);
      index = child != PST_NODE_NONE ? child : add_node (builder, index, component, length);
    }
  return index;
}

gboolean
pst_ruleset_builder_add_rule (PstRulesetBuilder *builder, const PstRule *rule)
{
  Entry entry = { .order = builder->entries->len, .rule = *rule };

  if (!pst_path_is_normal (rule->path) || rule->scope < PST_SCOPE_TREE || rule->scope > PST_SCOPE_FILE ||
      rule->access < PST_ACCESS_VIEW || rule->access > PST_ACCESS_SAVE || rule->answer < PST_ANSWER_ALLOW ||
      rule->answer > PST_ANSWER_ASK || pst_tier_rank (rule->tier) >= PST_N_TIERS)
    return FALSE;
  entry.rule.path = g_string_chunk_insert (builder->strings, rule->path);
  entry.node = intern (builder, entry.rule.path);
  g_array_append_val (builder->entries, entry);
  return TRUE;
}

gboolean
pst_ruleset_builder_add_protected (PstRulesetBuilder *builder, const char *path)
{
  const char *owned;
  PstNode *node;

  if (!pst_path_is_normal (path))
    return FALSE;
  owned = g_string_chunk_insert (builder->strings, path);
  node = node_at (builder, intern (builder, owned));
  node->flags |= PST_NODE_PROTECTED;
  if (node->path == NULL)
    node->path = owned;
  return TRUE;
}

static void
mark_parents_as_doors (GArray *nodes, guint32 index)
{
  while (index != PST_NODE_ROOT)
    {
      index = g_array_index (nodes, PstNode, index).parent;
      /* The root's own parents have been marked with it. */
      if ((g_array_index (nodes, PstNode, index).flags & PST_NODE_DOOR) != 0)
        return;
      g_array_index (nodes, PstNode, index).flags |= PST_NODE_DOOR;
    }
}

gboolean
pst_ruleset_builder_add_door (PstRulesetBuilder *builder, const char *path, gboolean listed)
{
  guint32 index;

  if (!pst_path_is_normal (path))
    return FALSE;
  index = intern (builder, g_string_chunk_insert (builder->strings, path));
  mark_parents_as_doors (builder->nodes, index);
  node_at (builder, index)->flags |= PST_NODE_DOOR | PST_NODE_ADDED_DOOR | (listed ? PST_NODE_LISTED : 0);
  return TRUE;
}

static int
compare_keys (const Entry *a, const Entry *b)
{
  if (a->node != b->node)
    return a->node < b->node ? -1 : 1;
  if (a->rule.tier != b->rule.tier)
    return (int)a->rule.tier - (int)b->rule.tier;
  if (a->rule.scope != b->rule.scope)
    return (int)a->rule.scope - (int)b->rule.scope;
  return (int)a->rule.access - (int)b->rule.access;
}

static gint
compare_entries_by_key (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;
  int by_key = compare_keys (x, y);

  return by_key != 0 ? by_key : x->order < y->order ? -1 : x->order > y->order;
}

static gint
compare_entries_by_strength (gconstpointer a, gconstpointer b)
{
  const Entry *x = a, *y = b;

  if (x->node != y->node)
    return x->node < y->node ? -1 : 1;
  return pst_rule_compare_strength (&x->rule, &y->rule);
}

/* Of rules with the same key the last stays, but a denial is only replaced by a denial. */
static void
drop_replaced (GArray *entries)
{
  guint kept = 0;

  g_array_sort (entries, compare_entries_by_key);
  for (guint i = 0; i < entries->len; i++)
    {
      Entry *entry = &g_array_index (entries, Entry, i);
      Entry *last = kept > 0 ? &g_array_index (entries, Entry, kept - 1) : NULL;

      if (last == NULL || compare_keys (last, entry) != 0)
        g_array_index (entries, Entry, kept++) = *entry;
      else if (last->rule.answer != PST_ANSWER_DENY || entry->rule.answer == PST_ANSWER_DENY)
        *last = *entry;
    }
  g_array_set_size (entries, kept);
  g_array_sort (entries, compare_entries_by_strength);
}

/* The table of the directory above @index, made when it is first needed. */
static PstAnonymousRules *
anonymous_rules_of (GArray *tables, PstNode *directory)
{
  if (directory->anonymous == PST_NODE_NONE)
    {
      directory->anonymous = tables->len;
      g_array_set_size (tables, tables->len + 1);
    }
  return &g_array_index (tables, PstAnonymousRules, directory->anonymous);
}

static void
note_side_rule (PstRuleset *ruleset, GArray *tables, PstNode *node, const PstRule *rule)
{
  PstNode *directory = &ruleset->nodes[node->parent];
  PstAnonymousRules *table;

  node->flags |= PST_NODE_SIDE_RULE;
  directory->flags |= PST_NODE_SIDE_BELOW;
  if (!pst_rule_covers_anonymous_side_files (rule))
    return;
  table = anonymous_rules_of (tables, directory);
  for (PstAccess access = PST_ACCESS_VIEW; access <= PST_ACCESS_SAVE; access++)
    {
      const PstRule **best = &table->rules[pst_tier_rank (rule->tier)][access - PST_ACCESS_VIEW];

      if (pst_rule_speaks (rule, access) && (*best == NULL || pst_rule_compare_strength (rule, *best) < 0))
        *best = rule;
    }
}

PstRuleset *
pst_ruleset_builder_end (PstRulesetBuilder *builder, guint64 generation)
{
  PstRuleset *ruleset = g_new0 (PstRuleset, 1);
  g_autoptr (GArray) tables = g_array_new (FALSE, TRUE, sizeof (PstAnonymousRules));

  drop_replaced (builder->entries);
  ruleset->refs = 1;
  ruleset->generation = generation;
  ruleset->strings = g_steal_pointer (&builder->strings);
  ruleset->n_nodes = builder->nodes->len;
  ruleset->nodes = (PstNode *)(gpointer)builder->nodes->data; /* taken below, when it no longer grows */
  ruleset->table = g_steal_pointer (&builder->table);
  ruleset->table_mask = builder->table_mask;
  ruleset->n_rules = builder->entries->len;
  ruleset->rules = g_new (PstRule, ruleset->n_rules);

  for (guint32 i = 0; i < ruleset->n_rules; i++)
    {
      const Entry *entry = &g_array_index (builder->entries, Entry, i);
      PstNode *node = &ruleset->nodes[entry->node];

      ruleset->rules[i] = entry->rule;
      if (node->n_rules++ == 0)
        node->first_rule = i;
      if (pst_rule_covers_side_files (&entry->rule) && entry->node != PST_NODE_ROOT)
        note_side_rule (ruleset, tables, node, &ruleset->rules[i]);
    }
  ruleset->n_anonymous = tables->len;
  ruleset->anonymous_rules = g_memdup2 (tables->data, tables->len * sizeof (PstAnonymousRules));

  /* A node is there because of something at it or below it: every parent has something below. */
  for (guint32 i = 1; i < ruleset->n_nodes; i++)
    ruleset->nodes[ruleset->nodes[i].parent].flags |= PST_NODE_HAS_BELOW;

  for (guint32 i = 0; i < ruleset->n_rules; i++)
    {
      const Entry *entry = &g_array_index (builder->entries, Entry, i);
      PstDecision decision;

      if (entry->rule.answer != PST_ANSWER_ALLOW)
        continue;
      pst_ruleset_decide (ruleset, entry->rule.path, entry->rule.access, &decision);
      if (decision.answer != PST_ANSWER_ALLOW)
        continue;
      ruleset->nodes[entry->node].flags |= PST_NODE_GRANTED;
      mark_parents_as_doors (builder->nodes, entry->node);
    }

  ruleset->nodes = (PstNode *)(gpointer)g_array_free (g_steal_pointer (&builder->nodes), FALSE);
  pst_ruleset_builder_free (builder);
  return ruleset;
}
