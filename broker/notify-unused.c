/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify-unused.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "daily.h"
#include "notify.h"
#include "pst-path.h"
#include "pst-programs.h"
#include "pst-text.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"
#define MAX_LINES 6
#define MANAGER "postern-settings"

/* The last one: of an earlier one nobody looks at the button any more. */
typedef struct
{
  PstBroker *broker;
  GPtrArray *rules; /* of PstStoredRule, owned */
  guint unused_days;
  char *keep, *open; /* keys of its buttons */
  guint32 id;        /* the service's, 0: none yet */
  guint action, owner;
} Unused;

static Unused *unused;
static GDBusConnection *bus;

static void
unused_free (Unused *notice)
{
  if (!notice)
    return;
  if (notice->action)
    g_dbus_connection_signal_unsubscribe (bus, notice->action);
  if (notice->owner)
    g_dbus_connection_signal_unsubscribe (bus, notice->owner);
  g_ptr_array_unref (notice->rules);
  g_free (notice->keep);
  g_free (notice->open);
  g_free (notice);
}

/* "Image Viewer: view Pictures" */
static char *
line (PstBroker *broker, const PstStoredRule *rule)
{
  const PstStoredApp *app = pst_store_get_app (broker->store, rule->app);
  g_autofree char *name = pst_text_for_display (app ? app->name : rule->app, 60),
                  *path = pst_path_abbreviate (rule->resource, broker->host->home), *shown = pst_text_for_display (path, 100);

  return g_strdup_printf ("%s: %s", name, shown);
}

static char *
make_body (const Unused *notice, gboolean markup)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < notice->rules->len && i < MAX_LINES; i++)
    {
      g_autofree char *one = line (notice->broker, notice->rules->pdata[i]);

      g_string_append_printf (text, "%s%s", i == 0 ? "" : "\n", one);
    }
  if (notice->rules->len > MAX_LINES)
    {
      guint more = notice->rules->len - MAX_LINES;

      g_string_append_c (text, '\n');
      g_string_append_printf (text, ngettext ("and %u more", "and %u more", more), more);
    }
  return markup ? g_markup_escape_text (text->str, -1) : g_strdup (text->str);
}

static char *
find_manager (void)
{
  g_autofree char *path = pst_program_find (MANAGER);

  if (g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&path);
  return g_find_program_in_path (MANAGER);
}

static void
open_manager (void)
{
  g_autofree char *path = find_manager ();
  const char *argv[] = { path, "--unused", NULL };
  g_autoptr (GError) error = NULL;

  if (path && !g_spawn_async (NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &error))
    g_warning ("%s", error->message);
}

/* From the owner of the service's name: GDBus has seen to it. */
static void
on_action (GDBusConnection *connection, const char *sender, const char *object, const char *interface, const char *signal,
           GVariant *args, gpointer data)
{
  Unused *notice = unused;
  const char *key;
  guint32 id;

  if (!notice || !g_variant_is_of_type (args, G_VARIANT_TYPE ("(us)")))
    return;
  g_variant_get (args, "(u&s)", &id, &key);
  if (id != notice->id || id == 0)
    return;
  if (strcmp (key, notice->open) == 0)
    open_manager ();
  else if (strcmp (key, notice->keep) == 0)
    {
      unused = NULL;
      pst_daily_keep (notice->broker, notice->rules);
      unused_free (notice);
    }
}

static void
on_owner (GDBusConnection *connection, const char *sender, const char *object, const char *interface, const char *signal,
          GVariant *args, gpointer data)
{
  if (unused)
    unused->id = 0;
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  if (reply && unused == data)
    g_variant_get (reply, "(u)", &unused->id);
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autofree const char **capabilities = NULL;
  g_autofree char *summary = NULL, *body = NULL, *manager = find_manager ();
  GVariantBuilder actions, hints;
  guint n;

  if (!reply || !unused || unused != data || !unused->broker->store)
    return;
  g_variant_get (reply, "(^a&s)", &capabilities);
  n = unused->rules->len;
  body = make_body (unused, g_strv_contains (capabilities, "body-markup"));
  summary =
      g_strdup_printf (ngettext ("%u permission ended, not used for %u days", "%u permissions ended, not used for %u days", n),
                       n, unused->unused_days);
  g_variant_builder_init (&actions, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_builder_add (&actions, "s", unused->keep);
  g_variant_builder_add (&actions, "s", _ ("Keep"));
  if (manager)
    {
      g_variant_builder_add (&actions, "s", unused->open);
      g_variant_builder_add (&actions, "s", _ ("Show"));
    }
  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "urgency", g_variant_new_byte (0));
  unused->action = g_dbus_connection_signal_subscribe (bus, NAME, NAME, "ActionInvoked", PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                       on_action, NULL, NULL);
  unused->owner = g_dbus_connection_signal_subscribe (bus, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged",
                                                      NULL, NAME, G_DBUS_SIGNAL_FLAGS_NONE, on_owner, NULL, NULL);
  g_dbus_connection_call (
      bus, NAME, PATH, NAME, "Notify",
      g_variant_new ("(susssasa{sv}i)", "Postern", (guint32)0, "security-medium", summary, body, &actions, &hints, -1),
      G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_sent, unused);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GDBusConnection) connection = g_bus_get_finish (result, NULL);

  if (!connection)
    return;
  g_set_object (&bus, connection);
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  g_dbus_connection_call (bus, NAME, PATH, NAME, "GetCapabilities", NULL, G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, -1,
                          NULL, on_capabilities, data);
}

void
pst_notify_unused (PstBroker *broker, GPtrArray *rules_take, guint unused_days)
{
  Unused *notice;

  /* Asking GIO for a bus that is not there would make it start one. */
  if (!pst_notify_has_bus ())
    {
      g_ptr_array_unref (rules_take);
      return;
    }
  notice = g_new0 (Unused, 1);
  notice->broker = broker;
  notice->rules = rules_take;
  notice->unused_days = unused_days;
  notice->keep = pst_notify_key ("keep");
  notice->open = pst_notify_key ("open");
  g_clear_pointer (&unused, unused_free);
  unused = notice;
  g_bus_get (G_BUS_TYPE_SESSION, NULL, on_bus, notice);
}
