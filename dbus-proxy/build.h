/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "message.h"

G_BEGIN_DECLS

/* Writes the few messages that the proxy makes itself; always little-endian unless it rewrites another. Each returns the bytes
 * (the caller frees them with g_free) and sets *@size. */

/* A call of the bus; @arg (nullable) is its one string. */
guint8 *pst_build_bus_call (guint32 serial, const char *interface, const char *member, const char *arg, gsize *size);
guint8 *pst_build_error (guint32 serial, guint32 reply_serial, const char *destination, const char *name, const char *text,
                         gsize *size);
guint8 *pst_build_number (guint32 serial, guint32 reply_serial, const char *destination, guint32 number, gsize *size); /* "u" */
guint8 *pst_build_false (guint32 serial, guint32 reply_serial, const char *destination, gsize *size);

/* One string, of the bus or (@from_bus FALSE) of the client. */
guint8 *pst_build_string (guint32 serial, guint32 reply_serial, const char *destination, gboolean from_bus, const char *text,
                          gsize *size);
/* The same message, whose body ends in a number, with another number. */
guint8 *pst_build_with_last_u32 (const PstHeader *header, const guint8 *message, guint32 value, gsize *size);

/* The same message with another body of the same signature. */
guint8 *pst_build_with_body (const PstHeader *header, const guint8 *message, const guint8 *body, gsize body_size, gsize *size);

G_END_DECLS
