/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-sheet.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The framed list of a sheet: a row with a switch for each line, and one with a button where a folder is to be picked. Freed
 * with its widget. */
typedef struct _PstSheetRows PstSheetRows;

/* @changed: something else is chosen now. The sheet must live as long. */
PstSheetRows *pst_sheet_rows_new (const PstSheet *sheet, void (*changed) (gpointer user_data), gpointer user_data);
GtkWidget *pst_sheet_rows_get_widget (PstSheetRows *rows);
gboolean pst_sheet_rows_is_on (PstSheetRows *rows, guint line);
/* "" while none has been picked. */
const char *pst_sheet_rows_get_folder (PstSheetRows *rows);
/* Another sheet with the same lines. */
void pst_sheet_rows_set_sheet (PstSheetRows *rows, const PstSheet *sheet);
/* Closes what is open beside the sheet. */
void pst_sheet_rows_close (PstSheetRows *rows);

G_END_DECLS
