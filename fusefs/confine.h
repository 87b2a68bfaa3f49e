/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Gives up everything but the descriptors that are open and those that will be received: own user and mount namespace with an
 * empty read-only root, no capabilities, no new privileges, a list of allowed system calls. Before any thread is started. FALSE
 * with errno, and *what (a word for a message): the process must not go on. */
gboolean pst_confine (const char **what);

G_END_DECLS
