/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-sidebar.h"

#include "pst-app-icon.h"
#include "pst-manager-list.h"
#include "pst-manager-widgets.h"

#include <string.h>

#define ICON_SIZE 32
#define WIDTH 260
/* Of the second line: small as it is, it must be read on the colour of the chosen row too. */
#define FAINT 52000
/* Marks that are not seen, around a line where lines begin at the right: the line begins there whatever script is in it (Pango
 * puts one of the other direction on the other side), and within it stands as it would alone. */
#define FROM_RIGHT "\xe2\x80\x8f\xe2\x81\xa8" /* U+200F, U+2068 */
#define END_OF_LINE "\xe2\x81\xa9"            /* U+2069 */

struct _PstManagerSidebar
{
  GtkScrolledWindow parent_instance;
  PstSidebarDescribe describe;
  GtkTreeView *view;
  GtkTreeModel *model; /* (nullable) */
  char *selected;      /* (nullable) */
  gboolean filling;
};

G_DEFINE_TYPE (PstManagerSidebar, pst_manager_sidebar, GTK_TYPE_SCROLLED_WINDOW)

static guint selected_signal;

static void
draw_icon (GtkTreeViewColumn *column, GtkCellRenderer *cell, GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  PstManagerSidebar *self = data;
  PstSidebarItem item = { 0 };
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (self->view));

  self->describe (pst_manager_list_get_iter (model, iter), &item);
  g_object_set (cell, "surface", pst_app_icon_get (item.icon, ICON_SIZE, scale, gtk_tree_view_get_bin_window (self->view)),
                NULL);
  g_free (item.subtitle);
}

static void
draw_text (GtkTreeViewColumn *column, GtkCellRenderer *cell, GtkTreeModel *model, GtkTreeIter *iter, gpointer data)
{
  PstManagerSidebar *self = data;
  PstSidebarItem item = { 0 };
  PangoAttrList *attributes = pango_attr_list_new ();
  PangoAttribute *small = pango_attr_scale_new (PANGO_SCALE_SMALL), *faint = pango_attr_foreground_alpha_new (FAINT);
  gboolean from_right = gtk_widget_get_direction (GTK_WIDGET (self->view)) == GTK_TEXT_DIR_RTL;
  const char *mark = from_right ? FROM_RIGHT : "", *end = from_right ? END_OF_LINE : "";
  g_autofree char *text = NULL;

  self->describe (pst_manager_list_get_iter (model, iter), &item);
  text = g_strconcat (mark, item.title, end, "\n", mark, item.subtitle, end, NULL);
  small->start_index = faint->start_index = (guint)(strlen (mark) + strlen (item.title) + strlen (end)) + 1;
  pango_attr_list_insert (attributes, small);
  pango_attr_list_insert (attributes, faint);
  g_object_set (cell, "text", text, "attributes", attributes, NULL);
  pango_attr_list_unref (attributes);
  g_free (item.subtitle);
}

static void
on_selection (GtkTreeSelection *selection, gpointer data)
{
  PstManagerSidebar *self = data;
  PstSidebarItem item = { 0 };
  GtkTreeModel *model;
  GtkTreeIter iter;

  if (self->filling || !gtk_tree_selection_get_selected (selection, &model, &iter))
    return;
  self->describe (pst_manager_list_get_iter (model, &iter), &item);
  g_free (item.subtitle);
  if (g_strcmp0 (item.key, self->selected) == 0)
    return;
  g_free (self->selected);
  self->selected = g_strdup (item.key);
  g_signal_emit (self, selected_signal, 0, self->selected);
}

static int
index_of (PstManagerSidebar *self, const char *key)
{
  guint n = self->model != NULL ? pst_manager_list_get_n (PST_MANAGER_LIST (self->model)) : 0;

  for (guint i = 0; i < n && key != NULL; i++)
    {
      PstSidebarItem item = { 0 };
      gboolean found;

      self->describe (pst_manager_list_get (PST_MANAGER_LIST (self->model), i), &item);
      found = strcmp (item.key, key) == 0;
      g_free (item.subtitle);
      if (found)
        return (int)i;
    }
  return -1;
}

static void
put_cursor (PstManagerSidebar *self, int index)
{
  g_autoptr (GtkTreePath) path = gtk_tree_path_new_from_indices (index, -1);

  gtk_tree_view_set_cursor (self->view, path, NULL, FALSE);
}

/* The same rows, perhaps with other words: nothing moves, and who reads along is told of those alone. FALSE if it is another
 * list. */
static gboolean
update_in_place (PstManagerSidebar *self, GPtrArray *items)
{
  PstManagerList *list = PST_MANAGER_LIST (self->model);
  g_autoptr (GArray) changed = g_array_new (FALSE, FALSE, sizeof (guint));
  guint n = list != NULL ? pst_manager_list_get_n (list) : 0;
  gboolean same = n > 0 && n == items->len;

  for (guint i = 0; same && i < n; i++)
    {
      PstSidebarItem before = { 0 }, now = { 0 };

      self->describe (pst_manager_list_get (list, i), &before);
      self->describe (g_ptr_array_index (items, i), &now);
      same = strcmp (before.key, now.key) == 0;
      if (strcmp (before.title, now.title) != 0 || strcmp (before.subtitle, now.subtitle) != 0 ||
          strcmp (before.icon, now.icon) != 0)
        g_array_append_val (changed, i);
      g_free (before.subtitle);
      g_free (now.subtitle);
    }
  if (!same)
    return FALSE;
  pst_manager_list_replace_take (list, items);
  for (guint i = 0; i < changed->len; i++)
    pst_manager_list_changed (list, g_array_index (changed, guint, i));
  return TRUE;
}

