/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-sheet.h"

G_BEGIN_DECLS

/* The sheet of a first start as text: what is printed, and what the typed lines mean, one after another: the folder if one is
 * to be picked, yes or no for each line, and at last whether it is to start. Pure: no terminal. */
typedef struct
{
  const PstSheet *sheet; /* borrowed */
  guint step;            /* of the lines, and the last; the folder comes before them */
  gboolean needs_folder;
  gboolean on[PST_SHEET_MAX_LINES];
  char *folder; /* (nullable): as typed, made absolute */
} PstTtySheet;

typedef enum
{
  PST_TTY_SHEET_NEXT,      /* understood: print the next prompt */
  PST_TTY_SHEET_NOT_KNOWN, /* none of the choices: print the prompt again */
  PST_TTY_SHEET_START,
  PST_TTY_SHEET_CANCEL,
} PstTtySheetOutcome;

void pst_tty_sheet_init (PstTtySheet *dialogue, const PstSheet *sheet);
void pst_tty_sheet_clear (PstTtySheet *dialogue);

/* The whole sheet, wrapped to @width columns, with the title in bold where @bold. UTF-8, lines end in \n. (transfer full) */
char *pst_tty_sheet_render (const PstTtySheet *dialogue, guint width, gboolean bold);
/* The line before the cursor, without an end of line. (transfer full) */
char *pst_tty_sheet_prompt (const PstTtySheet *dialogue, guint width);
/* @line: what was typed, @size bytes, perhaps with a line end. Ctrl-C or Ctrl-D in it is "cancel". @home, @cwd: for the folder.
 */
PstTtySheetOutcome pst_tty_sheet_parse (PstTtySheet *dialogue, const char *line, gsize size, const char *cwd, const char *home);

G_END_DECLS
