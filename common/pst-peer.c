/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-peer.h"

#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The model: one packet is one message. Incoming packets are parsed into PstMessage; replies are matched to the
 * callback (or the waiting sync call) by serial, everything else waits in ->incoming for the main loop. Outgoing packets go
 * straight to the socket, and into ->outgoing when it is full. The end of the connection is noted in ->broken at once and told
 * from the main loop, so that no callback ever runs inside a call of this API. */

typedef enum
{
  TYPE_CALL = 1,
  TYPE_REPLY = 2,
  TYPE_ERROR = 3,
  TYPE_NOTIFY = 4,
} Type;

#define INLINE_MAX (64u << 10)
#define MESSAGE_TYPE "(yusv)"
/* The member that says that the real packet is in the last descriptor, a sealed memfd. */
#define MEMFD_MARK "\001memfd"

typedef struct
{
  Type type;
  PstMessage message;
  GVariant *variant; /* keeps ->message.member and args alive */
} Incoming;

typedef struct
{
  GBytes *bytes;
  int fds[PST_PEER_MAX_FDS + 1];
  gsize n_fds;
} Outgoing;

typedef struct
{
  PstPeerReply callback;
  gpointer user_data;
} Waiting;

struct _PstPeer
{
  gint refs;
  int fd;
  guint32 last_serial;
  gboolean started;
  gboolean broken;
  gboolean closed_told;
  GQueue incoming;     /* Incoming */
  GQueue outgoing;     /* Outgoing */
  gsize queued;        /* bytes in ->outgoing */
  GHashTable *waiting; /* serial → Waiting */
  GHashTable *sync;    /* serials that a sync caller waits for → Incoming or NULL */
  PstPeerHandler handler;
  PstPeerClosed closed;
  gpointer user_data;
  GMainContext *context;
  GSource *source_in;
  GSource *source_out;
  GSource *source_idle;
};

G_DEFINE_QUARK (pst - peer - error - quark, pst_peer_error)

static void break_off (PstPeer *peer);
static void schedule (PstPeer *peer);

static void
close_fds (int *fds, gsize n_fds)
{
  for (gsize i = 0; i < n_fds; i++)
    pst_fd_clear (&fds[i]);
}

static void
incoming_free (Incoming *in)
{
  if (in == NULL)
    return;
  close_fds (in->message.fds, in->message.n_fds);
  g_free (in->message.fds);
  g_clear_pointer (&in->message.args, g_variant_unref);
  g_clear_pointer (&in->variant, g_variant_unref);
  g_free (in);
}

/* A PstMessage is always the middle of an Incoming. */
void
pst_message_free (PstMessage *message)
{
  if (message != NULL)
    incoming_free ((Incoming *)((char *)message - G_STRUCT_OFFSET (Incoming, message)));
}

int
pst_message_steal_fd (PstMessage *message, gsize index)
{
  return index < message->n_fds ? pst_fd_steal (&message->fds[index]) : -1;
}

gboolean
pst_message_check (PstMessage *message, const char *signature, GError **error)
{
  if (g_variant_is_of_type (message->args, G_VARIANT_TYPE (signature)))
    return TRUE;
  g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "%s came with arguments of type %s instead of %s",
               message->member, g_variant_get_type_string (message->args), signature);
  return FALSE;
}

static void
outgoing_free (Outgoing *out)
{
  close_fds (out->fds, out->n_fds);
  g_bytes_unref (out->bytes);
  g_free (out);
}

PstPeer *
pst_peer_new_take_fd (int fd)
{
  PstPeer *peer = g_new0 (PstPeer, 1);

  peer->refs = 1;
  peer->fd = fd;
  fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);
  g_queue_init (&peer->incoming);
  g_queue_init (&peer->outgoing);
  peer->waiting = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  peer->sync = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify)incoming_free);
  return peer;
}

PstPeer *
pst_peer_ref (PstPeer *peer)
{
  g_atomic_int_inc (&peer->refs);
  return peer;
}

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
pst_peer_unref (PstPeer *peer)
{
  if (peer == NULL || !g_atomic_int_dec_and_test (&peer->refs))
    return;
  drop_source (&peer->source_in);
  drop_source (&peer->source_out);
  drop_source (&peer->source_idle);
  pst_fd_clear (&peer->fd);
  g_queue_clear_full (&peer->incoming, (GDestroyNotify)incoming_free);
  g_queue_clear_full (&peer->outgoing, (GDestroyNotify)outgoing_free);
  g_hash_table_unref (peer->waiting);
  g_hash_table_unref (peer->sync);
  g_clear_pointer (&peer->context, g_main_context_unref);
  g_free (peer);
}

