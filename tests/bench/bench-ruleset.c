/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What a decision costs, by the number of rules, for paths of each kind that a gate meets. Prints lines
 *   ruleset,RULES,KIND,NANOSECONDS
 * each the median of seven rounds; and how long it takes to read the rules from the wire, in microseconds, as the kind
 * "load-us". It fails if any kind of decision is above the bar. */

#define BAR_NS 5000

#define N_PATHS 4096
#define N_ROUNDS 7

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64)now.tv_sec * 1000000000 + now.tv_nsec;
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

/* Half of the rules are for trees, half for files of one directory, the worst case for side files. */
static GVariant *
make_rules (guint n_rules)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;

  for (guint i = 0; i < n_rules; i++)
    {
      g_autofree char *path = i % 2 == 0 ? g_strdup_printf ("/home/user/Projects/group%u/project%u", i % 50, i)
                                         : g_strdup_printf ("/home/user/Documents/letter %u.odt", i);
      PstRule rule = {
        .id = i + 1,
        .path = path,
        .scope = i % 2 == 0 ? PST_SCOPE_TREE : PST_SCOPE_FILE,
        .access = i % 3 == 0 ? PST_ACCESS_VIEW : PST_ACCESS_CHANGE,
        .answer = i % 7 == 0 ? PST_ANSWER_DENY : PST_ANSWER_ALLOW,
        .tier = PST_TIER_USER,
      };

      pst_ruleset_builder_add_rule (builder, &rule);
    }
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *path = g_strdup_printf ("/home/user/.protected%u", i);
      pst_ruleset_builder_add_protected (builder, path);
    }
  pst_ruleset_builder_add_door (builder, "/home/user/Pictures", TRUE);
  ruleset = pst_ruleset_builder_end (builder, 1);
  return g_variant_ref_sink (pst_ruleset_to_variant (ruleset));
}

static char *
make_path (const char *kind, guint n_rules)
{
  guint i = g_random_int_range (0, (gint32)n_rules);

  if (g_str_equal (kind, "tree"))
    return g_strdup_printf ("/home/user/Projects/group%u/project%u/source/module/file%u.c", (i & ~1u) % 50, i & ~1u,
                            g_random_int () % 100);
  if (g_str_equal (kind, "file"))
    return g_strdup_printf ("/home/user/Documents/letter %u.odt", i | 1);
  if (g_str_equal (kind, "side"))
    return g_strdup_printf ("/home/user/Documents/.~lock.letter %u.odt#", i | 1);
  if (g_str_equal (kind, "unknown-sibling"))
    return g_strdup_printf ("/home/user/Documents/other %u.odt", g_random_int () % 100000);
  if (g_str_equal (kind, "unknown"))
    return g_strdup_printf ("/home/user/Music/artist%u/album/track.flac", i);
  return g_strdup_printf ("/home/user/Projects/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z/%u", i);
}

static double
measure (const PstRuleset *ruleset, char **paths)
{
  double rounds[N_ROUNDS];
  guint sum = 0;

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      gint64 start = now_ns ();

      for (guint repeat = 0; repeat < 8; repeat++)
        for (guint i = 0; i < N_PATHS; i++)
          {
            PstDecision decision;

            pst_ruleset_decide (ruleset, paths[i], PST_ACCESS_VIEW + i % 3, &decision);
            sum += decision.answer;
          }
      rounds[round] = (double)(now_ns () - start) / (8.0 * N_PATHS);
    }
  if (sum == 0) /* keeps the decisions from being left out */
    abort ();
  qsort (rounds, N_ROUNDS, sizeof rounds[0], compare_numbers);
  return rounds[N_ROUNDS / 2];
}

int
main (void)
{
  static const guint sizes[] = { 10, 1000, 10000 };
  static const char *const kinds[] = { "tree", "file", "side", "unknown-sibling", "unknown", "deep" };
  int status = EXIT_SUCCESS;

  g_random_set_seed (1);
  printf ("benchmark,rules,kind,ns\n");
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GVariant) variant = make_rules (sizes[i]);
      gint64 start = now_ns ();
      g_autoptr (PstRuleset) ruleset = pst_ruleset_new_from_variant (variant, NULL);

      printf ("ruleset,%u,load-us,%.0f\n", sizes[i], (double)(now_ns () - start) / 1000);
      for (gsize j = 0; j < G_N_ELEMENTS (kinds); j++)
        {
          char *paths[N_PATHS];
          double ns;

          for (guint k = 0; k < N_PATHS; k++)
            paths[k] = make_path (kinds[j], sizes[i]);
          ns = measure (ruleset, paths);
          for (guint k = 0; k < N_PATHS; k++)
            g_free (paths[k]);
          printf ("ruleset,%u,%s,%.0f\n", sizes[i], kinds[j], ns);
          if (ns > BAR_NS)
            {
              fprintf (stderr, "%u rules, %s: %.0f ns is above %d\n", sizes[i], kinds[j], ns, BAR_NS);
              status = EXIT_FAILURE;
            }
        }
    }
  return status;
}
