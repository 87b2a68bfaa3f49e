/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control1 on the session bus, for the manager and for desktops. The broker works as well without: everything here happens
 * beside the private socket, and a bus that is missing, slow or gone changes nothing. */
#include <gio/gio.h>

#include "connection.h"
#include "control-info.h"
#include "postern-config.h"

#define NAME "org.postern.Broker1"
#define OBJECT "/org/postern/Broker1"

/* A program on the bus that has called something. */
typedef struct
{
  PstControlClient *client;
  GDBusConnection *bus;
  char *sender;
  guint watch;
} Caller;

static guint owner_id;
static PstBroker *the_broker;
static GHashTable *callers; /* of Caller, owned, by its sender */

static void
caller_free (gpointer data)
{
  Caller *caller = data;

  g_bus_unwatch_name (caller->watch);
  pst_control_client_gone (caller->client);
  pst_control_client_unref (caller->client);
  g_object_unref (caller->bus);
  g_free (caller->sender);
  g_free (caller);
}

static void
tell_on_bus (const char *member, GVariant *args, gpointer target)
{
  Caller *caller = target;

  g_dbus_connection_emit_signal (caller->bus, caller->sender, OBJECT, pst_control1_interface.name, member, args, NULL);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer data)
{
  g_hash_table_remove (callers, name);
}

static Caller *
caller_of (GDBusConnection *connection, const char *sender)
{
  Caller *caller = g_hash_table_lookup (callers, sender);

  if (caller)
    return caller;
  caller = g_new0 (Caller, 1);
  caller->bus = g_object_ref (connection);
  caller->sender = g_strdup (sender);
  caller->client = pst_control_client_new (the_broker, TRUE, tell_on_bus, caller);
  caller->watch =
      g_bus_watch_name_on_connection (connection, sender, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished, NULL, NULL);
  g_hash_table_insert (callers, caller->sender, caller);
  return caller;
}

static void
answer_on_bus (GVariant *result, const char *error, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;

  if (error)
    g_dbus_method_invocation_return_dbus_error (invocation, "org.postern.Error.Failed", error);
  else
    g_dbus_method_invocation_return_value (invocation, result);
}

static void
on_call (GDBusConnection *connection, const char *sender, const char *object, const char *interface, const char *method,
         GVariant *args, GDBusMethodInvocation *invocation, gpointer user_data)
{
  pst_control_call (caller_of (connection, sender)->client, method, args, answer_on_bus, invocation);
}

static void
on_bus (GDBusConnection *connection, const char *name, gpointer user_data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = on_call };
  g_autoptr (GError) error = NULL;

  if (!g_dbus_connection_register_object (connection, OBJECT, (GDBusInterfaceInfo *)&pst_control1_interface, &vtable, NULL,
                                          NULL, &error))
    g_warning ("the session bus interface cannot be exported: %s", error->message);
  g_dbus_connection_set_exit_on_close (connection, FALSE);
}

static gboolean
own (gpointer data)
{
  owner_id = g_bus_own_name (G_BUS_TYPE_SESSION, NAME, G_BUS_NAME_OWNER_FLAGS_NONE, on_bus, NULL, NULL, NULL, NULL);
  return G_SOURCE_REMOVE;
}

void
pst_bus_export (PstBroker *broker)
{
  if (!g_getenv ("DBUS_SESSION_BUS_ADDRESS"))
    return;
  the_broker = broker;
  callers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, caller_free);
  g_idle_add_full (G_PRIORITY_LOW, own, NULL, NULL);
}

void
pst_bus_unexport (void)
{
  if (owner_id)
    g_bus_unown_name (owner_id);
  owner_id = 0;
  g_clear_pointer (&callers, g_hash_table_unref);
}
