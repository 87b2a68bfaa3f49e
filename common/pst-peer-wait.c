/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-peer-private.h"

#include <poll.h>

/* Blocking on a peer, before or after it was started. What comes in and is not the reply is queued for the main loop. */

/* Reads all that is there into the queue, replies that somebody waits for into their calls. */
static void
read_into_queue (PstPeer *peer)
{
  PstPacket *packet;

  while ((packet = pst_peer_wire_receive (peer)) != NULL)
    {
      if (pst_peer_keep_reply (peer, packet))
        continue;
      peer->in_cost += packet->cost;
      g_queue_push_tail (&peer->in, packet);
      if (peer->in_cost > PST_PEER_MAX_QUEUE)
        pst_peer_wire_end_and_drop (peer);
    }
}

guint32
pst_peer_send_call (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, GError **error)
{
  guint32 serial = pst_peer_add_call (peer, NULL, NULL)->serial;

  pst_peer_wire_send (peer, PST_PACKET_CALL, serial, member, args, fds, n_fds);
  if (peer->write_ended)
    read_into_queue (peer); /* up to the end */
  if (peer->fd < 0)
    {
      g_hash_table_remove (peer->calls, GUINT_TO_POINTER (serial));
      pst_peer_closed_error (error);
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
  PstPeerCall *call = peer->calls != NULL ? g_hash_table_lookup (peer->calls, GUINT_TO_POINTER (serial)) : NULL;
  gint64 deadline = timeout_ms < 0 ? -1 : g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  g_autoptr (PstPacket) reply = NULL;

  g_return_val_if_fail (call != NULL && call->callback == NULL && !call->abandoned, NULL);

  while (call->reply == NULL && peer->fd >= 0)
    {
      pst_peer_wire_flush (peer);
      read_into_queue (peer);
      if (call->reply == NULL && peer->fd >= 0 && !wait_for_socket (peer, deadline))
        {
          call->abandoned = TRUE;
          pst_peer_wire_update (peer);
          g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_TIMEOUT, "No reply came in time");
          return NULL;
        }
    }
  pst_peer_wire_update (peer);

  reply = g_steal_pointer (&call->reply);
  g_hash_table_remove (peer->calls, GUINT_TO_POINTER (serial));
  if (reply == NULL)
    {
      pst_peer_closed_error (error);
      return NULL;
    }
  if (reply->type == PST_PACKET_ERROR)
    {
      pst_peer_remote_error (reply, error);
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
