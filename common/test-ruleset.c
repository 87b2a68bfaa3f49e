/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset.h"

#include "pst-path.h"

#include <limits.h>
#include <string.h>

/* Two parts: what the header says, case by case; and the ruleset against a naive implementation of the same words, on random
 * rules over a small vocabulary, so that every kind of meeting between rules comes up. */

#define VIEW PST_ACCESS_VIEW
#define CHANGE PST_ACCESS_CHANGE
#define SAVE PST_ACCESS_SAVE
#define ALLOW PST_ANSWER_ALLOW
#define DENY PST_ANSWER_DENY
#define HIDE PST_ANSWER_HIDE
#define PRIVATE PST_ANSWER_PRIVATE
#define ASK PST_ANSWER_ASK
#define TREE PST_SCOPE_TREE
#define FILE_ PST_SCOPE_FILE
#define LOCK PST_TIER_LOCK
#define USER PST_TIER_USER
#define PROFILE PST_TIER_PROFILE
#define DEFAULT PST_TIER_DEFAULT

static void
add (PstRulesetBuilder *builder, guint64 id, const char *path, PstScope scope, PstAccess access, PstAnswer answer, PstTier tier)
{
  PstRule rule = { .id = id, .path = path, .scope = scope, .access = access, .answer = answer, .tier = tier };

  g_assert_true (pst_ruleset_builder_add_rule (builder, &rule));
}

static PstDecision
decide (const PstRuleset *ruleset, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (ruleset, path, access, &decision);
  return decision;
}

#define assert_answer(ruleset, path, access, expected)                                                                         \
  g_assert_cmpstr (pst_answer_to_string (decide (ruleset, path, access).answer), ==, pst_answer_to_string (expected))

static void
test_empty (void)
{
  g_autoptr (PstRuleset) ruleset = pst_ruleset_builder_end (pst_ruleset_builder_new (), 42);
  PstDecision decision = decide (ruleset, "/home/u/a", VIEW);

  g_assert_cmpint (decision.answer, ==, ASK);
  g_assert_null (decision.rule);
  g_assert_null (decision.protected_by);
  g_assert_false (decision.is_door);
  g_assert_true (decision.uniform);
  g_assert_true (decide (ruleset, "/", VIEW).uniform);
  g_assert_cmpuint (pst_ruleset_get_generation (ruleset), ==, 42);
  g_assert_cmpuint (pst_ruleset_get_n_rules (ruleset), ==, 0);
}

static void
test_not_normal (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  static const char *const bad[] = { "",     "a",    "a/b", "//",      "/a/",     "/a//b",
                                     "/./a", "/a/.", "/..", "/a/../b", "/a/b/..", "/x/y/z/../.." };
  g_autoptr (PstRuleset) ruleset = NULL;
  PstRule rule = { .scope = TREE, .access = CHANGE, .answer = ALLOW, .tier = USER };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      rule.path = bad[i];
      g_assert_false (pst_ruleset_builder_add_rule (builder, &rule));
      g_assert_false (pst_ruleset_builder_add_protected (builder, bad[i]));
      g_assert_false (pst_ruleset_builder_add_door (builder, bad[i], TRUE));
    }
  rule.path = "/a";
  rule.answer = 6;
  g_assert_false (pst_ruleset_builder_add_rule (builder, &rule));
  rule.answer = ALLOW;
  rule.tier = 0;
  g_assert_false (pst_ruleset_builder_add_rule (builder, &rule));
  rule.tier = 5;
  g_assert_false (pst_ruleset_builder_add_rule (builder, &rule));

  add (builder, 1, "/", TREE, CHANGE, ALLOW, USER);
  ruleset = pst_ruleset_builder_end (builder, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_answer (ruleset, bad[i], VIEW, DENY);
  assert_answer (ruleset, "/a", VIEW, ALLOW);
  assert_answer (ruleset, "/", VIEW, ALLOW);
  assert_answer (ruleset, "/...", VIEW, ALLOW);
  assert_answer (ruleset, "/a", 0, DENY);
  assert_answer (ruleset, "/a", 4, DENY);
}

