/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-sheet.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The sheet of one first start. See the essay in pst-sheet-window.c. */
#define PST_TYPE_SHEET_WINDOW (pst_sheet_window_get_type ())
G_DECLARE_FINAL_TYPE (PstSheetWindow, pst_sheet_window, PST, SHEET_WINDOW, GtkWindow)

/* Returns: (transfer none): GTK owns top-level windows; end with gtk_widget_destroy(). */
PstSheetWindow *pst_sheet_window_new (PstSheetAnswered answered, gpointer user_data);

/* Consumes @sheet. Puts it on screen; what a person has chosen stands if the lines are the same. */
void pst_sheet_window_show_take (PstSheetWindow *window, PstSheet *sheet);

G_END_DECLS
