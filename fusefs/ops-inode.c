/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include "backing-names.h"
#include "backing-tree.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Operations on attributes, links and the file system as a whole. */

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

void
pst_ops_virtual_attr (PstInode *inode, struct stat *st)
{
  *st = (struct stat){
    .st_ino = inode->virtual->ino,
    .st_mode = S_IFDIR | 0700,
    .st_nlink = 2,
    .st_uid = pst_gate_config.uid,
    .st_gid = pst_gate_config.gid,
    .st_blksize = 4096,
    .st_atim.tv_sec = pst_gate_config.started,
    .st_mtim.tv_sec = pst_gate_config.started,
    .st_ctim.tv_sec = pst_gate_config.started,
  };
}

static void
reply_attr (PstCall *call, PstInode *inode, struct stat *st)
{
  pst_backing_show (inode, st);
  fuse_reply_attr (call->req, st, PST_TIMEOUT);
}

static void
run_getattr (PstCall *call)
{
  PstInode *inode = pst_inode_from_number (call->ino);
  PstPlace place;
  struct stat st;
  int error;

  call->op = PST_OP_LOOKUP;
  pst_gate_place_inode (call, inode, PST_ACCESS_VIEW, FALSE, &place);
  if (inode->tree == NULL && place.kind != PST_PLACE_TREE)
    {
      /* a door may always be looked at from outside */
      pst_place_clear (&place);
      pst_ops_virtual_attr (inode, &st);
      fuse_reply_attr (call->req, &st, PST_TIMEOUT);
      return;
    }
  if (pst_place_settle (call, &place))
    return;
  if (place.kind == PST_PLACE_NAMES)
    pst_names_getattr (call, place.tree, inode);
  else
    {
      error = pst_backing_stat (place.dir, &st);
      if (error != 0)
        fuse_reply_err (call->req, error == ENOENT ? ESTALE : error);
      else
        reply_attr (call, place.dir, &st);
    }
  pst_place_clear (&place);
}

static void
op_getattr (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  PstCall call = { .req = req, .func = run_getattr, .tid = fuse_req_ctx (req)->pid, .ino = ino };
  run_getattr (&call);
}

static void
times (const PstCall *call, struct timespec ts[2])
{
  ts[0].tv_sec = ts[1].tv_sec = 0;
  ts[0].tv_nsec = ts[1].tv_nsec = UTIME_OMIT;
  if (call->to_set & FUSE_SET_ATTR_ATIME_NOW)
    ts[0].tv_nsec = UTIME_NOW;
  else if (call->to_set & FUSE_SET_ATTR_ATIME)
    ts[0] = call->attr->st_atim;
  if (call->to_set & FUSE_SET_ATTR_MTIME_NOW)
    ts[1].tv_nsec = UTIME_NOW;
  else if (call->to_set & FUSE_SET_ATTR_MTIME)
    ts[1] = call->attr->st_mtim;
}

#define SETS_OWNER(to_set) ((to_set) & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
#define SETS_TIMES(to_set)                                                                                                     \
  ((to_set) & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME_NOW))

static void
owner (const PstCall *call, uid_t *uid, gid_t *gid)
{
  *uid = (call->to_set & FUSE_SET_ATTR_UID) ? call->attr->st_uid : (uid_t)-1;
  *gid = (call->to_set & FUSE_SET_ATTR_GID) ? call->attr->st_gid : (gid_t)-1;
}

/* By a real descriptor; @size: the length too. */
int
pst_ops_setattr_fd (const PstCall *call, int fd, gboolean size)
{
  struct timespec ts[2];
  uid_t uid;
  gid_t gid;

  owner (call, &uid, &gid);
  if (SETS_OWNER (call->to_set) && fchown (fd, uid, gid) < 0)
    return errno;
  if ((call->to_set & FUSE_SET_ATTR_MODE) && fchmod (fd, call->attr->st_mode & 07777) < 0)
    return errno;
  if (size && (call->to_set & FUSE_SET_ATTR_SIZE) && ftruncate (fd, call->attr->st_size) < 0)
    return errno;
  times (call, ts);
  if (SETS_TIMES (call->to_set) && futimens (fd, ts) < 0)
    return errno;
  return 0;
}

