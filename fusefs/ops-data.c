/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

/* The contents of open files. What may be done with a handle was decided when it was opened. */

/* From this size on it is cheaper to hand pages over than to copy them twice. */
#define SPLICE_FROM (64 * 1024)

static PstHandle *
begin (fuse_req_t req, const struct fuse_file_info *fi)
{
  PstHandle *handle = pst_handle_from_number (fi->fh);
  int error = pst_handle_check (handle);
  if (error == 0)
    return handle;
  fuse_reply_err (req, error);
  return NULL;
}

static void
op_read (fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
  static __thread char small[SPLICE_FROM];
  PstHandle *handle = begin (req, fi);
  ssize_t n;

  if (handle == NULL)
    return;
  if (size >= SPLICE_FROM)
    {
      struct fuse_bufvec bufv = FUSE_BUFVEC_INIT (size);
      bufv.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
      bufv.buf[0].fd = handle->fd;
      bufv.buf[0].pos = off;
      fuse_reply_data (req, &bufv, 0);
      return;
    }
  n = pread (handle->fd, small, size, off);
  if (n < 0)
    fuse_reply_err (req, errno);
  else
    fuse_reply_buf (req, small, n);
}

static void
op_write (fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off, struct fuse_file_info *fi)
{
  PstHandle *handle = begin (req, fi);
  size_t done = 0;
  ssize_t n = 0;

  if (handle == NULL)
    return;
  /* Appending is done where the file ends by now, whoever else writes to it; but pages of a mapping go where they belong. */
  if ((handle->flags & O_APPEND) && !fi->writepage)
    {
      struct iovec iov = { .iov_base = (char *)buf, .iov_len = size };
      n = pwritev2 (handle->fd, &iov, 1, off, RWF_APPEND);
      done = MAX (n, 0);
    }
  else
    while (done < size && (n = pwrite (handle->fd, buf + done, size - done, off + done)) > 0)
      done += n;
  if (done == 0 && n < 0)
    fuse_reply_err (req, errno);
  else
    fuse_reply_write (req, done);
}

static void
op_lseek (fuse_req_t req, fuse_ino_t ino, off_t off, int whence, struct fuse_file_info *fi)
{
  PstHandle *handle = begin (req, fi);
  off_t result;

  if (handle == NULL)
    return;
  if (whence != SEEK_DATA && whence != SEEK_HOLE)
    {
      fuse_reply_err (req, EINVAL);
      return;
    }
  result = lseek (handle->fd, off, whence);
  if (result < 0)
    fuse_reply_err (req, errno);
  else
    fuse_reply_lseek (req, result);
}

static void
op_fallocate (fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length, struct fuse_file_info *fi)
{
  PstHandle *handle = begin (req, fi);
  if (handle != NULL)
    fuse_reply_err (req, fallocate (handle->fd, mode, offset, length) < 0 ? errno : 0);
}

static void
op_copy_file_range (fuse_req_t req, fuse_ino_t ino_in, off_t off_in, struct fuse_file_info *fi_in, fuse_ino_t ino_out,
                    off_t off_out, struct fuse_file_info *fi_out, size_t len, int flags)
{
  PstHandle *in = begin (req, fi_in), *out;
  ssize_t n;

  if (in == NULL || (out = begin (req, fi_out)) == NULL)
    return;
  n = copy_file_range (in->fd, &off_in, out->fd, &off_out, len, flags);
  if (n < 0)
    fuse_reply_err (req, errno == EXDEV ? EOPNOTSUPP : errno); /* then the kernel copies by reading and writing */
  else
    fuse_reply_write (req, n);
}

void
pst_ops_data_fill (struct fuse_lowlevel_ops *ops)
{
  ops->read = op_read;
  ops->write = op_write;
  ops->lseek = op_lseek;
  ops->fallocate = op_fallocate;
  ops->copy_file_range = op_copy_file_range;
}