static void
test_speaks (void)
{
  /* by answer, by the rule's access: does it speak about VIEW, CHANGE, SAVE? */
  static const struct
  {
    PstAnswer answer;
    PstAccess access;
    gboolean speaks[3];
  } cases[] = {
    { ALLOW, VIEW, { TRUE, FALSE, FALSE } },   { ALLOW, CHANGE, { TRUE, TRUE, TRUE } }, { ALLOW, SAVE, { FALSE, FALSE, TRUE } },
    { DENY, VIEW, { TRUE, TRUE, TRUE } },      { DENY, CHANGE, { FALSE, TRUE, TRUE } }, { DENY, SAVE, { FALSE, FALSE, TRUE } },
    { HIDE, VIEW, { TRUE, TRUE, TRUE } },      { HIDE, CHANGE, { FALSE, TRUE, TRUE } }, { PRIVATE, VIEW, { TRUE, TRUE, TRUE } },
    { PRIVATE, SAVE, { FALSE, FALSE, TRUE } }, { ASK, VIEW, { TRUE, TRUE, FALSE } },    { ASK, CHANGE, { FALSE, TRUE, FALSE } },
    { ASK, SAVE, { FALSE, TRUE, TRUE } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PstRulesetBuilder *builder = pst_ruleset_builder_new ();
      g_autoptr (PstRuleset) ruleset = NULL;

      add (builder, 7, "/a", TREE, cases[i].access, cases[i].answer, USER);
      ruleset = pst_ruleset_builder_end (builder, 1);
      for (PstAccess access = VIEW; access <= SAVE; access++)
        {
          PstDecision decision = decide (ruleset, "/a/b", access);

          g_assert_cmpint (decision.rule != NULL, ==, cases[i].speaks[access - VIEW]);
          g_assert_cmpint (decision.answer, ==, cases[i].speaks[access - VIEW] ? cases[i].answer : ASK);
        }
    }
}

static void
test_precedence (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;

  add (builder, 1, "/h", TREE, CHANGE, ALLOW, USER);
  add (builder, 2, "/h/p", TREE, VIEW, DENY, USER);
  add (builder, 3, "/h/p/ok", TREE, VIEW, ALLOW, USER);
  add (builder, 4, "/h/p/ok", TREE, CHANGE, DENY, USER);
  add (builder, 5, "/h/deep/er", TREE, VIEW, ALLOW, PROFILE); /* the user's rule above is stronger */
  add (builder, 6, "/h/locked", TREE, VIEW, HIDE, LOCK);
  add (builder, 7, "/h/locked/mine", TREE, CHANGE, ALLOW, USER);
  add (builder, 8, "/h/tie", FILE_, VIEW, ALLOW, USER);
  add (builder, 9, "/h/tie", TREE, VIEW, DENY, USER);
  add (builder, 10, "/h/tie2", FILE_, VIEW, HIDE, USER);
  add (builder, 11, "/h/tie2", TREE, VIEW, PRIVATE, USER);
  add (builder, 12, "/only", FILE_, CHANGE, ALLOW, USER);
  /* What the administrator says for a start stands between the person and the profile, however long the paths are. */
  add (builder, 13, "/d", TREE, VIEW, DENY, DEFAULT);
  add (builder, 14, "/d/deep/er", TREE, CHANGE, ALLOW, PROFILE);
  add (builder, 15, "/d/mine", TREE, VIEW, ALLOW, USER);
  add (builder, 16, "/d/mine/too", TREE, VIEW, HIDE, DEFAULT);
  ruleset = pst_ruleset_builder_end (builder, 1);

  assert_answer (ruleset, "/d/deep/er/a", VIEW, DENY);
  assert_answer (ruleset, "/d/mine/too/a", VIEW, ALLOW);
  assert_answer (ruleset, "/h/x", SAVE, ALLOW);
  assert_answer (ruleset, "/hx", VIEW, ASK);
  assert_answer (ruleset, "/h/p", VIEW, DENY);
  assert_answer (ruleset, "/h/px", VIEW, ALLOW);
  assert_answer (ruleset, "/h/p/ok/1", VIEW, ALLOW);
  assert_answer (ruleset, "/h/p/ok/1", CHANGE, DENY);
  g_assert_cmpuint (decide (ruleset, "/h/deep/er/a", VIEW).rule->id, ==, 1);
  assert_answer (ruleset, "/h/locked/mine/a", VIEW, HIDE);
  assert_answer (ruleset, "/h/tie", VIEW, DENY);
  assert_answer (ruleset, "/h/tie2", VIEW, HIDE);
  assert_answer (ruleset, "/h/tie2/below", VIEW, PRIVATE);
  assert_answer (ruleset, "/only", CHANGE, ALLOW);
  assert_answer (ruleset, "/only/below", CHANGE, ASK);
}

static void
test_replace (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;

  add (builder, 1, "/a", TREE, VIEW, ALLOW, USER);
  add (builder, 2, "/a", TREE, VIEW, HIDE, USER);
  add (builder, 3, "/b", TREE, VIEW, DENY, USER);
  add (builder, 4, "/b", TREE, VIEW, ALLOW, USER);
  add (builder, 5, "/b", TREE, VIEW, DENY, USER);
  ruleset = pst_ruleset_builder_end (builder, 1);
  g_assert_cmpuint (pst_ruleset_get_n_rules (ruleset), ==, 2);
  g_assert_cmpuint (decide (ruleset, "/a", VIEW).rule->id, ==, 2);
  g_assert_cmpuint (decide (ruleset, "/b", VIEW).rule->id, ==, 5);
}

static void
test_protected (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;
  PstDecision decision;

  add (builder, 1, "/h", TREE, CHANGE, ALLOW, USER);
  add (builder, 2, "/h/.gnupg", TREE, VIEW, ALLOW, USER);
  add (builder, 3, "/h/.ssh/config", FILE_, CHANGE, ALLOW, USER);
  add (builder, 4, "/q", TREE, VIEW, DENY, USER);
  add (builder, 5, "/f/a", FILE_, CHANGE, ALLOW, USER);
  g_assert_true (pst_ruleset_builder_add_protected (builder, "/h/.ssh"));
  g_assert_true (pst_ruleset_builder_add_protected (builder, "/h/.gnupg"));
  g_assert_true (pst_ruleset_builder_add_protected (builder, "/q/secret"));
  g_assert_true (pst_ruleset_builder_add_protected (builder, "/f/a~"));
  ruleset = pst_ruleset_builder_end (builder, 1);

  assert_answer (ruleset, "/h/.ss", VIEW, ALLOW);
  decision = decide (ruleset, "/h/.ssh", VIEW);
  g_assert_cmpint (decision.answer, ==, ASK);
  g_assert_cmpstr (decision.protected_by, ==, "/h/.ssh");
  g_assert_cmpuint (decision.rule->id, ==, 1);
  assert_answer (ruleset, "/h/.ssh/id", VIEW, ASK);
  assert_answer (ruleset, "/h/.ssh/config", CHANGE, ALLOW);
  assert_answer (ruleset, "/h/.ssh/config~", CHANGE, ALLOW);
  assert_answer (ruleset, "/h/.gnupg/x", VIEW, ALLOW);
  assert_answer (ruleset, "/h/.gnupg/x", CHANGE, ASK);
  assert_answer (ruleset, "/q/secret/x", VIEW, DENY);
  g_assert_null (decide (ruleset, "/q/secret/x", VIEW).protected_by);
  /* a side file that is itself protected */
  assert_answer (ruleset, "/f/a.bak", CHANGE, ALLOW);
  assert_answer (ruleset, "/f/a~", CHANGE, ASK);
}

static void
test_side_files (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;

  add (builder, 1, "/d/a.txt", FILE_, CHANGE, ALLOW, USER);
  add (builder, 2, "/d/v.jpg", FILE_, VIEW, ALLOW, USER);
  add (builder, 3, "/d/no.txt", FILE_, VIEW, DENY, USER);
  add (builder, 4, "/d/new.odt", FILE_, SAVE, ALLOW, USER);
  add (builder, 5, "/d/.a.txt.swo", FILE_, VIEW, HIDE, USER);
  add (builder, 6, "/e/x", FILE_, VIEW, DENY, USER);
  add (builder, 7, "/tree", TREE, VIEW, DENY, USER);
  add (builder, 8, "/tree/db", FILE_, CHANGE, ALLOW, USER);
  add (builder, 9, "/lock", TREE, VIEW, DENY, LOCK);
  add (builder, 10, "/lock/db", FILE_, CHANGE, ALLOW, USER);
  ruleset = pst_ruleset_builder_end (builder, 1);

  assert_answer (ruleset, "/d/.a.txt.swp", CHANGE, ALLOW);
  assert_answer (ruleset, "/d/.a.txt.swp", VIEW, ALLOW);
  assert_answer (ruleset, "/d/.goutputstream-Ab12X9", SAVE, ALLOW);
  assert_answer (ruleset, "/d/.a.txt.swo", VIEW, HIDE); /* a rule of its own is stronger */
  assert_answer (ruleset, "/d/a.txt~/below", VIEW, ASK);
  assert_answer (ruleset, "/d/sub/.a.txt.swp", VIEW, ASK);
  assert_answer (ruleset, "/d/v.jpg.xmp", VIEW, ASK);
  assert_answer (ruleset, "/d/no.txt~", VIEW, DENY);
  assert_answer (ruleset, "/d/.~lock.new.odt#", SAVE, ALLOW);
  assert_answer (ruleset, "/d/.~lock.new.odt#", VIEW, ASK);
  assert_answer (ruleset, "/e/.goutputstream-Ab12X9", CHANGE, ASK); /* might be another's */
  assert_answer (ruleset, "/tree/db-wal", CHANGE, ALLOW);
  assert_answer (ruleset, "/lock/db-wal", CHANGE, DENY);
}

static void
on_name (const char *name, gboolean listed, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup_printf ("%s%s", name, listed ? "!" : ""));
}

