/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In which direction a sentence runs that begins with a name from outside. */
#include "pst-sentence.h"

#define HEBREW "\u05D0\u05D1\u05D2"
#define ARABIC "\u0645\u0644\u0641"

static void
test_name_first (void)
{
  static const char *const sentences[] = { HEBREW " was reset", "“" HEBREW "” starts for the first time",
                                           ARABIC " still holds a file open" };

  for (gsize i = 0; i < G_N_ELEMENTS (sentences); i++)
    {
      g_autofree char *out = pst_sentence (sentences[i]);

      g_assert_true (g_str_has_prefix (out, "\u200E"));
      g_assert_true (g_str_has_suffix (out, sentences[i]));
    }
}

static void
test_left_alone (void)
{
  static const char *const sentences[] = { "eog was reset", "Allow “" HEBREW "” to view “" ARABIC "”?", "", "12:30",
                                           "„eog“ startet" };

  for (gsize i = 0; i < G_N_ELEMENTS (sentences); i++)
    {
      g_autofree char *out = pst_sentence (sentences[i]);

      g_assert_cmpstr (out, ==, sentences[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sentence/name-first", test_name_first);
  g_test_add_func ("/sentence/left-alone", test_left_alone);
  return g_test_run ();
}
