/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-link.h"

#include "postern-ipc.h"
#include "pst-fd.h"

#include <errno.h>
#include <string.h>

gboolean
pst_bus_link_call (PstPeer *peer, PstMessage *message, const PstBuses *buses)
{
  const PstBusAddress *address = NULL;
  pst_autofd fd = -1;
  const char *bus;

  if (strcmp (message->member, PST_BUS_LINK_CONNECT) != 0 || message->serial == 0 ||
      !pst_message_check (message, PST_BUS_LINK_CONNECT_IN, NULL))
    return FALSE;
  g_variant_get (message->args, "(&s)", &bus);
  if (strcmp (bus, "session") == 0)
    address = &buses->session;
  else if (strcmp (bus, "system") == 0)
    address = &buses->system;
  if (!address || address->length == 0)
    return FALSE;
  fd = pst_bus_address_connect (address);
  pst_peer_reply (peer, message->serial, g_variant_new ("(i)", fd < 0 ? errno : 0), &fd, fd < 0 ? 0 : 1);
  return TRUE;
}

void
pst_bus_link_serve (PstPeer *proxy, const PstBuses *buses, int broker_end, const int *listeners, gsize n_listeners)
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
  pst_peer_notify (proxy, PST_BUS_LINK_SERVE, g_variant_new ("(as)", &names), fds, n_listeners + 1);
}