gboolean
pst_peer_is_open (PstPeer *peer)
{
  return !peer->broken;
}

/* ---- writing ---- */

/* TRUE: sent. FALSE: the socket is full, or the peer was broken off. */
static gboolean
send_packet (PstPeer *peer, GBytes *bytes, const int *fds, gsize n_fds)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int) * (PST_PEER_MAX_FDS + 1))];
  } control = { 0 };
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  struct iovec iov = { (void *)data, size };
  struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
  ssize_t n;

  if (n_fds > 0)
    {
      msg.msg_control = control.space;
      msg.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      memcpy (CMSG_DATA (&control.header), fds, sizeof (int) * n_fds);
    }
  do
    n = sendmsg (peer->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n >= 0)
    return TRUE;
  if (errno != EAGAIN && errno != ENOBUFS)
    break_off (peer);
  return FALSE;
}

static gboolean
flush (PstPeer *peer)
{
  Outgoing *out;

  while (!peer->broken && (out = g_queue_peek_head (&peer->outgoing)) != NULL)
    {
      if (!send_packet (peer, out->bytes, out->fds, out->n_fds))
        return FALSE;
      g_queue_pop_head (&peer->outgoing);
      peer->queued -= g_bytes_get_size (out->bytes);
      outgoing_free (out);
    }
  return TRUE;
}

static gboolean
on_writable (gint fd, GIOCondition condition, gpointer user_data)
{
  PstPeer *peer = user_data;

  pst_peer_ref (peer);
  if (flush (peer) || peer->broken)
    drop_source (&peer->source_out);
  pst_peer_unref (peer);
  return G_SOURCE_CONTINUE; /* a destroyed source does not care */
}

static void
watch_writable (PstPeer *peer)
{
  if (peer->source_out != NULL || !peer->started || peer->broken)
    return;
  peer->source_out = g_unix_fd_source_new (peer->fd, G_IO_OUT);
  g_source_set_callback (peer->source_out, G_SOURCE_FUNC (on_writable), peer, NULL);
  g_source_attach (peer->source_out, peer->context);
}

/* @args: consumed if floating. */
static void
put (PstPeer *peer, Type type, guint32 serial, const char *member, GVariant *args, const int *fds, gsize n_fds)
{
  g_autoptr (GVariant) packet = NULL;
  g_autoptr (GBytes) bytes = NULL;
  pst_autofd memfd = -1;
  int all[PST_PEER_MAX_FDS + 1];

  g_return_if_fail (n_fds <= PST_PEER_MAX_FDS);
  packet =
      g_variant_ref_sink (g_variant_new ("(yusv)", (guchar)type, serial, member, args != NULL ? args : g_variant_new ("()")));
  if (peer->broken)
    return;
  bytes = g_variant_get_data_as_bytes (packet);
  for (gsize i = 0; i < n_fds; i++)
    all[i] = fds[i];

  if (g_bytes_get_size (bytes) > INLINE_MAX)
    {
      g_autoptr (GVariant) mark =
          g_variant_ref_sink (g_variant_new ("(yusv)", (guchar)type, serial, MEMFD_MARK, g_variant_new ("()")));

      if (g_bytes_get_size (bytes) > PST_PEER_MAX_BODY)
        {
          break_off (peer);
          return;
        }
      memfd = pst_fd_memfd_sealed ("postern-message", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      if (memfd < 0)
        {
          break_off (peer);
          return;
        }
      all[n_fds++] = memfd;
      g_bytes_unref (bytes);
      bytes = g_variant_get_data_as_bytes (mark);
    }

  if (!g_queue_is_empty (&peer->outgoing) || !send_packet (peer, bytes, all, n_fds))
    {
      Outgoing *out;

      if (peer->broken)
        return;
      if (peer->queued + g_bytes_get_size (bytes) > PST_PEER_MAX_QUEUE)
        {
          break_off (peer);
          return;
        }
      out = g_new0 (Outgoing, 1);
      out->bytes = g_bytes_ref (bytes);
      for (gsize i = 0; i < n_fds; i++)
        {
          out->fds[i] = fcntl (all[i], F_DUPFD_CLOEXEC, 3);
          out->n_fds = i + 1;
          if (out->fds[i] < 0)
            {
              outgoing_free (out);
              break_off (peer);
              return;
            }
        }
      g_queue_push_tail (&peer->outgoing, out);
      peer->queued += g_bytes_get_size (bytes);
      watch_writable (peer);
    }
}

static guint32
next_serial (PstPeer *peer)
{
  do
    peer->last_serial++;
  while (peer->last_serial == 0 || g_hash_table_contains (peer->waiting, GUINT_TO_POINTER (peer->last_serial)) ||
         g_hash_table_contains (peer->sync, GUINT_TO_POINTER (peer->last_serial)));
  return peer->last_serial;
}

void
pst_peer_notify (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds)
{
  put (peer, TYPE_NOTIFY, 0, member, args, fds, n_fds);
}

void
pst_peer_call (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, PstPeerReply callback,
               gpointer user_data)
{
  Waiting *waiting = g_new0 (Waiting, 1);
  guint32 serial = next_serial (peer);

  waiting->callback = callback;
  waiting->user_data = user_data;
  g_hash_table_insert (peer->waiting, GUINT_TO_POINTER (serial), waiting);
  put (peer, TYPE_CALL, serial, member, args, fds, n_fds);
  if (peer->broken)
    schedule (peer);
}

void
pst_peer_reply (PstPeer *peer, guint32 serial, GVariant *args, const int *fds, gsize n_fds)
{
  if (serial != 0)
    put (peer, TYPE_REPLY, serial, "", args, fds, n_fds);
  else if (args != NULL)
    g_variant_unref (g_variant_ref_sink (args));
}

void
pst_peer_reply_error (PstPeer *peer, guint32 serial, const char *message)
{
  if (serial != 0)
    put (peer, TYPE_ERROR, serial, "", g_variant_new ("(s)", message), NULL, 0);
}

/* ---- reading ---- */

static GVariant *
parse (GBytes *bytes)
{
  g_autoptr (GVariant) packet = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (MESSAGE_TYPE), bytes, FALSE));

  return g_variant_is_normal_form (packet) ? g_steal_pointer (&packet) : NULL;
}

