/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset.h"

#include "pst-path.h"

#include <limits.h>
#include <string.h>

/* The model: a hash table from path to node. A node gathers all that is said at exactly that path (rules, door, protection),
 * and every ancestor of such a path has a node too, which knows that something lies below it. A decision walks the path's
 * components from the root down, one look-up each, and keeps the best rule seen; it can stop at the first component
 * without a node, since nothing more specific exists. The hash of each prefix extends that of the one before, so that
 * the path is read once. */

typedef struct _Node Node;

struct _Node
{
  Node *next_in_bucket;
  char *path;
  gsize length;
  guint32 hash;
  GArray *rules;       /* (nullable): PstRule, paths pointing to ->path */
  GPtrArray *children; /* (nullable): Node, directly below */
  gboolean door;
  gboolean listed;
  gboolean protect;
  gboolean below; /* something is said strictly below */
};

struct _PstRulesetBuilder
{
  PstRuleset *ruleset;
};

struct _PstRuleset
{
  gint refs;
  guint64 generation;
  guint n_rules;
  guint n_nodes;
  guint n_buckets; /* a power of two */
  Node **buckets;
};

G_DEFINE_QUARK (pst - ruleset - error - quark, pst_ruleset_error)

#define HASH_START 2166136261u

static inline guint32
hash_step (guint32 hash, char c)
{
  return (hash ^ (guchar)c) * 16777619u;
}

static inline guint32
hash_finish (guint32 hash)
{
  hash ^= hash >> 15;
  return hash * 0x2c1b3c6du;
}

static Node *
find_node (const PstRuleset *ruleset, const char *path, gsize length, guint32 hash)
{
  for (Node *node = ruleset->buckets[hash_finish (hash) & (ruleset->n_buckets - 1)]; node != NULL; node = node->next_in_bucket)
    if (node->hash == hash && node->length == length && memcmp (node->path, path, length) == 0)
      return node;
  return NULL;
}

static void
grow (PstRuleset *ruleset)
{
  guint n_buckets = ruleset->n_buckets * 2;
  Node **buckets = g_new0 (Node *, n_buckets);

  for (guint i = 0; i < ruleset->n_buckets; i++)
    for (Node *node = ruleset->buckets[i], *next; node != NULL; node = next)
      {
        guint slot = hash_finish (node->hash) & (n_buckets - 1);

        next = node->next_in_bucket;
        node->next_in_bucket = buckets[slot];
        buckets[slot] = node;
      }
  g_free (ruleset->buckets);
  ruleset->buckets = buckets;
  ruleset->n_buckets = n_buckets;
}

static guint32
hash_path (const char *path, gsize length)
{
  guint32 hash = HASH_START;

  for (gsize i = 0; i < length; i++)
    hash = hash_step (hash, path[i]);
  return hash;
}

/* The node at the first @length bytes of @path, made with its ancestors if need be. */
static Node *
ensure_node (PstRuleset *ruleset, const char *path, gsize length)
{
  guint32 hash = hash_path (path, length);
  Node *node = find_node (ruleset, path, length, hash);
  guint slot;

  if (node != NULL)
    return node;

  if (ruleset->n_nodes >= ruleset->n_buckets)
    grow (ruleset);
  node = g_new0 (Node, 1);
  node->path = g_strndup (path, length);
  node->length = length;
  node->hash = hash;
  slot = hash_finish (hash) & (ruleset->n_buckets - 1);
  node->next_in_bucket = ruleset->buckets[slot];
  ruleset->buckets[slot] = node;
  ruleset->n_nodes++;

  if (length > 1)
    {
      gsize parent_length = length;
      Node *parent;

      while (path[parent_length - 1] != '/')
        parent_length--;
      parent_length = MAX (parent_length - 1, 1);
      parent = ensure_node (ruleset, path, parent_length);
      parent->below = TRUE;
      if (parent->children == NULL)
        parent->children = g_ptr_array_new ();
      g_ptr_array_add (parent->children, node);
    }
  return node;
}

