/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include "backing-tree.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <sys/xattr.h>

/* Extended attributes: "user." alone. All others (security labels, access lists, trusted ones) belong to the host and are
 * answered without a system call; the kernel asks for some of them on its own, often. */

static gboolean
is_user (const char *name)
{
  return strncmp (name, "user.", 5) == 0;
}

/* Only files and directories have such attributes, so they can be opened; reading suffices, also to set one. */
static int
open_for_xattr (PstInode *inode, PstHandle **handle)
{
  int fd;

  *handle = NULL;
  if (inode->type != S_IFREG && inode->type != S_IFDIR)
    return -EPERM;
  *handle = pst_handle_any (inode, FALSE);
  if (*handle != NULL)
    return (*handle)->fd;
  fd = pst_backing_open (inode, O_RDONLY);
  if (fd == -EACCES && inode->type == S_IFREG)
    fd = pst_backing_open (inode, O_WRONLY);
  return fd;
}

static void
close_for_xattr (int fd, PstHandle *handle)
{
  if (handle == NULL && fd >= 0)
    pst_fd_clear (&fd);
  pst_handle_unref (handle);
}

/* @none: the error that says so; 0: an empty list. */
static void
reply_none (PstCall *call, int none)
{
  if (none != 0)
    fuse_reply_err (call->req, none);
  else if (call->to_set == 0)
    fuse_reply_xattr (call->req, 0);
  else
    fuse_reply_buf (call->req, NULL, 0);
}

/* TRUE when the operation is to be done, on *fd. */
static gboolean
begin (PstCall *call, PstAccess access, int none, PstPlace *place, int *fd, PstHandle **handle)
{
  PstInode *inode = pst_inode_from_number (call->ino);

  call->op = access == PST_ACCESS_VIEW ? PST_OP_LOOKUP : PST_OP_SETATTR;
  pst_gate_place_inode (call, inode, access, FALSE, place);
  if (inode->tree == NULL && place->kind != PST_PLACE_TREE)
    {
      if (access == PST_ACCESS_VIEW)
        reply_none (call, none);
      else
        fuse_reply_err (call->req, EACCES);
    }
  else if (pst_place_settle (call, place))
    return FALSE;
  else if (place->kind == PST_PLACE_NAMES)
    {
      /* Through the descriptor of an open one, if there is any; else files by name have none. */
      *handle = pst_handle_any (inode, FALSE);
      if (*handle != NULL)
        {
          *fd = (*handle)->fd;
          return TRUE;
        }
      if (access == PST_ACCESS_VIEW)
        reply_none (call, none);
      else
        fuse_reply_err (call->req, EOPNOTSUPP);
    }
  else
    {
      *fd = open_for_xattr (place->dir, handle);
      if (*fd >= 0)
        return TRUE;
      if (*fd == -EPERM && access == PST_ACCESS_VIEW)
        reply_none (call, none);
      else
        fuse_reply_err (call->req, -*fd);
    }
  pst_place_clear (place);
  return FALSE;
}

static void
run_setxattr (PstCall *call)
{
  PstHandle *handle;
  PstPlace place;
  int fd;

  if (!begin (call, PST_ACCESS_CHANGE, 0, &place, &fd, &handle))
    return;
  if (call->data == NULL && call->size == 0 && call->to_set)
    fuse_reply_err (call->req, fremovexattr (fd, call->name) < 0 ? errno : 0);
  else
    fuse_reply_err (call->req, fsetxattr (fd, call->name, call->data, call->size, call->flags) < 0 ? errno : 0);
  close_for_xattr (fd, handle);
  pst_place_clear (&place);
}

static void
op_setxattr (fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
  PstCall call = { .req = req,
                   .func = run_setxattr,
                   .tid = fuse_req_ctx (req)->pid,
                   .ino = ino,
                   .name = name,
                   .data = value,
                   .size = size,
                   .flags = flags };
  if (!is_user (name))
    fuse_reply_err (req, EOPNOTSUPP);
  else
    run_setxattr (&call);
}

static void
op_removexattr (fuse_req_t req, fuse_ino_t ino, const char *name)
{
  PstCall call = { .req = req, .func = run_setxattr, .tid = fuse_req_ctx (req)->pid, .ino = ino, .name = name, .to_set = 1 };
  if (!is_user (name))
    fuse_reply_err (req, EOPNOTSUPP);
  else
    run_setxattr (&call);
}

static void
run_getxattr (PstCall *call)
{
  g_autofree char *value = NULL;
  gsize size = call->to_set;
  PstHandle *handle;
  PstPlace place;
  ssize_t n;
  int fd;

  if (!begin (call, PST_ACCESS_VIEW, ENODATA, &place, &fd, &handle))
    return;
  value = size > 0 ? g_malloc (size) : NULL;
  n = fgetxattr (fd, call->name, value, size);
  if (n < 0)
    fuse_reply_err (call->req, errno);
  else if (size == 0)
    fuse_reply_xattr (call->req, n);
  else
    fuse_reply_buf (call->req, value, n);
  close_for_xattr (fd, handle);
  pst_place_clear (&place);
}

static void
op_getxattr (fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
  PstCall call = { .req = req,
                   .func = run_getxattr,
                   .tid = fuse_req_ctx (req)->pid,
                   .ino = ino,
                   .name = name,
                   .to_set = MIN (size, XATTR_SIZE_MAX) };
  if (!is_user (name))
    fuse_reply_err (req, EOPNOTSUPP);
  else
    run_getxattr (&call);
}

static gsize
keep_user_names (char *list, gsize n)
{
  gsize kept = 0;
  for (gsize i = 0, length; i < n; i += length)
    {
      length = strnlen (list + i, n - i) + 1;
      if (i + length <= n && is_user (list + i))
        {
          memmove (list + kept, list + i, length);
          kept += length;
        }
    }
  return kept;
}

static void
run_listxattr (PstCall *call)
{
  g_autofree char *list = NULL;
  gsize size = call->to_set;
  PstHandle *handle;
  PstPlace place;
  ssize_t n;
  int fd;

  if (!begin (call, PST_ACCESS_VIEW, 0, &place, &fd, &handle))
    return;
  n = flistxattr (fd, NULL, 0);
  if (n > 0)
    {
      list = g_malloc (XATTR_LIST_MAX);
      n = flistxattr (fd, list, XATTR_LIST_MAX);
    }
  if (n < 0)
    fuse_reply_err (call->req, errno);
  else
    {
      n = n > 0 ? keep_user_names (list, n) : 0;
      if (size == 0)
        fuse_reply_xattr (call->req, n);
      else if ((gsize)n > size)
        fuse_reply_err (call->req, ERANGE);
      else
        fuse_reply_buf (call->req, list, n);
    }
  close_for_xattr (fd, handle);
  pst_place_clear (&place);
}

static void
op_listxattr (fuse_req_t req, fuse_ino_t ino, size_t size)
{
  PstCall call = {
    .req = req, .func = run_listxattr, .tid = fuse_req_ctx (req)->pid, .ino = ino, .to_set = MIN (size, XATTR_LIST_MAX)
  };
  run_listxattr (&call);
}

void
pst_ops_xattr_fill (struct fuse_lowlevel_ops *ops)
{
  ops->setxattr = op_setxattr;
  ops->getxattr = op_getxattr;
  ops->listxattr = op_listxattr;
  ops->removexattr = op_removexattr;
}
