/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Is the process at the other end of a connected unix socket one of the person's own, outside every sandbox: the same uid, and
 * our pid namespace? *pid: its number. FALSE, and *why (static): not, or it cannot be known. */
gboolean pst_credentials_check (int fd, pid_t *pid, const char **why);

G_END_DECLS
