/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The header of one D-Bus message, read where it lies. Pure: no I/O, no allocation. The strings point into the data that was
 * parsed, are NUL-terminated there, and have been checked against the syntax of what they name. */

typedef enum
{
  PST_MESSAGE_CALL = 1,
  PST_MESSAGE_RETURN = 2,
  PST_MESSAGE_ERROR = 3,
  PST_MESSAGE_SIGNAL = 4,
} PstMessageType;

#define PST_MESSAGE_NO_REPLY 0x1
#define PST_MESSAGE_NO_AUTO_START 0x2

#define PST_MESSAGE_FIXED 16                 /* bytes that say how long the rest is */
#define PST_MESSAGE_MAX (128u * 1024 * 1024) /* header and body; the protocol's limit */
#define PST_MESSAGE_MAX_HEADER (64u * 1024)  /* ours: the header must fit into one read */
#define PST_MESSAGE_MAX_NAME 255             /* of a bus name, an interface or a member */
#define PST_MESSAGE_MAX_FDS 253              /* what the kernel carries at once */

typedef struct
{
  gboolean big_endian;
  PstMessageType type;
  guint8 flags;
  guint32 serial;
  guint32 header_length; /* with padding: where the body begins */
  guint32 body_length;
  const char *path, *interface, *member, *error_name, *destination, *sender; /* each (nullable) */
  const char *signature;                                                     /* "" without one */
  guint32 reply_serial;                                                      /* 0: none */
  guint32 n_fds;
} PstHeader;

/* How long is the message that begins with these PST_MESSAGE_FIXED bytes? FALSE if no message begins like that. */
gboolean pst_header_frame (const guint8 *data, guint32 *header_length, guint32 *body_length);

/* Parses @data, which holds the whole header (@header_length bytes as the above says). NULL, or a sentence about what is wrong.
 */
const char *pst_header_parse (const guint8 *data, guint32 header_length, PstHeader *out);

/* The string that the body begins with, NULL if it begins with something else or is not whole. */
const char *pst_message_get_string (const PstHeader *header, const guint8 *body, guint32 *offset);

guint32 pst_message_read_u32 (const PstHeader *header, const guint8 *data);

gboolean pst_bus_name_is_valid (const char *name, gsize length); /* well-known or unique */

static inline gboolean
pst_header_wants_reply (const PstHeader *header)
{
  return header->type == PST_MESSAGE_CALL && (header->flags & PST_MESSAGE_NO_REPLY) == 0;
}

G_END_DECLS
