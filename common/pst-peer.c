/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-peer.h"

#include "pst-fd.h"
#include "pst-packet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

/* How a peer works
 *
 * A peer is a socket, a queue of packets that the socket did not take yet, a queue of packets that came in while somebody
 * waited for something else, and a table of the calls that wait for a reply.
 *
 * Everything that calls back happens in dispatch(), which the main loop runs; every other function only changes this state
 * and, if there is something to call back about, makes the source ready. So a caller of this API is never called back from
 * within its call, and a callback may do anything to the peer, to let go of it included: `holds` keeps the memory while
 * dispatch() is on the stack, `refs` says whether anybody still wants to hear anything.
 *
 * The connection ends in one of two ways. pst_peer_close(), a malformed packet, or a full queue: at once, and what is queued is
 * dropped. The other end closes: what it sent before is still delivered, in order. Either way the socket is closed
 * (fd -1) and dispatch() reports it: first to every outstanding call, then, once, to the closed callback.
 *
 * A call made with pst_peer_send_call() has no callback; its reply stays in the table until pst_peer_wait_reply() takes it.
 * When that gives up, the entry stays as `abandoned`, so that the late reply can be told from a forged one.
 */

#define MAX_PER_DISPATCH 32
#define BUSY_RETRY_US (10 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  guint32 serial;
  PstPeerReply callback; /* (nullable): somebody waits, or will, in pst_peer_wait_reply */
  gpointer user_data;
  PstPacket *reply;
  gboolean abandoned;
} Call;

/* An outgoing packet. Owns its descriptors. */
typedef struct
{
  GBytes *bytes;
  gsize cost;
  gsize n_fds;
  int fds[PST_PEER_MAX_FDS + 1];
} Outgoing;

struct _PstPeer
{
  gint refs;
  guint holds;
  int fd;

  GSource *source; /* (nullable): not started */
  gpointer fd_tag;
  PstPeerHandler handler;
  PstPeerClosed closed;
  gpointer user_data;
  gboolean closed_reported;
  gboolean failing; /* calls wait to be told that there is no connection */

  guint32 last_serial;
  GHashTable *calls; /* (nullable), serial → Call */

  GQueue in; /* of PstPacket */
  gsize in_cost;
  GQueue out; /* of Outgoing */
  gsize out_cost;
  gint64 retry_at;      /* monotonic time; 0: no */
  gboolean write_ended; /* the other end reads no more */
};

typedef struct
{
  GSource source;
  PstPeer *peer; /* not owned: the peer destroys the source */
} PeerSource;

G_DEFINE_QUARK (pst - peer - error - quark, pst_peer_error)

static void
call_free (gpointer data)
{
  Call *call = data;

  pst_packet_free (call->reply);
  g_free (call);
}

static void
outgoing_free (gpointer data)
{
  Outgoing *outgoing = data;

  for (gsize i = 0; i < outgoing->n_fds; i++)
    pst_fd_clear (&outgoing->fds[i]);
  g_bytes_unref (outgoing->bytes);
  g_free (outgoing);
}

static void
drop_out (PstPeer *peer)
{
  g_queue_clear_full (&peer->out, outgoing_free);
  peer->out_cost = 0;
  peer->retry_at = 0;
}

static void
drop_in (PstPeer *peer)
{
  g_queue_clear_full (&peer->in, (GDestroyNotify)pst_packet_free);
  peer->in_cost = 0;
}

/* Tells the main loop what dispatch() waits for. */
static void
update_source (PstPeer *peer)
{
  gint64 ready_time = peer->retry_at > 0 ? peer->retry_at : -1;

  if (peer->source == NULL)
    return;
  if (!g_queue_is_empty (&peer->in) || (peer->fd >= 0 && peer->write_ended) ||
      (peer->fd < 0 && (peer->failing || !peer->closed_reported)))
    ready_time = 0;
  if (g_source_get_ready_time (peer->source) != ready_time)
    g_source_set_ready_time (peer->source, ready_time);
  if (peer->fd_tag != NULL)
    g_source_modify_unix_fd (peer->source, peer->fd_tag,
                             !g_queue_is_empty (&peer->out) && peer->retry_at == 0 ? G_IO_IN | G_IO_OUT : G_IO_IN);
}

/* Closes the socket. What came in before stays queued. */
static void
end (PstPeer *peer)
{
  drop_out (peer);
  if (peer->fd_tag != NULL)
    {
      g_source_remove_unix_fd (peer->source, peer->fd_tag);
      peer->fd_tag = NULL;
    }
  pst_fd_clear (&peer->fd);
  update_source (peer);
}

