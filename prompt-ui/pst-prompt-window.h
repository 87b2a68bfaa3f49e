/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-question.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The dialog: one question of one application, and a line for each of its further ones. Made and realised ahead, so that
 * showing it costs only a few texts. See the essay in pst-prompt-window.c. */
#define PST_TYPE_PROMPT_WINDOW (pst_prompt_window_get_type ())
G_DECLARE_FINAL_TYPE (PstPromptWindow, pst_prompt_window, PST, PROMPT_WINDOW, GtkWindow)

/* The person chose. Called at most once for a question that was shown. */
typedef void (*PstPromptAnswered) (PstPromptWindow *window, const PstQuestion *question, PstChoice choice, guint scope,
                                   guint access, gpointer user_data);

/* Returns: (transfer none): GTK owns top-level windows; end with gtk_widget_destroy(). */
PstPromptWindow *pst_prompt_window_new (PstPromptAnswered answered, gpointer user_data);

/* Does ahead what does not depend on the question: styles, layout, the windowing system's part. @draw: draws once, off screen,
 * as well, which loads the fonts, icons and pictures of the theme; it takes a while, and once for a process is enough. */
void pst_prompt_window_prepare (PstPromptWindow *window, gboolean draw);

/* Where it appears next time: in the middle of the screen, or a little beside @other (nullable). */
void pst_prompt_window_set_beside (PstPromptWindow *window, PstPromptWindow *other);

/* Consumes @question. Puts it on screen, or in the place of what is on screen. A person's choices of scope and access are kept
 * when only the waiting lines differ. */
void pst_prompt_window_show_take (PstPromptWindow *window, PstQuestion *question);

/* Takes the window off the screen at once, without an answer. */
void pst_prompt_window_withdraw (PstPromptWindow *window);

/* (nullable) (transfer none): NULL when none waits for an answer */
const PstQuestion *pst_prompt_window_get_question (PstPromptWindow *window);

G_END_DECLS
