/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The relay between two terminals: the person's, which stays out of the sandbox (who holds a terminal can type into it), and
 * the sandbox's own.
 *
 * While the program reads, the outer one is raw, so that every key, Ctrl-C and Ctrl-Z among them, reaches the inner one, whose
 * line discipline makes signals of them for the program's own process group. Each direction is a flow with one small buffer: it
 * reads when the buffer is empty and writes when it is not, so a slow reader slows the writer as it does on one terminal. */
#include "terminal.h"

#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  PstPty *pty;
  int from;
  int to;
  char buffer[4096];
  gsize start;
  gsize end;
  guint source; /* reads or writes, never both; 0: idle */
  gboolean running;
  gboolean over; /* the source has ended */
} Flow;

struct _PstPty
{
  int master;
  int terminal;
  struct termios cooked;
  gboolean raw;
  gboolean paused;
  gboolean wants_input;
  Flow in;
  Flow out;
};

static void watch (Flow *flow);

void
pst_terminal_examine (PstTerminalState *out)
{
  memset (out, 0, sizeof *out);
  for (int i = 2; i >= 0; i--)
    if (tcgetattr (i, &out->termios) == 0)
      {
        out->is_terminal[i] = TRUE;
        out->any = TRUE;
        ioctl (i, TIOCGWINSZ, &out->size);
      }
  out->interactive = out->is_terminal[0] && out->is_terminal[1];
}

static gboolean
on_ready (int fd, GIOCondition condition, gpointer data)
{
  Flow *flow = data;
  ssize_t n;

  flow->source = 0;
  if (flow->start == flow->end)
    {
      n = read (flow->from, flow->buffer, sizeof flow->buffer);
      if (n > 0)
        {
          flow->start = 0;
          flow->end = n;
        }
      else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        flow->over = TRUE;
    }
  if (flow->start < flow->end)
    {
      n = write (flow->to, flow->buffer + flow->start, flow->end - flow->start);
      if (n > 0)
        flow->start += n;
      else if (errno != EAGAIN && errno != EINTR)
        flow->start = flow->end; /* nobody there to read it */
    }
  watch (flow);
  return G_SOURCE_REMOVE;
}

static void
watch (Flow *flow)
{
  gboolean writing = flow->start < flow->end;

  if (flow->source != 0 || !flow->running || (flow->over && !writing))
    return;
  flow->source = g_unix_fd_add (writing ? flow->to : flow->from, writing ? G_IO_OUT : G_IO_IN | G_IO_HUP, on_ready, flow);
}

static void
run (Flow *flow, gboolean running)
{
  flow->running = running;
  if (!running && flow->source != 0)
    {
      g_source_remove (flow->source);
      flow->source = 0;
    }
  watch (flow);
}

/* The terminal on an open file of its own where possible, so that not blocking is nobody else's concern. */
static int
open_terminal (const PstTerminalState *state)
{
  int number = state->is_terminal[0] ? 0 : state->is_terminal[1] ? 1 : 2;
  char path[32];
  int fd;

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", number);
  fd = open (path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  return fd >= 0 ? fd : fcntl (number, F_DUPFD_CLOEXEC, 3);
}

PstPty *
pst_pty_new (int master, const PstTerminalState *state)
{
  PstPty *pty = g_new0 (PstPty, 1);

  pty->master = master;
  fcntl (master, F_SETFL, fcntl (master, F_GETFL) | O_NONBLOCK);
  pty->terminal = open_terminal (state);
  pty->cooked = state->termios;
  pty->in = (Flow){ .pty = pty, .from = pty->terminal, .to = master };
  pty->out = (Flow){ .pty = pty, .from = master, .to = pty->terminal };
  run (&pty->out, TRUE);
  return pty;
}

gboolean
pst_pty_is_foreground (PstPty *pty)
{
  return tcgetpgrp (pty->terminal) == getpgrp ();
}

static void
set_raw (PstPty *pty, gboolean raw)
{
  struct termios mode = pty->cooked;
  sigset_t ttou, old;

  if (pty->raw == raw)
    return;
  if (raw)
    cfmakeraw (&mode);
  /* Should we have become a background job meanwhile: the mode must be restored all the same. */
  sigemptyset (&ttou);
  sigaddset (&ttou, SIGTTOU);
  sigprocmask (SIG_BLOCK, &ttou, &old);
  while (tcsetattr (pty->terminal, TCSADRAIN, &mode) < 0 && errno == EINTR)
    ;
  sigprocmask (SIG_SETMASK, &old, NULL);
  pty->raw = raw;
}

static void
update (PstPty *pty)
{
  gboolean input = pty->wants_input && !pty->paused && pst_pty_is_foreground (pty);

  set_raw (pty, input);
  run (&pty->in, input);
  run (&pty->out, !pty->paused);
}

void
pst_pty_start_input (PstPty *pty)
{
  pty->wants_input = TRUE;
  update (pty);
}

void
pst_pty_stop_input (PstPty *pty)
{
  pty->wants_input = FALSE;
  update (pty);
}

gboolean
pst_pty_has_input (PstPty *pty)
{
  return pty->in.running;
}

void
pst_pty_pause (PstPty *pty)
{
  pty->paused = TRUE;
  update (pty);
}

void
pst_pty_resume (PstPty *pty)
{
  pty->paused = FALSE;
  update (pty);
}

void
pst_pty_resize (PstPty *pty)
{
  struct winsize size;

  if (ioctl (pty->terminal, TIOCGWINSZ, &size) == 0)
    ioctl (pty->master, TIOCSWINSZ, &size);
}

static void
write_all (PstPty *pty, const char *bytes, gsize size)
{
  while (size > 0)
    {
      ssize_t n = write (pty->terminal, bytes, size);

      if (n < 0 && errno == EAGAIN)
        {
          struct pollfd ready = { .fd = pty->terminal, .events = POLLOUT };

          poll (&ready, 1, -1);
          continue;
        }
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return;
      bytes += n;
      size -= n;
    }
}

void
pst_pty_drain (PstPty *pty, gboolean all)
{
  write_all (pty, pty->out.buffer + pty->out.start, pty->out.end - pty->out.start);
  pty->out.start = pty->out.end;
  for (;;)
    {
      char buffer[4096];
      ssize_t n = read (pty->master, buffer, sizeof buffer);
      struct pollfd ready = { .fd = pty->master, .events = POLLIN };

      if (n > 0)
        write_all (pty, buffer, n);
      else if (n < 0 && errno == EAGAIN)
        {
          /* The line discipline hands output over a moment after the write; the last process's closing ends it (EIO). */
          if (poll (&ready, 1, all ? 1000 : 10) <= 0)
            return;
        }
      else if (n == 0 || errno != EINTR)
        return;
    }
}

void
pst_pty_free (PstPty *pty)
{
  if (!pty)
    return;
  run (&pty->in, FALSE);
  run (&pty->out, FALSE);
  set_raw (pty, FALSE);
  pst_fd_clear (&pty->master);
  pst_fd_clear (&pty->terminal);
  g_free (pty);
}
