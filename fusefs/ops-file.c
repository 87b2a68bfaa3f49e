/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include "backing-names.h"
#include "backing-tree.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

/* Opening and closing files.
 *
 * The kernel's page cache: attributes are trusted for a second, and whenever they are fetched and show another time or size,
 * the kernel drops the file's pages (auto_inval_data). At an open the pages are kept if times and size are still what they were
 * at the last one. Times of older kernels advance by the tick, so a file that was changed a moment ago is never trusted.
 * The same is asked when a lock is taken (ops-lock.c): who locks a file must see what the one before him wrote.
 *
 * FLUSH, a message at each close(2), is needed only for the locks that a process loses with any close of a file. It is asked
 * for when the file is opened for reading and writing, as files to be locked are, or has been locked before. */

#define RECENT (G_GINT64_CONSTANT (20) * 1000 * 1000)

static gint64
nanoseconds (const struct timespec *ts)
{
  return ts->tv_sec * G_GINT64_CONSTANT (1000000000) + ts->tv_nsec;
}

static gboolean
is_unchanged (PstInode *inode, const struct stat *st)
{
  gint64 mtime = nanoseconds (&st->st_mtim), ctime = nanoseconds (&st->st_ctim);
  gboolean same =
      inode->seen_mtime != 0 && inode->seen_mtime == mtime && inode->seen_ctime == ctime && inode->seen_size == st->st_size;
  struct timespec now;

  if (same)
    return TRUE;
  clock_gettime (CLOCK_REALTIME_COARSE, &now);
  inode->seen_mtime = MAX (mtime, ctime) + RECENT < nanoseconds (&now) ? mtime : 0;
  inode->seen_ctime = ctime;
  inode->seen_size = st->st_size;
  return FALSE;
}

gboolean
pst_ops_cache_is_current (PstInode *inode, const struct stat *st)
{
  g_mutex_lock (&pst_table_lock);
  gboolean current = is_unchanged (inode, st);
  g_mutex_unlock (&pst_table_lock);
  return current;
}

/* What is passed on of the flags of open(2); creating, truncating and appending are done apart. Truncating needs a descriptor
 * that can write, also where the application asked for one that only reads, which Linux allows. */
int
pst_ops_open_flags (int flags)
{
  int passed = flags & (O_ACCMODE | O_SYNC | O_DSYNC | O_NOATIME);
  if ((flags & O_TRUNC) && (flags & O_ACCMODE) == O_RDONLY)
    passed |= O_RDWR;
  return passed;
}

void
pst_ops_reply_open (PstCall *call, PstInode *inode, int fd, const struct stat *st, const struct fuse_entry_param *entry)
{
  PstHandle *handle = pst_handle_new_take_fd (inode, fd, call->fi.flags);
  struct fuse_file_info fi = { .flags = call->fi.flags, .fh = pst_handle_number (handle) };
  int result;

  g_mutex_lock (&pst_table_lock);
  fi.keep_cache = is_unchanged (inode, st);
  fi.noflush = (fi.flags & O_ACCMODE) != O_RDWR && !inode->posix_locks;
  g_mutex_unlock (&pst_table_lock);
  result = entry != NULL ? fuse_reply_create (call->req, entry, &fi) : fuse_reply_open (call->req, &fi);
  if (result == 0)
    return;
  /* the caller is gone: no RELEASE will come */
  pst_handle_release (handle);
  if (entry != NULL)
    pst_inode_forget (inode, 1);
}

static int
truncate_opened (int fd, struct stat *st)
{
  if (!S_ISREG (st->st_mode))
    return 0;
  return ftruncate (fd, 0) < 0 || fstat (fd, st) < 0 ? errno : 0;
}

