/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match-rules.h"

#include <string.h>

static guint
fill (PstMatchRules *rules, guint n)
{
  guint added = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *rule = g_strdup_printf ("arg0='%u'", i);

      added += pst_match_rules_add (rules, rule);
    }
  return added;
}

static void
test_counted (void)
{
  PstMatchRules rules = { 0 };

  g_assert_true (pst_match_rules_add (&rules, "a"));
  g_assert_true (pst_match_rules_add (&rules, "a"));
  g_assert_cmpuint (rules.n, ==, 2);
  pst_match_rules_remove (&rules, "b");
  g_assert_cmpuint (rules.n, ==, 2);
  pst_match_rules_remove (&rules, "a");
  pst_match_rules_remove (&rules, "a");
  pst_match_rules_remove (&rules, "a");
  g_assert_cmpuint (rules.n, ==, 0);
  pst_match_rules_clear (&rules);
}

static void
test_one (void)
{
  PstMatchRules rules = { 0 };

  g_assert_cmpuint (fill (&rules, 2 * PST_MATCH_RULES_MAX), ==, PST_MATCH_RULES_MAX);
  pst_match_rules_remove (&rules, "arg0='7'");
  g_assert_true (pst_match_rules_add (&rules, "another"));
  g_assert_false (pst_match_rules_add (&rules, "one more"));
  pst_match_rules_clear (&rules);
}

static void
test_together (void)
{
  PstMatchRules rules[4] = { 0 };
  guint added = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    added += fill (&rules[i], PST_MATCH_RULES_MAX);
  g_assert_cmpuint (added, ==, PST_MATCH_RULES_MAX_TOTAL);
  g_assert_false (pst_match_rules_add (&rules[3], "one more"));
  /* whoever ends leaves room for the others */
  pst_match_rules_clear (&rules[0]);
  g_assert_cmpuint (fill (&rules[3], 2 * PST_MATCH_RULES_MAX), ==, PST_MATCH_RULES_MAX);
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    pst_match_rules_clear (&rules[i]);
  g_assert_cmpuint (fill (&rules[0], PST_MATCH_RULES_MAX), ==, PST_MATCH_RULES_MAX);
  pst_match_rules_clear (&rules[0]);
}

static void
test_long (void)
{
  PstMatchRules rules = { 0 };
  g_autofree char *rule = g_strnfill (PST_MATCH_RULE_MAX_LENGTH + 1, 'x');

  g_assert_false (pst_match_rules_add (&rules, rule));
  g_assert_true (pst_match_rules_add (&rules, rule + 1));
  pst_match_rules_clear (&rules);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus/match-rules/counted", test_counted);
  g_test_add_func ("/dbus/match-rules/one", test_one);
  g_test_add_func ("/dbus/match-rules/together", test_together);
  g_test_add_func ("/dbus/match-rules/long", test_long);
  return g_test_run ();
}
