/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dir.h"

#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* newest first; all under pst_table_lock */
static PstDir *first, *last;
static guint n_listed;

static void
list_remove (PstDir *dir)
{
  if (!dir->listed)
    return;
  *(dir->prev != NULL ? &dir->prev->next : &first) = dir->next;
  *(dir->next != NULL ? &dir->next->prev : &last) = dir->prev;
  dir->listed = FALSE;
  n_listed--;
}

static void
list_prepend (PstDir *dir)
{
  dir->prev = NULL;
  dir->next = first;
  *(first != NULL ? &first->prev : &last) = dir;
  first = dir;
  dir->listed = TRUE;
  n_listed++;
}

void
pst_dir_unref (PstDir *dir)
{
  if (dir == NULL || !g_atomic_int_dec_and_test (&dir->refs))
    return;
  close (dir->fd);
  g_free (dir);
}

void
pst_dir_forget_locked (PstInode *inode)
{
  PstDir *dir = g_steal_pointer (&inode->dir);
  if (dir == NULL)
    return;
  list_remove (dir);
  dir->inode = NULL;
  pst_dir_unref (dir);
}

void
pst_dir_keep_locked (PstInode *inode)
{
  if (inode->dir != NULL)
    list_remove (inode->dir);
}

static PstDir *
dir_new (PstInode *inode, int fd)
{
  PstDir *dir = g_new0 (PstDir, 1);
  dir->refs = 1;
  dir->fd = fd;
  dir->inode = inode;
  return dir;
}

void
pst_dir_keep_special (PstInode *inode, PstDir *dir, const char *name)
{
  pst_autofd fd = -1;
  struct stat st;

  if (inode->type == S_IFREG || inode->type == S_IFDIR || inode->type == S_IFLNK || inode->tree == NULL)
    return;
  fd = openat (dir->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0 || !pst_inode_matches (inode, &st))
    return;
  g_mutex_lock (&pst_table_lock);
  if (inode->dir == NULL)
    inode->dir = dir_new (inode, pst_fd_steal (&fd));
  g_mutex_unlock (&pst_table_lock);
}

void
pst_dir_set_root_take_fd (PstInode *root, int fd)
{
  g_mutex_lock (&pst_table_lock);
  pst_dir_forget_locked (root);
  root->dir = dir_new (root, fd);
  g_mutex_unlock (&pst_table_lock);
}

void
pst_dir_drop_tree (PstTree *tree)
{
  g_mutex_lock (&pst_table_lock);
  tree->fds++;
  for (PstDir *dir = first, *next; dir != NULL; dir = next)
    {
      next = dir->next;
      if (dir->inode->tree == tree)
        pst_dir_forget_locked (dir->inode);
    }
  if (tree->root != NULL)
    pst_dir_forget_locked (tree->root);
  g_mutex_unlock (&pst_table_lock);
}

guint
pst_dir_count_cached (void)
{
  g_mutex_lock (&pst_table_lock);
  guint n = n_listed;
  g_mutex_unlock (&pst_table_lock);
  return n;
}

static int
open_below (int fd, const char *path)
{
  struct open_how how = {
    .flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
  };
  for (int tries = 0;; tries++)
    {
      int opened = syscall (SYS_openat2, fd, path, &how, sizeof how);
      /* EAGAIN: something was renamed while it looked */
      if (opened >= 0 || errno != EAGAIN || tries == 16)
        return opened;
    }
}

/* Walks @names, the last first, from @fd, as many at a time as a path may hold. Consumes nothing. */
static int
walk (int fd, GPtrArray *names)
{
  char path[PATH_MAX];
  pst_autofd at = -1;
  guint left = names->len;

  while (left > 0)
    {
      gsize length = 0;
      int next;
      while (left > 0)
        {
          const char *name = g_ptr_array_index (names, left - 1);
          gsize n = strlen (name);
          if (length + n + 2 > sizeof path)
            break;
          if (length > 0)
            path[length++] = '/';
          memcpy (path + length, name, n);
          length += n;
          left--;
        }
      path[length] = '\0';
      if (length == 0)
        {
          errno = ENAMETOOLONG;
          return -1;
        }
      next = open_below (at >= 0 ? at : fd, path);
      if (next < 0)
        return -1;
      pst_fd_clear (&at);
      at = next;
    }
  return pst_fd_steal (&at);
}