/* At once and for good: after something malformed, or when asked to. */
static void
end_and_drop (PstPeer *peer)
{
  drop_in (peer);
  end (peer);
}

/* Sends what is queued, as far as the socket takes it. */
static void
flush (PstPeer *peer)
{
  Outgoing *outgoing;

  peer->retry_at = 0;
  while (peer->fd >= 0 && (outgoing = g_queue_peek_head (&peer->out)) != NULL)
    switch (pst_packet_send (peer->fd, outgoing->bytes, outgoing->fds, outgoing->n_fds))
      {
      case PST_PACKET_IO_OK:
        peer->out_cost -= outgoing->cost;
        outgoing_free (g_queue_pop_head (&peer->out));
        break;
      case PST_PACKET_IO_AGAIN:
        return;
      case PST_PACKET_IO_BUSY:
        peer->retry_at = g_get_monotonic_time () + BUSY_RETRY_US;
        return;
      case PST_PACKET_IO_GONE:
        peer->write_ended = TRUE;
        drop_out (peer);
        return;
      case PST_PACKET_IO_BAD:
      default:
        end_and_drop (peer);
        return;
      }
}

/* Queues a packet. Its descriptors are duplicated but for the first @n_owned, which are taken. */
static void
enqueue (PstPeer *peer, GBytes *bytes, gsize cost, const int *fds, gsize n_fds, gsize n_owned)
{
  Outgoing *outgoing = g_new0 (Outgoing, 1);
  gboolean ok = TRUE;

  outgoing->bytes = g_bytes_ref (bytes);
  outgoing->cost = cost + sizeof *outgoing + n_fds * PST_PACKET_FD_COST;
  for (gsize i = 0; i < n_fds; i++)
    {
      outgoing->fds[i] = i < n_owned ? fds[i] : fcntl (fds[i], F_DUPFD_CLOEXEC, 0);
      ok = ok && outgoing->fds[i] >= 0;
      outgoing->n_fds++;
    }
  if (!ok || outgoing->cost > PST_PEER_MAX_QUEUE - peer->out_cost)
    {
      outgoing_free (outgoing);
      end_and_drop (peer);
      return;
    }
  peer->out_cost += outgoing->cost;
  g_queue_push_tail (&peer->out, outgoing);
}

static void
send_packet (PstPeer *peer, PstPacketType type, guint32 serial, const char *member, GVariant *args, const int *fds, gsize n_fds)
{
  g_autoptr (GBytes) bytes = pst_packet_encode (type, serial, member, args);
  int all[PST_PEER_MAX_FDS + 1];
  gsize n_all = 0, n_owned = 0, cost = g_bytes_get_size (bytes);
  PstPacketIo io = PST_PACKET_IO_AGAIN;

  if (peer->fd < 0 || peer->write_ended)
    return;
  if (n_fds > PST_PEER_MAX_FDS || cost > PST_PEER_MAX_BODY)
    {
      g_warning ("%s: too large to send (%" G_GSIZE_FORMAT " bytes, %" G_GSIZE_FORMAT " descriptors)", member, cost, n_fds);
      end_and_drop (peer);
      return;
    }

  if (cost > PST_PACKET_MAX_INLINE)
    {
      int body = pst_fd_memfd_sealed ("postern-packet", g_bytes_get_data (bytes, NULL), cost);

      if (body < 0)
        {
          end_and_drop (peer);
          return;
        }
      g_bytes_unref (bytes);
      bytes = pst_packet_encode (PST_PACKET_LARGE, 0, "", NULL);
      all[n_all++] = body;
      n_owned = 1;
    }
  for (gsize i = 0; i < n_fds; i++)
    all[n_all++] = fds[i];

  /* The common case needs no copy of anything. */
  if (g_queue_is_empty (&peer->out))
    io = pst_packet_send (peer->fd, bytes, all, n_all);
  switch (io)
    {
    case PST_PACKET_IO_OK:
      break;
    case PST_PACKET_IO_BUSY:
      peer->retry_at = g_get_monotonic_time () + BUSY_RETRY_US;
      G_GNUC_FALLTHROUGH;
    case PST_PACKET_IO_AGAIN:
      enqueue (peer, bytes, cost, all, n_all, n_owned);
      n_owned = 0;
      break;
    case PST_PACKET_IO_GONE:
      peer->write_ended = TRUE; /* the end of what there is to read will say so to everybody */
      break;
    case PST_PACKET_IO_BAD:
    default:
      end_and_drop (peer);
      break;
    }
  if (n_owned > 0)
    pst_fd_clear (&all[0]);
  update_source (peer);
}

