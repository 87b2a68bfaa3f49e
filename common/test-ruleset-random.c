/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-ruleset.h"

#include <limits.h>
#include <string.h>

#include "pst-path.h"

/* The ruleset against a naive implementation of the same words, on random rules over a small vocabulary, so that every kind of
 * meeting between rules comes up. */

#define MAX_RULES 24

typedef struct
{
  PstRule rules[MAX_RULES];
  char *paths[MAX_RULES];
  gsize n_rules;
  char *guards[4], *doors[4];
  gsize n_guards, n_doors;
} World;

static const char *const vocabulary[] = { "a",     "b",     "a~",  ".a.swp",      "#b#",     ".goutputstream-AAAAA1",
                                          "a.bak", "b-wal", "a~~", "longer name", "\xff\xfe" };

static char *
random_path (guint max_depth)
{
  GString *path = g_string_new (NULL);

  for (guint depth = g_test_rand_int_range (0, (gint32)max_depth + 1); depth > 0; depth--)
    g_string_append_printf (path, "/%s", vocabulary[g_test_rand_int_range (0, G_N_ELEMENTS (vocabulary))]);
  if (path->len == 0)
    g_string_append_c (path, '/');
  return g_string_free (path, FALSE);
}

static gboolean
naive_speaks (const PstRule *rule, PstAccess access)
{
  if (rule->answer == ALLOW)
    return rule->access == CHANGE || rule->access == access;
  if (rule->answer == ASK)
    return rule->access == access || (access == CHANGE && rule->access != CHANGE);
  if (rule->access == VIEW)
    return TRUE;
  return rule->access == CHANGE ? access != VIEW : access == SAVE;
}

/* How closely does the rule fit the path? 0: it does not. */
static gsize
naive_fit (const PstRule *rule, const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path), *rule_directory = g_path_get_dirname (rule->path);
  g_autofree char *name = g_path_get_basename (path), *rule_name = g_path_get_basename (rule->path);
  gboolean anonymous = strncmp (name, ".goutputstream-", 15) == 0;

  if (strcmp (rule->path, path) == 0)
    return 2 * PATH_MAX;
  if (rule->scope == TREE)
    return pst_path_is_below_or_equal (path, rule->path) ? strlen (rule->path) : 0;
  if (strcmp (rule->path, "/") == 0 || strcmp (path, "/") == 0 || strcmp (directory, rule_directory) != 0 ||
      !pst_is_side_file (rule_name, name))
    return 0;
  if (rule->answer == ALLOW ? rule->access == VIEW : rule->access == SAVE || rule->answer == ASK || anonymous)
    return 0;
  return PATH_MAX; /* better than any directory's, worse than a rule for the file itself */
}

static int
naive_rank (PstAnswer answer)
{
  return answer == DENY ? 4 : answer == HIDE ? 3 : answer == PRIVATE ? 2 : answer == ASK ? 1 : 0;
}

static gboolean
naive_better (const PstRule *a, gsize fit_a, const PstRule *b, gsize fit_b)
{
  if (a->tier != b->tier)
    {
      static const int order[] = { [LOCK] = 0, [USER] = 1, [DEFAULT] = 2, [PROFILE] = 3 };

      return order[a->tier] < order[b->tier];
    }
  if (fit_a != fit_b)
    return fit_a > fit_b;
  if ((a->answer == DENY) != (b->answer == DENY))
    return a->answer == DENY;
  if (a->scope != b->scope)
    return a->scope == FILE_;
  return naive_rank (a->answer) > naive_rank (b->answer);
}

static PstAnswer
naive_decide (const World *world, const char *path, PstAccess access)
{
  const PstRule *best = NULL;
  gsize best_fit = 0;

  for (gsize i = 0; i < world->n_rules; i++)
    {
      const PstRule *rule = &world->rules[i];
      gsize fit = naive_speaks (rule, access) ? naive_fit (rule, path) : 0;

      if (fit > 0 && (best == NULL || naive_better (rule, fit, best, best_fit)))
        {
          best = rule;
          best_fit = fit;
        }
    }
  if (best == NULL)
    return ASK;
  if (best->answer == ALLOW)
    for (gsize i = 0; i < world->n_guards; i++)
      {
        gboolean covers = pst_path_is_below_or_equal (path, world->guards[i]);
        gboolean is_side = best_fit == PATH_MAX;

        /* Between the rule's path and the path. For a side file that is the side file itself. */
        if (covers && (is_side ? strcmp (path, world->guards[i]) == 0 : strlen (world->guards[i]) > strlen (best->path)))
          return ASK;
      }
  return ALLOW == best->answer ? ALLOW : best->answer;
}

static gboolean
naive_uniform (const World *world, const char *path)
{
  for (gsize i = 0; i < world->n_rules; i++)
    if (strcmp (world->rules[i].path, path) != 0 && pst_path_is_below_or_equal (world->rules[i].path, path))
      return FALSE;
  for (gsize i = 0; i < world->n_guards; i++)
    if (strcmp (world->guards[i], path) != 0 && pst_path_is_below_or_equal (world->guards[i], path))
      return FALSE;
  for (gsize i = 0; i < world->n_doors; i++)
    if (strcmp (world->doors[i], path) != 0 && pst_path_is_below_or_equal (world->doors[i], path))
      return FALSE;
  return TRUE;
}

