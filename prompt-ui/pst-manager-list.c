/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-list.h"

struct _PstManagerList
{
  GObject parent_instance;
  GPtrArray *items;
  int stamp;
};

static void tree_model_init (GtkTreeModelIface *iface);

G_DEFINE_TYPE_WITH_CODE (PstManagerList, pst_manager_list, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (GTK_TYPE_TREE_MODEL, tree_model_init))

static guint
iter_index (GtkTreeIter *iter)
{
  return GPOINTER_TO_UINT (iter->user_data);
}

static gboolean
set_iter (PstManagerList *self, GtkTreeIter *iter, int index)
{
  if (index < 0 || (guint)index >= self->items->len)
    {
      iter->stamp = 0;
      return FALSE;
    }
  iter->stamp = self->stamp;
  iter->user_data = GUINT_TO_POINTER ((guint)index);
  return TRUE;
}

static GtkTreeModelFlags
get_flags (GtkTreeModel *model)
{
  return GTK_TREE_MODEL_LIST_ONLY | GTK_TREE_MODEL_ITERS_PERSIST;
}

static int
get_n_columns (GtkTreeModel *model)
{
  return 1;
}

static GType
get_column_type (GtkTreeModel *model, int column)
{
  return G_TYPE_POINTER;
}

static gboolean
get_iter (GtkTreeModel *model, GtkTreeIter *iter, GtkTreePath *path)
{
  return gtk_tree_path_get_depth (path) == 1 && set_iter (PST_MANAGER_LIST (model), iter, gtk_tree_path_get_indices (path)[0]);
}

static GtkTreePath *
get_path (GtkTreeModel *model, GtkTreeIter *iter)
{
  return gtk_tree_path_new_from_indices ((int)iter_index (iter), -1);
}

static void
get_value (GtkTreeModel *model, GtkTreeIter *iter, int column, GValue *value)
{
  g_value_init (value, G_TYPE_POINTER);
  g_value_set_pointer (value, pst_manager_list_get_iter (model, iter));
}

static gboolean
iter_next (GtkTreeModel *model, GtkTreeIter *iter)
{
  return set_iter (PST_MANAGER_LIST (model), iter, (int)iter_index (iter) + 1);
}

static gboolean
iter_previous (GtkTreeModel *model, GtkTreeIter *iter)
{
  return set_iter (PST_MANAGER_LIST (model), iter, (int)iter_index (iter) - 1);
}

static gboolean
iter_children (GtkTreeModel *model, GtkTreeIter *iter, GtkTreeIter *parent)
{
  return parent == NULL && set_iter (PST_MANAGER_LIST (model), iter, 0);
}

static gboolean
iter_has_child (GtkTreeModel *model, GtkTreeIter *iter)
{
  return FALSE;
}

static int
iter_n_children (GtkTreeModel *model, GtkTreeIter *iter)
{
  return iter == NULL ? (int)PST_MANAGER_LIST (model)->items->len : 0;
}

static gboolean
iter_nth_child (GtkTreeModel *model, GtkTreeIter *iter, GtkTreeIter *parent, int n)
{
  return parent == NULL && set_iter (PST_MANAGER_LIST (model), iter, n);
}

static gboolean
iter_parent (GtkTreeModel *model, GtkTreeIter *iter, GtkTreeIter *child)
{
  iter->stamp = 0;
  return FALSE;
}

static void
tree_model_init (GtkTreeModelIface *iface)
{
  iface->get_flags = get_flags;
  iface->get_n_columns = get_n_columns;
  iface->get_column_type = get_column_type;
  iface->get_iter = get_iter;
  iface->get_path = get_path;
  iface->get_value = get_value;
  iface->iter_next = iter_next;
  iface->iter_previous = iter_previous;
  iface->iter_children = iter_children;
  iface->iter_has_child = iter_has_child;
  iface->iter_n_children = iter_n_children;
  iface->iter_nth_child = iter_nth_child;
  iface->iter_parent = iter_parent;
}

static void
pst_manager_list_finalize (GObject *object)
{
  g_ptr_array_unref (PST_MANAGER_LIST (object)->items);
  G_OBJECT_CLASS (pst_manager_list_parent_class)->finalize (object);
}

static void
pst_manager_list_class_init (PstManagerListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pst_manager_list_finalize;
}

static void
pst_manager_list_init (PstManagerList *self)
{
  self->stamp = 1;
}

GtkTreeModel *
pst_manager_list_new_take (GPtrArray *items)
{
  PstManagerList *self = g_object_new (PST_TYPE_MANAGER_LIST, NULL);

  self->items = items;
  return GTK_TREE_MODEL (self);
}

guint
pst_manager_list_get_n (PstManagerList *self)
{
  return self->items->len;
}

gpointer
pst_manager_list_get (PstManagerList *self, guint index)
{
  return g_ptr_array_index (self->items, index);
}

gpointer
pst_manager_list_get_iter (GtkTreeModel *model, GtkTreeIter *iter)
{
  return g_ptr_array_index (PST_MANAGER_LIST (model)->items, iter_index (iter));
}

void
pst_manager_list_replace_take (PstManagerList *self, GPtrArray *items)
{
  g_return_if_fail (items->len == self->items->len);
  g_ptr_array_unref (self->items);
  self->items = items;
}

void
pst_manager_list_changed (PstManagerList *self, guint index)
{
  GtkTreeIter iter;
  g_autoptr (GtkTreePath) path = gtk_tree_path_new_from_indices ((int)index, -1);

  if (set_iter (self, &iter, (int)index))
    gtk_tree_model_row_changed (GTK_TREE_MODEL (self), path, &iter);
}

void
pst_manager_list_append_take (PstManagerList *self, GPtrArray *items)
{
  for (guint i = 0; i < items->len; i++)
    {
      GtkTreeIter iter;
      g_autoptr (GtkTreePath) path = NULL;

      g_ptr_array_add (self->items, g_ptr_array_index (items, i));
      set_iter (self, &iter, (int)self->items->len - 1);
      path = get_path (GTK_TREE_MODEL (self), &iter);
      gtk_tree_model_row_inserted (GTK_TREE_MODEL (self), path, &iter);
    }
  g_ptr_array_set_free_func (items, NULL);
  g_ptr_array_unref (items);
}
