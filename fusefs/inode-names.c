/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dir.h"
#include "inode-table.h"

/* The names of an inode: what it is called, what becomes of that when something is renamed or removed, and the path that they
 * make. */

static void
link_detach (PstLink *link)
{
  for (PstLink **p = &link->inode->links; *p != NULL; p = &(*p)->next)
    if (*p == link)
      {
        *p = link->next;
        break;
      }
  pst_table_remove_link (link);
}

/* The reference to the parent goes with it. */
static void
link_remove (PstLink *link)
{
  PstInode *parent = link->parent;
  link_detach (link);
  g_free (link);
  pst_inode_unref_locked (parent);
}

static void
link_add (PstInode *inode, PstInode *parent, const char *name, guint32 hash)
{
  gsize size = strlen (name) + 1;
  PstLink *link = g_malloc (G_STRUCT_OFFSET (PstLink, name) + size);

  memcpy (link->name, name, size);
  link->hash = hash;
  link->parent = parent;
  parent->refs++;
  link->inode = inode;
  link->next = inode->links;
  inode->links = link;
  pst_table_add_link (link);
}

void
pst_inode_set_name_locked (PstInode *inode, PstInode *parent, const char *name)
{
  guint32 hash = pst_table_hash_name (parent, name);
  PstLink *link = pst_table_find_link (parent, name, hash);

  /* Which of several names are true may have changed outside, and with that what may be done by them. */
  if (inode->links != NULL && (inode->links->next != NULL || inode->links != link) && inode->tree != NULL)
    __atomic_store_n (&inode->decision, 0, __ATOMIC_RELAXED);
  if (link != NULL && link->inode == inode)
    return;
  if (link != NULL)
    link_remove (link);
  /* a directory has one name */
  if (inode->type == S_IFDIR && inode->links != NULL)
    {
      PstLink *old = inode->links;
      link_add (inode, parent, name, hash);
      link_remove (old);
    }
  else
    link_add (inode, parent, name, hash);
}

/* A name was taken away from it by us. The number may be used again at once: the next file of that number must be another inode
 * to the kernel. */
static void
lost_name (PstInode *inode)
{
  if (inode->type == S_IFDIR || inode->nlink <= 1)
    pst_table_remove_inode (inode);
  else if (inode->nlink < G_MAXUINT16)
    inode->nlink--;
  if (inode->type == S_IFDIR)
    pst_dir_keep_locked (inode);
}

void
pst_inode_name_gone (PstInode *parent, const char *name, gboolean removed)
{
  PstLink *link;

  g_mutex_lock (&pst_table_lock);
  link = pst_table_find_link (parent, name, pst_table_hash_name (parent, name));
  if (link != NULL)
    {
      PstInode *inode = link->inode;
      if (removed)
        lost_name (inode);
      link_remove (link);
    }
  g_mutex_unlock (&pst_table_lock);
}

void
pst_inode_renamed (PstInode *parent, const char *name, PstInode *new_parent, const char *new_name, gboolean exchange)
{
  guint32 hash = pst_table_hash_name (parent, name), new_hash = pst_table_hash_name (new_parent, new_name);
  PstLink *from, *to;
  PstInode *moved, *other = NULL;

  g_mutex_lock (&pst_table_lock);
  from = pst_table_find_link (parent, name, hash);
  to = pst_table_find_link (new_parent, new_name, new_hash);
  if (from == to || (from != NULL && to != NULL && from->inode == to->inode && !exchange))
    goto out; /* two names of one file: rename(2) did nothing */
  moved = from != NULL ? from->inode : NULL;
  if (to != NULL)
    {
      other = to->inode;
      other->refs++;
      link_remove (to);
      if (!exchange)
        lost_name (other);
    }
  if (moved != NULL)
    {
      moved->refs++;
      link_remove (from);
      link_add (moved, new_parent, new_name, new_hash);
      moved->decision = 0;
      pst_inode_unref_locked (moved);
    }
  if (other != NULL)
    {
      if (exchange)
        {
          link_add (other, parent, name, hash);
          other->decision = 0;
        }
      pst_inode_unref_locked (other);
    }
out:
  g_mutex_unlock (&pst_table_lock);
}

PstInode *
pst_inode_find_name (PstInode *parent, const char *name)
{
  PstInode *inode = NULL;
  PstLink *link;

  g_mutex_lock (&pst_table_lock);
  link = pst_table_find_link (parent, name, pst_table_hash_name (parent, name));
  if (link != NULL)
    {
      inode = link->inode;
      inode->refs++;
    }
  g_mutex_unlock (&pst_table_lock);
  return inode;
}

gboolean
pst_inode_has_several_names (PstInode *inode)
{
  g_mutex_lock (&pst_table_lock);
  gboolean several = inode->links != NULL && inode->links->next != NULL;
  g_mutex_unlock (&pst_table_lock);
  return several;
}

gboolean
pst_inode_drop_name (PstInode *inode, guint skip, const char *name)
{
  gboolean found;
  PstLink *link;

  g_mutex_lock (&pst_table_lock);
  for (link = inode->links; link != NULL && skip > 0; link = link->next)
    skip--;
  found = link != NULL && strcmp (link->name, name) == 0;
  if (found)
    link_remove (link);
  g_mutex_unlock (&pst_table_lock);
  return found;
}

/* More parents than this is a circle, made by directories moved about outside while both are in use. */
#define MAX_DEPTH 65536

char *
pst_inode_path (PstInode *inode, guint skip, const char *child)
{
  const PstInode *i;
  const PstLink *link;
  const char *top;
  gsize size = child != NULL ? strlen (child) + 1 : 0, top_size;
  guint depth = 0;
  char *path = NULL, *p;

  g_mutex_lock (&pst_table_lock);
  for (i = inode; i->tree != NULL && !i->is_root; i = link->parent)
    {
      link = i->links;
      for (guint n = i == inode ? skip : 0; link != NULL && n > 0; n--)
        link = link->next;
      if (link == NULL || depth++ > MAX_DEPTH)
        goto out;
      size += strlen (link->name) + 1;
    }
  if (inode == i && skip > 0)
    goto out;
  top = i->tree != NULL ? i->tree->path : i->virtual->path;
  top_size = strcmp (top, "/") == 0 ? 0 : strlen (top);
  path = g_malloc (top_size + size + 2);
  p = path + top_size + size;
  *p = '\0';
  if (child != NULL)
    {
      gsize n = strlen (child);
      p -= n;
      memcpy (p, child, n);
      *--p = '/';
    }
  for (i = inode; i->tree != NULL && !i->is_root; i = link->parent)
    {
      gsize n;
      link = i->links;
      for (guint k = i == inode ? skip : 0; k > 0; k--)
        link = link->next;
      n = strlen (link->name);
      p -= n;
      memcpy (p, link->name, n);
      *--p = '/';
    }
  memcpy (path, top, top_size);
  if (path[0] == '\0' && top[0] == '/')
    strcpy (path, "/");
out:
  g_mutex_unlock (&pst_table_lock);
  return path;
}
