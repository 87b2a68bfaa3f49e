/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

typedef struct
{
  guint32 type;
  gint32 a;
  gint32 b;
} Header;

gboolean
pst_control_send (int fd, PstControlType type, int a, int b, const char *text, gsize text_len, const int *fds, gsize n_fds)
{
  Header header = { type, a, b };
  struct iovec iov[2] = { { &header, sizeof header }, { (char *)text, text_len } };
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int) * PST_CONTROL_MAX_FDS)];
  } ancillary;
  struct msghdr msg = { .msg_iov = iov, .msg_iovlen = text_len > 0 ? 2 : 1 };
  ssize_t n;

  if (n_fds > PST_CONTROL_MAX_FDS || text_len > PST_CONTROL_MAX_TEXT)
    {
      errno = E2BIG;
      return FALSE;
    }
  if (n_fds > 0)
    {
      struct cmsghdr *cmsg;

      memset (&ancillary, 0, sizeof ancillary);
      msg.msg_control = ancillary.bytes;
      msg.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      cmsg = CMSG_FIRSTHDR (&msg);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      memcpy (CMSG_DATA (cmsg), fds, sizeof (int) * n_fds);
    }
  do
    n = sendmsg (fd, &msg, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n >= 0;
}

int
pst_control_receive (int fd, PstControl *control, gboolean wait)
{
  Header header = { 0, 0, 0 };
  struct iovec iov[2] = { { &header, sizeof header }, { control->text, PST_CONTROL_MAX_TEXT } };
  union
  {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int) * PST_CONTROL_MAX_FDS)];
  } ancillary;
  struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary };
  ssize_t n;

  do
    n = recvmsg (fd, &msg, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return errno == ECONNRESET ? 0 : -1;

  control->n_fds = 0;
  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR (&msg); cmsg; cmsg = CMSG_NXTHDR (&msg, cmsg))
    if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
      {
        control->n_fds = (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int);
        memcpy (control->fds, CMSG_DATA (cmsg), sizeof (int) * control->n_fds);
      }
  if (n == 0)
    return 0;
  if (n < (ssize_t)sizeof header || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
    {
      for (gsize i = 0; i < control->n_fds; i++)
        close (control->fds[i]);
      control->n_fds = 0;
      errno = EPROTO;
      return -1;
    }
  control->type = header.type;
  control->a = header.a;
  control->b = header.b;
  control->text_len = n - sizeof header;
  control->text[control->text_len] = '\0';
  return 1;
}
