/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "build.h"
#include "message.h"

#include <gio/gio.h>
#include <string.h>

/* Messages of GLib's writer, so that our reading is not judged by our own writing; and the reverse. */

static guint8 *
blob (GDBusMessage *message, gsize *size)
{
  g_autoptr (GError) error = NULL;
  guint8 *data;

  g_dbus_message_set_serial (message, 7);
  data = g_dbus_message_to_blob (message, size, G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING, &error);
  g_assert_no_error (error);
  return data;
}

static GDBusMessage *
call (GDBusMessageByteOrder order)
{
  GDBusMessage *message = g_dbus_message_new_method_call ("org.a.b", "/x/y", "org.i.f", "M");

  g_dbus_message_set_byte_order (message, order);
  g_dbus_message_set_body (message, g_variant_new ("(su)", "hello", 5u));
  return message;
}

static const char *
parse (const guint8 *data, gsize size, PstHeader *header)
{
  guint32 header_length, body_length;

  if (!pst_header_frame (data, &header_length, &body_length))
    return "frame";
  g_assert_cmpuint ((gsize)header_length + body_length, ==, size);
  return pst_header_parse (data, header_length, header);
}

static void
test_both_orders (void)
{
  static const GDBusMessageByteOrder orders[] = { G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN,
                                                  G_DBUS_MESSAGE_BYTE_ORDER_BIG_ENDIAN };

  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      g_autoptr (GDBusMessage) message = call (orders[i]);
      gsize size;
      g_autofree guint8 *data = blob (message, &size);
      PstHeader header;
      guint32 offset = 0;

      g_assert_null (parse (data, size, &header));
      g_assert_cmpint (header.type, ==, PST_MESSAGE_CALL);
      g_assert_cmpuint (header.serial, ==, 7);
      g_assert_cmpstr (header.destination, ==, "org.a.b");
      g_assert_cmpstr (header.path, ==, "/x/y");
      g_assert_cmpstr (header.interface, ==, "org.i.f");
      g_assert_cmpstr (header.member, ==, "M");
      g_assert_cmpstr (header.signature, ==, "su");
      g_assert_true (pst_header_wants_reply (&header));
      g_assert_cmpstr (pst_message_get_string (&header, data + header.header_length, &offset), ==, "hello");
      g_assert_null (pst_message_get_string (&header, data + header.header_length, &offset));
    }
}

/* Every single byte bent in every bit: refused, or still within the buffer and well-formed. */
static void
test_bent (void)
{
  g_autoptr (GDBusMessage) message = call (G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  gsize size;
  g_autofree guint8 *data = blob (message, &size);

  for (gsize i = 0; i < size * 8; i++)
    {
      guint32 header_length, body_length;
      PstHeader header;

      data[i / 8] ^= 1 << i % 8;
      if (pst_header_frame (data, &header_length, &body_length) && header_length <= size)
        {
          g_autofree guint8 *copy = g_memdup2 (data, header_length);

          if (pst_header_parse (copy, header_length, &header) == NULL && header.destination != NULL)
            g_assert_true (pst_bus_name_is_valid (header.destination, strlen (header.destination)));
        }
      data[i / 8] ^= 1 << i % 8;
    }
}

static guint8 *
with_field (guint8 code, char type, const char *value, gsize value_size, guint8 message_type, gsize *size)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  guint8 start[16] = { 'l', message_type, 0, 1, 0, 0, 0, 0, 9 };
  guint8 field[8] = { code, 1, (guint8)type, 0 };
  gsize n_call;
  g_autofree guint8 *plain = pst_build_bus_call (9, "org.i.f", "M", NULL, &n_call);
  guint32 length;

  g_byte_array_append (out, start, 16);
  memcpy (&length, plain + 12, 4);
  g_byte_array_append (out, plain + 16, length);
  while (out->len % 8 != 0)
    g_byte_array_append (out, (const guint8 *)"", 1);
  g_byte_array_append (out, field, 4);
  g_byte_array_append (out, (const guint8 *)value, (guint)value_size);
  length = out->len - 16;
  memcpy (out->data + 12, &length, 4);
  while (out->len % 8 != 0)
    g_byte_array_append (out, (const guint8 *)"", 1);
  *size = out->len;
  return g_byte_array_free (g_steal_pointer (&out), FALSE);
}

