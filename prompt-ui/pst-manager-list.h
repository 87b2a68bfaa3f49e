/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A GtkTreeModel over an array of pointers: one column, G_TYPE_POINTER; flat. A view of fixed row height asks only for the rows
 * that are on the screen, so a list of twenty thousand costs what one of twenty does. The model does not change: give the view
 * a new one. */
#define PST_TYPE_MANAGER_LIST (pst_manager_list_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerList, pst_manager_list, PST, MANAGER_LIST, GObject)

/* @items: (transfer full) */
GtkTreeModel *pst_manager_list_new_take (GPtrArray *items);
guint pst_manager_list_get_n (PstManagerList *self);
/* (transfer none) */
gpointer pst_manager_list_get (PstManagerList *self, guint index);
gpointer pst_manager_list_get_iter (GtkTreeModel *model, GtkTreeIter *iter);
/* As many items, in the place of those that are there; nobody is told: see pst_manager_list_changed(). */
void pst_manager_list_replace_take (PstManagerList *self, GPtrArray *items);
void pst_manager_list_changed (PstManagerList *self, guint index);
/* Adds @items at the end, and tells the view. Consumes the container. */
void pst_manager_list_append_take (PstManagerList *self, GPtrArray *items);

G_END_DECLS
