/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-question.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A button with an arrow beside it that opens a menu of further choices. */
typedef void (*PstChoiceFunc) (PstChoice choice, gpointer user_data);

/* @more: choices of the menu. @more_name, @more_description: what assistive technology calls the arrow. Returns: (transfer
 * floating): a box; @button, @arrow: (transfer none) (out). */
GtkWidget *pst_split_button_new (PstChoice choice, const PstChoice *more, gsize n_more, const char *more_name,
                                 PstChoiceFunc func, gpointer user_data, GtkWidget **button, GtkWidget **arrow);

/* A plain one. */
GtkWidget *pst_choice_button_new (PstChoice choice, PstChoiceFunc func, gpointer user_data);

/* Closes the menu, if open. @arrow: as from pst_split_button_new(). */
void pst_split_button_close_menu (GtkWidget *arrow);

G_END_DECLS