/* Reads one packet. NULL when there is none now; the connection may have ended. */
static PstPacket *
receive (PstPeer *peer)
{
  PstPacket *packet = NULL;

  if (peer->fd < 0)
    return NULL;
  switch (pst_packet_receive (peer->fd, &packet))
    {
    case PST_PACKET_IO_OK:
      return packet;
    case PST_PACKET_IO_AGAIN:
      /* An end that reads no more is as good as gone, even if it keeps its socket open. */
      if (peer->write_ended)
        end (peer);
      return NULL;
    case PST_PACKET_IO_GONE:
      end (peer);
      return NULL;
    case PST_PACKET_IO_BUSY:
    case PST_PACKET_IO_BAD:
    default:
      end_and_drop (peer);
      return NULL;
    }
}

/* Finds whose a reply is. NULL, and the connection is closed, if it is nobody's. */
static Call *
call_of_reply (PstPeer *peer, PstPacket *packet)
{
  Call *call = peer->calls != NULL ? g_hash_table_lookup (peer->calls, GUINT_TO_POINTER (packet->serial)) : NULL;

  if (call == NULL || call->reply != NULL)
    {
      end_and_drop (peer);
      return NULL;
    }
  return call;
}

static void
remote_error (PstPacket *packet, GError **error)
{
  const char *text;

  g_variant_get (packet->message.args, "(&s)", &text);
  g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE, text);
}

static void
closed_error (GError **error)
{
  g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, "The connection was closed");
}

/* Keeps a reply that somebody waits for. FALSE if the packet is to be called back about. */
static gboolean
keep_reply (PstPeer *peer, PstPacket *packet)
{
  Call *call;

  if (packet->type != PST_PACKET_REPLY && packet->type != PST_PACKET_ERROR)
    return FALSE;
  call = call_of_reply (peer, packet);
  if (call != NULL && call->callback != NULL)
    return FALSE;
  if (call == NULL || call->abandoned)
    {
      if (call != NULL)
        g_hash_table_remove (peer->calls, GUINT_TO_POINTER (packet->serial));
      pst_packet_free (packet);
    }
  else
    call->reply = packet;
  return TRUE;
}

/* ---- The main loop's side ---- */

static void
dispatch_packet (PstPeer *peer, PstPacket *packet)
{
  if (keep_reply (peer, packet))
    return;
  if (packet->type == PST_PACKET_CALL || packet->type == PST_PACKET_NOTIFY)
    {
      if (peer->handler != NULL)
        peer->handler (peer, &packet->message, peer->user_data);
    }
  else
    {
      Call *call = call_of_reply (peer, packet);
      g_autoptr (GError) error = NULL;
      PstPeerReply callback = call->callback;
      gpointer user_data = call->user_data;

      g_hash_table_remove (peer->calls, GUINT_TO_POINTER (packet->serial));
      if (packet->type == PST_PACKET_ERROR)
        remote_error (packet, &error);
      callback (peer, error == NULL ? &packet->message : NULL, error, user_data);
    }
  pst_packet_free (packet);
}

static gint
compare_serials (gconstpointer a, gconstpointer b)
{
  guint32 x = ((const Call *)a)->serial, y = ((const Call *)b)->serial;

  return x < y ? -1 : x > y;
}

/* Calls back all calls that were made until now, oldest first. */
static void
fail_calls (PstPeer *peer)
{
  g_autoptr (GError) error = NULL;
  GList *failed = NULL;
  GHashTableIter iter;
  gpointer value;

  peer->failing = FALSE;
  if (peer->calls == NULL)
    return;
  g_hash_table_iter_init (&iter, peer->calls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Call *)value)->callback != NULL)
      {
        g_hash_table_iter_steal (&iter);
        failed = g_list_prepend (failed, value);
      }
  failed = g_list_sort (failed, compare_serials);
  closed_error (&error);
  for (GList *l = failed; l != NULL && peer->refs > 0; l = l->next)
    {
      Call *call = l->data;
      call->callback (peer, NULL, error, call->user_data);
    }
  g_list_free_full (failed, call_free);
}

static void
peer_free (PstPeer *peer)
{
  if (peer->refs == 0 && peer->holds == 0)
    g_free (peer);
}

