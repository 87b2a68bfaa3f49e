/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream.h"

#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_SPARE 4
#define MAX_IOV 64

static guint8 *spare[MAX_SPARE];
static guint n_spare;

guint8 *
pst_chunk_new (void)
{
  return n_spare > 0 ? spare[--n_spare] : g_malloc (PST_CHUNK_SIZE);
}

void
pst_chunk_free (guint8 *chunk, gsize capacity)
{
  if (chunk != NULL && capacity == PST_CHUNK_SIZE && n_spare < MAX_SPARE)
    spare[n_spare++] = chunk;
  else
    g_free (chunk);
}

void
pst_fds_close (int *take_fds, guint n_fds)
{
  for (guint i = 0; i < n_fds; i++)
    close (take_fds[i]);
  g_free (take_fds);
}

static PstSegment *
append (PstOut *out)
{
  if (out->n == out->capacity)
    {
      out->capacity = MAX (16, out->capacity * 2);
      out->segments = g_renew (PstSegment, out->segments, out->capacity);
    }
  return &out->segments[out->n++];
}

void
pst_out_add (PstOut *out, const guint8 *data, gsize size, int *take_fds, guint n_fds)
{
  PstSegment *last = out->n > out->first ? &out->segments[out->n - 1] : NULL;

  if (last != NULL && last->owned == NULL && n_fds == 0 && last->data + last->size == data)
    {
      last->size += size;
      return;
    }
  *append (out) = (PstSegment){ data, size, NULL, take_fds, n_fds };
}

void
pst_out_take (PstOut *out, guint8 *take_data, gsize size, int *take_fds, guint n_fds)
{
  *append (out) = (PstSegment){ take_data, size, take_data, take_fds, n_fds };
}

static void
segment_clear (PstSegment *segment)
{
  g_free (segment->owned);
  pst_fds_close (segment->fds, segment->n_fds);
}

static void
finish (PstOut *out)
{
  pst_chunk_free (out->chunk, out->chunk_capacity);
  out->chunk = NULL;
  out->first = out->n = 0;
  if (out->capacity > 256)
    {
      g_clear_pointer (&out->segments, g_free);
      out->capacity = 0;
    }
}

gssize
pst_out_splice (PstOut *out, int fd, gsize size)
{
  g_assert (pst_out_is_empty (out));
  if (out->pipe == NULL && (out->pipe = pst_body_pipe_new ()) == NULL)
    {
      errno = ENOSYS;
      return -1;
    }
  return pst_body_pipe_fill (out->pipe, fd, size);
}

/* One sendmsg: the segments up to the next one that brings descriptors. */
static gssize
send_some (const PstOut *out, int fd)
{
  struct iovec iov[MAX_IOV];
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (PST_MESSAGE_MAX_FDS * sizeof (int))];
  } control;
  struct msghdr msg = { .msg_iov = iov };
  const PstSegment *first = &out->segments[out->first];

  /* a single small message: as almost always, and cheaper */
  if (out->n - out->first == 1 && first->n_fds == 0)
    return send (fd, first->data, first->size, MSG_NOSIGNAL | MSG_DONTWAIT);
  for (guint i = out->first; i < out->n && msg.msg_iovlen < MAX_IOV; i++)
    {
      if (i > out->first && out->segments[i].n_fds > 0)
        break;
      iov[msg.msg_iovlen++] = (struct iovec){ (void *)out->segments[i].data, out->segments[i].size };
    }
  if (first->n_fds > 0)
    {
      msg.msg_control = &control;
      msg.msg_controllen = CMSG_SPACE (first->n_fds * sizeof (int));
      memset (&control, 0, msg.msg_controllen);
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (first->n_fds * sizeof (int));
      memcpy (CMSG_DATA (&control.header), first->fds, first->n_fds * sizeof (int));
    }
  return sendmsg (fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

PstOutState
pst_out_flush (PstOut *out, int fd)
{
  if (out->pipe != NULL)
    {
      gssize sent = pst_body_pipe_drain (out->pipe, fd);

      if (sent < 0)
        return errno == EAGAIN ? PST_OUT_BLOCKED : PST_OUT_FAILED;
      if (pst_body_pipe_is_done (out->pipe))
        g_clear_pointer (&out->pipe, pst_body_pipe_free);
    }
  while (!pst_out_is_empty (out))
    {
      gssize sent = send_some (out, fd);
      PstSegment *segment = &out->segments[out->first];

      if (sent < 0 && errno == EINTR)
        continue;
      if (sent < 0)
        return errno == EAGAIN ? PST_OUT_BLOCKED : PST_OUT_FAILED;
      pst_fds_close (segment->fds, segment->n_fds);
      segment->fds = NULL;
      segment->n_fds = 0;
      while (out->first < out->n && (gsize)sent >= (segment = &out->segments[out->first])->size)
        {
          sent -= (gssize)segment->size;
          segment_clear (segment);
          out->first++;
        }
      if (sent > 0)
        {
          segment->data += sent;
          segment->size -= (gsize)sent;
        }
    }
  finish (out);
  return PST_OUT_EMPTY;
}

void
pst_out_give (PstOut *out, guint8 *chunk, gsize capacity)
{
  if (pst_out_is_empty (out))
    {
      pst_chunk_free (chunk, capacity);
      return;
    }
  /* nothing is read while the queue holds a buffer */
  g_assert (out->chunk == NULL);
  out->chunk = chunk;
  out->chunk_capacity = capacity;
}

void
pst_out_clear (PstOut *out)
{
  for (guint i = out->first; i < out->n; i++)
    segment_clear (&out->segments[i]);
  g_clear_pointer (&out->pipe, pst_body_pipe_free);
  finish (out);
  g_clear_pointer (&out->segments, g_free);
  out->capacity = 0;
}

gssize
pst_receive (int fd, guint8 *data, gsize size, int **fds, guint *n_fds)
{
  struct iovec iov = { data, size };
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (PST_MESSAGE_MAX_FDS * sizeof (int))];
  } control;
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  gssize got = recvmsg (fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

  if (got < 0)
    return got;
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR (&msg); cmsg != NULL; cmsg = CMSG_NXTHDR (&msg, cmsg))
    if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
      {
        guint n = (guint)((cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int));

        *fds = g_renew (int, *fds, *n_fds + n);
        memcpy (*fds + *n_fds, CMSG_DATA (cmsg), n * sizeof (int));
        *n_fds += n;
      }
  if ((msg.msg_flags & MSG_CTRUNC) != 0 || *n_fds > 2 * PST_MESSAGE_MAX_FDS)
    {
      errno = EBADMSG;
      return -1;
    }
  return got;
}
