/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inode-table.h"

/* Two hash tables with chains through the objects themselves: inodes by (tree, device, number), links by (parent, name). They
 * grow by doubling and never shrink. A tree of 200,000 files costs about 200 bytes a file here, so no container that
 * allocates is used. */

static PstInode **inode_buckets;
static guint inode_mask, n_inodes;
static PstLink **link_buckets;
static guint link_mask, n_links;

static guint32
hash_inode (const PstTree *tree, guint16 dev, guint64 ino)
{
  guint64 h = (ino ^ ((guint64)dev << 56) ^ ((guintptr)tree >> 4)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return h >> 32;
}

guint32
pst_table_hash_name (const PstInode *parent, const char *name)
{
  guint64 h = (guintptr)parent >> 4;
  for (; *name != '\0'; name++)
    h = (h ^ (guchar)*name) * G_GUINT64_CONSTANT (0x100000001b3);
  return (h * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> 32;
}

static void
grow_inodes (void)
{
  guint size = (inode_mask + 1) * 2;
  PstInode **buckets = g_new0 (PstInode *, size);
  for (guint i = 0; i <= inode_mask; i++)
    for (PstInode *inode = inode_buckets[i], *next; inode != NULL; inode = next)
      {
        PstInode **bucket = &buckets[hash_inode (inode->tree, inode->dev, inode->ino) & (size - 1)];
        next = inode->hash_next;
        inode->hash_next = *bucket;
        *bucket = inode;
      }
  g_free (inode_buckets);
  inode_buckets = buckets;
  inode_mask = size - 1;
}

static void
grow_links (void)
{
  guint size = (link_mask + 1) * 2;
  PstLink **buckets = g_new0 (PstLink *, size);
  for (guint i = 0; i <= link_mask; i++)
    for (PstLink *link = link_buckets[i], *next; link != NULL; link = next)
      {
        PstLink **bucket = &buckets[link->hash & (size - 1)];
        next = link->hash_next;
        link->hash_next = *bucket;
        *bucket = link;
      }
  g_free (link_buckets);
  link_buckets = buckets;
  link_mask = size - 1;
}

void
pst_table_add_inode (PstInode *inode)
{
  PstInode **bucket;

  if (n_inodes > inode_mask)
    grow_inodes ();
  bucket = &inode_buckets[hash_inode (inode->tree, inode->dev, inode->ino) & inode_mask];
  inode->hash_next = *bucket;
  *bucket = inode;
  inode->hashed = TRUE;
  n_inodes++;
}

void
pst_table_remove_inode (PstInode *inode)
{
  if (!inode->hashed)
    return;
  for (PstInode **p = &inode_buckets[hash_inode (inode->tree, inode->dev, inode->ino) & inode_mask]; *p != NULL;
       p = &(*p)->hash_next)
    if (*p == inode)
      {
        *p = inode->hash_next;
        break;
      }
  inode->hash_next = NULL;
  inode->hashed = FALSE;
  n_inodes--;
}

PstInode *
pst_table_find_inode (PstTree *tree, guint16 dev, guint64 ino)
{
  PstInode *inode = inode_buckets[hash_inode (tree, dev, ino) & inode_mask];
  while (inode != NULL && (inode->ino != ino || inode->dev != dev || inode->tree != tree))
    inode = inode->hash_next;
  return inode;
}

PstLink *
pst_table_find_link (PstInode *parent, const char *name, guint32 hash)
{
  PstLink *link = link_buckets[hash & link_mask];
  while (link != NULL && (link->hash != hash || link->parent != parent || strcmp (link->name, name) != 0))
    link = link->hash_next;
  return link;
}

void
pst_table_remove_link (PstLink *link)
{
  for (PstLink **p = &link_buckets[link->hash & link_mask]; *p != NULL; p = &(*p)->hash_next)
    if (*p == link)
      {
        *p = link->hash_next;
        n_links--;
        return;
      }
}

void
pst_table_add_link (PstLink *link)
{
  PstLink **bucket;

  if (n_links > link_mask)
    grow_links ();
  bucket = &link_buckets[link->hash & link_mask];
  link->hash_next = *bucket;
  *bucket = link;
  n_links++;
}

guint
pst_table_count_inodes (void)
{
  return n_inodes;
}

void
pst_table_each_inode (void (*func) (PstInode *inode, gpointer data), gpointer data)
{
  for (guint i = 0; i <= inode_mask; i++)
    for (PstInode *inode = inode_buckets[i]; inode != NULL; inode = inode->hash_next)
      func (inode, data);
}

void
pst_table_init (void)
{
  inode_mask = link_mask = 255;
  inode_buckets = g_new0 (PstInode *, inode_mask + 1);
  link_buckets = g_new0 (PstLink *, link_mask + 1);
}

void
pst_table_fini (void (*free_link) (PstLink *link), void (*free_inode) (PstInode *inode))
{
  for (guint i = 0; i <= link_mask; i++)
    for (PstLink *link = link_buckets[i], *next; link != NULL; link = next)
      {
        next = link->hash_next;
        free_link (link);
      }
  for (guint i = 0; i <= inode_mask; i++)
    for (PstInode *inode = inode_buckets[i], *next; inode != NULL; inode = next)
      {
        next = inode->hash_next;
        free_inode (inode);
      }
  g_clear_pointer (&inode_buckets, g_free);
  g_clear_pointer (&link_buckets, g_free);
  n_inodes = n_links = 0;
}
