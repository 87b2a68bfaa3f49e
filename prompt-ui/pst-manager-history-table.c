/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-history-table.h"

#include "pst-manager-list.h"
#include "pst-manager-widgets.h"
#include "pst-text.h"

#include <glib/gi18n.h>

static void
draw_time (GtkTreeViewColumn *column, GtkCellRenderer *cell, GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  const PstHistoryRow *row = pst_manager_list_get_iter (model, iter);
  g_autofree char *text = pst_words_stamp (row->time, g_get_real_time () / G_USEC_PER_SEC);

  g_object_set (cell, "text", text, NULL);
}

static void
draw_app (GtkTreeViewColumn *column, GtkCellRenderer *cell, GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  const PstHistoryRow *row = pst_manager_list_get_iter (model, iter);
  const PstApp *app = pst_manager_data_find (data, row->app);
  g_autofree char *id = app == NULL ? pst_text_for_display (row->app, 60) : NULL;

  g_object_set (cell, "text", app != NULL ? app->name : id, NULL);
}

static void
draw_what (GtkTreeViewColumn *column, GtkCellRenderer *cell, GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  const PstHistoryRow *row = pst_manager_list_get_iter (model, iter);
  g_autofree char *words = pst_history_row_dup_words (row);
  g_autofree char *text = pst_words_event (pst_manager_data_get_places (data), row->what, row->resource, row->access,
                                           row->answer, row->lifetime, words);

  g_object_set (cell, "text", text, NULL);
}

static void
add_column (GtkTreeView *view, PstManagerData *data, const char *title, int width, PangoEllipsizeMode ellipsize,
            GtkTreeCellDataFunc draw)
{
  GtkTreeViewColumn *column = gtk_tree_view_column_new ();
  GtkCellRenderer *cell = gtk_cell_renderer_text_new ();

  g_object_set (cell, "ellipsize", ellipsize, "xpad", 4u, "ypad", 6u, NULL);
  gtk_tree_view_column_set_title (column, title);
  gtk_tree_view_column_pack_start (column, cell, TRUE);
  gtk_tree_view_column_set_cell_data_func (column, cell, draw, data, NULL);
  gtk_tree_view_column_set_sizing (column, GTK_TREE_VIEW_COLUMN_FIXED);
  gtk_tree_view_column_set_fixed_width (column, width);
  gtk_tree_view_column_set_expand (column, width == 0);
  gtk_tree_view_column_set_resizable (column, width != 0);
  gtk_tree_view_append_column (view, column);
}

GtkTreeView *
pst_history_table_new (PstManagerData *data)
{
  GtkTreeView *view = GTK_TREE_VIEW (gtk_tree_view_new ());

  gtk_tree_view_set_enable_search (view, FALSE);
  pst_widget_set_described (GTK_WIDGET (view), _ ("History"), NULL);
  add_column (view, data, _ ("When"), 150, PANGO_ELLIPSIZE_END, draw_time);
  add_column (view, data, _ ("Application"), 200, PANGO_ELLIPSIZE_END, draw_app);
  add_column (view, data, _ ("What"), 0, PANGO_ELLIPSIZE_MIDDLE, draw_what);
  gtk_tree_view_set_fixed_height_mode (view, TRUE);
  return view;
}

const PstHistoryRow *
pst_history_table_get_selected (GtkTreeView *view)
{
  GtkTreeModel *model;
  GtkTreeIter iter;

  return gtk_tree_selection_get_selected (gtk_tree_view_get_selection (view), &model, &iter)
             ? pst_manager_list_get_iter (model, &iter)
             : NULL;
}

void
pst_history_table_select (GtkTreeView *view, guint64 number)
{
  PstManagerList *list = PST_MANAGER_LIST (gtk_tree_view_get_model (view));
  guint n = pst_manager_list_get_n (list);

  for (guint i = 0; number != 0 && i < n; i++)
    if (((PstHistoryRow *)pst_manager_list_get (list, i))->number == number)
      {
        g_autoptr (GtkTreePath) path = gtk_tree_path_new_from_indices ((int)i, -1);

        gtk_tree_selection_select_path (gtk_tree_view_get_selection (view), path);
        return;
      }
}