static GVariant *
parse_memfd (int fd)
{
  g_autoptr (GBytes) bytes = NULL;
  int seals = fcntl (fd, F_GET_SEALS);

  if (seals < 0 || (seals & (F_SEAL_SHRINK | F_SEAL_WRITE)) != (F_SEAL_SHRINK | F_SEAL_WRITE))
    return NULL;
  bytes = pst_fd_read_all (fd, PST_PEER_MAX_BODY, NULL);
  return bytes != NULL ? parse (bytes) : NULL;
}

/* One packet, if there is one. FALSE: none there, or the peer was broken off. */
static gboolean
receive (PstPeer *peer)
{
  union
  {
    struct cmsghdr header;
    char space[CMSG_SPACE (sizeof (int) * (PST_PEER_MAX_FDS + 1))];
  } control;
  g_autofree char *buffer = g_malloc (INLINE_MAX + 1);
  struct iovec iov = { buffer, INLINE_MAX + 1 };
  struct msghdr msg = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space
  };
  int fds[PST_PEER_MAX_FDS + 1];
  gsize n_fds = 0;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) packet = NULL;
  Incoming *in;
  guchar type;
  const char *member;
  GVariant *args;
  guint32 serial;
  ssize_t n;

  if (peer->broken)
    return FALSE;
  do
    n = recvmsg (peer->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN)
    return FALSE;
  if (n >= 0)
    for (struct cmsghdr *c = CMSG_FIRSTHDR (&msg); c != NULL; c = CMSG_NXTHDR (&msg, c))
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        {
          gsize count = (c->cmsg_len - CMSG_LEN (0)) / sizeof (int);

          for (gsize i = 0; i < count; i++)
            {
              int fd;

              memcpy (&fd, CMSG_DATA (c) + i * sizeof (int), sizeof fd);
              if (n_fds < G_N_ELEMENTS (fds))
                fds[n_fds++] = fd;
              else
                close (fd);
            }
        }
  if (n <= 0 || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    goto broken;

  bytes = g_bytes_new (buffer, (gsize)n);
  packet = parse (bytes);
  if (packet == NULL)
    goto broken;
  g_variant_get (packet, "(yu&sv)", &type, &serial, &member, NULL);
  if (strcmp (member, MEMFD_MARK) == 0)
    {
      GVariant *whole = n_fds > 0 ? parse_memfd (fds[n_fds - 1]) : NULL;
      guchar outer_type = type;
      guint32 outer_serial = serial;

      if (whole == NULL)
        goto broken;
      pst_fd_clear (&fds[--n_fds]);
      g_variant_unref (packet);
      packet = whole;
      g_variant_get (packet, "(yu&sv)", &type, &serial, &member, NULL);
      if (type != outer_type || serial != outer_serial || strcmp (member, MEMFD_MARK) == 0)
        goto broken;
    }
  if (type < TYPE_CALL || type > TYPE_NOTIFY || (serial == 0) != (type == TYPE_NOTIFY) || n_fds > PST_PEER_MAX_FDS)
    goto broken;

  g_variant_get (packet, "(yu&sv)", NULL, NULL, &member, &args);
  if (!g_variant_is_of_type (args, G_VARIANT_TYPE_TUPLE))
    {
      g_variant_unref (args);
      goto broken;
    }
  in = g_new0 (Incoming, 1);
  in->type = type;
  in->variant = g_steal_pointer (&packet);
  in->message.serial = serial;
  in->message.member = member;
  in->message.args = args;
  in->message.fds = g_memdup2 (fds, n_fds * sizeof *fds);
  in->message.n_fds = n_fds;

  if (type == TYPE_REPLY || type == TYPE_ERROR)
    {
      if (g_hash_table_contains (peer->sync, GUINT_TO_POINTER (serial)))
        g_hash_table_replace (peer->sync, GUINT_TO_POINTER (serial), in);
      else if (g_hash_table_contains (peer->waiting, GUINT_TO_POINTER (serial)))
        g_queue_push_tail (&peer->incoming, in);
      else
        incoming_free (in); /* a sync caller gave up on it */
    }
  else
    g_queue_push_tail (&peer->incoming, in);
  return TRUE;

broken:
  close_fds (fds, n_fds);
  break_off (peer);
  return FALSE;
}

