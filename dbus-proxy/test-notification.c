/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notification.h"

#include <gio/gio.h>
#include <string.h>

typedef struct
{
  guint8 *data;
  gsize size;
  PstHeader header;
} Call;

static void
call_clear (Call *call)
{
  g_free (call->data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

/* As GLib writes it. @body: (floating) */
static void
make (Call *call, const char *member, GVariant *body, GDBusMessageByteOrder order)
{
  g_autoptr (GDBusMessage) message = g_dbus_message_new_method_call (
      "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications", member);
  g_autoptr (GError) error = NULL;
  guint32 header_length, body_length;

  g_dbus_message_set_body (message, body);
  g_dbus_message_set_serial (message, 7);
  g_dbus_message_set_byte_order (message, order);
  call->data = g_dbus_message_to_blob (message, &call->size, G_DBUS_CAPABILITY_FLAGS_NONE, &error);
  g_assert_no_error (error);
  g_assert_true (pst_header_frame (call->data, &header_length, &body_length));
  g_assert_null (pst_header_parse (call->data, header_length, &call->header));
}

static GVariant *
notification (const char *text, const char *const *actions)
{
  return g_variant_new ("(susss^asa{sv}i)", "Mail", 3, "mail-unread", "New mail", text, actions, NULL, -1);
}

static gboolean
has_actions (const Call *call)
{
  return pst_notification_has_actions (&call->header, call->data + call->header.header_length);
}

static void
test_plain (void)
{
  static const GDBusMessageByteOrder orders[] = { G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN,
                                                  G_DBUS_MESSAGE_BYTE_ORDER_BIG_ENDIAN };
  static const char *const none[] = { NULL }, *const one[] = { "default", "Open", NULL }, *const empty[] = { "", NULL };
  /* of every length, so that each padding is met */
  static const char *const texts[] = { "", "a", "ab", "abc", "abcd", "as many as you like\nand more" };

  for (gsize k = 0; k < G_N_ELEMENTS (orders); k++)
    for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
      {
        g_auto (Call) plain = { 0 }, with = { 0 }, with_empty = { 0 };

        make (&plain, "Notify", notification (texts[i], none), orders[k]);
        make (&with, "Notify", notification (texts[i], one), orders[k]);
        make (&with_empty, "Notify", notification (texts[i], empty), orders[k]);
        g_assert_false (has_actions (&plain));
        g_assert_true (has_actions (&with));
        g_assert_true (has_actions (&with_empty));
      }
}

/* What is not that call, or has other arguments. */
static void
test_others (void)
{
  static const char *const none[] = { NULL };
  g_auto (Call) member = { 0 }, more = { 0 }, order = { 0 }, signal = { 0 };

  make (&member, "NotifyAll", notification ("text", none), G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  make (&more, "Notify", g_variant_new ("(susss^asa{sv}is)", "Mail", 3, "", "", "", none, NULL, -1, ""),
        G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  make (&order, "Notify", g_variant_new ("(susssa{sv}^asi)", "Mail", 3, "", "", "", NULL, none, -1),
        G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  g_assert_true (has_actions (&member));
  g_assert_true (has_actions (&more));
  g_assert_true (has_actions (&order));
  make (&signal, "Notify", notification ("text", none), G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  g_assert_false (has_actions (&signal));
  signal.header.type = PST_MESSAGE_SIGNAL;
  g_assert_true (has_actions (&signal));
}

/* The body ends at every place, in memory that ends there too; and every byte of it is something else. */
static void
test_hostile (void)
{
  static const char *const none[] = { NULL }, *const two[] = { "a", "b", NULL };
  g_auto (Call) plain = { 0 }, with = { 0 };
  guint32 whole;

  make (&plain, "Notify", notification ("text", none), G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  make (&with, "Notify", notification ("text", two), G_DBUS_MESSAGE_BYTE_ORDER_LITTLE_ENDIAN);
  whole = with.header.body_length;
  for (guint32 n = 0; n <= whole; n++)
    {
      g_autofree guint8 *cut = g_memdup2 (with.data + with.header.header_length, n);
      PstHeader header = with.header;

      header.body_length = n;
      g_assert_true (pst_notification_has_actions (&header, cut));
    }
  /* A length that goes beyond the end, or around it, finds no notification without buttons in one that has some. */
  for (guint32 at = 0; at + 4 <= whole; at++)
    for (int k = 0; k < 5; k++)
      {
        static const guint32 lengths[] = { 0xffffffff, 0xfffffffc, 0x7fffffff, 0x80000000, 0xfffffffb };
        g_autofree guint8 *body = g_memdup2 (with.data + with.header.header_length, whole);

        memcpy (body + at, &lengths[k], 4);
        g_assert_true (pst_notification_has_actions (&with.header, body));
      }
  for (guint32 at = 0; at < plain.header.body_length; at++)
    for (int value = 0; value < 256; value++)
      {
        g_autofree guint8 *body = g_memdup2 (plain.data + plain.header.header_length, plain.header.body_length);

        body[at] = (guint8)value;
        pst_notification_has_actions (&plain.header, body);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus-notification/plain", test_plain);
  g_test_add_func ("/dbus-notification/others", test_others);
  g_test_add_func ("/dbus-notification/hostile", test_hostile);
  return g_test_run ();
}