static gboolean
dispatch (GSource *source, GSourceFunc unused, gpointer unused_data)
{
  PstPeer *peer = ((PeerSource *)source)->peer;

  peer->holds++;
  flush (peer);
  for (guint i = 0; i < MAX_PER_DISPATCH && peer->refs > 0; i++)
    {
      PstPacket *packet = g_queue_pop_head (&peer->in);

      if (packet != NULL)
        peer->in_cost -= packet->cost;
      else
        packet = receive (peer);
      if (packet == NULL)
        break;
      dispatch_packet (peer, packet);
    }
  if (peer->refs > 0 && peer->fd < 0 && g_queue_is_empty (&peer->in))
    {
      fail_calls (peer);
      if (peer->refs > 0 && !peer->closed_reported)
        {
          peer->closed_reported = TRUE;
          if (peer->closed != NULL)
            peer->closed (peer, peer->user_data);
        }
    }
  if (peer->refs > 0)
    update_source (peer);
  peer->holds--;
  peer_free (peer);
  return G_SOURCE_CONTINUE;
}

void
pst_peer_start (PstPeer *peer, PstPeerHandler handler, PstPeerClosed closed, gpointer user_data)
{
  static GSourceFuncs functions = { .dispatch = dispatch };

  g_return_if_fail (peer->source == NULL);

  peer->handler = handler;
  peer->closed = closed;
  peer->user_data = user_data;
  peer->source = g_source_new (&functions, sizeof (PeerSource));
  ((PeerSource *)peer->source)->peer = peer;
  g_source_set_static_name (peer->source, "PstPeer");
  g_source_set_can_recurse (peer->source, TRUE);
  if (peer->fd >= 0)
    peer->fd_tag = g_source_add_unix_fd (peer->source, peer->fd, G_IO_IN);
  g_source_attach (peer->source, g_main_context_get_thread_default ());
  update_source (peer);
}

/* ---- The users' side ---- */

PstPeer *
pst_peer_new_take_fd (int fd)
{
  PstPeer *peer = g_new0 (PstPeer, 1);

  peer->refs = 1;
  peer->fd = fd;
  g_queue_init (&peer->in);
  g_queue_init (&peer->out);
  return peer;
}

PstPeer *
pst_peer_ref (PstPeer *peer)
{
  g_return_val_if_fail (peer->refs > 0, NULL);
  peer->refs++;
  return peer;
}

void
pst_peer_unref (PstPeer *peer)
{
  if (peer == NULL)
    return;
  g_return_if_fail (peer->refs > 0);
  if (--peer->refs > 0)
    return;
  peer->holds++;
  end_and_drop (peer);
  if (peer->source != NULL)
    {
      g_source_destroy (peer->source);
      g_clear_pointer (&peer->source, g_source_unref);
    }
  g_clear_pointer (&peer->calls, g_hash_table_unref);
  peer->holds--;
  peer_free (peer);
}

void
pst_peer_close (PstPeer *peer)
{
  if (peer->fd >= 0 || !g_queue_is_empty (&peer->in))
    end_and_drop (peer);
  if (peer->calls != NULL)
    peer->failing = TRUE;
  update_source (peer);
}

gboolean
pst_peer_is_open (PstPeer *peer)
{
  return peer->fd >= 0;
}

void
pst_peer_notify (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds)
{
  send_packet (peer, PST_PACKET_NOTIFY, 0, member, args, fds, n_fds);
}

/* Enters a call into the table. Serials wrap, and skip those that still wait. */
static Call *
add_call (PstPeer *peer, PstPeerReply callback, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  if (peer->calls == NULL)
    peer->calls = g_hash_table_new_full (NULL, NULL, NULL, call_free);
  do
    peer->last_serial++;
  while (peer->last_serial == 0 || g_hash_table_contains (peer->calls, GUINT_TO_POINTER (peer->last_serial)));
  call->serial = peer->last_serial;
  call->callback = callback;
  call->user_data = user_data;
  g_hash_table_insert (peer->calls, GUINT_TO_POINTER (call->serial), call);
  return call;
}

static void
no_callback (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
}

void
pst_peer_call (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, PstPeerReply callback,
               gpointer user_data)
{
  guint32 serial;

  serial = add_call (peer, callback != NULL ? callback : no_callback, user_data)->serial;
  send_packet (peer, PST_PACKET_CALL, serial, member, args, fds, n_fds);
  if (peer->fd < 0)
    {
      peer->failing = TRUE;
      update_source (peer);
    }
}

