/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-notify.h"

#include <gio/gio.h>

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

typedef struct
{
  char *summary;
  char *body;
} Notice;

static void
notice_free (Notice *notice)
{
  g_free (notice->summary);
  g_free (notice->body);
  g_free (notice);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Notice, notice_free)

/* A server that understands markup in the body must be given none of the application's. */
static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Notice) notice = data;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autofree const char **capabilities = NULL;
  g_autofree char *body = NULL;
  GVariantBuilder actions, hints;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(^a&s)", &capabilities);
  if (g_strv_contains (capabilities, "body-markup"))
    body = g_markup_escape_text (notice->body, -1);
  else
    body = g_strdup (notice->body);

  g_variant_builder_init (&actions, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "urgency", g_variant_new_byte (1));
  g_dbus_connection_call (
      G_DBUS_CONNECTION (source), NAME, PATH, NAME, "Notify",
      g_variant_new ("(susssasa{sv}i)", "Postern", 0, "security-medium", notice->summary, body, &actions, &hints, -1), NULL,
      G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Notice) notice = data;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, NULL);

  if (bus == NULL)
    return;
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  g_dbus_connection_call (bus, NAME, PATH, NAME, "GetCapabilities", NULL, G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, -1,
                          NULL, on_capabilities, g_steal_pointer (&notice));
}

/* Asking GIO for a bus that is not there would make it start one. */
static gboolean
is_session_bus_there (void)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "bus", NULL);

  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL || g_file_test (path, G_FILE_TEST_EXISTS);
}

void
pst_notify_refused (const char *app_name, const char *text)
{
  Notice *notice;

  if (!is_session_bus_there ())
    return;
  notice = g_new0 (Notice, 1);
  notice->summary = g_strdup (app_name);
  notice->body = g_strdup (text);
  g_bus_get (G_BUS_TYPE_SESSION, NULL, on_bus, notice);
}
