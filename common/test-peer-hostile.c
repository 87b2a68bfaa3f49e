/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-peer-end.h"

#include "pst-packet.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* The other end sends what no peer would send. */

static void
send_raw (int fd, gconstpointer data, gsize size, const int *fds, gsize n_fds)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (64 * sizeof (int))];
  } control = { 0 };
  struct iovec iov = { (void *)data, size };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

  if (n_fds > 0)
    {
      msg.msg_control = &control;
      msg.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (&control.header), fds, n_fds * sizeof (int));
    }
  g_assert_cmpint (sendmsg (fd, &msg, MSG_NOSIGNAL), ==, size);
}

/* The peer must be closed by it, without a word to its handler, and keep no descriptor. */
static void
assert_closes (gconstpointer data, gsize size, const int *fds, gsize n_fds)
{
  guint before = count_fds ();
  int a_fd, b_fd;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, TRUE);
  send_raw (b_fd, data, size, fds, n_fds);
  spin_until (&a.n_closed, 1);
  g_assert_cmpstr (a.members->str, ==, "");
  g_assert_false (pst_peer_is_open (a.peer));
  end_clear (&a);
  close (b_fd);
  g_assert_cmpuint (count_fds (), ==, before);
}

static void
assert_closes_packet (PstPacketType type, guint32 serial, const char *member, GVariant *args, const int *fds, gsize n_fds)
{
  g_autoptr (GBytes) bytes = pst_packet_encode (type, serial, member, args);

  assert_closes (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), fds, n_fds);
}

