/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build.h"

#include <string.h>

/* libdbus would build and check these as well, but loading it costs every launch half a millisecond, a quarter of what the
 * proxy may take to start. There are five shapes, of at most two strings, each of which was checked before; the tests read what
 * comes out with the parser, and with GLib's. */

#define BUS "org.freedesktop.DBus"

static void
align (GByteArray *out, guint boundary)
{
  static const guint8 zeroes[8];

  if (out->len % boundary != 0)
    g_byte_array_append (out, zeroes, boundary - out->len % boundary);
}

static void
put_u32 (GByteArray *out, guint32 value)
{
  guint32 le = GUINT32_TO_LE (value);

  align (out, 4);
  g_byte_array_append (out, (const guint8 *)&le, sizeof le);
}

static void
put_string (GByteArray *out, const char *string)
{
  gsize length = strlen (string);

  put_u32 (out, (guint32)length);
  g_byte_array_append (out, (const guint8 *)string, (guint)length + 1);
}

static void
put_field (GByteArray *out, guint8 code, char type)
{
  const guint8 start[] = { code, 1, (guint8)type, 0 };

  align (out, 8);
  g_byte_array_append (out, start, sizeof start);
}

static void
put_string_field (GByteArray *out, guint8 code, char type, const char *string)
{
  if (string == NULL || string[0] == '\0')
    return;
  put_field (out, code, type);
  put_string (out, string);
}

static GByteArray *
begin (PstMessageType type, guint8 flags, guint32 serial)
{
  GByteArray *out = g_byte_array_sized_new (256);
  const guint8 start[] = { 'l', (guint8)type, flags, 1 };

  g_byte_array_append (out, start, sizeof start);
  put_u32 (out, 0);
  put_u32 (out, serial);
  put_u32 (out, 0);
  return out;
}

static void
set_u32 (GByteArray *out, guint at, guint32 value)
{
  guint32 le = GUINT32_TO_LE (value);

  memcpy (out->data + at, &le, sizeof le);
}

/* Ends the header and starts the body, whose @signature is one letter or empty. */
static guint
end_header (GByteArray *out, const char *signature)
{
  if (signature[0] != '\0')
    {
      const guint8 value[] = { 1, (guint8)signature[0], 0 };

      put_field (out, 8, 'g');
      g_byte_array_append (out, value, sizeof value);
    }
  set_u32 (out, 12, out->len - 16);
  align (out, 8);
  return out->len;
}

static guint8 *
end (GByteArray *out, guint body, gsize *size)
{
  set_u32 (out, 4, out->len - body);
  *size = out->len;
  return g_byte_array_free (out, FALSE);
}

guint8 *
pst_build_bus_call (guint32 serial, const char *interface, const char *member, const char *arg, gsize *size)
{
  GByteArray *out = begin (PST_MESSAGE_CALL, 0, serial);
  guint body;

  put_string_field (out, 1, 'o', "/org/freedesktop/DBus");
  put_string_field (out, 2, 's', interface);
  put_string_field (out, 3, 's', member);
  put_string_field (out, 6, 's', BUS);
  body = end_header (out, arg != NULL ? "s" : "");
  if (arg != NULL)
    put_string (out, arg);
  return end (out, body, size);
}

static GByteArray *
begin_reply (PstMessageType type, guint32 serial, guint32 reply_serial, const char *destination)
{
  GByteArray *out = begin (type, PST_MESSAGE_NO_REPLY, serial);

  put_field (out, 5, 'u');
  put_u32 (out, reply_serial);
  put_string_field (out, 6, 's', destination);
  put_string_field (out, 7, 's', BUS);
  return out;
}

guint8 *
pst_build_error (guint32 serial, guint32 reply_serial, const char *destination, const char *name, const char *text, gsize *size)
{
  GByteArray *out = begin_reply (PST_MESSAGE_ERROR, serial, reply_serial, destination);
  guint body;

  put_string_field (out, 4, 's', name);
  body = end_header (out, "s");
  put_string (out, text);
  return end (out, body, size);
}

guint8 *
pst_build_false (guint32 serial, guint32 reply_serial, const char *destination, gsize *size)
{
  GByteArray *out = begin_reply (PST_MESSAGE_RETURN, serial, reply_serial, destination);
  guint body = end_header (out, "b");

  put_u32 (out, 0);
  return end (out, body, size);
}

guint8 *
pst_build_number (guint32 serial, guint32 reply_serial, const char *destination, guint32 number, gsize *size)
{
  GByteArray *out = begin_reply (PST_MESSAGE_RETURN, serial, reply_serial, destination);
  guint body = end_header (out, "u");

  put_u32 (out, number);
  return end (out, body, size);
}

guint8 *
pst_build_string (guint32 serial, guint32 reply_serial, const char *destination, gboolean from_bus, const char *text,
                  gsize *size)
{
  GByteArray *out = begin (PST_MESSAGE_RETURN, PST_MESSAGE_NO_REPLY, serial);
  guint body;

  put_field (out, 5, 'u');
  put_u32 (out, reply_serial);
  put_string_field (out, 6, 's', destination);
  put_string_field (out, 7, 's', from_bus ? BUS : NULL);
  body = end_header (out, "s");
  put_string (out, text);
  return end (out, body, size);
}

guint8 *
pst_build_with_last_u32 (const PstHeader *header, const guint8 *message, guint32 value, gsize *size)
{
  guint8 *out = g_memdup2 (message, (gsize)header->header_length + header->body_length);
  guint32 number = header->big_endian ? GUINT32_TO_BE (value) : GUINT32_TO_LE (value);

  *size = (gsize)header->header_length + header->body_length;
  memcpy (out + *size - sizeof number, &number, sizeof number);
  return out;
}

guint8 *
pst_build_with_body (const PstHeader *header, const guint8 *message, const guint8 *body, gsize body_size, gsize *size)
{
  guint8 *out = g_malloc (header->header_length + body_size);
  guint32 length = header->big_endian ? GUINT32_TO_BE ((guint32)body_size) : GUINT32_TO_LE ((guint32)body_size);

  memcpy (out, message, header->header_length);
  memcpy (out + 4, &length, sizeof length);
  memcpy (out + header->header_length, body, body_size);
  *size = header->header_length + body_size;
  return out;
}
