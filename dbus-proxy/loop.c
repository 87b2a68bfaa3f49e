/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>

#define MAX_EVENTS 64

static int epoll_fd = -1;
static void (*idle) (void);
static int timeout = -1;

void
pst_loop_init (void)
{
  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (epoll_fd < 0)
    g_error ("epoll: %s", g_strerror (errno));
}

void
pst_source_watch (PstSource *source, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = source };
  int op = events == 0 ? EPOLL_CTL_DEL : source->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

  if (events == source->events)
    return;
  if (epoll_ctl (epoll_fd, op, source->fd, &event) < 0)
    g_error ("epoll: %s", g_strerror (errno));
  source->events = events;
}

void
pst_loop_set_idle (void (*func) (void))
{
  idle = func;
}

void
pst_loop_set_timeout (int ms)
{
  timeout = ms;
}

void
pst_loop_turn (void)
{
  struct epoll_event events[MAX_EVENTS];
  int n = epoll_wait (epoll_fd, events, MAX_EVENTS, timeout);

  if (n < 0 && errno != EINTR)
    g_error ("epoll: %s", g_strerror (errno));
  for (int i = 0; i < n; i++)
    {
      PstSource *source = events[i].data.ptr;
      /* one that was taken out during this turn is still there, with no events */
      if (source->events != 0)
        source->ready (source, events[i].events);
    }
  if (idle != NULL)
    idle ();
}

void
pst_loop_run (void)
{
  for (;;)
    pst_loop_turn ();
}
