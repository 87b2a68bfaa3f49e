/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/socket.h>
#include <sys/un.h>

G_BEGIN_DECLS

typedef struct
{
  struct sockaddr_un address;
  socklen_t length;
} PstAddress;

/* The unix sockets (path, abstract, runtime) that a D-Bus address list names, in order; NULL if there are none. Other
 * transports are passed over: a sandbox's bus is on this machine. */
GArray *pst_address_parse (const char *list);

G_END_DECLS
