/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "body-pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_PIPES 16
/* As much as a socket holds by default, in pieces of a page. 16 of these are a sixteenth of what a person may have. */
#define PIPE_SIZE (256 * 1024)

struct _PstBodyPipe
{
  int in, out;
  gsize filled; /* bytes */
  gboolean has_last;
};

/* A body is most often followed by another. Empty ones hold no page. */
#define MAX_SPARE 2

static guint n_pipes; /* with the spare ones */
static PstBodyPipe *spare[MAX_SPARE];
static guint n_spare;
static gboolean possible;

static gboolean
open_pipe (PstBodyPipe *pipe)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC | O_NONBLOCK) < 0)
    return FALSE;
  /* One that the kernel makes small, because there are too many, would be slower than copying. */
  if (fcntl (ends[1], F_SETPIPE_SZ, PIPE_SIZE) < 0)
    {
      close (ends[0]);
      close (ends[1]);
      return FALSE;
    }
  pipe->out = ends[0];
  pipe->in = ends[1];
  return TRUE;
}

PstBodyPipe *
pst_body_pipe_new (void)
{
  PstBodyPipe pipe = { 0 };

  if (n_spare > 0)
    return spare[--n_spare];
  if (!possible || n_pipes >= MAX_PIPES || !open_pipe (&pipe))
    return NULL;
  n_pipes++;
  return g_memdup2 (&pipe, sizeof pipe);
}

void
pst_body_pipe_free (PstBodyPipe *pipe)
{
  if (possible && pipe->filled == 0 && n_spare < MAX_SPARE)
    {
      pipe->has_last = FALSE;
      spare[n_spare++] = pipe;
      return;
    }
  close (pipe->in);
  close (pipe->out);
  g_free (pipe);
  n_pipes--;
}

gssize
pst_body_pipe_fill (PstBodyPipe *pipe, int fd, gsize left)
{
  gssize got = splice (fd, NULL, pipe->in, NULL, left, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

  if (got > 0)
    {
      pipe->filled = (gsize)got;
      pipe->has_last = (gsize)got == left;
    }
  return got;
}

int
pst_body_pipe_drain (PstBodyPipe *pipe, int fd)
{
  while (pipe->filled > 0)
    {
      gssize sent = splice (pipe->out, NULL, fd, NULL, pipe->filled, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

      if (sent < 0 && errno == EINTR)
        continue;
      if (sent == 0)
        errno = EPIPE;
      if (sent <= 0)
        return -1;
      pipe->filled -= (gsize)sent;
    }
  return 0;
}

gboolean
pst_body_pipe_is_empty (const PstBodyPipe *pipe)
{
  return pipe->filled == 0;
}

gboolean
pst_body_pipe_is_done (const PstBodyPipe *pipe)
{
  return pipe->filled == 0 && pipe->has_last;
}

void
pst_body_pipes_try (void)
{
  int from[2], to[2];
  PstBodyPipe *pipe;
  char byte;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, from) < 0)
    return;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, to) == 0)
    {
      possible = TRUE;
      pipe = pst_body_pipe_new ();
      possible = pipe != NULL && send (from[0], "x", 1, MSG_NOSIGNAL) == 1 && pst_body_pipe_fill (pipe, from[1], 1) == 1 &&
                 pst_body_pipe_drain (pipe, to[0]) == 0 && recv (to[1], &byte, 1, 0) == 1 && byte == 'x';
      g_clear_pointer (&pipe, pst_body_pipe_free);
      close (to[0]);
      close (to[1]);
    }
  close (from[0]);
  close (from[1]);
}
