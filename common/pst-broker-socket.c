/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-broker-socket.h"

#include "pst-fd.h"
#include "pst-peer.h"
#include "pst-programs.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
pst_broker_socket_connect (GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  struct ucred peer;
  socklen_t size = sizeof peer;
  g_autofree char *path = pst_broker_socket_path (error);
  pst_autofd fd = -1;

  if (path == NULL)
    return -1;
  if (strlen (path) >= sizeof address.sun_path)
    {
      g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED,
                   "The path of the broker's socket, %s, is too long for a socket", path);
      return -1;
    }
  strcpy (address.sun_path, path);
  fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || connect (fd, (struct sockaddr *)&address, sizeof address) < 0)
    {
      g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, "Cannot reach the broker at %s: %s", path, g_strerror (errno));
      return -1;
    }
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != getuid ())
    {
      g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, "The socket %s belongs to another user's process", path);
      return -1;
    }
  return pst_fd_steal (&fd);
}