void
pst_peer_reply (PstPeer *peer, guint32 serial, GVariant *args, const int *fds, gsize n_fds)
{
  g_autoptr (GVariant) owned = args != NULL ? g_variant_ref_sink (args) : NULL;

  if (serial != 0)
    send_packet (peer, PST_PACKET_REPLY, serial, "", owned, fds, n_fds);
}

void
pst_peer_reply_error (PstPeer *peer, guint32 serial, const char *message)
{
  g_autofree char *text = g_utf8_make_valid (message, -1);

  if (serial != 0)
    send_packet (peer, PST_PACKET_ERROR, serial, "", g_variant_new ("(s)", text), NULL, 0);
}

/* ---- Waiting ---- */

/* Reads all that is there into the queue, replies that somebody waits for into their calls. */
static void
read_into_queue (PstPeer *peer)
{
  PstPacket *packet;

  while ((packet = receive (peer)) != NULL)
    {
      if (keep_reply (peer, packet))
        continue;
      peer->in_cost += packet->cost;
      g_queue_push_tail (&peer->in, packet);
      if (peer->in_cost > PST_PEER_MAX_QUEUE)
        end_and_drop (peer);
    }
}

guint32
pst_peer_send_call (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, GError **error)
{
  guint32 serial = add_call (peer, NULL, NULL)->serial;

  send_packet (peer, PST_PACKET_CALL, serial, member, args, fds, n_fds);
  if (peer->write_ended)
    read_into_queue (peer); /* up to the end */
  if (peer->fd < 0)
    {
      g_hash_table_remove (peer->calls, GUINT_TO_POINTER (serial));
      closed_error (error);
      return 0;
    }
  return serial;
}

/* Waits until the socket can be read, or what is queued written. FALSE at the deadline (-1: never). */
static gboolean
wait_for_socket (PstPeer *peer, gint64 deadline)
{
  struct pollfd poll_fd = { .fd = peer->fd, .events = POLLIN };
  gint64 until = deadline, now = g_get_monotonic_time ();
  int timeout = -1;

  if (peer->retry_at > 0)
    until = until < 0 ? peer->retry_at : MIN (until, peer->retry_at);
  else if (!g_queue_is_empty (&peer->out))
    poll_fd.events |= POLLOUT;
  if (until >= 0)
    timeout = (int)CLAMP ((until - now + 999) / 1000, 0, G_MAXINT);
  if (poll (&poll_fd, 1, timeout) == 0 && deadline >= 0 && g_get_monotonic_time () >= deadline)
    return FALSE;
  return TRUE;
}

PstMessage *
pst_peer_wait_reply (PstPeer *peer, guint32 serial, int timeout_ms, GError **error)
{
  Call *call = peer->calls != NULL ? g_hash_table_lookup (peer->calls, GUINT_TO_POINTER (serial)) : NULL;
  gint64 deadline = timeout_ms < 0 ? -1 : g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  g_autoptr (PstPacket) reply = NULL;

  g_return_val_if_fail (call != NULL && call->callback == NULL && !call->abandoned, NULL);

  while (call->reply == NULL && peer->fd >= 0)
    {
      flush (peer);
      read_into_queue (peer);
      if (call->reply == NULL && peer->fd >= 0 && !wait_for_socket (peer, deadline))
        {
          call->abandoned = TRUE;
          update_source (peer);
          g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT, "No reply came in time");
          return NULL;
        }
    }
  update_source (peer);

  reply = g_steal_pointer (&call->reply);
  g_hash_table_remove (peer->calls, GUINT_TO_POINTER (serial));
  if (reply == NULL)
    {
      closed_error (error);
      return NULL;
    }
  if (reply->type == PST_PACKET_ERROR)
    {
      remote_error (reply, error);
      return NULL;
    }
  return &g_steal_pointer (&reply)->message;
}

PstMessage *
pst_peer_call_sync (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, int timeout_ms,
                    GError **error)
{
  guint32 serial = pst_peer_send_call (peer, member, args, fds, n_fds, error);

  return serial != 0 ? pst_peer_wait_reply (peer, serial, timeout_ms, error) : NULL;
}

gboolean
pst_message_check (PstMessage *message, const char *signature, GError **error)
{
  if (strcmp (g_variant_get_type_string (message->args), signature) == 0)
    return TRUE;
  g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "%s: arguments %s, expected %s", message->member,
               g_variant_get_type_string (message->args), signature);
  return FALSE;
}