/* The cached descriptors beyond the limit; the caller lets go of them without the lock. */
static PstDir *
evict_locked (void)
{
  PstDir *evicted = NULL;
  while (n_listed > PST_DIR_MAX_CACHED)
    {
      PstDir *dir = last;
      list_remove (dir);
      dir->inode->dir = NULL;
      dir->inode = NULL;
      dir->next = evicted;
      evicted = dir;
    }
  return evicted;
}

static PstDir *
acquire_locked (PstInode *inode)
{
  PstDir *dir = inode->dir;
  g_atomic_int_inc (&dir->refs);
  if (dir->listed && dir != first)
    {
      list_remove (dir);
      list_prepend (dir);
    }
  return dir;
}

static PstDir *
acquire_slowly (PstInode *inode)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  PstDir *ancestor = NULL, *dir = NULL, *evicted = NULL;
  PstInode *i;
  struct stat st;
  guint fds;
  int fd, error;

  g_mutex_lock (&pst_table_lock);
  for (i = inode; i->dir == NULL; i = i->links->parent)
    {
      /* a root without a descriptor, a removed directory, or a circle */
      if (i->is_root || i->tree == NULL || i->links == NULL || names->len > 65536)
        {
          g_mutex_unlock (&pst_table_lock);
          errno = ESTALE;
          return NULL;
        }
      g_ptr_array_add (names, g_strdup (i->links->name));
    }
  ancestor = acquire_locked (i);
  fds = inode->tree->fds;
  g_mutex_unlock (&pst_table_lock);

  fd = names->len == 0 ? fcntl (ancestor->fd, F_DUPFD_CLOEXEC, 3) : walk (ancestor->fd, names);
  error = fd < 0 ? errno : 0;
  pst_dir_unref (ancestor);
  if (fd >= 0 && (fstat (fd, &st) < 0 || !pst_inode_matches (inode, &st)))
    error = ESTALE;
  if (error != 0)
    {
      pst_fd_clear (&fd);
      errno = error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV ? ESTALE : error;
      return NULL;
    }

  g_mutex_lock (&pst_table_lock);
  if (inode->dir == NULL && fds == inode->tree->fds && !pst_tree_is_dropped (inode->tree))
    {
      inode->dir = dir_new (inode, pst_fd_steal (&fd));
      list_prepend (inode->dir);
      dir = acquire_locked (inode);
      evicted = evict_locked ();
    }
  else
    dir = dir_new (NULL, pst_fd_steal (&fd));
  g_mutex_unlock (&pst_table_lock);
  while (evicted != NULL)
    {
      PstDir *next = evicted->next;
      pst_dir_unref (evicted);
      evicted = next;
    }
  return dir;
}

PstDir *
pst_dir_acquire (PstInode *inode)
{
  PstDir *dir = NULL;

  g_mutex_lock (&pst_table_lock);
  if (inode->dir != NULL)
    dir = acquire_locked (inode);
  g_mutex_unlock (&pst_table_lock);
  return dir != NULL ? dir : acquire_slowly (inode);
}

gboolean
pst_at_init (PstAt *at, PstInode *inode, guint skip)
{
  PstInode *parent = NULL;
  PstLink *link;

  at->dir = NULL;
  g_mutex_lock (&pst_table_lock);
  for (link = inode->links; link != NULL && skip > 0; link = link->next)
    skip--;
  if (link != NULL && !inode->is_root)
    {
      g_strlcpy (at->name, link->name, sizeof at->name);
      parent = link->parent;
      if (parent->dir != NULL)
        at->dir = acquire_locked (parent);
      else
        parent->refs++;
    }
  g_mutex_unlock (&pst_table_lock);
  if (parent == NULL)
    {
      errno = ESTALE;
      return FALSE;
    }
  if (at->dir == NULL)
    {
      int saved;
      at->dir = acquire_slowly (parent);
      saved = errno;
      pst_inode_unref (parent);
      errno = saved;
    }
  return at->dir != NULL;
}
