/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-types.h"

/* The words and the numbers stand in stores and messages: here they are once more, so that a change is noticed. */

#define ROUND_TRIP(name, Type, number, word)                                                                                   \
  G_STMT_START                                                                                                                 \
  {                                                                                                                            \
    Type value = 0;                                                                                                            \
    g_assert_cmpstr (pst_##name##_to_string ((Type)(number)), ==, word);                                                       \
    g_assert_true (pst_##name##_from_string (word, &value));                                                                   \
    g_assert_cmpint (value, ==, number);                                                                                       \
  }                                                                                                                            \
  G_STMT_END

static void
test_words (void)
{
  ROUND_TRIP (kind, PstKind, 1, "files");
  ROUND_TRIP (kind, PstKind, 2, "bus");
  ROUND_TRIP (kind, PstKind, 3, "network");
  ROUND_TRIP (kind, PstKind, 4, "display");
  ROUND_TRIP (kind, PstKind, 5, "device");
  ROUND_TRIP (kind, PstKind, 6, "uri");
  ROUND_TRIP (access, PstAccess, 1, "view");
  ROUND_TRIP (access, PstAccess, 2, "change");
  ROUND_TRIP (access, PstAccess, 3, "save");
  ROUND_TRIP (answer, PstAnswer, 1, "allow");
  ROUND_TRIP (answer, PstAnswer, 2, "deny");
  ROUND_TRIP (answer, PstAnswer, 3, "hide");
  ROUND_TRIP (answer, PstAnswer, 4, "private");
  ROUND_TRIP (answer, PstAnswer, 5, "ask");
  ROUND_TRIP (lifetime, PstLifetime, 1, "once");
  ROUND_TRIP (lifetime, PstLifetime, 2, "session");
  ROUND_TRIP (lifetime, PstLifetime, 3, "always");
  ROUND_TRIP (lifetime, PstLifetime, 4, "until");
  g_assert_cmpstr (pst_tier_to_string (PST_TIER_LOCK), ==, "lock");
  g_assert_cmpstr (pst_tier_to_string (PST_TIER_PROFILE), ==, "profile");
  g_assert_cmpstr (pst_tier_to_string (PST_TIER_DEFAULT), ==, "default");
  g_assert_cmpuint (pst_tier_rank (PST_TIER_LOCK), <, pst_tier_rank (PST_TIER_USER));
  g_assert_cmpuint (pst_tier_rank (PST_TIER_USER), <, pst_tier_rank (PST_TIER_DEFAULT));
  g_assert_cmpuint (pst_tier_rank (PST_TIER_DEFAULT), <, pst_tier_rank (PST_TIER_PROFILE));
  g_assert_cmpuint (pst_tier_rank (PST_TIER_PROFILE), ==, PST_N_TIERS - 1);
  g_assert_cmpuint (pst_tier_rank (0), ==, PST_N_TIERS);
  g_assert_cmpuint (pst_tier_rank (5), ==, PST_N_TIERS);
  g_assert_cmpstr (pst_scope_to_string (PST_SCOPE_TREE), ==, "tree");
  g_assert_cmpstr (pst_scope_to_string (PST_SCOPE_FILE), ==, "file");
  g_assert_cmpstr (pst_op_to_string (PST_OP_LOOKUP), ==, "lookup");
  g_assert_cmpstr (pst_op_to_string (PST_OP_SETATTR), ==, "setattr");
}

static void
test_none (void)
{
  PstAnswer answer = PST_ANSWER_HIDE;

  g_assert_cmpstr (pst_kind_to_string (0), ==, "?");
  g_assert_cmpstr (pst_kind_to_string (7), ==, "?");
  g_assert_cmpstr (pst_answer_to_string ((PstAnswer)-1), ==, "?");
  g_assert_cmpstr (pst_op_to_string (10), ==, "?");
  g_assert_false (pst_answer_from_string ("", &answer));
  g_assert_false (pst_answer_from_string ("Allow", &answer));
  g_assert_false (pst_answer_from_string ("?", &answer));
  g_assert_false (pst_answer_from_string (NULL, &answer));
  g_assert_cmpint (answer, ==, PST_ANSWER_HIDE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/types/words", test_words);
  g_test_add_func ("/types/none", test_none);
  return g_test_run ();
}
