/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bus-address.h"
#include "pst-peer.h"

G_BEGIN_DECLS

/* The supervisor's side of BusLink1: the one process that may name the host's buses gives the proxy connections to them. */
typedef struct
{
  PstBusAddress session, system; /* length 0: not handed in */
  PstBusAddress a11y;            /* length 0: @broker knows. Handed in where the session bus is */
} PstBuses;

/* A call of the proxy. FALSE if it is none of BusLink1, or malformed. */
gboolean pst_bus_link_call (PstPeer *peer, PstMessage *message, const PstBuses *buses, PstPeer *broker);

/* The first message: the proxy's end of the broker's socket, and the listening sockets in the order of the plan: session,
 * system, accessibility. @accessibility: the address of the last one inside, "" if there is none. Descriptors are duplicated.
 */
void pst_bus_link_serve (PstPeer *proxy, const PstBuses *buses, const char *accessibility, int broker_end, const int *listeners,
                         gsize n_listeners);

G_END_DECLS
