/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-peer-private.h"

#include "pst-text.h"

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
#define MAX_ERROR_CHARS 2000

/* clang-format off */
G_DEFINE_QUARK (pst-peer-error-quark, pst_peer_error)
/* clang-format on */

static void
call_free (gpointer data)
{
  PstPeerCall *call = data;

  pst_packet_free (call->reply);
  g_free (call);
}

typedef struct
{
  GSource source;
  PstPeer *peer; /* not owned: the peer destroys the source */
} PeerSource;

/* Finds whose a reply is. NULL, and the connection is closed, if it is nobody's. */
static PstPeerCall *
call_of_reply (PstPeer *peer, PstPacket *packet)
{
  PstPeerCall *call = peer->calls != NULL ? g_hash_table_lookup (peer->calls, GUINT_TO_POINTER (packet->serial)) : NULL;

  if (call == NULL || call->reply != NULL)
    {
      pst_peer_wire_end_and_drop (peer);
      return NULL;
    }
  return call;
}

void
pst_peer_remote_error (PstPacket *packet, GError **error)
{
  g_autofree char *shown = NULL;
  const char *text;

  /* It ends up on a terminal or in a log, and the other end may be a gate that has been taken over. */
  g_variant_get (packet->message.args, "(&s)", &text);
  shown = pst_text_for_display (text, MAX_ERROR_CHARS);
  g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE, shown);
}

void
pst_peer_closed_error (GError **error)
{
  g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED, "The connection was closed");
}

gboolean
pst_peer_keep_reply (PstPeer *peer, PstPacket *packet)
{
  PstPeerCall *call;

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

/* Enters a call into the table. Serials wrap, and skip those that still wait. */
PstPeerCall *
pst_peer_add_call (PstPeer *peer, PstPeerReply callback, gpointer user_data)
{
  PstPeerCall *call = g_new0 (PstPeerCall, 1);

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

/* ---- The main loop's side ---- */

static void
dispatch_packet (PstPeer *peer, PstPacket *packet)
{
  if (pst_peer_keep_reply (peer, packet))
    return;
  if (packet->type == PST_PACKET_CALL || packet->type == PST_PACKET_NOTIFY)
    {
      if (peer->handler != NULL)
        peer->handler (peer, &packet->message, peer->user_data);
    }
  else
    {
      PstPeerCall *call = call_of_reply (peer, packet);
      g_autoptr (GError) error = NULL;
      PstPeerReply callback = call->callback;
      gpointer user_data = call->user_data;

      g_hash_table_remove (peer->calls, GUINT_TO_POINTER (packet->serial));
      if (packet->type == PST_PACKET_ERROR)
        pst_peer_remote_error (packet, &error);
      callback (peer, error == NULL ? &packet->message : NULL, error, user_data);
    }
  pst_packet_free (packet);
}

static gint
compare_serials (gconstpointer a, gconstpointer b)
{
  guint32 x = ((const PstPeerCall *)a)->serial, y = ((const PstPeerCall *)b)->serial;

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
    if (((PstPeerCall *)value)->callback != NULL)
      {
        g_hash_table_iter_steal (&iter);
        failed = g_list_prepend (failed, value);
      }
  failed = g_list_sort (failed, compare_serials);
  pst_peer_closed_error (&error);
  for (GList *l = failed; l != NULL && peer->refs > 0; l = l->next)
    {
      PstPeerCall *call = l->data;
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
  pst_peer_wire_flush (peer);
  for (guint i = 0; i < MAX_PER_DISPATCH && peer->refs > 0; i++)
    {
      PstPacket *packet = g_queue_pop_head (&peer->in);

      if (packet != NULL)
        peer->in_cost -= packet->cost;
      else
        packet = pst_peer_wire_receive (peer);
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
    pst_peer_wire_update (peer);
  peer->holds--;
  peer_free (peer);
  return G_SOURCE_CONTINUE;
}

void
pst_peer_start (PstPeer *peer, PstPeerHandler handler, PstPeerClosed closed, gpointer user_data)
{
  static GSourceFuncs functions = { .dispatch = dispatch };

  peer->handler = handler;
  peer->closed = closed;
  peer->user_data = user_data;
  if (peer->source != NULL)
    return;
  peer->source = g_source_new (&functions, sizeof (PeerSource));
  ((PeerSource *)peer->source)->peer = peer;
  g_source_set_static_name (peer->source, "PstPeer");
  g_source_set_can_recurse (peer->source, TRUE);
  if (peer->fd >= 0)
    peer->fd_tag = g_source_add_unix_fd (peer->source, peer->fd, G_IO_IN);
  g_source_attach (peer->source, g_main_context_get_thread_default ());
  pst_peer_wire_update (peer);
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
  pst_peer_wire_end_and_drop (peer);
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
    pst_peer_wire_end_and_drop (peer);
  if (peer->calls != NULL)
    peer->failing = TRUE;
  pst_peer_wire_update (peer);
}

gboolean
pst_peer_is_open (PstPeer *peer)
{
  return peer->fd >= 0;
}

void
pst_peer_notify (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds)
{
  pst_peer_wire_send (peer, PST_PACKET_NOTIFY, 0, member, args, fds, n_fds);
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

  serial = pst_peer_add_call (peer, callback != NULL ? callback : no_callback, user_data)->serial;
  pst_peer_wire_send (peer, PST_PACKET_CALL, serial, member, args, fds, n_fds);
  if (peer->fd < 0)
    {
      peer->failing = TRUE;
      pst_peer_wire_update (peer);
    }
}

void
pst_peer_reply (PstPeer *peer, guint32 serial, GVariant *args, const int *fds, gsize n_fds)
{
  g_autoptr (GVariant) owned = args != NULL ? g_variant_ref_sink (args) : NULL;

  if (serial != 0)
    pst_peer_wire_send (peer, PST_PACKET_REPLY, serial, "", owned, fds, n_fds);
}

void
pst_peer_reply_error (PstPeer *peer, guint32 serial, const char *message)
{
  g_autofree char *text = g_utf8_make_valid (message, -1);

  if (serial != 0)
    pst_peer_wire_send (peer, PST_PACKET_ERROR, serial, "", g_variant_new ("(s)", text), NULL, 0);
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
