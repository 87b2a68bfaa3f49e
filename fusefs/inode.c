/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inode.h"

#include "dir.h"

#include <sys/sysmacros.h>

/* Two hash tables with chains through the objects themselves: inodes by (tree, device, number), links by (parent, name). They
 * grow by doubling and never shrink. A tree of 200,000 files costs about 200 bytes a file here, so no container that
 * allocates is used.
 *
 * References of an inode: one for all of the kernel's look-ups together, one for each child link, one for each open handle, one
 * for each caller that asked. The last one frees it and drops the references to its parents, in a loop, since a chain may
 * be ten thousand long. */

GMutex pst_table_lock;

static PstInode *root;
static PstInode **inode_buckets;
static guint inode_mask, n_inodes;
static PstLink **link_buckets;
static guint link_mask, n_links;
static guint64 devices[G_MAXUINT16];
static guint n_devices;

static guint32
hash_inode (const PstTree *tree, guint16 dev, guint64 ino)
{
  guint64 h = (ino ^ ((guint64)dev << 56) ^ ((guintptr)tree >> 4)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return h >> 32;
}

static guint32
hash_link (const PstInode *parent, const char *name)
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

static void
inode_hash (PstInode *inode)
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

static void
inode_unhash (PstInode *inode)
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

static PstInode *
inode_find (PstTree *tree, guint16 dev, guint64 ino)
{
  PstInode *inode = inode_buckets[hash_inode (tree, dev, ino) & inode_mask];
  while (inode != NULL && (inode->ino != ino || inode->dev != dev || inode->tree != tree))
    inode = inode->hash_next;
  return inode;
}

static PstLink *
link_find (PstInode *parent, const char *name, guint32 hash)
{
  PstLink *link = link_buckets[hash & link_mask];
  while (link != NULL && (link->hash != hash || link->parent != parent || strcmp (link->name, name) != 0))
    link = link->hash_next;
  return link;
}

static void
link_unhash (PstLink *link)
{
  for (PstLink **p = &link_buckets[link->hash & link_mask]; *p != NULL; p = &(*p)->hash_next)
    if (*p == link)
      {
        *p = link->hash_next;
        n_links--;
        return;
      }
}

static void
link_hash (PstLink *link)
{
  PstLink **bucket;

  if (n_links > link_mask)
    grow_links ();
  bucket = &link_buckets[link->hash & link_mask];
  link->hash_next = *bucket;
  *bucket = link;
  n_links++;
}

static void
link_detach (PstLink *link)
{
  for (PstLink **p = &link->inode->links; *p != NULL; p = &(*p)->next)
    if (*p == link)
      {
        *p = link->next;
        break;
      }
  link_unhash (link);
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
  link_hash (link);
}

/* @inode is what @name in @parent is now. */
static void
set_name (PstInode *inode, PstInode *parent, const char *name)
{
  guint32 hash = hash_link (parent, name);
  PstLink *link = link_find (parent, name, hash);

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

void
pst_inodes_init (void)
{
  inode_mask = link_mask = 255;
  inode_buckets = g_new0 (PstInode *, inode_mask + 1);
  link_buckets = g_new0 (PstLink *, link_mask + 1);
  root = g_new0 (PstInode, 1);
  root->refs = 1;
  root->is_root = TRUE;
  root->type = S_IFDIR;
  root->virtual = g_new0 (PstVirtual, 1);
  root->virtual->path = g_strdup ("");
  root->virtual->ino = 1;
}

void
pst_inodes_fini (void)
{
  for (guint i = 0; i <= link_mask; i++)
    for (PstLink *link = link_buckets[i], *next; link != NULL; link = next)
      {
        next = link->hash_next;
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
  for (guint i = 0; i <= inode_mask; i++)
    for (PstInode *inode = inode_buckets[i], *next; inode != NULL; inode = next)
      {
        next = inode->hash_next;
        pst_dir_unref (inode->dir);
        g_free (inode);
      }
  g_clear_pointer (&inode_buckets, g_free);
  g_clear_pointer (&link_buckets, g_free);
  g_free (root->virtual->path);
  g_free (root->virtual);
  g_clear_pointer (&root, g_free);
  n_inodes = n_links = n_devices = 0;
}

guint
pst_inodes_count (void)
{
  g_mutex_lock (&pst_table_lock);
  guint n = n_inodes;
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
  inode = inode_find (tree, dev, st->st_ino);
  if (inode != NULL && inode->type != (st->st_mode & S_IFMT))
    {
      /* the number was used again */
      inode_unhash (inode);
      inode = NULL;
    }
  if (inode == NULL)
    {
      inode = g_new0 (PstInode, 1);
      inode->tree = pst_tree_ref (tree);
      inode->dev = dev;
      inode->ino = st->st_ino;
      inode->type = st->st_mode & S_IFMT;
      inode_hash (inode);
    }
  inode->nlink = MIN (st->st_nlink, G_MAXUINT16);
  count (inode, counted);
  if (parent != NULL && !inode->is_root)
    set_name (inode, parent, name);
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
  link = link_find (parent, name, hash_link (parent, name));
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
      set_name (inode, parent, name);
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
          inode_unhash (inode);
          for (PstLink *link = inode->links, *next; link != NULL; link = next)
            {
              next = link->next;
              link_unhash (link);
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

void
pst_inode_name_gone (PstInode *parent, const char *name, gboolean removed)
{
  PstLink *link;

  g_mutex_lock (&pst_table_lock);
  link = link_find (parent, name, hash_link (parent, name));
  if (link != NULL)
    {
      PstInode *inode = link->inode;
      if (removed)
        {
          /* The number may be used again at once: the next file of that number must be another inode to the kernel. */
          if (inode->type == S_IFDIR || inode->nlink <= 1)
            inode_unhash (inode);
          else if (inode->nlink < G_MAXUINT16)
            inode->nlink--;
          if (inode->type == S_IFDIR)
            pst_dir_keep_locked (inode);
        }
      link_remove (link);
    }
  g_mutex_unlock (&pst_table_lock);
}

void
pst_inode_renamed (PstInode *parent, const char *name, PstInode *new_parent, const char *new_name, gboolean exchange)
{
  guint32 hash = hash_link (parent, name), new_hash = hash_link (new_parent, new_name);
  PstLink *from, *to;
  PstInode *moved, *other = NULL;

  g_mutex_lock (&pst_table_lock);
  from = link_find (parent, name, hash);
  to = link_find (new_parent, new_name, new_hash);
  if (from == to || (from != NULL && to != NULL && from->inode == to->inode && !exchange))
    goto out; /* two names of one file: rename(2) did nothing */
  moved = from != NULL ? from->inode : NULL;
  if (to != NULL)
    {
      other = to->inode;
      other->refs++;
      link_remove (to);
      if (!exchange)
        {
          if (other->type == S_IFDIR || other->nlink <= 1)
            inode_unhash (other);
          else if (other->nlink < G_MAXUINT16)
            other->nlink--;
          if (other->type == S_IFDIR)
            pst_dir_keep_locked (other);
        }
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
  link = link_find (parent, name, hash_link (parent, name));
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

GPtrArray *
pst_inodes_open (PstTree *tree)
{
  GPtrArray *open = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_inode_unref);

  g_mutex_lock (&pst_table_lock);
  for (guint i = 0; i <= inode_mask; i++)
    for (PstInode *inode = inode_buckets[i]; inode != NULL; inode = inode->hash_next)
      if (inode->tree == tree && inode->type != S_IFDIR && inode->handles != NULL)
        {
          inode->refs++;
          g_ptr_array_add (open, inode);
        }
  g_mutex_unlock (&pst_table_lock);
  return open;
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