static gint
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static char *
children (const PstRuleset *ruleset, const char *directory)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  pst_ruleset_foreach_child (ruleset, directory, on_name, names);
  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **)names->pdata);
}

static void
test_doors_and_children (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;
  g_autofree char *home = NULL, *projects = NULL, *root = NULL, *nothing = NULL;

  g_assert_true (pst_ruleset_builder_add_door (builder, "/home/u/Pictures", TRUE));
  g_assert_true (pst_ruleset_builder_add_door (builder, "/home/u/Bilder", TRUE));
  g_assert_true (pst_ruleset_builder_add_door (builder, "/home/u/quiet/cwd", FALSE));
  add (builder, 1, "/home/u/Pictures", TREE, VIEW, ALLOW, USER);
  add (builder, 2, "/home/u/note.txt", FILE_, CHANGE, ALLOW, USER);
  add (builder, 3, "/home/u/no.txt", FILE_, CHANGE, DENY, USER);
  add (builder, 4, "/home/u/Projects/x", TREE, CHANGE, ALLOW, USER);
  add (builder, 5, "/home/u/locked/x", TREE, CHANGE, ALLOW, USER);
  add (builder, 6, "/home/u/locked", TREE, VIEW, DENY, LOCK);
  ruleset = pst_ruleset_builder_end (builder, 1);

  home = children (ruleset, "/home/u");
  g_assert_cmpstr (home, ==, "Bilder! Pictures! note.txt");
  projects = children (ruleset, "/home/u/Projects");
  g_assert_cmpstr (projects, ==, "x");
  root = children (ruleset, "/");
  g_assert_cmpstr (root, ==, "");
  nothing = children (ruleset, "/nowhere/at/all");
  g_assert_cmpstr (nothing, ==, "");

  g_assert_true (decide (ruleset, "/", VIEW).is_door);
  g_assert_true (decide (ruleset, "/home/u", VIEW).is_door);
  g_assert_true (decide (ruleset, "/home/u/Bilder", VIEW).is_door);
  g_assert_true (decide (ruleset, "/home/u/quiet", VIEW).is_door);
  g_assert_true (decide (ruleset, "/home/u/quiet/cwd", VIEW).is_door);
  g_assert_true (decide (ruleset, "/home/u/Projects", VIEW).is_door);
  g_assert_false (decide (ruleset, "/home/u/Projects/x", VIEW).is_door);
  g_assert_false (decide (ruleset, "/home/u/note.txt", VIEW).is_door);
  g_assert_false (decide (ruleset, "/home/u/locked", VIEW).is_door);
  g_assert_false (decide (ruleset, "/home/u/other", VIEW).is_door);

  g_assert_false (decide (ruleset, "/home/u", VIEW).uniform);
  g_assert_true (decide (ruleset, "/home/u/Pictures", VIEW).uniform);
  g_assert_true (decide (ruleset, "/home/u/Pictures/2026", VIEW).uniform);
  g_assert_false (decide (ruleset, "/home/u/quiet", VIEW).uniform);
}