/* The text of an error reply; NULL if @in is none. */
static GError *
error_of (Incoming *in)
{
  const char *text = "the other side answered with an error";

  if (in->type != TYPE_ERROR)
    return NULL;
  if (g_variant_is_of_type (in->message.args, G_VARIANT_TYPE ("(s)")))
    g_variant_get (in->message.args, "(&s)", &text);
  return g_error_new_literal (PST_PEER_ERROR, PST_PEER_ERROR_REMOTE, text);
}

/* Calls back for everything that has come in; peer is kept by the caller. */
static void
dispatch (PstPeer *peer)
{
  Incoming *in;

  while ((in = g_queue_pop_head (&peer->incoming)) != NULL)
    {
      if (in->type == TYPE_CALL || in->type == TYPE_NOTIFY)
        {
          if (peer->handler != NULL)
            peer->handler (peer, &in->message, peer->user_data);
        }
      else
        {
          gpointer stolen = NULL;

          if (g_hash_table_steal_extended (peer->waiting, GUINT_TO_POINTER (in->message.serial), NULL, &stolen))
            {
              g_autofree Waiting *waiting = stolen;
              g_autoptr (GError) error = error_of (in);

              if (waiting->callback != NULL)
                waiting->callback (peer, error == NULL ? &in->message : NULL, error, waiting->user_data);
            }
        }
      incoming_free (in);
    }
}

static void
tell_closed (PstPeer *peer)
{
  g_autoptr (GError) error = g_error_new_literal (PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, "the connection was closed");
  g_autofree gpointer *serials = NULL;
  guint n = 0;

  serials = g_hash_table_get_keys_as_array (peer->waiting, &n);
  for (guint i = 0; i < n; i++)
    {
      gpointer stolen = NULL;

      if (g_hash_table_steal_extended (peer->waiting, serials[i], NULL, &stolen))
        {
          g_autofree Waiting *waiting = stolen;

          if (waiting->callback != NULL)
            waiting->callback (peer, NULL, error, waiting->user_data);
        }
    }
  if (!peer->closed_told)
    {
      peer->closed_told = TRUE;
      if (peer->closed != NULL)
        peer->closed (peer, peer->user_data);
    }
}

static gboolean
on_idle (gpointer user_data)
{
  PstPeer *peer = user_data;

  pst_peer_ref (peer);
  drop_source (&peer->source_idle);
  dispatch (peer);
  if (peer->broken)
    tell_closed (peer);
  pst_peer_unref (peer);
  return G_SOURCE_REMOVE;
}

static void
schedule (PstPeer *peer)
{
  if (!peer->started || peer->source_idle != NULL)
    return;
  peer->source_idle = g_idle_source_new ();
  g_source_set_priority (peer->source_idle, G_PRIORITY_DEFAULT);
  g_source_set_callback (peer->source_idle, on_idle, peer, NULL);
  g_source_attach (peer->source_idle, peer->context);
}

