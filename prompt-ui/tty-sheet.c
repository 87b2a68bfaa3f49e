/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "tty-sheet.h"

#include "pst-path.h"
#include "tty-dialogue.h"

#include <glib/gi18n.h>
#include <string.h>

void
pst_tty_sheet_init (PstTtySheet *dialogue, const PstSheet *sheet)
{
  *dialogue = (PstTtySheet){ .sheet = sheet, .needs_folder = sheet->folder != 0 };
  for (guint i = 0; i < sheet->n_lines; i++)
    dialogue->on[i] = sheet->lines[i].on;
}

void
pst_tty_sheet_clear (PstTtySheet *dialogue)
{
  g_clear_pointer (&dialogue->folder, g_free);
  dialogue->sheet = NULL;
}

static void
append_paragraph (GString *out, const char *text, guint width)
{
  if (*text == '\0')
    return;
  g_string_append_c (out, '\n');
  pst_tty_wrap (out, text, 0, 0, width);
}

char *
pst_tty_sheet_render (const PstTtySheet *dialogue, guint width, gboolean bold)
{
  const PstSheet *sheet = dialogue->sheet;
  GString *out = g_string_new ("\n");

  width = pst_tty_clamp_width (width);
  if (bold)
    g_string_append (out, "\033[1m");
  pst_tty_wrap (out, sheet->title, 0, 0, width);
  if (bold)
    g_string_append (out, "\033[0m");
  pst_tty_wrap (out, sheet->text, 0, 0, width);
  append_paragraph (out, sheet->problem, width);
  append_paragraph (out, sheet->says, width);
  g_string_append_c (out, '\n');
  pst_tty_append_field (out, _ ("Program"), sheet->executable, width);
  pst_tty_append_field (out, _ ("Package"), *sheet->package != '\0' ? sheet->package : _ ("Not from a package"), width);
  g_string_append_c (out, '\n');
  return g_string_free (out, FALSE);
}

char *
pst_tty_sheet_prompt (const PstTtySheet *dialogue, guint width)
{
  const PstSheet *sheet = dialogue->sheet;
  GString *out = g_string_new (NULL);
  g_autofree char *text = NULL;

  if (dialogue->needs_folder)
    /* Translators: “The folder that it may view (its path; c cancels):” */
    text = g_strdup_printf (_ ("%s (its path; c cancels):"), pst_sheet_folder_label (sheet));
  else if (dialogue->step < sheet->n_lines)
    {
      const PstSheetLine *line = &sheet->lines[dialogue->step];

      /* The capital letter is what Enter means; the letters are the same in all languages. */
      text = g_strdup_printf (*line->detail != '\0' ? "%s (%s)? %s" : "%s%s? %s", line->label, line->detail,
                              dialogue->on[dialogue->step] ? "[Y/n]" : "[y/N]");
    }
  else
    text = g_strdup (_ ("Enter starts it, c cancels:"));
  pst_tty_wrap (out, text, 0, 0, pst_tty_clamp_width (width));
  out->str[out->len - 1] = ' '; /* the cursor waits behind it */
  return g_string_free (out, FALSE);
}

static gboolean
is_word (const char *text, const char *letter, const char *word)
{
  return g_ascii_strcasecmp (text, letter) == 0 || g_ascii_strcasecmp (text, word) == 0;
}

static PstTtySheetOutcome
parse_folder (PstTtySheet *dialogue, const char *text, const char *cwd, const char *home)
{
  g_autofree char *path = *text != '\0' && g_utf8_validate (text, -1, NULL) ? pst_path_normalise (text, cwd, home) : NULL;

  if (path == NULL)
    return PST_TTY_SHEET_NOT_KNOWN;
  dialogue->folder = g_steal_pointer (&path);
  dialogue->needs_folder = FALSE;
  return PST_TTY_SHEET_NEXT;
}

PstTtySheetOutcome
pst_tty_sheet_parse (PstTtySheet *dialogue, const char *line, gsize size, const char *cwd, const char *home)
{
  g_autofree char *text = NULL;
  gboolean *on;

  if (memchr (line, 0x03, size) != NULL || memchr (line, 0x04, size) != NULL)
    return PST_TTY_SHEET_CANCEL;
  if (memchr (line, '\0', size) != NULL)
    return PST_TTY_SHEET_NOT_KNOWN;
  text = g_strstrip (g_strndup (line, size));
  if (is_word (text, "c", "cancel"))
    return PST_TTY_SHEET_CANCEL;
  if (dialogue->needs_folder)
    return parse_folder (dialogue, text, cwd, home);
  if (dialogue->step == dialogue->sheet->n_lines)
    return *text == '\0' ? PST_TTY_SHEET_START : PST_TTY_SHEET_NOT_KNOWN;
  on = &dialogue->on[dialogue->step];
  if (is_word (text, "y", "yes"))
    *on = TRUE;
  else if (is_word (text, "n", "no"))
    *on = FALSE;
  else if (*text != '\0')
    return PST_TTY_SHEET_NOT_KNOWN;
  dialogue->step++;
  return PST_TTY_SHEET_NEXT;
}
