/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client.h"

G_BEGIN_DECLS

/* Listens at @path, replacing what is there. FALSE with errno. @bus must stay. */
gboolean pst_server_start (const char *path, const PstBus *bus);
/* Accepts from @fd, which listens already and whose name is not ours; consumed. */
void pst_server_start_take_fd (int fd, const PstBus *bus);
/* Removes the sockets' names. */
void pst_servers_unlink (void);
/* To be called between turns: takes up accepting again after descriptors had run out. */
void pst_servers_on_idle (void);

G_END_DECLS
