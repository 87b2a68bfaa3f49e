/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-packet.h"

G_BEGIN_DECLS

/* The inside of a peer: pst-peer.c (calls and callbacks), pst-peer-wire.c (the socket and its queues), pst-peer-wait.c
 * (blocking). */

typedef struct
{
  guint32 serial;
  PstPeerReply callback; /* (nullable): somebody waits, or will, in pst_peer_wait_reply */
  gpointer user_data;
  PstPacket *reply;
  gboolean abandoned;
} PstPeerCall;

/* An outgoing packet. Owns its descriptors. */
typedef struct
{
  GBytes *bytes;
  gsize cost;
  gsize n_fds;
  int fds[PST_PEER_MAX_FDS + 1];
} PstOutgoing;

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
  GHashTable *calls; /* (nullable), serial → PstPeerCall */

  GQueue in; /* of PstPacket */
  gsize in_cost;
  GQueue out; /* of PstOutgoing */
  gsize out_cost;
  gint64 retry_at;      /* monotonic time; 0: no */
  gboolean write_ended; /* the other end reads no more */
};

/* ---- pst-peer-wire.c: none of these calls anything back ---- */

/* Tells the main loop what the peer waits for. */
void pst_peer_wire_update (PstPeer *peer);
/* Closes the socket. What came in before stays queued. */
void pst_peer_wire_end (PstPeer *peer);
/* At once and for good: after something malformed, or when asked to. */
void pst_peer_wire_end_and_drop (PstPeer *peer);
/* Sends what is queued, as far as the socket takes it. */
void pst_peer_wire_flush (PstPeer *peer);
/* Sends or queues a packet. @args is consumed if floating. */
void pst_peer_wire_send (PstPeer *peer, PstPacketType type, guint32 serial, const char *member, GVariant *args, const int *fds,
                         gsize n_fds);
/* Reads one packet. (transfer full) (nullable): NULL when there is none now; the connection may have ended. */
PstPacket *pst_peer_wire_receive (PstPeer *peer);

/* ---- pst-peer.c ---- */

/* Enters a call into the table. */
PstPeerCall *pst_peer_add_call (PstPeer *peer, PstPeerReply callback, gpointer user_data);
/* Takes a reply that somebody waits for. FALSE, and the packet is not taken, if it is to be called back about. */
gboolean pst_peer_keep_reply (PstPeer *peer, PstPacket *packet);
void pst_peer_remote_error (PstPacket *packet, GError **error);
void pst_peer_closed_error (GError **error);

G_END_DECLS
