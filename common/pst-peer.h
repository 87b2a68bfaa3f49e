/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One end of a private SOCK_SEQPACKET socket. See "Wire" in docs/architecture.md.
 *
 * Packet: GVariant (yusv) = type, serial, member, arguments, in normal form, with at most PST_PEER_MAX_FDS descriptors;
 * packets over 64 KiB are moved through a sealed memfd (at most PST_PEER_MAX_BODY).
 * A peer that sends anything malformed, an unknown type, or more than it may, is closed.
 * Writing never blocks: what the socket does not take is queued up to PST_PEER_MAX_QUEUE bytes, beyond that the peer is closed.
 * A peer belongs to one thread (that of its GMainContext).
 * System calls, for a seccomp list: sendmsg, recvmsg, poll, close, fcntl (F_DUPFD_CLOEXEC, F_GET_SEALS, F_ADD_SEALS), fstat,
 * pread64, memfd_create, write.
 */
#define PST_PEER_MAX_FDS 8
#define PST_PEER_MAX_BODY (16u << 20)
#define PST_PEER_MAX_QUEUE (32u << 20)

typedef struct _PstPeer PstPeer;
typedef struct _PstMessage PstMessage;

struct _PstMessage
{
  guint32 serial;     /* of a call: pass to pst_peer_reply(); 0: no reply is wanted */
  const char *member; /* e.g. "Ask" */
  GVariant *args;     /* a tuple */
  int *fds;           /* owned by the message: steal with pst_message_steal_fd() */
  gsize n_fds;
};

/* The descriptor, or -1 if the message has no such one. The caller owns it. */
int pst_message_steal_fd (PstMessage *message, gsize index);

/* A call or notification came in. The handler may keep message->serial and reply later. */
typedef void (*PstPeerHandler) (PstPeer *peer, PstMessage *message, gpointer user_data);
/* The connection ended: once, from the main loop, never from within a call of this API. All outstanding calls have been called
 * back with an error before. */
typedef void (*PstPeerClosed) (PstPeer *peer, gpointer user_data);
/* @reply: (nullable): NULL when @error is set. */
typedef void (*PstPeerReply) (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data);

/* Consumes @fd. */
PstPeer *pst_peer_new_take_fd (int fd);
PstPeer *pst_peer_ref (PstPeer *peer);
/* The last reference closes without calling anything back. */
void pst_peer_unref (PstPeer *peer);

/* Dispatches in the thread-default context; called again, in the same, it only exchanges who is called back. Both callbacks are
 * nullable; without a handler, what comes in is dropped. */
void pst_peer_start (PstPeer *peer, PstPeerHandler handler, PstPeerClosed closed, gpointer user_data);
void pst_peer_close (PstPeer *peer);
gboolean pst_peer_is_open (PstPeer *peer);

/* @args is consumed if floating; NULL means "()". Descriptors are duplicated, not consumed. */
void pst_peer_notify (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds);
void pst_peer_call (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, PstPeerReply callback,
                    gpointer user_data);
void pst_peer_reply (PstPeer *peer, guint32 serial, GVariant *args, const int *fds, gsize n_fds);
void pst_peer_reply_error (PstPeer *peer, guint32 serial, const char *message);

/* Blocks for at most @timeout_ms (-1: for ever). Calls and notifications that arrive meanwhile are queued and dispatched later
 * by the main loop (or by nobody, if the peer is never started). Errors: PST_PEER_ERROR. (transfer full): free with
 * pst_message_free. */
PstMessage *pst_peer_call_sync (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, int timeout_ms,
                                GError **error);
void pst_message_free (PstMessage *message);

/* The two halves of pst_peer_call_sync, to do something else between them. Returns the serial. */
guint32 pst_peer_send_call (PstPeer *peer, const char *member, GVariant *args, const int *fds, gsize n_fds, GError **error);
PstMessage *pst_peer_wait_reply (PstPeer *peer, guint32 serial, int timeout_ms, GError **error);

/* @signature: from postern-ipc.h, e.g. PST_GATE_ASK_IN. FALSE, and @error, if @message->args has another type. */
gboolean pst_message_check (PstMessage *message, const char *signature, GError **error);

#define PST_PEER_ERROR (pst_peer_error_quark ())
typedef enum
{
  PST_PEER_ERROR_CLOSED,
  PST_PEER_ERROR_TIMEOUT,
  PST_PEER_ERROR_REMOTE, /* the other end answered with an error: the text is for a person, one line, fit to show */
  PST_PEER_ERROR_MALFORMED,
} PstPeerError;
GQuark pst_peer_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstPeer, pst_peer_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstMessage, pst_message_free)

G_END_DECLS
