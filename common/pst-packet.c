/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-packet.h"

#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The descriptors of a message and the memfd of its body. */
#define MAX_WIRE_FDS (PST_PEER_MAX_FDS + 1)

static void
close_all (const int *fds, gsize n_fds)
{
  for (gsize i = 0; i < n_fds; i++)
    {
      int fd = fds[i];
      pst_fd_clear (&fd);
    }
}

GBytes *
pst_packet_encode (PstPacketType type, guint32 serial, const char *member, GVariant *args)
{
  g_autoptr (GVariant) whole = NULL;

  if (args == NULL)
    args = g_variant_new_tuple (NULL, 0);
  whole = g_variant_ref_sink (g_variant_new (PST_PACKET_TYPE, (guchar)type, serial, member, args));
  return g_variant_get_data_as_bytes (whole);
}

static gboolean
member_is_valid (const char *member, PstPacketType type)
{
  gsize length = strnlen (member, PST_PACKET_MAX_MEMBER + 1);

  if (type != PST_PACKET_CALL && type != PST_PACKET_NOTIFY)
    return length == 0;
  if (length == 0 || length > PST_PACKET_MAX_MEMBER)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (member[i]))
      return FALSE;
  return TRUE;
}

/* The bytes of a large packet: only from a memfd that cannot change any more, so that what is checked is what is used. */
static GBytes *
read_large (int fd)
{
  const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  int seals = fcntl (fd, F_GET_SEALS);

  if (seals < 0 || (seals & needed) != needed)
    return NULL;
  return pst_fd_read_all (fd, PST_PEER_MAX_BODY, NULL);
}

static PstPacket *
decode (GBytes *bytes, const int *fds, gsize n_fds, gboolean may_be_large)
{
  g_autoptr (GVariant) whole = NULL;
  g_autoptr (GVariant) args = NULL;
  PstPacket *packet;
  guchar type;
  guint32 serial;
  const char *member;

  whole = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (PST_PACKET_TYPE), bytes, FALSE));
  if (!g_variant_is_normal_form (whole))
    goto bad;
  g_variant_get (whole, "(yu&sv)", &type, &serial, &member, &args);
  if (!g_variant_type_is_tuple (g_variant_get_type (args)) || !member_is_valid (member, type))
    goto bad;

  switch (type)
    {
    case PST_PACKET_CALL:
    case PST_PACKET_REPLY:
      if (serial == 0)
        goto bad;
      break;
    case PST_PACKET_ERROR:
      if (serial == 0 || !g_variant_is_of_type (args, G_VARIANT_TYPE ("(s)")))
        goto bad;
      break;
    case PST_PACKET_NOTIFY:
      if (serial != 0)
        goto bad;
      break;
    case PST_PACKET_LARGE:
      {
        g_autoptr (GBytes) body = NULL;

        if (!may_be_large || serial != 0 || n_fds == 0 || !g_variant_is_of_type (args, G_VARIANT_TYPE_UNIT))
          goto bad;
        body = read_large (fds[0]);
        close_all (fds, 1);
        fds++;
        n_fds--;
        if (body == NULL)
          goto bad;
        return decode (body, fds, n_fds, FALSE);
      }
    default:
      goto bad;
    }
  if (n_fds > PST_PEER_MAX_FDS)
    goto bad;

  packet = g_new0 (PstPacket, 1);
  packet->type = type;
  packet->serial = serial;
  packet->message.serial = type == PST_PACKET_CALL ? serial : 0;
  packet->message.member = member;
  packet->message.args = g_steal_pointer (&args);
  if (n_fds > 0)
    {
      packet->message.fds = g_memdup2 (fds, n_fds * sizeof *fds);
      packet->message.n_fds = n_fds;
    }
  packet->whole = g_steal_pointer (&whole);
  packet->cost = sizeof *packet + g_bytes_get_size (bytes) + n_fds * PST_PACKET_FD_COST;
  return packet;

bad:
  close_all (fds, n_fds);
  return NULL;
}

PstPacket *
pst_packet_decode_take_fds (GBytes *bytes, const int *fds, gsize n_fds)
{
  return decode (bytes, fds, n_fds, TRUE);
}

