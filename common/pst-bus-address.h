/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/socket.h>
#include <sys/un.h>

G_BEGIN_DECLS

/* Where a message bus of this machine is. */
typedef struct
{
  struct sockaddr_un address;
  socklen_t length; /* 0: there is none */
} PstBusAddress;

/* The next entry of a D-Bus address list (D-Bus specification, "Server Addresses") that names a socket of this machine:
 * unix:path=… or unix:abstract=…, with %-escapes. *list moves behind it. FALSE if there is none (or no list); other transports,
 * and what is malformed, are passed over. Pure. */
gboolean pst_bus_address_next (const char **list, PstBusAddress *out);

/* All of them, in order, as PstBusAddress; NULL if there are none. (transfer full) (nullable) */
GArray *pst_bus_address_list (const char *list);

G_END_DECLS
