/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve.h"

#include "ops.h"
#include "workers.h"

#include <errno.h>
#include <linux/fuse.h>
#include <sys/uio.h>
#include <unistd.h>

/* The workers are in workers.c.
 *
 * All reading and writing of the connection passes through two functions here, for the sake of one message: INIT. The library
 * (3.14) does not know FUSE_HANDLE_KILLPRIV_V2 ("the server takes away set-user-id bits by itself when a file is written",
 * which ours does: it writes as an ordinary user, so its kernel does), without which the kernel asks for an extended attribute
 * before every write; and it forgets to say FUSE_PARALLEL_DIROPS, without which one held look-up blocks all others in its
 * directory. */

static struct fuse_session *session;
static guint64 init_unique;
static guint32 init_flags;

struct fuse_session *
pst_serve_session (void)
{
  return session;
}

static ssize_t
io_read (int fd, void *buf, size_t size, void *data)
{
  ssize_t n = read (fd, buf, size);
  if (G_UNLIKELY (init_unique == 0) &&
      n > (ssize_t)(sizeof (struct fuse_in_header) + G_STRUCT_OFFSET (struct fuse_init_in, flags2)))
    {
      const struct fuse_in_header *header = buf;
      const struct fuse_init_in *init = (const void *)(header + 1);
      if (header->opcode == FUSE_INIT && init->major == FUSE_KERNEL_VERSION)
        {
          init_unique = header->unique;
          init_flags = init->flags;
        }
    }
  return n;
}

static ssize_t
io_writev (int fd, struct iovec *iov, int count, void *data)
{
  if (G_UNLIKELY (init_unique != 0 && init_unique != G_MAXUINT64) && count == 2)
    {
      const struct fuse_out_header *header = iov[0].iov_base;
      if (header->unique == init_unique && header->error == 0 && iov[1].iov_len >= sizeof (struct fuse_init_out))
        {
          struct fuse_init_out *init = iov[1].iov_base;
          init->flags |= init_flags & (FUSE_HANDLE_KILLPRIV_V2 | FUSE_PARALLEL_DIROPS);
          init_unique = G_MAXUINT64;
        }
    }
  return writev (fd, iov, count);
}

static ssize_t
io_splice_send (int from, off_t *from_offset, int to, off_t *to_offset, size_t size, unsigned int flags, void *data)
{
  return splice (from, from_offset, to, to_offset, size, flags);
}

static void
on_init (void *data, struct fuse_conn_info *conn)
{
  /* Replies of large reads hand pages over; requests are copied, which measures faster than a pipe. */
  conn->want &= ~(unsigned)FUSE_CAP_SPLICE_READ;
  conn->want |= conn->capable & (FUSE_CAP_SPLICE_WRITE | FUSE_CAP_CACHE_SYMLINKS);
  conn->want &= ~(unsigned)FUSE_CAP_IOCTL_DIR;
  conn->max_background = 64;
  conn->congestion_threshold = 48;
}

gboolean
pst_serve_init (int fd, const char *mountpoint)
{
  static const struct fuse_custom_io io = { .writev = io_writev, .read = io_read, .splice_send = io_splice_send };
  struct fuse_lowlevel_ops ops = { .init = on_init };
  char *argv[] = { (char *)"postern-fusefs", (char *)"-odefault_permissions,fsname=postern,subtype=postern", NULL };
  struct fuse_args args = FUSE_ARGS_INIT (mountpoint != NULL ? 2 : 1, argv);

  pst_ops_fill (&ops);
  session = fuse_session_new (&args, &ops, sizeof ops, NULL);
  if (session != NULL && mountpoint != NULL)
    {
      if (fuse_session_mount (session, mountpoint) < 0)
        return FALSE;
      fd = fuse_session_fd (session);
    }
  return session != NULL && fuse_session_custom_io (session, &io, fd) == 0;
}

void
pst_serve_start (void (*gone) (void))
{
  pst_workers_start (session, gone);
}
