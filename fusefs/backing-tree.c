/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backing-tree.h"

#include "gate.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* A name may by now belong to another file: then the next name of the inode is tried. */
static gboolean
worth_another (int error)
{
  return error == ENOENT || error == ESTALE || error == ELOOP || error == ENOTDIR || error == ENXIO;
}

static int
stat_handle (PstInode *inode, struct stat *st)
{
  PstHandle *handle = pst_handle_any (inode, FALSE);
  int error = ESTALE;
  if (handle != NULL)
    error = fstat (handle->fd, st) < 0 ? errno : 0;
  pst_handle_unref (handle);
  return error;
}

int
pst_backing_stat (PstInode *inode, struct stat *st)
{
  PstDir *dir = NULL;
  PstAt at;
  int error = ESTALE;

  if (inode->type != S_IFREG && inode->type != S_IFLNK)
    {
      g_mutex_lock (&pst_table_lock);
      if (inode->dir != NULL)
        {
          dir = inode->dir;
          g_atomic_int_inc (&dir->refs);
        }
      g_mutex_unlock (&pst_table_lock);
      if (dir != NULL)
        {
          error = fstat (dir->fd, st) < 0 ? errno : 0;
          pst_dir_unref (dir);
          return error;
        }
    }
  for (guint skip = 0; worth_another (error) && pst_at_init (&at, inode, skip); skip++)
    {
      error = fstatat (at.dir->fd, at.name, st, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
      pst_at_clear (&at);
      if (error == 0 && !pst_inode_matches (inode, st))
        error = ESTALE;
    }
  if (worth_another (error))
    return stat_handle (inode, st);
  return error;
}

static int
open_at (PstAt *at, PstInode *inode, int flags)
{
  struct stat st;
  int fd = openat (at->dir->fd, at->name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  int error = fd < 0 ? errno : 0;

  if (fd >= 0 && (fstat (fd, &st) < 0 || !pst_inode_matches (inode, &st)))
    {
      pst_fd_clear (&fd);
      error = ESTALE;
    }
  return fd >= 0 ? fd : -error;
}

int
pst_backing_open (PstInode *inode, int flags)
{
  int result = -ESTALE;
  PstAt at;

  if (inode->type == S_IFDIR)
    {
      PstDir *dir = pst_dir_acquire (inode);
      if (dir == NULL)
        return -errno;
      result = openat (dir->fd, ".", flags | O_DIRECTORY | O_CLOEXEC);
      if (result < 0)
        result = -errno;
      pst_dir_unref (dir);
      /* "." needs the right to search, which one that may only be read does not give: from its parent then */
      if (result != -EACCES || inode->is_root)
        return result;
      flags |= O_DIRECTORY;
      if (pst_at_init (&at, inode, 0))
        {
          result = open_at (&at, inode, flags);
          pst_at_clear (&at);
        }
      return result;
    }
  for (guint skip = 0; result < 0 && worth_another (-result) && pst_at_init (&at, inode, skip); skip++)
    {
      result = open_at (&at, inode, flags);
      pst_at_clear (&at);
    }
  return result;
}

int
pst_backing_open_path (PstInode *inode)
{
  gboolean nameless;

  g_mutex_lock (&pst_table_lock);
  nameless = inode->links == NULL;
  g_mutex_unlock (&pst_table_lock);
  if (inode->type == S_IFDIR || nameless)
    {
      PstDir *dir = pst_dir_acquire (inode);
      int fd;
      if (dir == NULL)
        return -errno;
      fd = fcntl (dir->fd, F_DUPFD_CLOEXEC, 3);
      if (fd < 0)
        fd = -errno;
      pst_dir_unref (dir);
      return fd;
    }
  return pst_backing_open (inode, O_PATH);
}

#define OVERFLOW_ID 65534

void
pst_backing_show (PstInode *inode, struct stat *st)
{
  st->st_ino = pst_inode_visible_number (inode->dev, st->st_ino);
  /* A group that is unknown here would forbid the owner to write: the kernel refuses inodes with ids that have no number in
   * its user namespace. The owner's bits decide for the owner, so the group may be shown as the own one. */
  if (st->st_gid == OVERFLOW_ID && st->st_uid == pst_gate_config.uid)
    st->st_gid = pst_gate_config.gid;
}

gboolean
pst_backing_check_name (PstInode *inode, guint skip, gboolean *forgotten)
{
  struct stat st;
  int error = 0;
  PstAt at;

  *forgotten = FALSE;
  if (!pst_at_init (&at, inode, skip))
    return FALSE;
  if (fstatat (at.dir->fd, at.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    error = errno;
  else if (!pst_inode_matches (inode, &st))
    error = ESTALE;
  if (worth_another (error))
    *forgotten = pst_inode_drop_name (inode, skip, at.name);
  pst_at_clear (&at);
  return error == 0;
}

gboolean
pst_backing_exists (PstInode *dir, const char *name)
{
  PstDir *at = pst_dir_acquire (dir);
  gboolean exists = at != NULL && faccessat (at->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  pst_dir_unref (at);
  return exists;
}

static PstInode *
step (PstInode *dir, const char *name, gboolean create)
{
  PstDir *at = pst_dir_acquire (dir);
  PstInode *inode = NULL;
  struct stat st;
  int error;

  if (at == NULL)
    return NULL;
  error = fstatat (at->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
  if (error == ENOENT && create)
    {
      if (mkdirat (at->fd, name, 0700) < 0 && errno != EEXIST)
        error = errno;
      else
        error = fstatat (at->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? errno : 0;
    }
  if (error == 0 && !S_ISDIR (st.st_mode))
    error = ENOTDIR;
  if (error == 0)
    inode = pst_inode_enter (dir->tree, &st, dir, name, FALSE);
  pst_dir_unref (at);
  errno = error;
  return inode;
}

PstInode *
pst_backing_walk (PstInode *dir, const char *path, gboolean create)
{
  g_auto (GStrv) names = path[0] != '\0' ? g_strsplit (path, "/", -1) : NULL;
  PstInode *inode = pst_inode_ref (dir);

  for (guint i = 0; names != NULL && names[i] != NULL && inode != NULL; i++)
    {
      PstInode *next = step (inode, names[i], create);
      int saved = errno;
      pst_inode_unref (inode);
      errno = saved;
      inode = next;
    }
  return inode;
}
