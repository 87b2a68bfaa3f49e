/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate.h"

#include "pst-path.h"

/* Two things are told apart: the *verdict* on a path (gate-verdict.c: the rules alone), and the *place* where the operation
 * then happens (gate-place.c: the rules and the trees that are attached). Here is what both know: the roots.
 *
 * A directory of the host is seen in one of two ways. If a tree covers it, it is served from there. If none does, it is
 * virtual: it shows the doors and the granted names in it, and $HOME shows the private home's entries too. A virtual
 * directory keeps its number for as long as the kernel knows it, also when a tree is attached at its path later (it then has
 * a *backing*, and what is looked up in it are the tree's inodes): were its number to change, the kernel would drop the
 * entry, and with it the mount upon it.
 *
 * The verdicts on an inode of a tree are cached in it, with the policy's generation. If no rule lies below a directory, its
 * entries inherit them without any path being put together. */

PstGateConfig pst_gate_config;

#define MAX_ROOTS 8
static struct
{
  char *name;
  PstInode *inode;
} roots[MAX_ROOTS];
static guint n_roots;

void
pst_gate_add_root (const char *name, const char *path)
{
  if (n_roots == MAX_ROOTS)
    return;
  PstInode *inode = pst_inode_enter_virtual (pst_inodes_root (), name, path, FALSE);
  inode->virtual->is_gate = TRUE;
  inode->virtual->is_home = g_strcmp0 (path, pst_gate_config.home) == 0;
  roots[n_roots].name = g_strdup (name);
  roots[n_roots++].inode = inode;
}

void
pst_gate_clear_roots (void)
{
  while (n_roots > 0)
    {
      g_free (roots[--n_roots].name);
      pst_inode_unref (roots[n_roots].inode);
    }
}

void
pst_gate_foreach_root (PstGateRootFunc func, gpointer data)
{
  for (guint i = 0; i < n_roots; i++)
    func (roots[i].name, roots[i].inode, data);
}

PstInode *
pst_gate_find_parent (const char *path, const char **name)
{
  g_autofree char *dir = g_path_get_dirname (path);
  g_auto (GStrv) names = NULL;
  PstInode *inode = NULL;

  for (guint i = 0; i < n_roots && inode == NULL; i++)
    if (pst_path_is_below_or_equal (dir, roots[i].inode->virtual->path))
      inode = pst_inode_ref (roots[i].inode);
  if (inode == NULL && pst_inodes_root ()->virtual->path[0] == '/' &&
      pst_path_is_below_or_equal (dir, pst_inodes_root ()->virtual->path))
    inode = pst_inode_ref (pst_inodes_root ());
  if (inode == NULL)
    return NULL;
  names = g_strsplit (dir + strlen (inode->virtual->path), "/", -1);
  for (guint i = 0; names[i] != NULL && inode != NULL; i++)
    if (names[i][0] != '\0')
      {
        PstInode *next = pst_inode_find_name (inode, names[i]);
        pst_inode_unref (inode);
        inode = next;
      }
  *name = strrchr (path, '/') + 1;
  return inode;
}

void
pst_gate_set_root_path (const char *path)
{
  g_free (pst_inodes_root ()->virtual->path);
  pst_inodes_root ()->virtual->path = g_strdup (path);
}