static void
test_fields (void)
{
  static const struct
  {
    guint8 code;
    char type;
    const char *value;
    gsize size;
    guint8 message;
    const char *wrong;
  } cases[] = {
    { 9, 'u', "\2\0\0\0", 4, 1, NULL },
    { 9, 'u', "\377\377\0\0", 4, 1, "too many descriptors" },
    { 9, 's', "\0\0\0\0", 5, 1, "a field of the wrong type" },
    { 10, 's', "\0\0\0\0", 5, 1, "a field that is not known" },
    { 0, 's', "\0\0\0\0", 5, 1, "a field that is not known" },
    { 1, 'o', "\1\0\0\0/", 6, 1, "a field comes twice" },
    { 7, 's', "\4\0\0\0:1.5", 9, 1, NULL },
    { 7, 's', "\4\0\0\0:1..", 9, 1, "the sender is no name" },
    { 7, 's', "\4\0\0\0a.b\0", 9, 1, "a string has a NUL in it" },
    { 7, 's', "\377\0\0\0a.b", 8, 1, "a string ends early" },
    { 7, 's', "\377\377\377\377a.b", 8, 1, "a string ends early" },
    { 8, 'g', "\1(", 3, 1, "the signature is none" },
    { 8, 'g', "\11s", 3, 1, "a signature ends early" },
    { 4, 's', "\3\0\0\0a.b", 8, 1, NULL },
    { 5, 'u', "\1\0\0\0", 4, 1, "a reply that calls itself something else" },
    { 5, 'u', "\0\0\0\0", 4, 2, "the reply is to no call" },
    { 5, 'u', "\1\0\0\0", 4, 2, NULL },
    { 7, 's', "\4\0\0\0:1.5", 9, 2, "a reply to no call" },
    { 5, 'u', "\1\0\0\0", 4, 3, "an error without a name" },
    { 7, 's', "\4\0\0\0:1.5", 9, 5, "a type that is not known" },
    { 7, 's', "\4\0\0\0:1.5", 9, 0, "a type that is not known" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize size;
      g_autofree guint8 *data =
          with_field (cases[i].code, cases[i].type, cases[i].value, cases[i].size, cases[i].message, &size);
      PstHeader header;

      g_assert_cmpstr (parse (data, size, &header), ==, cases[i].wrong);
    }
}

static void
test_frame (void)
{
  guint8 data[16] = { 'l', 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0 };
  guint32 header_length, body_length;
  PstHeader header;

  g_assert_true (pst_header_frame (data, &header_length, &body_length));
  g_assert_cmpuint (header_length, ==, 24);
  data[7] = 8; /* 128 MiB */
  g_assert_false (pst_header_frame (data, &header_length, &body_length));
  data[7] = 0xff;
  g_assert_false (pst_header_frame (data, &header_length, &body_length));
  data[7] = 0;
  data[15] = 1;
  g_assert_false (pst_header_frame (data, &header_length, &body_length));
  data[15] = 0;
  data[3] = 2;
  g_assert_false (pst_header_frame (data, &header_length, &body_length));
  data[3] = 1;
  data[0] = 'x';
  g_assert_false (pst_header_frame (data, &header_length, &body_length));
  data[0] = 'l';
  data[8] = 0;
  data[12] = 0;
  g_assert_cmpstr (pst_header_parse (data, 16, &header), ==, "no serial");
}

static void
check_name (const char *name, gboolean valid)
{
  g_assert_cmpint (pst_bus_name_is_valid (name, strlen (name)), ==, valid);
  g_assert_cmpint (g_dbus_is_name (name), ==, valid);
}

static void
test_names (void)
{
  g_autofree char *long_name = g_strnfill (252, 'a');
  g_autofree char *just = g_strconcat (long_name, ".bc", NULL), *more = g_strconcat (long_name, ".bcd", NULL);

  check_name ("org.a", TRUE);
  check_name ("org.a-b._c", TRUE);
  check_name (":1.5", TRUE);
  check_name (":1", FALSE);
  check_name ("org", FALSE);
  check_name ("", FALSE);
  check_name (".org.a", FALSE);
  check_name ("org..a", FALSE);
  check_name ("org.a.", FALSE);
  check_name ("org.1a", FALSE);
  check_name ("org.a b", FALSE);
  check_name ("org.\303\244", FALSE);
  check_name (just, TRUE);
  check_name (more, FALSE);
}

static void
check_built (guint8 *take_data, gsize size, const char *text)
{
  g_autofree guint8 *data = take_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusMessage) message = g_dbus_message_new_from_blob (data, size, 0, &error);
  PstHeader header;
  g_autofree char *shown = NULL;

  g_assert_no_error (error);
  g_assert_null (parse (data, size, &header));
  shown =
      g_dbus_message_get_body (message) != NULL ? g_variant_print (g_dbus_message_get_body (message), FALSE) : g_strdup ("");
  g_assert_cmpstr (shown, ==, text);
  g_assert_cmpuint (g_dbus_message_get_serial (message), ==, 3);
}

