/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server.h"

#include "loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct
{
  PstSource source;
  const PstBus *bus;
  char *path;
  guint full_at; /* clients when no more were taken; 0: more are */
} Server;

static GPtrArray *servers;

static void
on_ready (PstSource *source, guint32 events)
{
  Server *server = (Server *)source;
  int fd = accept4 (server->source.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (fd >= 0)
    {
      pst_client_new_take_fd (fd, server->bus);
      if (server->bus->max_clients > 0 && pst_clients_get_n () >= server->bus->max_clients)
        {
          server->full_at = pst_clients_get_n ();
          pst_source_watch (&server->source, 0);
        }
      return;
    }
  /* Who wants in waits until somebody has left: a busy loop would help nobody. */
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
    {
      server->full_at = MAX (1, pst_clients_get_n ());
      pst_source_watch (&server->source, 0);
    }
}

void
pst_servers_on_idle (void)
{
  for (guint i = 0; servers != NULL && i < servers->len; i++)
    {
      Server *server = g_ptr_array_index (servers, i);

      if (server->full_at > 0 && pst_clients_get_n () < server->full_at)
        {
          server->full_at = 0;
          pst_source_watch (&server->source, EPOLLIN);
        }
    }
}

static void
add (int fd, const PstBus *bus, const char *path)
{
  Server *server = g_new0 (Server, 1);

  server->source = (PstSource){ .fd = fd, .ready = on_ready };
  server->bus = bus;
  server->path = g_strdup (path);
  pst_source_watch (&server->source, EPOLLIN);
  if (servers == NULL)
    servers = g_ptr_array_new ();
  g_ptr_array_add (servers, server);
}

gboolean
pst_server_start (const char *path, const PstBus *bus)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd;

  if (strlen (path) >= sizeof address.sun_path)
    {
      errno = ENAMETOOLONG;
      return FALSE;
    }
  strcpy (address.sun_path, path);
  unlink (path);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return FALSE;
  if (bind (fd, (struct sockaddr *)&address, sizeof address) < 0 || listen (fd, SOMAXCONN) < 0)
    {
      int saved = errno;
      close (fd);
      errno = saved;
      return FALSE;
    }
  add (fd, bus, path);
  return TRUE;
}

void
pst_server_start_take_fd (int fd, const PstBus *bus)
{
  add (fd, bus, NULL);
}

void
pst_servers_unlink (void)
{
  for (guint i = 0; servers != NULL && i < servers->len; i++)
    {
      const Server *server = g_ptr_array_index (servers, i);

      if (server->path != NULL)
        unlink (server->path);
    }
}
