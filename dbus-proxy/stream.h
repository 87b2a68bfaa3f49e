/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "body-pipe.h"

G_BEGIN_DECLS

/* What is on its way out to one socket: stretches of the buffer that was read last on the other side, and, between them, a few
 * small messages of our own. Nothing that only passes through is copied: a buffer that could not be sent at once is handed to
 * the queue (pst_out_give), and its place taken by another. The other side is not read again before the queue is empty, so that
 * it never holds more than one such buffer. Of a long body not even that: it goes through a pipe (body-pipe.h). */

#define PST_CHUNK_SIZE (128u * 1024)

guint8 *pst_chunk_new (void);
void pst_chunk_free (guint8 *chunk, gsize capacity); /* of any capacity; those of PST_CHUNK_SIZE are kept for the next */

typedef struct
{
  const guint8 *data;
  gsize size;
  guint8 *owned; /* (nullable): to be freed when it is sent */
  int *fds;      /* (nullable): to go with the first byte; closed when they are sent */
  guint n_fds;
} PstSegment;

typedef struct
{
  PstSegment *segments;
  guint first, n, capacity;
  guint8 *chunk; /* (nullable) */
  gsize chunk_capacity;
  PstBodyPipe *pipe; /* (nullable): what is in it goes out before the segments */
} PstOut;

typedef enum
{
  PST_OUT_EMPTY,
  PST_OUT_BLOCKED,
  PST_OUT_FAILED,
} PstOutState;

static inline gboolean
pst_out_is_empty (const PstOut *out)
{
  return out->first == out->n && (out->pipe == NULL || pst_body_pipe_is_empty (out->pipe));
}

void pst_out_add (PstOut *out, const guint8 *data, gsize size, int *take_fds, guint n_fds);
void pst_out_take (PstOut *out, guint8 *take_data, gsize size, int *take_fds, guint n_fds);
/* Sends what can be sent without waiting. */
PstOutState pst_out_flush (PstOut *out, int fd);
/* Moves some of what is left of a body, @size bytes, from the socket into the queue, which must be empty, without copying it.
 * Like recv; -1 with ENOSYS: it has to be copied. */
gssize pst_out_splice (PstOut *out, int fd, gsize size);
/* Takes the buffer to which stretches in the queue point, or frees it if there are none. */
void pst_out_give (PstOut *out, guint8 *chunk, gsize capacity);
void pst_out_clear (PstOut *out);

/* Receives up to @size bytes, and descriptors, which are added to *@fds. Like recvmsg; -1 with EBADMSG for more descriptors
 * than there may be. */
gssize pst_receive (int fd, guint8 *data, gsize size, int **fds, guint *n_fds);

void pst_fds_close (int *take_fds, guint n_fds);

G_END_DECLS
