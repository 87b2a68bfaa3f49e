/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: connect to an abstract unix socket of the host (X11's, D-Bus's, containerd-shim's), which no mount namespace hides.
 *
 * Known from: CVE-2020-15257 (containerd), CVE-2016-… "X11 from a sandbox with the network shared" (firejail, flatpak
 * --share=network).
 *
 * Must fail because: abstract sockets belong to the network namespace, and that is private.
 *
 * Control: an abstract socket made inside can be connected to inside; outside the victim's answers. */

#include "attack.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static socklen_t
fill (struct sockaddr_un *to, const char *name)
{
  memset (to, 0, sizeof *to);
  to->sun_family = AF_UNIX;
  memcpy (to->sun_path + 1, name, strlen (name));
  return (socklen_t)(offsetof (struct sockaddr_un, sun_path) + 1 + strlen (name));
}

static bool
connects (const char *name, int type)
{
  struct sockaddr_un to;
  socklen_t size = fill (&to, name);
  int fd = socket (AF_UNIX, type | SOCK_CLOEXEC, 0);

  return fd >= 0 && connect (fd, (struct sockaddr *)&to, size) == 0;
}

int
main (int argc, char **argv)
{
  const char *name;
  struct sockaddr_un at;
  socklen_t size = fill (&at, "postern-escape-own");
  int fd;

  attack_init (argc, argv);
  name = arg ("abstract");
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  control (fd >= 0 && bind (fd, (struct sockaddr *)&at, size) == 0 && listen (fd, 1) == 0 &&
               connects ("postern-escape-own", SOCK_STREAM),
           "an abstract socket of the own");
  if (name != NULL)
    attack (connects (name, SOCK_STREAM), "the host's abstract socket");
  maybe (connects ("/tmp/.X11-unix/X0", SOCK_STREAM), "the host's X server");
  maybe (connects ("/org/kernel/linux/storage/multipathd", SOCK_STREAM), "multipathd");
  return 0;
}
