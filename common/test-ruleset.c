/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-ruleset.h"

#include <string.h>

/* What the header says, case by case, and the wire form. */

static void
add (PstRulesetBuilder *builder, guint64 id, const char *path, PstScope scope, PstAccess access, PstAnswer answer, PstTier tier)
{
  PstRule rule = { .id = id, .path = path, .scope = scope, .access = access, .answer = answer, .tier = tier };

  g_assert_true (pst_ruleset_builder_add_rule (builder, &rule));
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
  g_test_add_func ("/ruleset/hostile-variant", test_hostile_variant);
  g_test_add_func ("/ruleset/many", test_many);
  g_test_add_func ("/ruleset/long-paths", test_long_paths);
  return g_test_run ();
}
