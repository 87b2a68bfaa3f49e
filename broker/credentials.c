/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is at the other end.
 *
 * SO_PEERCRED gives a uid and a number. A process that ends leaves its number to another, so the namespace is looked up by the
 * number only while a pidfd (SO_PEERPIDFD, Linux 6.5) shows that it still is that process; older kernels open the pidfd by
 * number, which leaves the moment between connect() and now.
 */
#include "credentials.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "intent.h"
#include "pst-fd.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static gboolean
has_ended (int pidfd)
{
  struct pollfd poll_fd = { pidfd, POLLIN, 0 };

  return poll (&poll_fd, 1, 0) != 0;
}

gboolean
pst_credentials_check (int fd, pid_t *pid, const char **why)
{
  struct ucred cred;
  socklen_t size = sizeof cred;
  pst_autofd pidfd = -1;
  guint64 theirs;

  *pid = 0;
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0 || size != sizeof cred)
    return *why = "it cannot be told who it is", FALSE;
  if (cred.uid != geteuid ())
    return *why = "it belongs to another user", FALSE;
  /* A number of 0 is one that has none here: it is outside our pid namespace. */
  if (cred.pid <= 0)
    return *why = "it is in another pid namespace", FALSE;
  size = sizeof pidfd;
  if (getsockopt (fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) < 0)
    pidfd = (int)syscall (SYS_pidfd_open, cred.pid, 0);
  if (pidfd < 0)
    return *why = "it has ended", FALSE;
  theirs = pst_pid_namespace_of (cred.pid);
  if (has_ended (pidfd))
    return *why = "it has ended", FALSE;
  if (theirs == 0 || theirs != pst_pid_namespace_of (getpid ()))
    return *why = "it is in another pid namespace", FALSE;
  *pid = cred.pid;
  return TRUE;
}
