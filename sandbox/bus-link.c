/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-link.h"

#include "postern-ipc.h"
#include "pst-fd.h"

#include <errno.h>
#include <string.h>

typedef struct
{
  PstPeer *proxy;
  guint32 serial;
} Waiting;

static void
reply_connected (PstPeer *proxy, guint32 serial, const PstBusAddress *address)
{
  pst_autofd fd = pst_bus_address_connect (address);

  pst_peer_reply (proxy, serial, g_variant_new ("(i)", fd < 0 ? errno : 0), &fd, fd < 0 ? 0 : 1);
}

static void
on_accessibility_bus (PstPeer *broker, PstMessage *reply, const GError *error, gpointer data)
{
  Waiting *waiting = data;
  PstBusAddress address = { .length = 0 };
  const char *list;

  if (!error && pst_message_check (reply, PST_LAUNCHER_ACCESSIBILITY_BUS_OUT, NULL))
    {
      g_variant_get (reply->args, "(&s)", &list);
      pst_bus_address_parse (list, &address);
    }
  if (address.length)
    reply_connected (waiting->proxy, waiting->serial, &address);
  else
    pst_peer_reply (waiting->proxy, waiting->serial, g_variant_new ("(i)", ENOENT), NULL, 0);
  pst_peer_unref (waiting->proxy);
  g_free (waiting);
}

gboolean
pst_bus_link_call (PstPeer *peer, PstMessage *message, const PstBuses *buses, PstPeer *broker)
{
  const PstBusAddress *address = NULL;
  const char *bus;

  if (strcmp (message->member, PST_BUS_LINK_CONNECT) != 0 || message->serial == 0 ||
      !pst_message_check (message, PST_BUS_LINK_CONNECT_IN, NULL))
    return FALSE;
  g_variant_get (message->args, "(&s)", &bus);
  if (strcmp (bus, "session") == 0)
    address = &buses->session;
  else if (strcmp (bus, "system") == 0)
    address = &buses->system;
  else if (strcmp (bus, "a11y") == 0 && buses->session.length)
    address = &buses->a11y;
  if (!address)
    return FALSE;
  if (address->length)
    {
      reply_connected (peer, message->serial, address);
    }
  else if (address == &buses->a11y)
    {
      Waiting *waiting = g_new (Waiting, 1);

      *waiting = (Waiting){ pst_peer_ref (peer), message->serial };
      pst_peer_call (broker, PST_LAUNCHER_ACCESSIBILITY_BUS, NULL, NULL, 0, on_accessibility_bus, waiting);
    }
  else
    {
      return FALSE;
    }
  return TRUE;
}

void
pst_bus_link_serve (PstPeer *proxy, const PstBuses *buses, const char *accessibility, int broker_end, const int *listeners,
                    gsize n_listeners)
{
  int fds[PST_PEER_MAX_FDS] = { broker_end };
  GVariantBuilder names;

  g_assert (n_listeners < PST_PEER_MAX_FDS);
  memcpy (fds + 1, listeners, n_listeners * sizeof *fds);
  g_variant_builder_init (&names, G_VARIANT_TYPE ("as"));
  if (buses->session.length)
    g_variant_builder_add (&names, "s", "session");
  if (buses->system.length)
    g_variant_builder_add (&names, "s", "system");
  if (buses->session.length)
    g_variant_builder_add (&names, "s", "a11y");
  pst_peer_notify (proxy, PST_BUS_LINK_SERVE, g_variant_new ("(ass)", &names, accessibility), fds, n_listeners + 1);
}
