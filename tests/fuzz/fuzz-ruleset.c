/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "pst-path.h"
#include "pst-ruleset.h"

/* The wire form of a ruleset, as a broker that has been taken over might send it. What is accepted must decide alike after
 * a journey through the wire form, and its decisions must be within what the header promises. */

static void
check_path (const PstRuleset *ruleset, const PstRuleset *again, const char *path)
{
  for (PstAccess access = PST_ACCESS_VIEW; access <= PST_ACCESS_SAVE; access++)
    {
      PstDecision one, two;

      pst_ruleset_decide (ruleset, path, access, &one);
      pst_ruleset_decide (again, path, access, &two);
      g_assert_true (one.answer >= PST_ANSWER_ALLOW && one.answer <= PST_ANSWER_ASK);
      g_assert_true (one.answer == two.answer && one.uniform == two.uniform && one.is_door == two.is_door);
      g_assert_true (g_strcmp0 (one.protected_by, two.protected_by) == 0);
      g_assert_true ((one.rule != NULL) == (two.rule != NULL));
      if (!pst_path_is_normal (path))
        g_assert_true (one.answer == PST_ANSWER_DENY);
      if (one.answer == PST_ANSWER_ALLOW)
        g_assert_true (one.rule->answer == PST_ANSWER_ALLOW && one.protected_by == NULL);
    }
}

static void
on_name (const char *name, gboolean listed, gpointer user_data)
{
  g_assert_true (pst_name_is_valid (name));
}

static void
check (const PstRuleset *ruleset)
{
  g_autoptr (GVariant) sent = g_variant_ref_sink (pst_ruleset_to_variant (ruleset));
  g_autoptr (GError) error = NULL;
  g_autoptr (PstRuleset) again = pst_ruleset_new_from_variant (sent, &error);
  guint n_rules = pst_ruleset_get_n_rules (ruleset);

  g_assert_no_error (error);
  g_assert_true (pst_ruleset_get_n_rules (again) == n_rules);
  check_path (ruleset, again, "/");
  for (guint i = 0; i < n_rules && i < 64; i++)
    {
      static const char *const tails[] = { "", "~", "/x", "/", "/.." };
      const char *path = pst_ruleset_get_rule (ruleset, i)->path;

      pst_ruleset_foreach_child (ruleset, path, on_name, NULL);
      for (gsize j = 0; j < G_N_ELEMENTS (tails); j++)
        {
          g_autofree char *longer = g_strconcat (path, tails[j], NULL);
          check_path (ruleset, again, longer);
        }
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GVariant) variant =
      g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (PST_RULESET_TYPE), bytes, FALSE));
  g_autoptr (GError) error = NULL;
  g_autoptr (PstRuleset) ruleset = pst_ruleset_new_from_variant (variant, &error);

  g_assert_true ((ruleset == NULL) == (error != NULL));
  if (ruleset != NULL)
    check (ruleset);
  return 0;
}