static void
free_node (Node *node)
{
  g_clear_pointer (&node->rules, g_array_unref);
  g_clear_pointer (&node->children, g_ptr_array_unref);
  g_free (node->path);
  g_free (node);
}

PstRulesetBuilder *
pst_ruleset_builder_new (void)
{
  PstRulesetBuilder *builder = g_new0 (PstRulesetBuilder, 1);

  builder->ruleset = g_new0 (PstRuleset, 1);
  builder->ruleset->refs = 1;
  builder->ruleset->n_buckets = 64;
  builder->ruleset->buckets = g_new0 (Node *, builder->ruleset->n_buckets);
  return builder;
}

void
pst_ruleset_builder_free (PstRulesetBuilder *builder)
{
  if (builder == NULL)
    return;
  g_clear_pointer (&builder->ruleset, pst_ruleset_unref);
  g_free (builder);
}

gboolean
pst_ruleset_builder_add_rule (PstRulesetBuilder *builder, const PstRule *rule)
{
  Node *node;
  PstRule copy = *rule;

  if (!pst_path_is_normal (rule->path))
    return FALSE;
  node = ensure_node (builder->ruleset, rule->path, strlen (rule->path));
  if (node->rules == NULL)
    node->rules = g_array_new (FALSE, FALSE, sizeof (PstRule));
  copy.path = node->path;

  for (guint i = 0; i < node->rules->len; i++)
    {
      PstRule *old = &g_array_index (node->rules, PstRule, i);

      if (old->scope == copy.scope && old->access == copy.access && old->tier == copy.tier)
        {
          if (old->answer != PST_ANSWER_DENY)
            *old = copy;
          return TRUE;
        }
    }
  g_array_append_val (node->rules, copy);
  builder->ruleset->n_rules++;
  return TRUE;
}

gboolean
pst_ruleset_builder_add_protected (PstRulesetBuilder *builder, const char *path)
{
  if (!pst_path_is_normal (path))
    return FALSE;
  ensure_node (builder->ruleset, path, strlen (path))->protect = TRUE;
  return TRUE;
}

gboolean
pst_ruleset_builder_add_door (PstRulesetBuilder *builder, const char *path, gboolean listed)
{
  Node *node;
  gsize length = strlen (path);

  if (!pst_path_is_normal (path))
    return FALSE;
  node = ensure_node (builder->ruleset, path, length);
  node->door = TRUE;
  node->listed = node->listed || listed;
  while (length > 1)
    {
      while (path[length - 1] != '/')
        length--;
      length = MAX (length - 1, 1);
      ensure_node (builder->ruleset, path, length)->door = TRUE;
    }
  return TRUE;
}