void
pst_manager_sidebar_set_items_take (PstManagerSidebar *self, GPtrArray *items)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self));
  double position = gtk_adjustment_get_value (adjustment);
  int index;

  if (update_in_place (self, items))
    return;
  self->filling = TRUE;
  gtk_tree_view_set_model (self->view, NULL);
  g_clear_object (&self->model);
  self->model = pst_manager_list_new_take (items);
  gtk_tree_view_set_model (self->view, self->model);
  index = index_of (self, self->selected);
  if (index >= 0)
    {
      g_autoptr (GtkTreePath) path = gtk_tree_path_new_from_indices (index, -1);

      gtk_tree_selection_select_path (gtk_tree_view_get_selection (self->view), path);
    }
  gtk_adjustment_set_value (adjustment, position);
  self->filling = FALSE;
}

gboolean
pst_manager_sidebar_select (PstManagerSidebar *self, const char *key)
{
  int index = index_of (self, key);

  if (index < 0)
    return FALSE;
  put_cursor (self, index);
  return TRUE;
}

void
pst_manager_sidebar_select_first (PstManagerSidebar *self)
{
  if (self->model != NULL && pst_manager_list_get_n (PST_MANAGER_LIST (self->model)) > 0)
    put_cursor (self, 0);
}

void
pst_manager_sidebar_select_none (PstManagerSidebar *self)
{
  g_clear_pointer (&self->selected, g_free);
  gtk_tree_selection_unselect_all (gtk_tree_view_get_selection (self->view));
}

gboolean
pst_manager_sidebar_has_selection (PstManagerSidebar *self)
{
  return gtk_tree_selection_get_selected (gtk_tree_view_get_selection (self->view), NULL, NULL);
}

const char *
pst_manager_sidebar_get_selected (PstManagerSidebar *self)
{
  return self->selected;
}

static void
pst_manager_sidebar_dispose (GObject *object)
{
  PstManagerSidebar *self = PST_MANAGER_SIDEBAR (object);

  self->filling = TRUE;
  if (self->model != NULL)
    gtk_tree_view_set_model (self->view, NULL);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (pst_manager_sidebar_parent_class)->dispose (object);
}

static void
pst_manager_sidebar_finalize (GObject *object)
{
  g_free (PST_MANAGER_SIDEBAR (object)->selected);
  G_OBJECT_CLASS (pst_manager_sidebar_parent_class)->finalize (object);
}

static void
pst_manager_sidebar_class_init (PstManagerSidebarClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = pst_manager_sidebar_dispose;
  G_OBJECT_CLASS (klass)->finalize = pst_manager_sidebar_finalize;
  selected_signal = g_signal_new ("selected", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  G_TYPE_STRING);
}

static void
pst_manager_sidebar_init (PstManagerSidebar *self)
{
  GtkTreeViewColumn *column = gtk_tree_view_column_new ();
  GtkCellRenderer *icon = gtk_cell_renderer_pixbuf_new (), *text = gtk_cell_renderer_text_new ();

  self->view = GTK_TREE_VIEW (gtk_tree_view_new ());
  gtk_tree_view_set_headers_visible (self->view, FALSE);
  gtk_tree_view_set_enable_search (self->view, FALSE);
  g_object_set (icon, "xpad", 9u, "ypad", 6u, NULL);
  g_object_set (text, "ellipsize", PANGO_ELLIPSIZE_END, "xpad", 3u, NULL);
  gtk_tree_view_column_pack_start (column, icon, FALSE);
  gtk_tree_view_column_pack_start (column, text, TRUE);
  gtk_tree_view_column_set_cell_data_func (column, icon, draw_icon, self, NULL);
  gtk_tree_view_column_set_cell_data_func (column, text, draw_text, self, NULL);
  gtk_tree_view_column_set_sizing (column, GTK_TREE_VIEW_COLUMN_FIXED);
  gtk_tree_view_append_column (self->view, column);
  gtk_tree_view_set_fixed_height_mode (self->view, TRUE);
  gtk_tree_selection_set_mode (gtk_tree_view_get_selection (self->view), GTK_SELECTION_BROWSE);
  g_signal_connect (gtk_tree_view_get_selection (self->view), "changed", G_CALLBACK (on_selection), self);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_widget_set_size_request (GTK_WIDGET (self), WIDTH, -1);
  gtk_container_add (GTK_CONTAINER (self), GTK_WIDGET (self->view));
}

GtkWidget *
pst_manager_sidebar_new (const char *title, PstSidebarDescribe describe)
{
  PstManagerSidebar *self = g_object_new (PST_TYPE_MANAGER_SIDEBAR, "visible", TRUE, NULL);

  self->describe = describe;
  pst_widget_set_described (GTK_WIDGET (self->view), title, NULL);
  gtk_widget_show (GTK_WIDGET (self->view));
  return GTK_WIDGET (self);
}