/* Before Linux 6.6 an O_PATH descriptor cannot be changed in mode. What can be opened is, and what cannot (a file that its
 * owner may neither read nor write, a socket) is changed by name: a link that somebody puts there meanwhile is followed, but no
 * further than to the tree's root, where this process's view of the file system ends. So only where no rule lies below that. */
static int
chmod_by_name (PstInode *inode, mode_t mode)
{
  static const int modes[] = { O_RDONLY, O_WRONLY };
  struct stat st;
  int error = EOPNOTSUPP;
  PstAt at;

  if (inode->type == S_IFLNK)
    return EOPNOTSUPP;
  for (gsize i = 0; i < G_N_ELEMENTS (modes) && (inode->type == S_IFREG || inode->type == S_IFDIR); i++)
    {
      pst_autofd fd = pst_backing_open (inode, modes[i]);
      if (fd >= 0)
        return fchmod (fd, mode) < 0 ? errno : 0;
      if (fd != -EACCES && fd != -EISDIR)
        return -fd;
    }
  if (inode->tree->root == NULL || !pst_gate_is_uniform (inode->tree->root))
    return EACCES;
  if (!pst_at_init (&at, inode, 0))
    return errno;
  if (fstatat (at.dir->fd, at.name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !pst_inode_matches (inode, &st))
    error = ESTALE;
  else
    error = fchmodat (at.dir->fd, at.name, mode, 0) < 0 ? errno : 0;
  pst_at_clear (&at);
  return error;
}

static int
setattr_path (const PstCall *call, PstInode *inode)
{
  pst_autofd fd = pst_backing_open_path (inode);
  struct timespec ts[2];
  uid_t uid;
  gid_t gid;

  if (fd < 0)
    return -fd;
  owner (call, &uid, &gid);
  if (SETS_OWNER (call->to_set) && fchownat (fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
    return errno;
  if (call->to_set & FUSE_SET_ATTR_MODE)
    {
      mode_t mode = call->attr->st_mode & 07777;
      if (syscall (SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH) < 0)
        {
          int error = errno == ENOSYS ? chmod_by_name (inode, mode) : errno;
          if (error != 0)
            return error;
        }
    }
  if (call->to_set & FUSE_SET_ATTR_SIZE)
    {
      pst_autofd writable = pst_backing_open (inode, O_WRONLY);
      if (writable < 0)
        return -writable;
      if (ftruncate (writable, call->attr->st_size) < 0)
        return errno;
    }
  times (call, ts);
  if (SETS_TIMES (call->to_set) && utimensat (fd, "", ts, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
    return errno;
  return 0;
}

static void
run_setattr (PstCall *call)
{
  PstInode *inode = pst_inode_from_number (call->ino);
  PstHandle *handle = NULL;
  gboolean size = (call->to_set & FUSE_SET_ATTR_SIZE) != 0;
  PstPlace place;
  struct stat st;
  int error;

  call->op = PST_OP_SETATTR;
  if (call->has_fi)
    {
      /* ftruncate: open for writing, so it was decided when it was opened */
      handle = pst_handle_ref (pst_handle_from_number (call->fi.fh));
      error = pst_handle_check (handle);
      if (error == 0)
        error = pst_ops_setattr_fd (call, handle->fd, TRUE);
      if (error == 0 && fstat (handle->fd, &st) < 0)
        error = errno;
      if (error != 0)
        fuse_reply_err (call->req, error);
      else
        reply_attr (call, inode, &st);
      pst_handle_unref (handle);
      return;
    }
  pst_gate_place_inode (call, inode, PST_ACCESS_CHANGE, FALSE, &place);
  if (pst_place_settle (call, &place))
    return;
  if (place.kind == PST_PLACE_VIRTUAL)
    fuse_reply_err (call->req, EACCES);
  else if (place.kind == PST_PLACE_NAMES)
    pst_names_setattr (call, place.tree, inode);
  else
    {
      handle = pst_handle_any (inode, size);
      if (handle != NULL)
        error = pst_ops_setattr_fd (call, handle->fd, TRUE);
      else
        error = setattr_path (call, place.dir);
      if (error == 0)
        error = pst_backing_stat (place.dir, &st);
      if (error != 0)
        fuse_reply_err (call->req, error);
      else
        reply_attr (call, place.dir, &st);
      pst_handle_unref (handle);
    }
  pst_place_clear (&place);
}

static void
op_setattr (fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
  PstCall call = {
    .req = req, .func = run_setattr, .tid = fuse_req_ctx (req)->pid, .ino = ino, .attr = attr, .to_set = to_set
  };
  if (fi != NULL)
    {
      call.fi = *fi;
      call.has_fi = TRUE;
    }
  run_setattr (&call);
}

static int
readlink_inode (PstInode *inode, char target[PATH_MAX])
{
  int error = ESTALE;
  struct stat st;
  PstAt at;

  for (guint skip = 0; (error == ESTALE || error == ENOENT || error == EINVAL) && pst_at_init (&at, inode, skip); skip++)
    {
      ssize_t n = readlinkat (at.dir->fd, at.name, target, PATH_MAX - 1);
      if (n < 0)
        error = errno;
      else if (fstatat (at.dir->fd, at.name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !pst_inode_matches (inode, &st))
        error = ESTALE;
      else
        {
          target[n] = '\0';
          error = 0;
        }
      pst_at_clear (&at);
    }
  return error == EINVAL ? ESTALE : error;
}

static void
run_readlink (PstCall *call)
{
  PstInode *inode = pst_inode_from_number (call->ino);
  char target[PATH_MAX];
  PstPlace place;
  int error;

  call->op = PST_OP_LOOKUP;
  pst_gate_place_inode (call, inode, PST_ACCESS_VIEW, FALSE, &place);
  if (pst_place_settle (call, &place))
    return;
  if (place.kind == PST_PLACE_NAMES)
    pst_names_readlink (call, place.tree, inode);
  else if (place.kind != PST_PLACE_TREE)
    fuse_reply_err (call->req, EINVAL);
  else
    {
      error = readlink_inode (place.dir, target);
      if (error != 0)
        fuse_reply_err (call->req, error);
      else
        fuse_reply_readlink (call->req, target);
    }
  pst_place_clear (&place);
}

static void
op_readlink (fuse_req_t req, fuse_ino_t ino)
{
  PstCall call = { .req = req, .func = run_readlink, .tid = fuse_req_ctx (req)->pid, .ino = ino };
  run_readlink (&call);
}

/* Of the tree's file system; for what exists only here, of the private home's: new files would go there. */
static void
op_statfs (fuse_req_t req, fuse_ino_t ino)
{
  PstInode *inode = pst_inode_from_number (ino), *root = NULL;
  struct statvfs st = { 0 };
  PstDir *dir = NULL;
  int error = 0;

  if (inode->tree == NULL)
    {
      g_mutex_lock (&pst_table_lock);
      if (inode->virtual->backing != NULL && !pst_tree_is_dropped (inode->virtual->backing_tree))
        {
          root = inode->virtual->backing;
          root->refs++;
        }
      g_mutex_unlock (&pst_table_lock);
      if (root == NULL && pst_trees_own () != NULL)
        root = pst_inode_ref (pst_trees_own ()->root);
    }
  else if (pst_gate_check_open (inode) == 0 && inode->tree->root != NULL)
    root = pst_inode_ref (inode->tree->root);
  if (root != NULL)
    {
      dir = pst_dir_acquire (root);
      if (dir == NULL || fstatvfs (dir->fd, &st) < 0)
        error = errno;
      pst_dir_unref (dir);
      pst_inode_unref (root);
    }
  else
    st = (struct statvfs){ .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };
  if (error != 0)
    fuse_reply_err (req, error);
  else
    fuse_reply_statfs (req, &st);
}

void
pst_ops_inode_fill (struct fuse_lowlevel_ops *ops)
{
  ops->getattr = op_getattr;
  ops->setattr = op_setattr;
  ops->readlink = op_readlink;
  ops->statfs = op_statfs;
}