static void
run_open (PstCall *call)
{
  PstInode *inode = pst_inode_from_number (call->ino);
  gboolean writes = (call->fi.flags & O_ACCMODE) != O_RDONLY || (call->fi.flags & O_TRUNC);
  PstPlace place;
  struct stat st;
  int fd, error = 0;

  call->op = PST_OP_OPEN;
  pst_gate_place_inode (call, inode, writes ? PST_ACCESS_CHANGE : PST_ACCESS_VIEW, TRUE, &place);
  if (pst_place_settle (call, &place))
    return;
  if (place.kind == PST_PLACE_NAMES)
    pst_names_open (call, place.tree, inode);
  else if (place.kind != PST_PLACE_TREE)
    fuse_reply_err (call->req, EISDIR);
  else
    {
      fd = pst_backing_open (place.dir, pst_ops_open_flags (call->fi.flags));
      if (fd == -ESTALE || fd == -ENOENT)
        {
          /* no name is left, but somebody has it open, or it was replaced just now */
          int again = pst_handle_dup (place.dir, call->fi.flags);
          fd = again >= 0 ? again : fd;
        }
      if (fd < 0)
        error = -fd;
      else if (fstat (fd, &st) < 0)
        error = errno;
      else if (call->fi.flags & O_TRUNC)
        error = truncate_opened (fd, &st);
      if (error == 0)
        pst_ops_reply_open (call, inode, fd, &st, NULL);
      else
        {
          if (fd >= 0)
            close (fd);
          fuse_reply_err (call->req, error == ENOENT ? ESTALE : error);
        }
    }
  pst_place_clear (&place);
}

static void
op_open (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  PstCall call = { .req = req, .func = run_open, .tid = fuse_req_ctx (req)->pid, .ino = ino, .fi = *fi, .has_fi = TRUE };
  run_open (&call);
}

static void
create_in_tree (PstCall *call, PstInode *parent)
{
  struct fuse_entry_param entry;
  PstDir *dir = pst_dir_acquire (parent);
  int fd, error = 0;

  if (dir == NULL)
    {
      fuse_reply_err (call->req, errno);
      return;
    }
  fd = openat (dir->fd, call->name,
               pst_ops_open_flags (call->fi.flags) | O_CREAT | (call->fi.flags & O_EXCL) | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY |
                   O_NONBLOCK,
               call->mode);
  if (fd < 0 || fstat (fd, &entry.attr) < 0)
    error = errno;
  else if ((call->fi.flags & O_TRUNC) && entry.attr.st_size > 0)
    error = truncate_opened (fd, &entry.attr);
  pst_dir_unref (dir);
  if (error != 0)
    {
      pst_fd_clear (&fd);
      fuse_reply_err (call->req, error);
      return;
    }
  PstInode *inode = pst_ops_enter (parent, call->name, &entry);
  pst_ops_reply_open (call, inode, fd, &entry.attr, &entry);
}

static void
run_create (PstCall *call)
{
  PstInode *parent = pst_inode_from_number (call->ino);
  PstPlace place;

  call->op = PST_OP_CREATE;
  pst_gate_place (call, parent, call->name, PST_ACCESS_CHANGE, &place);
  if (pst_place_settle (call, &place))
    return;
  if (place.kind == PST_PLACE_TREE)
    create_in_tree (call, place.dir);
  else if (place.kind == PST_PLACE_NAMES)
    pst_names_create (call, place.tree, parent, call->name, call->fi.flags | O_CREAT, TRUE);
  else
    fuse_reply_err (call->req, EISDIR);
  pst_place_clear (&place);
}

static void
op_create (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
  PstCall call = { .req = req,
                   .func = run_create,
                   .tid = fuse_req_ctx (req)->pid,
                   .ino = parent,
                   .name = name,
                   .mode = mode,
                   .fi = *fi,
                   .has_fi = TRUE };
  run_create (&call);
}

static void
op_flush (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  pst_locks_flush (pst_inode_from_number (ino), fi->lock_owner);
  fuse_reply_err (req, 0);
}

static void
op_release (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  PstHandle *handle = pst_handle_from_number (fi->fh);
  if (g_atomic_int_get (&handle->locks))
    pst_locks_release (handle);
  pst_handle_release (handle);
  fuse_reply_err (req, 0);
}

static void
op_fsync (fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
  PstHandle *handle = pst_handle_from_number (fi->fh);
  int error = pst_handle_check (handle);
  if (error == 0)
    error = (datasync ? fdatasync (handle->fd) : fsync (handle->fd)) < 0 ? errno : 0;
  fuse_reply_err (req, error);
}

void
pst_ops_file_fill (struct fuse_lowlevel_ops *ops)
{
  ops->open = op_open;
  ops->create = op_create;
  ops->flush = op_flush;
  ops->release = op_release;
  ops->fsync = op_fsync;
}
