/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset-private.h"

#include "pst-path.h"

#include <limits.h>
#include <string.h>

/* The wire form. It is read as if an enemy had written it: nothing of it is believed before it has been checked. */

static char *
path_of_node (const PstRuleset *ruleset, guint32 index)
{
  const PstNode *node = &ruleset->nodes[index];
  GString *path = g_string_new (NULL);

  for (; index != PST_NODE_ROOT; index = node->parent)
    {
      node = &ruleset->nodes[index];
      g_string_prepend_len (path, node->name, node->name_length);
      g_string_prepend_c (path, '/');
    }
  if (path->len == 0)
    g_string_append_c (path, '/');
  return g_string_free (path, FALSE);
}

GVariant *
pst_ruleset_to_variant (const PstRuleset *ruleset)
{
  GVariantBuilder rules, doors, guards;

  g_variant_builder_init (&rules, G_VARIANT_TYPE ("a(tayuuuu)"));
  for (guint32 i = 0; i < ruleset->n_rules; i++)
    {
      const PstRule *rule = &ruleset->rules[i];

      g_variant_builder_add (&rules, "(t@ayuuuu)", rule->id, g_variant_new_bytestring (rule->path), (guint32)rule->scope,
                             (guint32)rule->access, (guint32)rule->answer, (guint32)rule->tier);
    }

  g_variant_builder_init (&doors, G_VARIANT_TYPE ("a(ayb)"));
  g_variant_builder_init (&guards, G_VARIANT_TYPE ("aay"));
  for (guint32 i = 0; i < ruleset->n_nodes; i++)
    {
      const PstNode *node = &ruleset->nodes[i];

      if ((node->flags & PST_NODE_ADDED_DOOR) != 0)
        {
          g_autofree char *path = path_of_node (ruleset, i);

          g_variant_builder_add (&doors, "(@ayb)", g_variant_new_bytestring (path), (node->flags & PST_NODE_LISTED) != 0);
        }
      if ((node->flags & PST_NODE_PROTECTED) != 0)
        g_variant_builder_add_value (&guards, g_variant_new_bytestring (node->path));
    }
  return g_variant_new (PST_RULESET_TYPE, ruleset->generation, &rules, &doors, &guards);
}

/* A byte string without a NUL but its last, that is a normal path. */
static const char *
check_path (GVariant *value)
{
  gsize size;
  const char *path = g_variant_get_fixed_array (value, &size, 1);

  if (size < 2 || size > PATH_MAX || path[size - 1] != '\0' || memchr (path, '\0', size - 1) != NULL ||
      !pst_path_is_normal (path))
    return NULL;
  return path;
}

static gboolean
read_rules (GVariant *rules, PstRulesetBuilder *builder)
{
  gsize n_rules = g_variant_n_children (rules);

  for (gsize i = 0; i < n_rules; i++)
    {
      g_autoptr (GVariant) path = NULL;
      guint32 scope, access, answer, tier;
      PstRule rule = { 0 };

      g_variant_get_child (rules, i, "(t@ayuuuu)", &rule.id, &path, &scope, &access, &answer, &tier);
      rule.path = check_path (path);
      if (rule.path == NULL || scope > PST_SCOPE_FILE || access > PST_ACCESS_SAVE || answer > PST_ANSWER_ASK ||
          tier > PST_TIER_PROFILE)
        return FALSE;
      rule.scope = scope;
      rule.access = access;
      rule.answer = answer;
      rule.tier = tier;
      if (!pst_ruleset_builder_add_rule (builder, &rule))
        return FALSE;
    }
  return TRUE;
}

PstRuleset *
pst_ruleset_new_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (PstRulesetBuilder) builder = NULL;
  g_autoptr (GVariant) rules = NULL, doors = NULL, guards = NULL;
  guint64 generation;
  gsize n_doors, n_guards;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (PST_RULESET_TYPE)) || !g_variant_is_normal_form (variant))
    {
      g_set_error_literal (error, PST_RULESET_ERROR, 0, "A ruleset came in that is malformed");
      return NULL;
    }
  g_variant_get (variant, "(t@a(tayuuuu)@a(ayb)@aay)", &generation, &rules, &doors, &guards);
  n_doors = g_variant_n_children (doors);
  n_guards = g_variant_n_children (guards);
  if (g_variant_n_children (rules) + n_doors + n_guards > PST_RULESET_MAX_ENTRIES)
    {
      g_set_error (error, PST_RULESET_ERROR, 0, "A ruleset came in with more than %d entries", PST_RULESET_MAX_ENTRIES);
      return NULL;
    }

  builder = pst_ruleset_builder_new ();
  if (!read_rules (rules, builder))
    {
      g_set_error_literal (error, PST_RULESET_ERROR, 0, "A ruleset came in with a rule that is out of range");
      return NULL;
    }
  for (gsize i = 0; i < n_doors; i++)
    {
      g_autoptr (GVariant) path = NULL;
      gboolean listed;

      g_variant_get_child (doors, i, "(@ayb)", &path, &listed);
      if (check_path (path) == NULL || !pst_ruleset_builder_add_door (builder, check_path (path), listed))
        {
          g_set_error_literal (error, PST_RULESET_ERROR, 0, "A ruleset came in with a door that is not a normal path");
          return NULL;
        }
    }
  for (gsize i = 0; i < n_guards; i++)
    {
      g_autoptr (GVariant) path = g_variant_get_child_value (guards, i);

      if (check_path (path) == NULL || !pst_ruleset_builder_add_protected (builder, check_path (path)))
        {
          g_set_error_literal (error, PST_RULESET_ERROR, 0, "A ruleset came in with a protected path that is not normal");
          return NULL;
        }
    }
  return pst_ruleset_builder_end (g_steal_pointer (&builder), generation);
}
