/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Is the thread @tid dying: gone, a zombie, or with SIGKILL pending (for it or its process)? A handled signal is none of these.
 */
gboolean pst_killed (pid_t tid);

/* The same from the text of /proc/TID/status. Pure. */
gboolean pst_killed_parse (const char *status);

G_END_DECLS