static void
break_off (PstPeer *peer)
{
  if (peer->broken)
    return;
  peer->broken = TRUE;
  drop_source (&peer->source_in);
  drop_source (&peer->source_out);
  pst_fd_clear (&peer->fd);
  g_queue_clear_full (&peer->outgoing, (GDestroyNotify)outgoing_free);
  peer->queued = 0;
  schedule (peer);
}

void
pst_peer_close (PstPeer *peer)
{
  break_off (peer);
}

static gboolean
on_readable (gint fd, GIOCondition condition, gpointer user_data)
{
  PstPeer *peer = user_data;

  /* A bounded number a turn: one chatty peer must not starve the others. */
  pst_peer_ref (peer);
  for (int i = 0; i < 32 && receive (peer); i++)
    ;
  dispatch (peer);
  pst_peer_unref (peer);
  return G_SOURCE_CONTINUE;
}

void
pst_peer_start (PstPeer *peer, PstPeerHandler handler, PstPeerClosed closed, gpointer user_data)
{
  g_return_if_fail (!peer->started);
  peer->started = TRUE;
  peer->handler = handler;
  peer->closed = closed;
  peer->user_data = user_data;
  peer->context = g_main_context_ref_thread_default ();
  if (!peer->broken)
    {
      peer->source_in = g_unix_fd_source_new (peer->fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
      g_source_set_callback (peer->source_in, G_SOURCE_FUNC (on_readable), peer, NULL);
      g_source_attach (peer->source_in, peer->context);
      if (!g_queue_is_empty (&peer->outgoing))
        watch_writable (peer);
    }
  if (peer->broken || !g_queue_is_empty (&peer->incoming))
    schedule (peer);
}

/* ---- waiting ---- */

guint32
pst_peer_send_call (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, GError **error)
{
  guint32 serial = next_serial (peer);

  put (peer, TYPE_CALL, serial, member, args, fds, n_fds);
  if (peer->broken)
    {
      g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, "the connection was closed");
      return 0;
    }
  g_hash_table_insert (peer->sync, GUINT_TO_POINTER (serial), NULL);
  return serial;
}

PstMessage *
pst_peer_wait_reply (PstPeer *peer, guint32 serial, int timeout_ms, GError **error)
{
  gint64 end = timeout_ms < 0 ? G_MAXINT64 : g_get_monotonic_time () + (gint64)timeout_ms * 1000;

  for (;;)
    {
      gpointer found = NULL;
      struct pollfd pfd = { .fd = peer->fd, .events = POLLIN };
      gint64 left;

      if (g_hash_table_lookup_extended (peer->sync, GUINT_TO_POINTER (serial), NULL, &found) && found != NULL)
        {
          Incoming *in;
          GError *remote;

          g_hash_table_steal (peer->sync, GUINT_TO_POINTER (serial));
          in = found;
          remote = error_of (in);
          if (remote == NULL)
            {
              if (!g_queue_is_empty (&peer->incoming))
                schedule (peer);
              return &in->message;
            }
          incoming_free (in);
          g_propagate_error (error, remote);
          break;
        }
      if (peer->broken)
        {
          g_hash_table_remove (peer->sync, GUINT_TO_POINTER (serial));
          g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, "the connection was closed");
          break;
        }
      left = end == G_MAXINT64 ? -1 : (end - g_get_monotonic_time ()) / 1000;
      if (end != G_MAXINT64 && left <= 0)
        {
          g_hash_table_remove (peer->sync, GUINT_TO_POINTER (serial));
          g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT, "no answer in time");
          break;
        }
      if (!g_queue_is_empty (&peer->outgoing))
        pfd.events |= POLLOUT;
      poll (&pfd, 1, (int)MIN (left, G_MAXINT));
      if (pfd.revents & POLLOUT)
        flush (peer);
      if (pfd.revents & (POLLIN | POLLHUP | POLLERR))
        receive (peer);
    }
  if (!g_queue_is_empty (&peer->incoming))
    schedule (peer);
  return NULL;
}

PstMessage *
pst_peer_call_sync (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, int timeout_ms,
                    GError **error)
{
  guint32 serial = pst_peer_send_call (peer, member, args, fds, n_fds, error);

  return serial != 0 ? pst_peer_wait_reply (peer, serial, timeout_ms, error) : NULL;
}
