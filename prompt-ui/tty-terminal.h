/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The controlling terminal, borrowed for a question from an application that may have left it in any state. */
typedef struct _PstTerminal PstTerminal;

PstTerminal *pst_terminal_open (GError **error);
/* Gives it back first, if it is taken. */
void pst_terminal_free (PstTerminal *terminal);

int pst_terminal_get_fd (PstTerminal *terminal);
guint pst_terminal_get_width (PstTerminal *terminal);
/* Bold is fit for it: not a dumb one, and NO_COLOR is not set. */
gboolean pst_terminal_get_bold (PstTerminal *terminal);
/* Is this process allowed to ask on it now? */
gboolean pst_terminal_is_foreground (PstTerminal *terminal);

/* Sets modes of our own: whole lines with echo, no signals from keys; forgets what was typed before. Brings the display's state
 * to what plain text needs. */
void pst_terminal_take (PstTerminal *terminal);
/* Restores the modes, and forgets what was typed and not read. */
void pst_terminal_give_back (PstTerminal *terminal);
void pst_terminal_forget_input (PstTerminal *terminal);

/* @text: UTF-8. Errors are ignored: reading finds out. */
void pst_terminal_print (PstTerminal *terminal, const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstTerminal, pst_terminal_free)

G_END_DECLS