static void
test_build (void)
{
  gsize size;
  guint8 *data;

  data = pst_build_bus_call (3, "org.freedesktop.DBus", "GetNameOwner", "org.x.y", &size);
  check_built (data, size, "('org.x.y',)");
  data = pst_build_bus_call (3, "org.freedesktop.DBus.Peer", "Ping", NULL, &size);
  check_built (data, size, "");
  data = pst_build_error (3, 4, ":1.7", "org.freedesktop.DBus.Error.AccessDenied", "no", &size);
  check_built (data, size, "('no',)");
  data = pst_build_error (3, 4, "", "org.freedesktop.DBus.Error.AccessDenied", "no", &size);
  check_built (data, size, "('no',)");
  data = pst_build_false (3, 4, ":1.7", &size);
  check_built (data, size, "(false,)");
  data = pst_build_string (3, 4, ":1.7", TRUE, "unix:path=/x", &size);
  check_built (data, size, "('unix:path=/x',)");
  data = pst_build_string (3, 4, ":1.7", FALSE, "", &size);
  check_built (data, size, "('',)");
}

/* The flags of RequestName, in either byte order. */
static void
test_last_number (void)
{
  for (int big = 0; big <= 1; big++)
    {
      g_autoptr (GDBusMessage) call =
          g_dbus_message_new_method_call ("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName");
      g_autofree guchar *data = NULL;
      guint8 *changed;
      guint32 header_length, body_length;
      PstHeader header;
      gsize n, size;

      g_dbus_message_set_body (call, g_variant_new ("(su)", "org.x.y", 3));
      g_dbus_message_set_serial (call, 3);
      g_dbus_message_set_byte_order (call,
                                     big ? G_DBUS_MESSAGE_BYTE_ORDER_BIG_ENDIAN : G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
      data = g_dbus_message_to_blob (call, &n, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
      g_assert_true (pst_header_frame (data, &header_length, &body_length));
      g_assert_null (pst_header_parse (data, header_length, &header));
      g_assert_cmpint (header.big_endian, ==, big);
      changed = pst_build_with_last_u32 (&header, data, 4, &size);
      check_built (changed, size, "('org.x.y', 4)");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus/message/both-orders", test_both_orders);
  g_test_add_func ("/dbus/message/bent", test_bent);
  g_test_add_func ("/dbus/message/fields", test_fields);
  g_test_add_func ("/dbus/message/frame", test_frame);
  g_test_add_func ("/dbus/message/names", test_names);
  g_test_add_func ("/dbus/message/build", test_build);
  g_test_add_func ("/dbus/message/last-number", test_last_number);
  return g_test_run ();
}
