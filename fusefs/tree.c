/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tree.h"

#include "dir.h"
#include "epoch.h"
#include "handle.h"
#include "inode.h"
#include "pst-fd.h"
#include "pst-path.h"

#include <errno.h>
#include <fcntl.h>

/* A handful of trees: a list, searched under its own lock, which is the innermost but for pst_table_lock. */
static GMutex lock;
static GPtrArray *trees;
static PstTree *own;

void
pst_trees_init (void)
{
  trees = g_ptr_array_new ();
}

PstTree *
pst_tree_ref (PstTree *tree)
{
  g_atomic_int_inc (&tree->refs);
  return tree;
}

void
pst_tree_unref (PstTree *tree)
{
  if (tree == NULL || !g_atomic_int_dec_and_test (&tree->refs))
    return;
  g_free (tree->path);
  g_free (tree);
}

gboolean
pst_tree_is_dropped (PstTree *tree)
{
  return g_atomic_int_get (&tree->dropped);
}

/* Opens the root anew, so that the table's inode of the root can be reached like any other directory. */
static gboolean
set_root_take_fd (PstTree *tree, int fd)
{
  struct stat st;
  int error = fstat (fd, &st) < 0 ? errno : S_ISDIR (st.st_mode) ? 0 : ENOTDIR;

  if (error != 0)
    {
      pst_fd_clear (&fd);
      errno = error;
      return FALSE;
    }
  if (tree->root != NULL && !pst_inode_matches (tree->root, &st))
    {
      /* another directory under the same path: nothing that was known of the old one is true of it */
      pst_inode_unref (tree->root);
      tree->root = NULL;
    }
  if (tree->root == NULL)
    {
      tree->root = pst_inode_enter (tree, &st, NULL, NULL, FALSE);
      tree->root->is_root = TRUE;
    }
  pst_dir_set_root_take_fd (tree->root, fd);
  return TRUE;
}

static PstTree *
tree_new (guint64 id, PstTreeKind kind, PstAccess access, const char *path, gboolean live)
{
  PstTree *tree = g_new0 (PstTree, 1);
  tree->refs = 1;
  tree->id = id;
  tree->kind = kind;
  tree->access = access;
  tree->path = g_strdup (path);
  tree->live = live;
  return tree;
}

static PstTree *
find_locked (PstTreeKind kind, const char *path, gsize length)
{
  for (guint i = 0; i < trees->len; i++)
    {
      PstTree *tree = g_ptr_array_index (trees, i);
      if (tree->kind == kind && strncmp (tree->path, path, length) == 0 && tree->path[length] == '\0')
        return tree;
    }
  return NULL;
}

static void
forget_root (gpointer data)
{
  PstTree *tree = data;
  PstInode *root = g_steal_pointer (&tree->root);
  if (root != NULL)
    {
      pst_dir_drop_tree (tree);
      pst_handle_drop_replaced (tree);
      pst_inode_unref (root);
    }
  pst_tree_unref (tree);
}

PstTree *
pst_tree_attach_take_fd (guint64 id, PstTreeKind kind, PstAccess access, const char *path, gboolean live, int fd)
{
  PstTree *tree, *old, *twin;
  struct stat st;

  g_mutex_lock (&lock);
  old = twin = find_locked (kind, path, strlen (path));
  g_mutex_unlock (&lock);
  if (twin != NULL && kind == PST_TREE_TREE && (fstat (fd, &st) < 0 || !pst_inode_matches (twin->root, &st)))
    twin = NULL; /* another directory under the same path: a tree of its own */
  if (twin != NULL && kind != PST_TREE_TREE && live)
    twin = NULL;
  if (twin != NULL)
    {
      if (kind == PST_TREE_TREE)
        {
          pst_dir_drop_tree (twin);
          if (!set_root_take_fd (twin, fd))
            return NULL;
        }
      g_mutex_lock (&lock);
      twin->id = id;
      twin->access = access;
      twin->live = live;
      g_mutex_unlock (&lock);
      g_atomic_int_set (&twin->mount, PST_MOUNT_NONE);
      return twin;
    }
  if (old != NULL)
    pst_tree_drop (old->id);

  tree = tree_new (id, kind, access, path, live);
  if (kind == PST_TREE_TREE && !set_root_take_fd (tree, fd))
    {
      int saved = errno;
      pst_tree_unref (tree);
      errno = saved;
      return NULL;
    }
  g_mutex_lock (&lock);
  g_ptr_array_add (trees, tree);
  g_mutex_unlock (&lock);
  return tree;
}

PstTree *
pst_tree_new_own_take_fd (const char *path, int fd)
{
  PstTree *tree = tree_new (0, PST_TREE_TREE, PST_ACCESS_CHANGE, path, FALSE);
  tree->own = TRUE;
  if (!set_root_take_fd (tree, fd))
    {
      int saved = errno;
      pst_tree_unref (tree);
      errno = saved;
      return NULL;
    }
  own = tree;
  return tree;
}

PstTree *
pst_trees_own (void)
{
  return own;
}

void
pst_trees_fini (void)
{
  for (guint i = 0; i < trees->len; i++)
    {
      PstTree *tree = g_ptr_array_index (trees, i);
      g_atomic_int_set (&tree->dropped, TRUE);
      forget_root (tree);
    }
  g_clear_pointer (&trees, g_ptr_array_unref);
  if (own != NULL)
    forget_root (g_steal_pointer (&own));
}

PstTree *
pst_tree_by_id (guint64 id)
{
  PstTree *found = NULL;
  g_mutex_lock (&lock);
  for (guint i = 0; i < trees->len && found == NULL; i++)
    if (((PstTree *)g_ptr_array_index (trees, i))->id == id)
      found = g_ptr_array_index (trees, i);
  g_mutex_unlock (&lock);
  return found;
}

gboolean
pst_tree_drop (guint64 id)
{
  PstTree *tree = pst_tree_by_id (id);
  if (tree == NULL)
    return FALSE;
  g_atomic_int_set (&tree->dropped, TRUE);
  g_mutex_lock (&lock);
  g_ptr_array_remove_fast (trees, tree);
  g_mutex_unlock (&lock);
  pst_epoch_defer (forget_root, tree);
  return TRUE;
}

PstTree *
pst_tree_covering (const char *path)
{
  PstTree *found = NULL;
  gsize length = 0;

  g_mutex_lock (&lock);
  for (guint i = 0; i < trees->len; i++)
    {
      PstTree *tree = g_ptr_array_index (trees, i);
      if (tree->kind == PST_TREE_TREE && (found == NULL || strlen (tree->path) > length) &&
          pst_path_is_below_or_equal (path, tree->path))
        {
          found = tree;
          length = strlen (tree->path);
        }
    }
  g_mutex_unlock (&lock);
  return found;
}

PstTree *
pst_tree_at (PstTreeKind kind, const char *path)
{
  g_mutex_lock (&lock);
  PstTree *tree = find_locked (kind, path, strlen (path));
  g_mutex_unlock (&lock);
  return tree;
}

void
pst_trees_foreach (PstTreeFunc func, gpointer data)
{
  g_mutex_lock (&lock);
  for (guint i = 0; i < trees->len; i++)
    func (g_ptr_array_index (trees, i), data);
  g_mutex_unlock (&lock);
}