static gboolean
naive_door (const World *world, const char *path)
{
  for (gsize i = 0; i < world->n_doors; i++)
    if (pst_path_is_below_or_equal (world->doors[i], path))
      return TRUE;
  for (gsize i = 0; i < world->n_rules; i++)
    if (world->rules[i].answer == ALLOW && strcmp (world->rules[i].path, path) != 0 &&
        pst_path_is_below_or_equal (world->rules[i].path, path) &&
        naive_decide (world, world->rules[i].path, world->rules[i].access) == ALLOW)
      return TRUE;
  return FALSE;
}

static void
naive_add (World *world, const PstRule *rule)
{
  for (gsize i = 0; i < world->n_rules; i++)
    {
      PstRule *old = &world->rules[i];

      if (strcmp (old->path, rule->path) == 0 && old->scope == rule->scope && old->access == rule->access &&
          old->tier == rule->tier)
        {
          if (old->answer != DENY)
            old->answer = rule->answer;
          return;
        }
    }
  world->rules[world->n_rules++] = *rule;
}

static PstRuleset *
random_world (World *world)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  guint n = (guint)g_test_rand_int_range (0, MAX_RULES);

  for (guint i = 0; i < n; i++)
    {
      PstRule rule = {
        .id = i + 1,
        .path = world->paths[i] = random_path (3),
        .scope = (PstScope)g_test_rand_int_range (TREE, FILE_ + 1),
        .access = (PstAccess)g_test_rand_int_range (VIEW, SAVE + 1),
        .answer = (PstAnswer)g_test_rand_int_range (ALLOW, ASK + 1),
        .tier = (PstTier)g_test_rand_int_range (LOCK, DEFAULT + 1),
      };

      g_assert_true (pst_ruleset_builder_add_rule (builder, &rule));
      naive_add (world, &rule);
    }
  for (world->n_guards = 0; world->n_guards < G_N_ELEMENTS (world->guards) && g_test_rand_bit (); world->n_guards++)
    g_assert_true (pst_ruleset_builder_add_protected (builder, world->guards[world->n_guards] = random_path (4)));
  for (world->n_doors = 0; world->n_doors < G_N_ELEMENTS (world->doors) && g_test_rand_bit (); world->n_doors++)
    g_assert_true (pst_ruleset_builder_add_door (builder, world->doors[world->n_doors] = random_path (4), g_test_rand_bit ()));
  return pst_ruleset_builder_end (builder, g_test_rand_int ());
}

static void
clear_world (World *world)
{
  for (gsize i = 0; i < MAX_RULES; i++)
    g_free (world->paths[i]);
  for (gsize i = 0; i < 4; i++)
    {
      g_free (world->guards[i]);
      g_free (world->doors[i]);
    }
}

static void
check_same (const PstRuleset *ruleset, const PstRuleset *again, const World *world, const char *path)
{
  for (PstAccess access = VIEW; access <= SAVE; access++)
    {
      PstDecision one = decide (ruleset, path, access), two = decide (again, path, access);
      PstAnswer naive = naive_decide (world, path, access);

      if (one.answer != naive)
        g_error ("%s, %s: %s, naive %s", path, pst_access_to_string (access), pst_answer_to_string (one.answer),
                 pst_answer_to_string (naive));
      g_assert_cmpint (one.uniform, ==, naive_uniform (world, path));
      g_assert_cmpint (one.is_door, ==, naive_door (world, path));
      g_assert_cmpint (one.answer, ==, two.answer);
      g_assert_cmpint (one.uniform, ==, two.uniform);
      g_assert_cmpint (one.is_door, ==, two.is_door);
      g_assert_cmpstr (one.protected_by, ==, two.protected_by);
      g_assert_cmpuint (one.rule != NULL ? one.rule->id : 0, ==, two.rule != NULL ? two.rule->id : 0);
    }
}

/* What "uniform" promises: below such a path, every path decides like every other. */
static void
check_uniform (const PstRuleset *ruleset, const char *path)
{
  g_autofree char *one = g_strconcat (strcmp (path, "/") == 0 ? "" : path, "/x1", NULL);
  g_autofree char *two = g_strconcat (strcmp (path, "/") == 0 ? "" : path, "/a/b/x2", NULL);

  if (!decide (ruleset, path, VIEW).uniform)
    return;
  for (PstAccess access = VIEW; access <= SAVE; access++)
    g_assert_cmpint (decide (ruleset, one, access).answer, ==, decide (ruleset, two, access).answer);
}

static void
test_random (void)
{
  for (guint round = 0; round < (g_test_thorough () ? 50000 : 3000); round++)
    {
      World world = { 0 };
      g_autoptr (PstRuleset) ruleset = random_world (&world);
      g_autoptr (GVariant) variant = g_variant_ref_sink (pst_ruleset_to_variant (ruleset));
      g_autoptr (GError) error = NULL;
      g_autoptr (PstRuleset) again = pst_ruleset_new_from_variant (variant, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (pst_ruleset_get_generation (again), ==, pst_ruleset_get_generation (ruleset));
      g_assert_cmpuint (pst_ruleset_get_n_rules (again), ==, world.n_rules);
      for (guint i = 0; i < 40; i++)
        {
          g_autofree char *path = random_path (5);

          check_same (ruleset, again, &world, path);
          check_uniform (ruleset, path);
        }
      clear_world (&world);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ruleset/random", test_random);
  return g_test_run ();
}
