/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the agents make of a sheet: what is shown of what the broker sent, and the dialogue on a terminal. */

#include "pst-sheet.h"
#include "tty-sheet.h"

#include <string.h>

static PstSheet *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) details = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  PstSheet *sheet;

  g_assert_no_error (error);
  sheet = pst_sheet_new (7, details, &error);
  g_assert_no_error (error);
  return sheet;
}

static const char viewer[] = "{'app_name': <'Image Viewer'>, 'app_icon': <'eog'>, 'executable': <'/usr/bin/eog'>,"
                             " 'title': <'“Image Viewer” starts for the first time'>, 'text': <'It would like to have this.'>,"
                             " 'reason': <'Shows pictures'>, 'lines': <[('folder', 'View your Pictures', '~/Pictures', false),"
                             " ('x', 'Use Passwords and keys', '', true)]>}";

static void
test_shown (void)
{
  g_autoptr (PstSheet) sheet = parse (viewer), again = parse (viewer);

  g_assert_cmpstr (sheet->says, ==, "Image Viewer says: “Shows pictures”");
  g_assert_cmpuint (sheet->n_lines, ==, 2);
  g_assert_cmpstr (sheet->lines[0].label, ==, "View your Pictures");
  g_assert_false (sheet->lines[0].on);
  g_assert_true (sheet->lines[1].on);
  g_assert_cmpint (sheet->folder, ==, 0);
  g_assert_true (pst_sheet_same_lines (sheet, again));
}

/* Whatever the broker lets through: no line end, no control or bidi character, nothing without an end. */
static void
test_hostile (void)
{
  g_autoptr (GString) text =
      g_string_new ("{'app_name': <'V\\n<b>\u202e'>, 'title': <'t\\u2066\\x1b[31m'>, 'lines': <[('i', '");
  g_autoptr (PstSheet) sheet = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, "', 'a\\nb', false)]>}");
  sheet = parse (text->str);
  g_assert_null (strchr (sheet->app_name, '\n'));
  g_assert_null (strstr (sheet->app_name, "\u202e"));
  g_assert_null (strchr (sheet->title, 0x1b));
  g_assert_null (strchr (sheet->lines[0].detail, '\n'));
  g_assert_cmpint (g_utf8_strlen (sheet->lines[0].label, -1), <=, 160);
}

static void
test_refused (void)
{
  static const char *const bad[] = {
    "{'title': <'t'>}",
    "{'lines': <[('i', 'l', 'd', false)]>}",
    "{'title': <'t'>, 'lines': <['x']>}",
    "{'title': <5>, 'lines': <[('i', 'l', 'd', false)]>}",
    "{'title': <'t'>, 'folder': <'view'>}",
    ("{'title': <'t'>, 'lines': <[('', '1', '', false), ('', '2', '', false), ('', '3', '', false), ('', '4', '', false),"
     " ('', '5', '', false), ('', '6', '', false)]>}"),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GVariant) details = g_variant_parse (G_VARIANT_TYPE_VARDICT, bad[i], NULL, NULL, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_nonnull (details);
      g_assert_null (pst_sheet_new (1, details, &error));
      g_assert_nonnull (error);
    }
}

static PstTtySheetOutcome
type (PstTtySheet *dialogue, const char *line)
{
  return pst_tty_sheet_parse (dialogue, line, strlen (line), "/home/jane/work", "/home/jane");
}

