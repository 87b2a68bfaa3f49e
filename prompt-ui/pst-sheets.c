/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-sheets.h"

#include "pst-sheet-window.h"

struct _PstSheets
{
  PstSheetAnswered answered;
  gpointer user_data;
  GHashTable *windows; /* id → PstSheetWindow */
};

static void
window_free (gpointer data)
{
  gtk_widget_destroy (GTK_WIDGET (data));
}

PstSheets *
pst_sheets_new (PstSheetAnswered answered, gpointer user_data)
{
  PstSheets *sheets = g_new (PstSheets, 1);

  sheets->answered = answered;
  sheets->user_data = user_data;
  sheets->windows = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, window_free);
  return sheets;
}

void
pst_sheets_free (PstSheets *sheets)
{
  if (sheets == NULL)
    return;
  g_hash_table_unref (sheets->windows);
  g_free (sheets);
}

void
pst_sheets_show_take (PstSheets *sheets, PstSheet *sheet)
{
  PstSheetWindow *window = g_hash_table_lookup (sheets->windows, &sheet->id);

  if (window == NULL)
    {
      window = pst_sheet_window_new (sheets->answered, sheets->user_data);
      g_hash_table_insert (sheets->windows, g_memdup2 (&sheet->id, sizeof sheet->id), window);
    }
  pst_sheet_window_show_take (window, sheet);
}

void
pst_sheets_withdraw (PstSheets *sheets, guint64 id)
{
  g_hash_table_remove (sheets->windows, &id);
}

void
pst_sheets_withdraw_all (PstSheets *sheets)
{
  g_hash_table_remove_all (sheets->windows);
}
