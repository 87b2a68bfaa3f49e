/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What every dialog of the agent has in common: how its window behaves, and how its upper part is laid out. */

/* In front of the others, without taking the keyboard, with no input before it can have been read (pst-input-guard.h). @role:
 * for the window manager. */
void pst_prompt_frame_set_up (GtkWindow *window, const char *role);

/* Two columns, so that everything that is read stands on one edge: the application's picture in the first, title and text in
 * the second, both in row 0. */
GtkWidget *pst_prompt_grid_new (GtkImage **icon, GtkLabel **title, GtkLabel **text);

/* Wraps, on the reading edge, and never makes the dialog wider. */
GtkLabel *pst_prompt_label_new (void);

/* A bar with a sign and a sentence. */
GtkWidget *pst_prompt_warning_new (GtkLabel **text);

G_END_DECLS