/* ---- against the naive one ---- */

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

/* ---- the wire form ---- */

/* A head that claims so many entries, and whatever follows it. */
static GVariant *
wire (guint32 n_rules, guint32 n_doors, guint32 n_guards, const void *rest, gsize size)
{
  guint32 magic = 0x31525350;
  guint64 generation = 9;
  GByteArray *bytes = g_byte_array_new ();
  g_autoptr (GBytes) whole = NULL;

  g_byte_array_append (bytes, (guint8 *)&magic, 4);
  g_byte_array_append (bytes, (guint8 *)&generation, 8);
  g_byte_array_append (bytes, (guint8 *)&n_rules, 4);
  g_byte_array_append (bytes, (guint8 *)&n_doors, 4);
  g_byte_array_append (bytes, (guint8 *)&n_guards, 4);
  g_byte_array_append (bytes, rest, (guint)size);
  whole = g_byte_array_free_to_bytes (bytes);
  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (PST_RULESET_TYPE), whole, FALSE));
}

/* Consumes @variant. */
static PstRuleset *
read_wire (GVariant *variant)
{
  g_autoptr (GError) error = NULL;
  PstRuleset *ruleset = pst_ruleset_new_from_variant (variant, &error);

  g_variant_unref (variant);
  if (ruleset == NULL)
    g_assert_error (error, PST_RULESET_ERROR, 0);
  else
    g_assert_no_error (error);
  return ruleset;
}

