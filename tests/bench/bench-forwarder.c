/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-forwarder [--fd=N] ADDRESS PATH …   the least that a proxy can cost: one client, whose bytes go to the bus and back
 * through pipes within the kernel (splice), and nobody looks at them. Nothing else is promised: what a proxy costs beyond this
 * is its own. The further words that a proxy is given are passed over. N: told with a byte when it listens. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PIPE_SIZE (256 * 1024)

typedef struct
{
  int from, to, in, out;
  size_t filled;
} Way;

static void
fail (const char *what)
{
  fprintf (stderr, "bench-forwarder: %s: %s\n", what, strerror (errno));
  exit (1);
}

static int
open_socket (const char *path, int (*use) (int, const struct sockaddr *, socklen_t))
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (strlen (path) >= sizeof address.sun_path)
    {
      errno = ENAMETOOLONG;
      fail (path);
    }
  strcpy (address.sun_path, path);
  if (fd < 0 || use (fd, (const struct sockaddr *)&address, sizeof address) < 0)
    fail (path);
  return fd;
}

/* Until there is no more, or no room for more, which it returns. */
static bool
pump (Way *way)
{
  for (;;)
    {
      ssize_t n;

      if (way->filled == 0)
        {
          n = splice (way->from, NULL, way->in, NULL, PIPE_SIZE, SPLICE_F_NONBLOCK);
          if (n == 0)
            exit (0);
          if (n < 0 && errno != EAGAIN)
            fail ("splice");
          if (n < 0)
            return false;
          way->filled = (size_t)n;
        }
      n = splice (way->out, NULL, way->to, NULL, way->filled, SPLICE_F_NONBLOCK);
      if (n < 0 && errno == EPIPE)
        exit (0);
      if (n < 0 && errno != EAGAIN)
        fail ("splice");
      if (n < 0)
        return true;
      way->filled -= (size_t)n;
    }
}

static void
forward (int client, int bus)
{
  int fds[2] = { client, bus }, epoll = epoll_create1 (EPOLL_CLOEXEC);
  Way ways[2];
  bool blocked[2] = { false, false };

  for (int i = 0; i < 2; i++)
    {
      struct epoll_event event = { .events = EPOLLIN };
      int ends[2];

      if (pipe2 (ends, O_NONBLOCK | O_CLOEXEC) < 0 || fcntl (ends[1], F_SETPIPE_SZ, PIPE_SIZE) < 0 ||
          fcntl (fds[i], F_SETFL, O_NONBLOCK) < 0 || epoll_ctl (epoll, EPOLL_CTL_ADD, fds[i], &event) < 0)
        fail ("the beginning");
      ways[i] = (Way){ fds[i], fds[1 - i], ends[1], ends[0], 0 };
    }
  for (;;)
    {
      struct epoll_event events[2];
      bool was[2] = { blocked[0], blocked[1] };

      if (epoll_wait (epoll, events, 2, -1) < 0 && errno != EINTR)
        fail ("epoll_wait");
      for (int i = 0; i < 2; i++)
        blocked[i] = pump (&ways[i]);
      /* ways[i] reads fds[i], and writes the other one */
      for (int i = 0; i < 2 && (was[0] != blocked[0] || was[1] != blocked[1]); i++)
        {
          struct epoll_event event = { .events = (blocked[i] ? 0u : EPOLLIN) | (blocked[1 - i] ? EPOLLOUT : 0u) };

          epoll_ctl (epoll, EPOLL_CTL_MOD, fds[i], &event);
        }
    }
}

int
main (int argc, char **argv)
{
  const char *address = NULL, *path = NULL;
  int ready = -1, listener, client;

  for (int i = 1; i < argc; i++)
    if (strncmp (argv[i], "--fd=", 5) == 0)
      ready = atoi (argv[i] + 5);
    else if (argv[i][0] != '-' && address == NULL)
      address = argv[i];
    else if (argv[i][0] != '-' && path == NULL)
      path = argv[i];
  if (path == NULL || strncmp (address, "unix:path=", 10) != 0)
    {
      fprintf (stderr, "bench-forwarder: name a unix:path= address and a path to listen on\n");
      return 2;
    }
  address = strndup (address + 10, strcspn (address + 10, ",;"));
  listener = open_socket (path, bind);
  if (listen (listener, 1) < 0 || (ready >= 0 && write (ready, "x", 1) != 1))
    fail (path);
  client = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  if (client < 0)
    fail (path);
  forward (client, open_socket (address, connect));
  return 0;
}
