/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "pst-fd.h"
#include "pst-packet.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A hostile other end. The input is a row of packets, each behind three bytes: how many descriptors come with it (low half; the
 * first may be a sealed memfd of the packet itself, with a LARGE packet in its place), and its length. The peer has calls of
 * its own that wait. It must come out closed or open, having called back each of its calls once and its end at most once, with
 * no descriptor left behind. */

typedef struct
{
  guint n_messages, n_closed, n_replies;
  gboolean drop;
  PstPeer *peer;
} Seen;

static void
on_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  Seen *seen = user_data;

  g_assert_true (g_variant_is_normal_form (message->args));
  g_assert_true (g_variant_type_is_tuple (g_variant_get_type (message->args)));
  g_assert_true (message->n_fds <= PST_PEER_MAX_FDS);
  g_assert_true (message->member[0] != '\0');
  for (gsize i = 0; i < message->n_fds; i++)
    g_assert_true (fcntl (message->fds[i], F_GETFD) == FD_CLOEXEC);
  seen->n_messages++;
  if (message->serial % 3 == 1)
    pst_peer_reply (peer, message->serial, message->args, message->fds, message->n_fds);
  else if (message->serial % 3 == 2)
    pst_peer_close (peer);
  if (seen->drop)
    g_clear_pointer (&seen->peer, pst_peer_unref);
}

static void
on_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Seen *seen = user_data;

  g_assert_true ((reply == NULL) == (error != NULL));
  seen->n_replies++;
}

static void
on_closed (PstPeer *peer, gpointer user_data)
{
  Seen *seen = user_data;

  seen->n_closed++;
  g_assert_true (seen->n_replies >= 2);
}

static void
send_raw (int fd, const void *data, gsize size, guint n_fds, gboolean large)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (16 * sizeof (int))];
  } control = { 0 };
  g_autoptr (GBytes) mark = pst_packet_encode (PST_PACKET_LARGE, 0, "", NULL);
  pst_autofd body = large ? pst_fd_memfd_sealed ("fuzz", data, size) : -1;
  struct iovec iov = { (void *)data, size };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  int fds[16];

  if (large)
    {
      iov.iov_base = (void *)g_bytes_get_data (mark, NULL);
      iov.iov_len = g_bytes_get_size (mark);
    }
  for (guint i = 0; i < n_fds; i++)
    fds[i] = i == 0 && large ? body : fd;
  if (n_fds > 0)
    {
      msg.msg_control = &control;
      msg.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (&control.header), fds, n_fds * sizeof (int));
    }
  (void)!sendmsg (fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
spin (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  int sockets[2], probe;
  Seen seen = { 0 };
  g_autoptr (PstMessage) reply = NULL;
  guint32 serial;
  guint8 mode = size > 0 ? data[0] : 0;
  static int lowest_fd = -1;

  if (lowest_fd < 0)
    {
      g_main_context_iteration (NULL, FALSE);
      lowest_fd = dup (0);
      close (lowest_fd);
    }
  g_assert_true (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) == 0);
  seen.peer = pst_peer_new_take_fd (sockets[0]);
  seen.drop = (mode & 1) != 0;
  if ((mode & 2) != 0)
    pst_peer_start (seen.peer, on_message, on_closed, &seen);
  pst_peer_call (seen.peer, "One", NULL, NULL, 0, on_reply, &seen);
  serial = pst_peer_send_call (seen.peer, "Two", NULL, NULL, 0, NULL);
  pst_peer_call (seen.peer, "Three", NULL, NULL, 0, on_reply, &seen);

  for (size_t at = 1; at + 3 <= size;)
    {
      guint n_fds = data[at] & 0x0f;
      gboolean large = (data[at] & 0x80) != 0;
      gsize length = data[at + 1] | (gsize)data[at + 2] << 8;

      at += 3;
      length = MIN (length, size - at);
      send_raw (sockets[1], data + at, length, n_fds, large && n_fds > 0);
      at += length;
    }
  if ((mode & 4) != 0)
    {
      close (sockets[1]);
      sockets[1] = -1;
    }
  if ((mode & 8) != 0)
    reply = pst_peer_wait_reply (seen.peer, serial, 0, NULL);
  if ((mode & 2) == 0)
    pst_peer_start (seen.peer, on_message, on_closed, &seen);
  spin ();
  if (seen.peer != NULL)
    {
      g_assert_true (pst_peer_is_open (seen.peer) == (seen.n_closed == 0));
      pst_peer_close (seen.peer);
      spin ();
      g_assert_true (seen.n_closed == 1 && seen.n_replies == 2);
    }
  g_clear_pointer (&seen.peer, pst_peer_unref);
  g_clear_pointer (&reply, pst_message_free);
  if (sockets[1] >= 0)
    close (sockets[1]);

  /* What was in flight is closed with the sockets; the next free descriptor is the one that was free before. */
  probe = dup (0);
  g_assert_true (probe == lowest_fd);
  close (probe);
  return 0;
}
