/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-fake-broker.h"
#include "tty-dialogue.h"

#include <string.h>

static PstQuestion *
new_question (const char *extra)
{
  g_autofree char *text = fake_broker_details ("org.gnome.eog", extra);
  g_autoptr (GVariant) details = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  return pst_question_new (1, details, NULL);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *line;
    PstTtyOutcome outcome;
    PstChoice choice;
    guint scope, access; /* afterwards */
  } rows[] = {
    { "1\n", PST_TTY_ANSWERED, PST_CHOICE_ALLOW_ONCE, 0, 0 },
    { "  2  \n", PST_TTY_ANSWERED, PST_CHOICE_ALLOW_ALWAYS, 0, 0 },
    { "3\n", PST_TTY_ANSWERED, PST_CHOICE_DENY, 0, 0 },
    { "\n", PST_TTY_ANSWERED, PST_CHOICE_DENY, 0, 0 },
    { "", PST_TTY_ANSWERED, PST_CHOICE_DENY, 0, 0 },
    { "\003", PST_TTY_ANSWERED, PST_CHOICE_DENY, 0, 0 },
    { "2\003", PST_TTY_ANSWERED, PST_CHOICE_DENY, 0, 0 },
    { "2\004\n", PST_TTY_ANSWERED, PST_CHOICE_DENY, 0, 0 },
    { "4\n", PST_TTY_ANSWERED, PST_CHOICE_DENY_ALWAYS, 0, 0 },
    { "10\n", PST_TTY_ANSWERED, PST_CHOICE_ALLOW_MONTH, 0, 0 },
    { "11\n", PST_TTY_NOT_KNOWN, 0, 0, 0 }, /* private: not offered here */
    { "s2\n", PST_TTY_SELECTED, 0, 1, 0 },
    { "s3 a2\n", PST_TTY_SELECTED, 0, 2, 1 },
    { "S3, A2, 1\n", PST_TTY_ANSWERED, PST_CHOICE_ALLOW_ONCE, 2, 1 },
    { "s4\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "a3\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "s2 x\n", PST_TTY_NOT_KNOWN, 0, 0, 0 }, /* nothing of a line that is not understood counts */
    { "1 s2\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "1 1\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "0\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "-1\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "1x\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "99999999999999999999\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "yes\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "\033[0n1\n", PST_TTY_NOT_KNOWN, 0, 0, 0 }, /* what a terminal replied */
    { "\xff\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
    { "é\n", PST_TTY_NOT_KNOWN, 0, 0, 0 },
  };
  g_autoptr (PstQuestion) q = new_question ("");

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      PstTtyDialogue d;
      PstChoice choice = PST_N_CHOICES;
      PstTtyOutcome outcome;

      g_test_message ("row %" G_GSIZE_FORMAT, i);
      pst_tty_dialogue_init (&d, q);
      outcome = pst_tty_dialogue_parse (&d, rows[i].line, strlen (rows[i].line), &choice);
      g_assert_cmpint (outcome, ==, rows[i].outcome);
      if (outcome == PST_TTY_ANSWERED)
        g_assert_cmpint (choice, ==, rows[i].choice);
      else
        g_assert_cmpint (choice, ==, PST_N_CHOICES);
      g_assert_cmpuint (d.scope, ==, rows[i].scope);
      g_assert_cmpuint (d.access, ==, rows[i].access);
    }
}

static void
test_nul (void)
{
  g_autoptr (PstQuestion) q = new_question ("");
  PstTtyDialogue d;
  PstChoice choice;

  pst_tty_dialogue_init (&d, q);
  g_assert_cmpint (pst_tty_dialogue_parse (&d, "1\0002\n", 4, &choice), ==, PST_TTY_NOT_KNOWN);
}

static void
test_private (void)
{
  g_autoptr (PstQuestion) q = new_question ("'private_ok': <true>,");
  g_autofree char *text = NULL;
  PstTtyDialogue d;
  PstChoice choice;

  pst_tty_dialogue_init (&d, q);
  g_assert_cmpint (pst_tty_dialogue_parse (&d, "11\n", 3, &choice), ==, PST_TTY_ANSWERED);
  g_assert_cmpint (choice, ==, PST_CHOICE_PRIVATE);
  text = pst_tty_dialogue_render (&d, 80, FALSE);
  g_assert_nonnull (strstr (text, "11  Keep it private to the app\n"));
}

static void
test_render (void)
{
  g_autoptr (PstQuestion) q =
      new_question ("'warning': <'Whoever has these keys can sign in as you.'>, 'waiting': <['a', 'b']>,");
  g_autofree char *plain = NULL, *bold = NULL, *prompt = NULL;
  PstTtyDialogue d;

  pst_tty_dialogue_init (&d, q);
  plain = pst_tty_dialogue_render (&d, 80, FALSE);
  bold = pst_tty_dialogue_render (&d, 80, TRUE);
  prompt = pst_tty_dialogue_prompt (&d, 80);
  g_assert_nonnull (strstr (plain, "\nAllow “Image Viewer” to view your Pictures?\nIt tried to open holiday.jpg.\n"));
  g_assert_nonnull (strstr (plain, "\nWarning: Whoever"));
  g_assert_nonnull (strstr (plain, "\nPath: /home/jane/Pictures/2026/holiday.jpg\n"));
  g_assert_nonnull (strstr (plain, "\n  s1 * All of Pictures\n  s2   Only Pictures/2026\n"));
  g_assert_nonnull (strstr (plain, "2 more questions from this application"));
  g_assert_null (strchr (plain, '\033'));
  g_assert_nonnull (strstr (bold, "\033[1m"));
  g_assert_true (g_str_has_suffix (prompt, ": "));
}

/* No line is wider than the terminal, whatever the words are. */
static void
test_width (void)
{
  g_autofree char *extra = NULL, *name = g_strnfill (255, 'x');
  g_autoptr (PstQuestion) q = NULL;
  PstTtyDialogue d;

  extra = g_strdup_printf ("'reason': <'%s 漢字漢字漢字漢字漢字漢字漢字 and words of a usual length that follow it'>,", name);
  q = new_question (extra);
  pst_tty_dialogue_init (&d, q);
  for (guint width = 20; width <= 100; width++)
    {
      g_autofree char *text = pst_tty_dialogue_render (&d, width, FALSE);
      g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

      for (char **l = lines; *l != NULL; l++)
        {
          guint columns = 0;
          for (const char *p = *l; *p != '\0'; p = g_utf8_next_char (p))
            columns += g_unichar_iswide (g_utf8_get_char (p)) ? 2 : 1;
          g_assert_cmpuint (columns, <=, width);
        }
      g_assert_nonnull (strstr (text, "follow"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tty-dialogue/parse", test_parse);
  g_test_add_func ("/tty-dialogue/nul", test_nul);
  g_test_add_func ("/tty-dialogue/private", test_private);
  g_test_add_func ("/tty-dialogue/render", test_render);
  g_test_add_func ("/tty-dialogue/width", test_width);
  return g_test_run ();
}
