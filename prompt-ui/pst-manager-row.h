/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The row of one entry: what, how long and since when, whether it is in use; with a button that changes the access.
 * By application it is called by its place, by place it is called by its application. */
#define PST_TYPE_GRANT_ROW (pst_grant_row_get_type ())
G_DECLARE_FINAL_TYPE (PstGrantRow, pst_grant_row, PST, GRANT_ROW, GtkListBoxRow)

typedef enum
{
  PST_ROW_BY_PLACE,
  PST_ROW_BY_APP,
  PST_ROW_BY_APP_AND_PLACE, /* with the place below it: where that is another one in each row */
} PstRowNaming;

GtkWidget *pst_grant_row_new (PstManagerActions *actions, PstRowNaming naming);
/* Shows @entry; does nothing if it is what is shown. */
void pst_grant_row_fill (PstGrantRow *self, PstEntry *entry);
PstEntry *pst_grant_row_get_entry (PstGrantRow *self);

/* "Always · in answer to a question, 24 November · last used today at 14:03". (transfer full) */
char *pst_grant_row_subtitle (const PstEntry *entry, gint64 now);

/* The access of @entry as a menu at @widget, with Revoke at its end. */
void pst_access_menu_popup (GtkWidget *widget, PstManagerActions *actions, PstEntry *entry);
/* Shows @menu below @widget, and frees it when it has been used. */
void pst_menu_popup_at (GtkWidget *menu, GtkWidget *widget);
/* A flat button with a label and an arrow. */
GtkWidget *pst_value_button_new (GtkLabel **label);

/* A list of such rows, made a page at a time: of twenty thousand only those are made that were asked for. */
#define PST_TYPE_GRANT_LIST (pst_grant_list_get_type ())
G_DECLARE_FINAL_TYPE (PstGrantList, pst_grant_list, PST, GRANT_LIST, GtkBin)

/* @title: for assistive technology. Signal: activated (gpointer entry) */
GtkWidget *pst_grant_list_new (PstManagerActions *actions, PstRowNaming naming, const char *title, const char *when_empty);
/* @entries: (transfer none). @from_top: other entries than before, rather than a newer state of them. */
void pst_grant_list_fill (PstGrantList *self, const GPtrArray *entries, gboolean from_top);

G_END_DECLS
