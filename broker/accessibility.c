/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the accessibility bus of a sandbox's session is. The session bus of the launch knows, which need not be the broker's
 * own: a connection is made for the one question, and closed. What hangs there holds up nobody but the application's connection
 * to that bus, and for a few seconds. */
#include "accessibility.h"

#include <gio/gio.h>

#include "sandbox-table.h"

#define PATIENCE_MS 5000
#define MAX_WAITING 64u /* more than there can be clients */

/* One look. */
typedef struct
{
  PstSandbox *sandbox;
  PstPeer *launcher; /* who is answered: it may be another one when the broker's connection was made anew */
  GArray *serials;   /* of guint32 */
  GCancellable *cancellable;
  GDBusConnection *bus; /* (nullable) */
  guint timeout;
} Look;

static GHashTable *looks; /* PstSandbox → Look: those that are under way */

static void
look_end (Look *look, const char *address)
{
  for (guint i = 0; i < look->serials->len; i++)
    pst_peer_reply (look->launcher, g_array_index (look->serials, guint32, i), g_variant_new ("(s)", address), NULL, 0);
  g_hash_table_remove (looks, look->sandbox);
  if (look->timeout)
    g_source_remove (look->timeout);
  if (look->bus)
    g_dbus_connection_close (look->bus, NULL, NULL, NULL);
  g_clear_object (&look->bus);
  g_object_unref (look->cancellable);
  g_array_unref (look->serials);
  pst_peer_unref (look->launcher);
  pst_sandbox_unref (look->sandbox);
  g_free (look);
}

static gboolean
on_timeout (gpointer data)
{
  Look *look = data;

  look->timeout = 0;
  g_cancellable_cancel (look->cancellable); /* what is under way ends with an error, and ends the look */
  return G_SOURCE_REMOVE;
}

static void
on_address (GObject *bus, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (bus), result, NULL);
  const char *address = "";

  if (reply)
    g_variant_get (reply, "(&s)", &address);
  look_end (data, address);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer data)
{
  Look *look = data;

  look->bus = g_dbus_connection_new_for_address_finish (result, NULL);
  if (!look->bus)
    {
      look_end (look, "");
      return;
    }
  g_dbus_connection_set_exit_on_close (look->bus, FALSE);
  g_dbus_connection_call (look->bus, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", NULL,
                          G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, PATIENCE_MS, look->cancellable, on_address, look);
}

/* The session bus of the launch: a socket of this machine, as the supervisor takes it. (transfer full) */
static char *
session_bus (const PstSandbox *sandbox)
{
  g_autofree char *address = pst_lookup_bytes (sandbox->environment, "DBUS_SESSION_BUS_ADDRESS");
  g_autofree char *runtime = pst_lookup_bytes (sandbox->environment, "XDG_RUNTIME_DIR"), *path = NULL, *escaped = NULL;

  if (address && *address)
    return g_str_has_prefix (address, "unix:") ? g_steal_pointer (&address) : NULL;
  if (!runtime || !g_path_is_absolute (runtime))
    return NULL;
  path = g_build_filename (runtime, "bus", NULL);
  escaped = g_dbus_address_escape_value (path);
  return g_strconcat ("unix:path=", escaped, NULL);
}

void
pst_accessibility_find (PstSandbox *sandbox, guint32 serial)
{
  g_autofree char *address = NULL;
  Look *look;

  if (!looks)
    looks = g_hash_table_new (NULL, NULL);
  look = g_hash_table_lookup (looks, sandbox);
  if (look && look->launcher == sandbox->launcher && look->serials->len < MAX_WAITING)
    {
      g_array_append_val (look->serials, serial);
      return;
    }
  address = session_bus (sandbox);
  if (look || !address)
    {
      pst_peer_reply (sandbox->launcher, serial, g_variant_new ("(s)", ""), NULL, 0);
      return;
    }
  look = g_new0 (Look, 1);
  look->sandbox = pst_sandbox_ref (sandbox);
  look->launcher = pst_peer_ref (sandbox->launcher);
  look->serials = g_array_new (FALSE, FALSE, sizeof serial);
  g_array_append_val (look->serials, serial);
  look->cancellable = g_cancellable_new ();
  look->timeout = g_timeout_add (PATIENCE_MS, on_timeout, look);
  g_hash_table_insert (looks, sandbox, look);
  g_dbus_connection_new_for_address (
      address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
      look->cancellable, on_bus, look);
}
