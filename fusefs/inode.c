/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inode.h"

#include "dir.h"
#include "inode-table.h"

/* References of an inode: one for all of the kernel's look-ups together, one for each child link, one for each open handle, one
 * for each caller that asked. The last one frees it and drops the references to its parents, in a loop, since a chain may
 * be ten thousand long. */

GMutex pst_table_lock;

static PstInode *root;
static guint64 devices[G_MAXUINT16];
static guint n_devices;

void
pst_inodes_init (void)
{
  pst_table_init ();
  root = g_new0 (PstInode, 1);
  root->refs = 1;
  root->is_root = TRUE;
  root->type = S_IFDIR;
  root->virtual = g_new0 (PstVirtual, 1);
  root->virtual->path = g_strdup ("");
  root->virtual->ino = 1;
}

static void
free_link (PstLink *link)
{
  /* virtual inodes are not in the other table; the last of their names takes them along */
  if (pst_inode_is_virtual (link->inode))
    {
      pst_dir_unref (link->inode->dir);
      g_free (link->inode->virtual->path);
      g_free (link->inode->virtual);
      g_free (link->inode);
    }
  g_free (link);
}

static void
free_inode (PstInode *inode)
{
  pst_dir_unref (inode->dir);
  g_free (inode);
}

void
pst_inodes_fini (void)
{
  pst_table_fini (free_link, free_inode);
  g_free (root->virtual->path);
  g_free (root->virtual);
  g_clear_pointer (&root, g_free);
  n_devices = 0;
}

guint
pst_inodes_count (void)
{
  g_mutex_lock (&pst_table_lock);
  guint n = pst_table_count_inodes ();
  g_mutex_unlock (&pst_table_lock);
  return n;
}

PstInode *
pst_inodes_root (void)
{
  return root;
}

PstInode *
pst_inode_from_number (guint64 number)
{
  return number == 1 ? root : (PstInode *)(guintptr)number;
}

guint64
pst_inode_number (PstInode *inode)
{
  return inode == root ? 1 : (guintptr)inode;
}

static guint16
device_locked (guint64 dev)
{
  for (guint i = 0; i < n_devices; i++)
    if (devices[i] == dev)
      return i;
  if (n_devices == G_N_ELEMENTS (devices))
    return G_MAXUINT16 -
           1; /* more file systems than anybody has: numbers may collide, files are still told apart when opened */
  devices[n_devices] = dev;
  return n_devices++;
}

guint16
pst_inode_device (guint64 dev)
{
  g_mutex_lock (&pst_table_lock);
  guint16 device = device_locked (dev);
  g_mutex_unlock (&pst_table_lock);
  return device;
}

dev_t
pst_inode_device_number (guint16 device)
{
  return devices[device];
}

gboolean
pst_inode_matches (PstInode *inode, const struct stat *st)
{
  return st->st_ino == inode->ino && (st->st_mode & S_IFMT) == inode->type && st->st_dev == devices[inode->dev];
}

guint64
pst_inode_visible_number (guint16 device, guint64 ino)
{
  return ino ^ ((guint64)device << 48);
}

static void
count (PstInode *inode, gboolean counted)
{
  if (!counted)
    inode->refs++;
  else if (inode->n_lookup++ == 0)
    inode->refs++;
}

PstInode *
pst_inode_enter (PstTree *tree, const struct stat *st, PstInode *parent, const char *name, gboolean counted)
{
  PstInode *inode;
  guint16 dev;

  g_mutex_lock (&pst_table_lock);
  dev = device_locked (st->st_dev);
  inode = pst_table_find_inode (tree, dev, st->st_ino);
  if (inode != NULL && inode->type != (st->st_mode & S_IFMT))
    {
      /* the number was used again */
      pst_table_remove_inode (inode);
      inode = NULL;
    }
  if (inode == NULL)
    {
      inode = g_new0 (PstInode, 1);
      inode->tree = pst_tree_ref (tree);
      inode->dev = dev;
      inode->ino = st->st_ino;
      inode->type = st->st_mode & S_IFMT;
      pst_table_add_inode (inode);
    }
  inode->nlink = MIN (st->st_nlink, G_MAXUINT16);
  count (inode, counted);
  if (parent != NULL && !inode->is_root)
    pst_inode_set_name_locked (inode, parent, name);
  g_mutex_unlock (&pst_table_lock);
  return inode;
}

