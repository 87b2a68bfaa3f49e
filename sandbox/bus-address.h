/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-bus-address.h"

G_BEGIN_DECLS

/* Where the host's message buses are. */

/* The first of a list of addresses that is of this machine. */
gboolean pst_bus_address_parse (const char *list, PstBusAddress *out);

/* The session bus of this process: DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus if that is a socket. */
gboolean pst_bus_address_session (PstBusAddress *out);
/* The accessibility bus, if AT_SPI_BUS_ADDRESS says where. Mostly it does not, and the session bus has to be asked. */
gboolean pst_bus_address_accessibility (PstBusAddress *out);
/* The system bus: DBUS_SYSTEM_BUS_ADDRESS, else /run/dbus/system_bus_socket if that is a socket. */
gboolean pst_bus_address_system (PstBusAddress *out);

/* A new connection, or -1 with errno. Never blocks: a bus whose list of waiting connections is full gives EAGAIN. */
int pst_bus_address_connect (const PstBusAddress *address);

G_END_DECLS
