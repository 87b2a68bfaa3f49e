/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-sheet.h"

G_BEGIN_DECLS

/* The sheets that are on the screen, a window each. There is seldom one at all, so nothing is made ahead. */
typedef struct _PstSheets PstSheets;

PstSheets *pst_sheets_new (PstSheetAnswered answered, gpointer user_data);
void pst_sheets_free (PstSheets *sheets);

/* Consumes @sheet. */
void pst_sheets_show_take (PstSheets *sheets, PstSheet *sheet);
void pst_sheets_withdraw (PstSheets *sheets, guint64 id);
void pst_sheets_withdraw_all (PstSheets *sheets);

G_END_DECLS