PstInode *
pst_inode_enter_virtual (PstInode *parent, const char *name, const char *path, gboolean counted)
{
  static guint64 next_ino = 2;
  PstInode *inode;
  PstLink *link;

  g_mutex_lock (&pst_table_lock);
  link = pst_table_find_link (parent, name, pst_table_hash_name (parent, name));
  if (link != NULL && pst_inode_is_virtual (link->inode))
    inode = link->inode;
  else
    {
      inode = g_new0 (PstInode, 1);
      inode->type = S_IFDIR;
      inode->nlink = 2;
      inode->virtual = g_new0 (PstVirtual, 1);
      inode->virtual->path = g_strdup (path);
      /* in the range of no file system's numbers */
      inode->virtual->ino = (G_GUINT64_CONSTANT (0x7f) << 56) | next_ino++;
      pst_inode_set_name_locked (inode, parent, name);
    }
  count (inode, counted);
  g_mutex_unlock (&pst_table_lock);
  return inode;
}

PstInode *
pst_inode_ref (PstInode *inode)
{
  g_mutex_lock (&pst_table_lock);
  inode->refs++;
  g_mutex_unlock (&pst_table_lock);
  return inode;
}

void
pst_inode_unref_locked (PstInode *inode)
{
  PstLink *todo = NULL;

  for (;;)
    {
      if (--inode->refs == 0)
        {
          pst_table_remove_inode (inode);
          for (PstLink *link = inode->links, *next; link != NULL; link = next)
            {
              next = link->next;
              pst_table_remove_link (link);
              link->next = todo;
              todo = link;
            }
          pst_dir_forget_locked (inode);
          if (inode->tree == NULL)
            {
              if (inode->virtual->backing != NULL)
                {
                  /* in the same loop: a link that is only a reference */
                  PstLink *link = g_new0 (PstLink, 1);
                  link->parent = inode->virtual->backing;
                  link->next = todo;
                  todo = link;
                  pst_tree_unref (inode->virtual->backing_tree);
                }
              g_free (inode->virtual->path);
              g_free (inode->virtual);
            }
          else
            pst_tree_unref (inode->tree);
          g_free (inode);
        }
      if (todo == NULL)
        return;
      PstLink *link = todo;
      todo = link->next;
      inode = link->parent;
      g_free (link);
    }
}

void
pst_inode_unref (PstInode *inode)
{
  if (inode == NULL)
    return;
  g_mutex_lock (&pst_table_lock);
  pst_inode_unref_locked (inode);
  g_mutex_unlock (&pst_table_lock);
}

void
pst_inode_forget (PstInode *inode, guint64 n)
{
  if (inode == root)
    return;
  g_mutex_lock (&pst_table_lock);
  if (n > inode->n_lookup)
    n = inode->n_lookup;
  inode->n_lookup -= n;
  if (n > 0 && inode->n_lookup == 0)
    pst_inode_unref_locked (inode);
  g_mutex_unlock (&pst_table_lock);
}

typedef struct
{
  const PstTree *tree;
  GPtrArray *open;
} Open;

static void
add_open (PstInode *inode, gpointer data)
{
  const Open *found = data;

  if (inode->tree != found->tree || inode->type == S_IFDIR || inode->handles == NULL)
    return;
  inode->refs++;
  g_ptr_array_add (found->open, inode);
}

GPtrArray *
pst_inodes_open (PstTree *tree)
{
  Open found = { tree, g_ptr_array_new_with_free_func ((GDestroyNotify)pst_inode_unref) };

  g_mutex_lock (&pst_table_lock);
  pst_table_each_inode (add_open, &found);
  g_mutex_unlock (&pst_table_lock);
  return found.open;
}