void
pst_packet_free (PstPacket *packet)
{
  if (packet == NULL)
    return;
  close_all (packet->message.fds, packet->message.n_fds);
  g_free (packet->message.fds);
  g_variant_unref (packet->message.args);
  g_variant_unref (packet->whole);
  g_free (packet);
}

int
pst_message_steal_fd (PstMessage *message, gsize index)
{
  return index < message->n_fds ? pst_fd_steal (&message->fds[index]) : -1;
}

void
pst_message_free (PstMessage *message)
{
  pst_packet_free ((PstPacket *)message);
}

PstPacketIo
pst_packet_send (int socket, GBytes *bytes, const int *fds, gsize n_fds)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (MAX_WIRE_FDS * sizeof (int))];
  } control = { 0 };
  gsize size;
  struct iovec iov = { .iov_base = (void *)g_bytes_get_data (bytes, &size) };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  ssize_t n;

  g_return_val_if_fail (n_fds <= MAX_WIRE_FDS, PST_PACKET_IO_BAD);

  iov.iov_len = size;
  if (n_fds > 0)
    {
      struct cmsghdr *cmsg = &control.header;

      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (cmsg), fds, n_fds * sizeof (int));
      msg.msg_control = &control;
      msg.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
    }
  do
    n = sendmsg (socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n >= 0)
    return PST_PACKET_IO_OK;

  switch (errno)
    {
    case EAGAIN:
      return PST_PACKET_IO_AGAIN;
    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS: /* the user has too many descriptors in flight, perhaps not through us */
      return PST_PACKET_IO_BUSY;
    case EPIPE:
    case ECONNRESET:
    case ENOTCONN:
      return PST_PACKET_IO_GONE;
    default:
      return PST_PACKET_IO_BAD;
    }
}

/* The size of the next packet, without taking it. */
static PstPacketIo
peek_size (int socket, gsize *out)
{
  struct msghdr msg = { 0 };
  ssize_t n;

  /* ECONNRESET says once that the other end went away with our packets unread. What it had sent before is still there. */
  do
    n = recvmsg (socket, &msg, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n < 0)
    return errno == EAGAIN ? PST_PACKET_IO_AGAIN : PST_PACKET_IO_BAD;
  *out = (gsize)n;
  return PST_PACKET_IO_OK;
}

PstPacketIo
pst_packet_receive (int socket, PstPacket **out)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (MAX_WIRE_FDS * sizeof (int))];
  } control;
  g_autofree char *data = NULL;
  g_autoptr (GBytes) bytes = NULL;
  struct iovec iov;
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  int fds[sizeof control / sizeof (int)];
  gsize n_fds = 0, size;
  PstPacketIo io;
  ssize_t n;

  *out = NULL;
  io = peek_size (socket, &size);
  if (io != PST_PACKET_IO_OK)
    return io;
  if (size > PST_PACKET_MAX_INLINE)
    return PST_PACKET_IO_BAD;

  /* An empty packet and the end of the connection look alike, and are treated alike. */
  data = g_malloc (size > 0 ? size : 1);
  iov.iov_base = data;
  iov.iov_len = size > 0 ? size : 1;
  do
    n = recvmsg (socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (n < 0 && (errno == EINTR || errno == ECONNRESET));
  if (n < 0)
    return errno == EAGAIN ? PST_PACKET_IO_AGAIN : PST_PACKET_IO_BAD;

  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR (&msg); cmsg != NULL; cmsg = CMSG_NXTHDR (&msg, cmsg))
    if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
      {
        gsize count = (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int);

        memcpy (fds + n_fds, CMSG_DATA (cmsg), count * sizeof (int));
        n_fds += count;
      }

  if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || (gsize)n != size || n == 0)
    {
      close_all (fds, n_fds);
      return n == 0 && n_fds == 0 ? PST_PACKET_IO_GONE : PST_PACKET_IO_BAD;
    }

  bytes = g_bytes_new_take (g_steal_pointer (&data), size);
  *out = pst_packet_decode_take_fds (bytes, fds, n_fds);
  return *out != NULL ? PST_PACKET_IO_OK : PST_PACKET_IO_BAD;
}
