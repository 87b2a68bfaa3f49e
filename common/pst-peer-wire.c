/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-peer-private.h"

#include "pst-fd.h"

#include <fcntl.h>

/* The socket of a peer and its two queues. What is said of a peer in pst-peer.c holds: nothing here calls back, it only changes
 * the state and makes the source ready. */

#define BUSY_RETRY_US (10 * G_TIME_SPAN_MILLISECOND)

static void
outgoing_free (gpointer data)
{
  PstOutgoing *outgoing = data;

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

void
pst_peer_wire_update (PstPeer *peer)
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

void
pst_peer_wire_end (PstPeer *peer)
{
  drop_out (peer);
  if (peer->fd_tag != NULL)
    {
      g_source_remove_unix_fd (peer->source, peer->fd_tag);
      peer->fd_tag = NULL;
    }
  pst_fd_clear (&peer->fd);
  pst_peer_wire_update (peer);
}

void
pst_peer_wire_end_and_drop (PstPeer *peer)
{
  drop_in (peer);
  pst_peer_wire_end (peer);
}

void
pst_peer_wire_flush (PstPeer *peer)
{
  PstOutgoing *outgoing;

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
        pst_peer_wire_end_and_drop (peer);
        return;
      }
}

/* Queues a packet. Its descriptors are duplicated but for the first @n_owned, which are taken. */
static void
enqueue (PstPeer *peer, GBytes *bytes, gsize cost, const int *fds, gsize n_fds, gsize n_owned)
{
  PstOutgoing *outgoing = g_new0 (PstOutgoing, 1);
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
      pst_peer_wire_end_and_drop (peer);
      return;
    }
  peer->out_cost += outgoing->cost;
  g_queue_push_tail (&peer->out, outgoing);
}

void
pst_peer_wire_send (PstPeer *peer, PstPacketType type, guint32 serial, const char *member, GVariant *args, const int *fds,
                    gsize n_fds)
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
      pst_peer_wire_end_and_drop (peer);
      return;
    }

  if (cost > PST_PACKET_MAX_INLINE)
    {
      int body = pst_fd_memfd_sealed ("postern-packet", g_bytes_get_data (bytes, NULL), cost);

      if (body < 0)
        {
          pst_peer_wire_end_and_drop (peer);
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
      pst_peer_wire_end_and_drop (peer);
      break;
    }
  if (n_owned > 0)
    pst_fd_clear (&all[0]);
  pst_peer_wire_update (peer);
}

PstPacket *
pst_peer_wire_receive (PstPeer *peer)
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
        pst_peer_wire_end (peer);
      return NULL;
    case PST_PACKET_IO_GONE:
      pst_peer_wire_end (peer);
      return NULL;
    case PST_PACKET_IO_BUSY:
    case PST_PACKET_IO_BAD:
    default:
      pst_peer_wire_end_and_drop (peer);
      return NULL;
    }
}