PstRuleset *
pst_ruleset_builder_end (PstRulesetBuilder *builder, guint64 generation)
{
  PstRuleset *ruleset = g_steal_pointer (&builder->ruleset);

  ruleset->generation = generation;
  pst_ruleset_builder_free (builder);
  return ruleset;
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
  for (guint i = 0; i < ruleset->n_buckets; i++)
    for (Node *node = ruleset->buckets[i], *next; node != NULL; node = next)
      {
        next = node->next_in_bucket;
        free_node (node);
      }
  g_free (ruleset->buckets);
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

static gboolean
speaks_about (const PstRule *rule, PstAccess access)
{
  switch (rule->answer)
    {
    case PST_ANSWER_ALLOW:
      return rule->access == PST_ACCESS_CHANGE || rule->access == access;
    case PST_ANSWER_DENY:
    case PST_ANSWER_HIDE:
    case PST_ANSWER_PRIVATE:
    case PST_ANSWER_ASK:
      return rule->access == PST_ACCESS_VIEW || rule->access == access ||
             (rule->access == PST_ACCESS_CHANGE && access == PST_ACCESS_SAVE);
    default:
      return FALSE;
    }
}

/* Is @a, at the same or a longer path, to be preferred to @b? */
static gboolean
is_better (const PstRule *a, gsize a_length, const PstRule *b, gsize b_length)
{
  if (b == NULL)
    return TRUE;
  if (a->tier != b->tier)
    return a->tier < b->tier;
  if (a_length != b_length)
    return a_length > b_length;
  if ((a->answer == PST_ANSWER_DENY) != (b->answer == PST_ANSWER_DENY))
    return a->answer == PST_ANSWER_DENY;
  if (a->scope != b->scope)
    return a->scope == PST_SCOPE_FILE;
  return a->access > b->access;
}

/* A FILE rule with CHANGE covers the side files in its directory; they have no nodes of their own. */
static void
consider_side_files (const Node *directory, const char *path, gsize length, PstAccess access, const PstRule **best,
                     gsize *best_length)
{
  const char *name = strrchr (path, '/') + 1;

  if (directory == NULL || directory->children == NULL)
    return;
  for (guint i = 0; i < directory->children->len; i++)
    {
      const Node *child = g_ptr_array_index (directory->children, i);

      if (child->rules == NULL)
        continue;
      for (guint j = 0; j < child->rules->len; j++)
        {
          const PstRule *rule = &g_array_index (child->rules, PstRule, j);

          if (rule->scope == PST_SCOPE_FILE && rule->answer == PST_ANSWER_ALLOW && rule->access == PST_ACCESS_CHANGE &&
              speaks_about (rule, access) && pst_is_side_file (strrchr (child->path, '/') + 1, name) &&
              is_better (rule, length, *best, *best_length))
            {
              *best = rule;
              *best_length = length;
            }
        }
    }
}

void
pst_ruleset_decide (const PstRuleset *ruleset, const char *path, PstAccess access, PstDecision *out)
{
  const PstRule *best = NULL;
  const Node *protector = NULL;
  const Node *node = NULL, *parent = NULL;
  gsize best_length = 0;
  gsize total = strlen (path);
  guint32 hash = HASH_START;
  gsize end = 0;

  memset (out, 0, sizeof *out);

  for (;;)
    {
      /* The next prefix: "/", then "/a", "/a/b", … */
      gboolean whole;

      if (end == 0)
        {
          hash = hash_step (hash, '/');
          end = 1;
        }
      else
        {
          if (end > 1)
            hash = hash_step (hash, path[end++]);
          while (end < total && path[end] != '/')
            hash = hash_step (hash, path[end++]);
        }
      whole = end == total;

      parent = node;
      node = find_node (ruleset, path, end, hash);
      if (node == NULL)
        {
          if (whole)
            consider_side_files (parent, path, total, access, &best, &best_length);
          break;
        }

      if (node->protect)
        protector = node;
      if (node->rules != NULL)
        for (guint i = 0; i < node->rules->len; i++)
          {
            const PstRule *rule = &g_array_index (node->rules, PstRule, i);

            if ((rule->scope == PST_SCOPE_FILE && !whole) || !speaks_about (rule, access))
              continue;
            if (is_better (rule, end, best, best_length))
              {
                best = rule;
                best_length = end;
              }
          }
      if (whole)
        {
          out->is_door = node->door;
          consider_side_files (parent, path, total, access, &best, &best_length);
          break;
        }
    }

  out->uniform = node == NULL || !node->below;
  out->rule = best;
  out->answer = best != NULL ? best->answer : PST_ANSWER_ASK;
  if (out->answer == PST_ANSWER_ALLOW && protector != NULL && protector->length > best_length)
    {
      out->answer = PST_ANSWER_ASK;
      out->protected_by = protector->path;
    }
  else if (out->answer == PST_ANSWER_ASK && protector != NULL)
    out->protected_by = protector->path;
}

static gboolean
names_an_allow (const Node *node)
{
  if (node->rules != NULL)
    for (guint i = 0; i < node->rules->len; i++)
      if (g_array_index (node->rules, PstRule, i).answer == PST_ANSWER_ALLOW)
        return TRUE;
  return FALSE;
}

void
pst_ruleset_foreach_child (const PstRuleset *ruleset, const char *directory, PstRulesetNameFunc func, gpointer user_data)
{
  gsize length = strlen (directory);
  const Node *node = find_node (ruleset, directory, length, hash_path (directory, length));

  if (node == NULL || node->children == NULL)
    return;
  for (guint i = 0; i < node->children->len; i++)
    {
      const Node *child = g_ptr_array_index (node->children, i);

      if (child->listed || names_an_allow (child))
        func (strrchr (child->path, '/') + 1, child->listed, user_data);
    }
}

GVariant *
pst_ruleset_to_variant (const PstRuleset *ruleset)
{
  GVariantBuilder rules, doors, protect;

  g_variant_builder_init (&rules, G_VARIANT_TYPE ("a(tayuuuu)"));
  g_variant_builder_init (&doors, G_VARIANT_TYPE ("a(ayb)"));
  g_variant_builder_init (&protect, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < ruleset->n_buckets; i++)
    for (const Node *node = ruleset->buckets[i]; node != NULL; node = node->next_in_bucket)
      {
        if (node->door)
          g_variant_builder_add (&doors, "(^ayb)", node->path, node->listed);
        if (node->protect)
          g_variant_builder_add (&protect, "^ay", node->path);
        if (node->rules == NULL)
          continue;
        for (guint j = 0; j < node->rules->len; j++)
          {
            const PstRule *rule = &g_array_index (node->rules, PstRule, j);

            g_variant_builder_add (&rules, "(t^ayuuuu)", rule->id, rule->path, rule->scope, rule->access, rule->answer,
                                   rule->tier);
          }
      }
  return g_variant_new (PST_RULESET_TYPE, ruleset->generation, &rules, &doors, &protect);
}

static gboolean
refuse (GError **error, const char *what, const char *path)
{
  g_set_error (error, PST_RULESET_ERROR, 0, "%s in the ruleset: %s", what, path);
  return FALSE;
}

PstRuleset *
pst_ruleset_new_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (PstRulesetBuilder) builder = pst_ruleset_builder_new ();
  g_autoptr (GVariantIter) rules = NULL;
  g_autoptr (GVariantIter) doors = NULL;
  g_autoptr (GVariantIter) protect = NULL;
  guint64 generation;
  PstRule rule;
  guint32 scope, access, answer, tier;
  const char *path;
  gboolean listed;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (PST_RULESET_TYPE)) || !g_variant_is_normal_form (variant))
    {
      refuse (error, "wrong type", g_variant_get_type_string (variant));
      return NULL;
    }
  g_variant_get (variant, PST_RULESET_TYPE, &generation, &rules, &doors, &protect);

  while (g_variant_iter_next (rules, "(t^&ayuuuu)", &rule.id, &rule.path, &scope, &access, &answer, &tier))
    {
      if (scope < PST_SCOPE_TREE || scope > PST_SCOPE_FILE || access < PST_ACCESS_VIEW || access > PST_ACCESS_SAVE ||
          answer < PST_ANSWER_ALLOW || answer > PST_ANSWER_ASK || tier < PST_TIER_LOCK || tier > PST_TIER_PROFILE)
        {
          refuse (error, "number out of range", rule.path);
          return NULL;
        }
      rule.scope = scope;
      rule.access = access;
      rule.answer = answer;
      rule.tier = tier;
      if (!pst_ruleset_builder_add_rule (builder, &rule))
        {
          refuse (error, "path that is not normalised", rule.path);
          return NULL;
        }
    }
  while (g_variant_iter_next (doors, "(^&ayb)", &path, &listed))
    if (!pst_ruleset_builder_add_door (builder, path, listed))
      {
        refuse (error, "path that is not normalised", path);
        return NULL;
      }
  while (g_variant_iter_next (protect, "^&ay", &path))
    if (!pst_ruleset_builder_add_protected (builder, path))
      {
        refuse (error, "path that is not normalised", path);
        return NULL;
      }
  return pst_ruleset_builder_end (g_steal_pointer (&builder), generation);
}
