/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "body-pipe.h"
#include "client.h"
#include "loop.h"
#include "message.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One connection of the D-Bus proxy, between two ends that both write what they like. The input is a row of stretches, each
 * behind three bytes: who writes (bit 0: the bus), how many descriptors come with it (bits 1 and 2), whether the question is
 * answered (bits 3 and 4), and how long it is. It starts after authentication. What arrives at the bus must be messages to
 * names that may be written to; and nothing is left behind. */

static int listener = -1;
static PstBus bus;
static PstAsk *asked;

static void
on_ask (PstAsk *ask, gpointer user_data)
{
  asked = ask;
}

static void
on_withdraw (PstAsk *ask, gpointer user_data)
{
  if (asked == ask)
    asked = NULL;
}

static const PstDecider decider = { .ask = on_ask, .withdraw = on_withdraw };

static void
on_idle (void)
{
  pst_clients_on_idle ();
  pst_loop_set_timeout (0);
}

static void
set_up (void)
{
  struct sockaddr_un name = { .sun_family = AF_UNIX };
  socklen_t length = sizeof name;
  PstBusAddress address = { .address.sun_family = AF_UNIX };

  signal (SIGPIPE, SIG_IGN);
  pst_body_pipes_try ();
  pst_loop_init ();
  pst_loop_set_idle (on_idle);
  pst_loop_set_timeout (0);
  listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  /* an abstract name that the kernel chooses */
  g_assert_true (bind (listener, (struct sockaddr *)&name, sizeof (sa_family_t)) == 0 && listen (listener, 1) == 0);
  g_assert_true (getsockname (listener, (struct sockaddr *)&address.address, &length) == 0);
  address.length = length;
  bus.addresses = g_array_new (FALSE, FALSE, sizeof (PstBusAddress));
  g_array_append_val (bus.addresses, address);
  bus.policy = pst_bus_policy_new ();
  bus.policy->filter = TRUE;
  bus.decider = &decider;
  g_assert_true (pst_bus_policy_add (bus.policy, "org.t", PST_BUS_TALK, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (bus.policy, "org.a", PST_BUS_SEE, PST_BUS_ANSWER_ASK));
}

static void
spin (void)
{
  for (int i = 0; i < 6; i++)
    pst_loop_turn ();
}

static gboolean
write_all (int fd, const void *data, size_t size, guint n_fds)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (4 * sizeof (int))];
  } control = { 0 };
  struct iovec iov = { (void *)data, size };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

  if (n_fds > 0)
    {
      int fds[4] = { listener, listener, listener, listener };

      msg.msg_control = &control;
      msg.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (&control.header), fds, n_fds * sizeof (int));
    }
  return sendmsg (fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

/* Reads what came without waiting; descriptors that come along are discarded by the kernel. */
static void
drain (int fd, GByteArray *into)
{
  static guint8 data[65536];
  gssize got;

  while ((got = recv (fd, data, sizeof data, MSG_DONTWAIT)) > 0)
    g_byte_array_append (into, data, (guint)got);
}

static void
check_bus (const GByteArray *got, gboolean asked_was_allowed)
{
  gsize at = 0;

  while (got->len - at >= PST_MESSAGE_FIXED)
    {
      guint32 header_length, body_length;
      PstHeader header;

      g_assert_true (pst_header_frame (got->data + at, &header_length, &body_length));
      if (header_length > got->len - at)
        return;
      g_assert_null (pst_header_parse (got->data + at, header_length, &header));
      if (header.type != PST_MESSAGE_RETURN && header.type != PST_MESSAGE_ERROR && header.destination != NULL &&
          header.destination[0] != ':')
        g_assert_true (strcmp (header.destination, "org.freedesktop.DBus") == 0 || strcmp (header.destination, "org.t") == 0 ||
                       (asked_was_allowed && strcmp (header.destination, "org.a") == 0));
      at += header_length;
      at += MIN (body_length, got->len - at);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char hello[] = "\0AUTH\r\n", ok[] = "OK 1\r\n", begin[] = "BEGIN\r\n";
  g_autoptr (GByteArray) at_bus = g_byte_array_new (), at_client = g_byte_array_new ();
  gboolean allowed = FALSE;
  int sockets[2], bus_end, probe, lowest_fd;

  if (listener < 0)
    set_up ();
  lowest_fd = dup (0);
  close (lowest_fd);
  g_assert_true (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) == 0);
  pst_client_new_take_fd (sockets[0], &bus);
  bus_end = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  write_all (sockets[1], hello, sizeof hello - 1, 0);
  spin ();
  write_all (bus_end, ok, sizeof ok - 1, 0);
  spin ();
  write_all (sockets[1], begin, sizeof begin - 1, 0);
  spin ();
  drain (bus_end, at_bus);
  drain (sockets[1], at_client);
  g_assert_cmpuint (at_bus->len, ==, sizeof hello - 1 + sizeof begin - 1);
  g_byte_array_set_size (at_bus, 0);

  for (size_t at = 0; at + 3 <= size;)
    {
      guint8 how = data[at];
      gsize length = data[at + 1] | (gsize)data[at + 2] << 8;

      at += 3;
      length = MIN (length, size - at);
      if (length > 0)
        write_all ((how & 1) != 0 ? bus_end : sockets[1], data + at, length, how >> 1 & 3);
      at += length;
      spin ();
      if (asked != NULL && (how & 0x18) != 0)
        {
          PstAsk *ask = g_steal_pointer (&asked);

          allowed |= (how & 0x18) == 0x08;
          pst_ask_answer (ask, (how & 0x18) == 0x08 ? PST_ASK_ALLOW : (how & 0x18) == 0x10 ? PST_ASK_DENY : PST_ASK_RETRY);
          spin ();
        }
      drain (bus_end, at_bus);
      drain (sockets[1], at_client);
    }
  check_bus (at_bus, allowed);
  close (sockets[1]);
  spin ();
  close (bus_end);
  spin ();
  g_assert_cmpuint (pst_clients_get_n (), ==, 0);
  g_assert_null (asked);
  probe = dup (0);
  g_assert_cmpint (probe, ==, lowest_fd);
  close (probe);
  return 0;
}