#define ID "\7\0\0\0\0\0\0\0"
#define WIRE(rules, doors, guards, text) read_wire (wire (rules, doors, guards, text, sizeof text - 1))

static void
test_hostile_variant (void)
{
  static const char good[] = ID "\1\1\1\2/a\0"
                                "\1/b\0"
                                "/c\0";
  g_autoptr (PstRuleset) ruleset = WIRE (1, 1, 1, good);
  g_autoptr (PstRuleset) extremes = WIRE (1, 0, 0, ID "\2\3\5\3/a\0");

  g_assert_nonnull (ruleset);
  g_assert_cmpuint (pst_ruleset_get_generation (ruleset), ==, 9);
  g_assert_cmpuint (pst_ruleset_get_rule (ruleset, 0)->id, ==, 7);
  assert_answer (ruleset, "/a/x", VIEW, ALLOW);
  g_assert_true (decide (ruleset, "/b", VIEW).is_door);

  for (gsize i = 0; i < sizeof good - 1; i++)
    g_assert_null (read_wire (wire (1, 1, 1, good, i)));
  g_assert_null (read_wire (wire (1, 1, 1, good, sizeof good)));
  g_assert_null (WIRE (2, 1, 1, good));
  g_assert_null (WIRE (1, 0, 1, good));
  g_assert_null (WIRE (G_MAXUINT32, 0, 0, good));
  g_assert_null (WIRE (G_MAXUINT32, 1, G_MAXUINT32, good));
  g_assert_null (WIRE (PST_RULESET_MAX_ENTRIES, 1, 0, good));

  g_assert_nonnull (extremes);
  g_assert_null (WIRE (1, 0, 0, ID "\0\1\1\2/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\3\1\1\2/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\0\1\2/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\4\1\2/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\0\2/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\6\2/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\1\0/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\1\5/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\377\377\377\377/a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\1\2\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\1\2a\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\1\2/a/\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\1\2/a/../b\0"));
  g_assert_null (WIRE (1, 0, 0, ID "\1\1\1\2/a"));
  g_assert_null (WIRE (0, 1, 0, "\2/a\0"));
  g_assert_null (WIRE (0, 1, 0, "\1a\0"));
  g_assert_null (WIRE (0, 0, 1, "a\0"));
  g_assert_null (WIRE (0, 0, 1, ""));
  g_assert_null (read_wire (g_variant_ref_sink (g_variant_new_string ("/a"))));
  g_assert_null (read_wire (g_variant_ref_sink (g_variant_new_bytestring ("PSR2 and so on and on and on"))));
}

