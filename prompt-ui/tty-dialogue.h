/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-question.h"

G_BEGIN_DECLS

/* A question as text: what is printed, and what a typed line means. Pure: no terminal. */
typedef struct
{
  const PstQuestion *question; /* borrowed */
  guint scope;
  guint access;
} PstTtyDialogue;

typedef enum
{
  PST_TTY_ANSWERED,  /* *choice is set */
  PST_TTY_SELECTED,  /* the scope or the access is another one: ask again */
  PST_TTY_NOT_KNOWN, /* none of the choices: nothing changed */
} PstTtyOutcome;

void pst_tty_dialogue_init (PstTtyDialogue *dialogue, const PstQuestion *question);

/* The whole question, wrapped to @width columns, with the title in bold where @bold. UTF-8, lines end in \n. (transfer full) */
char *pst_tty_dialogue_render (const PstTtyDialogue *dialogue, guint width, gboolean bold);

/* The line before the cursor, without an end of line. (transfer full) */
char *pst_tty_dialogue_prompt (const PstTtyDialogue *dialogue, guint width);

/* The title as it is now, as for pst_tty_dialogue_render(). (transfer full) */
char *pst_tty_dialogue_render_title (const PstTtyDialogue *dialogue, guint width, gboolean bold);

/* @line: what was typed, @size bytes, perhaps with a line end; anything but UTF-8 text is not known. Nothing, and a line with
 * Ctrl-C or Ctrl-D in it, is "deny, this once". */
PstTtyOutcome pst_tty_dialogue_parse (PstTtyDialogue *dialogue, const char *line, gsize size, PstChoice *choice);

/* Appends @text, wrapped to @width columns; the first line after what is there already (@first columns wide), the others after
 * @indent spaces. Ends the last line. */
void pst_tty_wrap (GString *out, const char *text, guint first, guint indent, guint width);

/* "Name: value", wrapped; nothing for an empty value. */
void pst_tty_append_field (GString *out, const char *name, const char *value, guint width);
/* No narrower, and no wider, than text can be read. */
guint pst_tty_clamp_width (guint width);

G_END_DECLS