static void
test_malformed (void)
{
  int fds[PST_PEER_MAX_FDS + 3];
  g_autofree char *huge = g_malloc0 (100000);
  g_autofree char *long_name = g_strnfill (65, 'm');
  g_autoptr (GBytes) good = pst_packet_encode (PST_PACKET_NOTIFY, 0, "Name", NULL);
  g_autofree char *bent = g_memdup2 (g_bytes_get_data (good, NULL), g_bytes_get_size (good));

  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  assert_closes ("rubbish", 7, NULL, 0);
  assert_closes ("rubbish", 7, fds, 3);
  assert_closes ("", 0, NULL, 0);
  assert_closes ("", 0, fds, 1);
  assert_closes (huge, 100000, fds, 1);
  assert_closes (huge, 40, NULL, 0);
  for (gsize i = 1; i < g_bytes_get_size (good); i++)
    assert_closes (bent, i, fds, 1);
  bent[1] = 1; /* padding must be zero in normal form */
  assert_closes (bent, g_bytes_get_size (good), NULL, 0);

  assert_closes_packet (0, 0, "Name", NULL, NULL, 0);
  assert_closes_packet (6, 1, "Name", NULL, NULL, 0);
  assert_closes_packet (255, 1, "Name", NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_CALL, 0, "Name", NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_NOTIFY, 1, "Name", NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, "", NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, "a\nb", NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, "ä", NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, long_name, NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, "Name", g_variant_new_uint32 (1), NULL, 0);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, "Name", NULL, fds, PST_PEER_MAX_FDS + 1);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, "Name", NULL, fds, PST_PEER_MAX_FDS + 2);
  assert_closes_packet (PST_PACKET_NOTIFY, 0, "Name", NULL, fds, PST_PEER_MAX_FDS + 3);
  assert_closes_packet (PST_PACKET_REPLY, 1, "", NULL, NULL, 0); /* to nothing */
  assert_closes_packet (PST_PACKET_REPLY, 0, "", NULL, NULL, 0);
  assert_closes_packet (PST_PACKET_ERROR, 1, "", g_variant_new ("(u)", 1), NULL, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

static int
memfd_with (gconstpointer data, gsize size, int seals)
{
  int fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  g_assert_cmpint (write (fd, data, size), ==, size);
  if (seals != 0)
    g_assert_cmpint (fcntl (fd, F_ADD_SEALS, seals), ==, 0);
  return fd;
}

static void
assert_large_closes (int fd)
{
  assert_closes_packet (PST_PACKET_LARGE, 0, "", NULL, &fd, 1);
  close (fd);
}

static void
test_malformed_large (void)
{
  const int all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  g_autofree char *text = g_strnfill (100000, 'x');
  g_autoptr (GBytes) body = pst_packet_encode (PST_PACKET_NOTIFY, 0, "Name", g_variant_new ("(s)", text));
  g_autoptr (GBytes) small = pst_packet_encode (PST_PACKET_NOTIFY, 0, "Name", NULL);
  g_autoptr (GBytes) nested = pst_packet_encode (PST_PACKET_LARGE, 0, "", g_variant_new ("(s)", text));
  g_autoptr (GBytes) reply = pst_packet_encode (PST_PACKET_REPLY, 9, "", g_variant_new ("(s)", text));
  const char *data = g_bytes_get_data (body, NULL);
  gsize size = g_bytes_get_size (body);
  int fds[2], pipe_fds[2], sparse;

  assert_closes_packet (PST_PACKET_LARGE, 0, "", NULL, NULL, 0);
  assert_large_closes (memfd_with (data, size, 0));
  assert_large_closes (memfd_with (data, size, F_SEAL_SHRINK | F_SEAL_GROW));
  assert_large_closes (memfd_with (data, size, F_SEAL_WRITE | F_SEAL_GROW));
  assert_large_closes (memfd_with (data, size, F_SEAL_WRITE | F_SEAL_SHRINK));
  assert_large_closes (memfd_with (data, size - 1, all));
  assert_large_closes (memfd_with (text, 100000, all));
  assert_large_closes (memfd_with (g_bytes_get_data (small, NULL), g_bytes_get_size (small) - 1, all));
  assert_large_closes (memfd_with ("", 0, all));
  assert_large_closes (memfd_with (g_bytes_get_data (nested, NULL), g_bytes_get_size (nested), all));
  assert_large_closes (memfd_with (g_bytes_get_data (reply, NULL), g_bytes_get_size (reply), all));
  assert_large_closes (open ("/dev/null", O_RDONLY | O_CLOEXEC));
  assert_large_closes (open ("/proc/self/exe", O_RDONLY | O_CLOEXEC));

  sparse = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  g_assert_cmpint (ftruncate (sparse, (off_t)PST_PEER_MAX_BODY + 1), ==, 0);
  g_assert_cmpint (fcntl (sparse, F_ADD_SEALS, all), ==, 0);
  assert_large_closes (sparse);

  /* a pipe in place of the memfd must not block the reader */
  g_assert_cmpint (pipe2 (pipe_fds, O_CLOEXEC), ==, 0);
  fds[0] = pipe_fds[0];
  fds[1] = pipe_fds[1];
  assert_closes_packet (PST_PACKET_LARGE, 0, "", NULL, fds, 2);
  close (pipe_fds[0]);
  close (pipe_fds[1]);
}

/* Floods without end, and never answers. */
static gpointer
flood (gpointer user_data)
{
  int fd = GPOINTER_TO_INT (user_data);
  g_autofree char *text = g_strnfill (60000, 'f');
  g_autoptr (GBytes) packet = pst_packet_encode (PST_PACKET_NOTIFY, 0, "Flood", g_variant_new ("(s)", text));
  gsize size;
  gconstpointer data = g_bytes_get_data (packet, &size);
  gsize sent = 0;

  while (send (fd, data, size, MSG_NOSIGNAL) == (gssize)size)
    sent += size;
  return GSIZE_TO_POINTER (sent);
}

/* Somebody who waits for an answer queues what else comes in, but not without end. */
static void
test_flood_while_waiting (void)
{
  g_autoptr (GError) error = NULL;
  GThread *thread;
  gsize sent;
  int a_fd, b_fd;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, TRUE);
  thread = g_thread_new ("flood", flood, GINT_TO_POINTER (b_fd));
  g_assert_null (pst_peer_call_sync (a.peer, "Ask", NULL, NULL, 0, -1, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED);
  sent = GPOINTER_TO_SIZE (g_thread_join (thread));
  g_assert_cmpuint (sent, >, PST_PEER_MAX_QUEUE / 2);
  g_assert_cmpuint (sent, <, PST_PEER_MAX_QUEUE * 2);
  spin_until (&a.n_closed, 1);
  g_assert_cmpstr (a.members->str, ==, ""); /* dropped, all of it */
  end_clear (&a);
  close (b_fd);
}

/* The text of an error is for a person: nothing in it may command a terminal. */
static void
test_error_text (void)
{
  g_autoptr (GBytes) packet = pst_packet_encode (PST_PACKET_ERROR, 1, "", g_variant_new ("(s)", "a\n\033]0;x\a\u202eb"));
  g_autoptr (GError) error = NULL;
  guint32 serial;
  int a_fd, b_fd;
  End a;

  raw_pair (&a_fd, &b_fd);
  end_init (&a, a_fd, FALSE);
  serial = pst_peer_send_call (a.peer, "Ask", NULL, NULL, 0, NULL);
  g_assert_cmpuint (serial, ==, 1);
  send_raw (b_fd, g_bytes_get_data (packet, NULL), g_bytes_get_size (packet), NULL, 0);
  g_assert_null (pst_peer_wait_reply (a.peer, serial, -1, &error));
  g_assert_error (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE);
  g_assert_cmpstr (error->message, ==, "a\\x0A\\x1B]0;x\\x07\\u{202E}b");
  end_clear (&a);
  close (b_fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_main_context_iteration (NULL, FALSE); /* it has a descriptor of its own; not to be counted later */
  g_test_add_func ("/peer-hostile/malformed", test_malformed);
  g_test_add_func ("/peer-hostile/malformed-large", test_malformed_large);
  g_test_add_func ("/peer-hostile/flood-while-waiting", test_flood_while_waiting);
  g_test_add_func ("/peer-hostile/error-text", test_error_text);
  return g_test_run ();
}