static void
test_many (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;

  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *path = g_strdup_printf ("/home/u/dir%u/file%u.txt", i % 97, i);
      add (builder, i, path, i % 2 == 0 ? FILE_ : TREE, CHANGE, i % 3 == 0 ? DENY : ALLOW, USER);
    }
  ruleset = pst_ruleset_builder_end (builder, 1);
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *path = g_strdup_printf ("/home/u/dir%u/file%u.txt", i % 97, i);
      PstDecision decision = decide (ruleset, path, CHANGE);

      g_assert_cmpuint (decision.rule->id, ==, i);
      g_assert_cmpint (decision.answer, ==, i % 3 == 0 ? DENY : ALLOW);
    }
}

static void
test_long_paths (void)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autofree char *wide = g_strnfill (4094, 'n');
  g_autofree char *wide_path = g_strconcat ("/", wide, NULL);

  while (deep->len < 4094)
    g_string_append (deep, "/d");
  add (builder, 1, deep->str, TREE, VIEW, ALLOW, USER);
  add (builder, 2, wide_path, TREE, VIEW, ALLOW, USER);
  ruleset = pst_ruleset_builder_end (builder, 1);
  assert_answer (ruleset, deep->str, VIEW, ALLOW);
  assert_answer (ruleset, wide_path, VIEW, ALLOW);
  g_string_append (deep, "/d");
  assert_answer (ruleset, deep->str, VIEW, ALLOW);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ruleset/empty", test_empty);
  g_test_add_func ("/ruleset/not-normal", test_not_normal);
  g_test_add_func ("/ruleset/speaks", test_speaks);
  g_test_add_func ("/ruleset/precedence", test_precedence);
  g_test_add_func ("/ruleset/replace", test_replace);
  g_test_add_func ("/ruleset/protected", test_protected);
  g_test_add_func ("/ruleset/side-files", test_side_files);
  g_test_add_func ("/ruleset/doors-and-children", test_doors_and_children);
  g_test_add_func ("/ruleset/random", test_random);
  g_test_add_func ("/ruleset/hostile-variant", test_hostile_variant);
  g_test_add_func ("/ruleset/many", test_many);
  g_test_add_func ("/ruleset/long-paths", test_long_paths);
  return g_test_run ();
}
