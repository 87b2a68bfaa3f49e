/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"

G_BEGIN_DECLS

/* What travels between two peers; private to pst-peer.c and its tests.
 *
 * A packet is one GVariant (yusv): type, serial, member, arguments. A packet that is too large for the socket is put into a
 * sealed memfd, and a packet of type LARGE, with the memfd as descriptor 0, goes in its place; the descriptors that belong
 * to the message follow. */
#define PST_PACKET_TYPE "(yusv)"
#define PST_PACKET_MAX_INLINE (64u << 10)
#define PST_PACKET_MAX_MEMBER 64
/* What a descriptor counts for in a queue's bound, in bytes: a full queue must not take all the descriptors a process may have.
 */
#define PST_PACKET_FD_COST (64u << 10)

typedef enum
{
  PST_PACKET_CALL = 1,
  PST_PACKET_NOTIFY = 2,
  PST_PACKET_REPLY = 3,
  PST_PACKET_ERROR = 4,
  PST_PACKET_LARGE = 5,
} PstPacketType;

/* An incoming packet. What users see is its first member, so that pst_message_free() can find the rest. */
typedef struct
{
  PstMessage message;
  PstPacketType type;
  guint32 serial;
  gsize cost;      /* what it takes of a queue's bound */
  GVariant *whole; /* holds the strings of message */
} PstPacket;

typedef enum
{
  PST_PACKET_IO_OK,
  PST_PACKET_IO_AGAIN, /* the socket is empty, or full */
  PST_PACKET_IO_BUSY,  /* the kernel is short of something; poll() does not say when it is better */
  PST_PACKET_IO_GONE,  /* the other end closed; when sending, there may still be something to read */
  PST_PACKET_IO_BAD,   /* what came in is malformed, or the socket is broken */
} PstPacketIo;

/* The serialised packet. */
GBytes *pst_packet_encode (PstPacketType type, guint32 serial, const char *member, GVariant *args);

/* Decodes the bytes of one packet. Consumes the descriptors in any case. NULL if it is malformed. */
PstPacket *pst_packet_decode_take_fds (GBytes *bytes, const int *fds, gsize n_fds);
void pst_packet_free (PstPacket *packet);

/* Never block. */
PstPacketIo pst_packet_send (int socket, GBytes *bytes, const int *fds, gsize n_fds);
PstPacketIo pst_packet_receive (int socket, PstPacket **out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstPacket, pst_packet_free)

G_END_DECLS