static void
test_terminal (void)
{
  g_autoptr (PstSheet) sheet = parse (viewer);
  PstTtySheet dialogue;
  g_autofree char *text = NULL, *first = NULL, *second = NULL, *last = NULL;

  pst_tty_sheet_init (&dialogue, sheet);
  text = pst_tty_sheet_render (&dialogue, 80, FALSE);
  g_assert_nonnull (strstr (text, "“Image Viewer” starts for the first time\n"));
  g_assert_nonnull (strstr (text, "Image Viewer says: “Shows pictures”\n"));
  g_assert_null (strchr (text, 0x1b));
  first = pst_tty_sheet_prompt (&dialogue, 80);
  g_assert_cmpstr (first, ==, "View your Pictures (~/Pictures)? [y/N] ");
  g_assert_cmpint (type (&dialogue, "perhaps\n"), ==, PST_TTY_SHEET_NOT_KNOWN);
  g_assert_cmpint (type (&dialogue, "Y\n"), ==, PST_TTY_SHEET_NEXT);
  second = pst_tty_sheet_prompt (&dialogue, 80);
  g_assert_cmpstr (second, ==, "Use Passwords and keys? [Y/n] ");
  g_assert_cmpint (type (&dialogue, "no\n"), ==, PST_TTY_SHEET_NEXT);
  last = pst_tty_sheet_prompt (&dialogue, 80);
  g_assert_cmpstr (last, ==, "Enter starts it, c cancels: ");
  g_assert_cmpint (type (&dialogue, "y\n"), ==, PST_TTY_SHEET_NOT_KNOWN);
  g_assert_cmpint (type (&dialogue, "\n"), ==, PST_TTY_SHEET_START);
  g_assert_true (dialogue.on[0]);
  g_assert_false (dialogue.on[1]);
  pst_tty_sheet_clear (&dialogue);

  /* Enter alone leaves every switch as it was. */
  pst_tty_sheet_init (&dialogue, sheet);
  g_assert_cmpint (type (&dialogue, "\n"), ==, PST_TTY_SHEET_NEXT);
  g_assert_cmpint (type (&dialogue, "\n"), ==, PST_TTY_SHEET_NEXT);
  g_assert_cmpint (type (&dialogue, "\n"), ==, PST_TTY_SHEET_START);
  g_assert_false (dialogue.on[0]);
  g_assert_true (dialogue.on[1]);
  pst_tty_sheet_clear (&dialogue);

  for (guint i = 0; i < 4; i++)
    {
      static const char *const stops[] = { "c\n", "cancel\n", "\x03", "y\x04" };

      pst_tty_sheet_init (&dialogue, sheet);
      g_assert_cmpint (type (&dialogue, stops[i]), ==, PST_TTY_SHEET_CANCEL);
      pst_tty_sheet_clear (&dialogue);
    }
}

static void
test_terminal_folder (void)
{
  g_autoptr (PstSheet) sheet = parse (
      "{'app_name': <'V'>, 'title': <'Which folder may “V” see?'>, 'folder': <uint32 1>, 'folder_start': <b'/home/jane'>}");
  PstTtySheet dialogue;
  g_autofree char *prompt = NULL;

  pst_tty_sheet_init (&dialogue, sheet);
  prompt = pst_tty_sheet_prompt (&dialogue, 80);
  g_assert_cmpstr (prompt, ==, "The folder that it may view (its path; c cancels): ");
  g_assert_cmpint (type (&dialogue, "\n"), ==, PST_TTY_SHEET_NOT_KNOWN);
  g_assert_cmpint (type (&dialogue, "\xff\n"), ==, PST_TTY_SHEET_NOT_KNOWN);
  g_assert_cmpint (type (&dialogue, "~/Pictures/2026/\n"), ==, PST_TTY_SHEET_NEXT);
  g_assert_cmpstr (dialogue.folder, ==, "/home/jane/Pictures/2026");
  g_assert_cmpint (type (&dialogue, "\n"), ==, PST_TTY_SHEET_START);
  pst_tty_sheet_clear (&dialogue);
  pst_tty_sheet_init (&dialogue, sheet);
  g_assert_cmpint (type (&dialogue, "../Music\n"), ==, PST_TTY_SHEET_NEXT);
  g_assert_cmpstr (dialogue.folder, ==, "/home/jane/Music");
  pst_tty_sheet_clear (&dialogue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sheet/shown", test_shown);
  g_test_add_func ("/sheet/hostile", test_hostile);
  g_test_add_func ("/sheet/refused", test_refused);
  g_test_add_func ("/sheet/terminal", test_terminal);
  g_test_add_func ("/sheet/terminal-folder", test_terminal_folder);
  return g_test_run ();
}
