/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control1 on the session bus, for the manager and for desktops. The broker works as well without: everything here happens
 * beside the private socket, and a bus that is missing, slow or gone changes nothing. */
#include <gio/gio.h>

#include "connection.h"
#include "control-info.h"
#include "postern-config.h"

#define NAME "org.postern.Broker1"
#define OBJECT "/org/postern/Broker1"

static guint owner_id;
static PstBroker *the_broker;

static void
reply_on_bus (GVariant *result, const char *error, gpointer user_data)
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
  pst_control_call (the_broker, method, args, reply_on_bus, invocation);
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
  g_idle_add_full (G_PRIORITY_LOW, own, NULL, NULL);
}

void
pst_bus_unexport (void)
{
  if (owner_id)
    g_bus_unown_name (owner_id);
  owner_id = 0;
}
