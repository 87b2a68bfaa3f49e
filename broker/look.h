/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sys/stat.h>

#include <glib.h>

G_BEGIN_DECLS

/* Looking at what is behind a name that an application chose, or behind one of whose parents it can write to.
 *
 * Symlinks are followed as far as they are ordinary ones. Those of /proc are not (ELOOP): /proc/PID/root of a process in a
 * sandbox leads into that sandbox's gate, which asks the broker before it answers; and whoever looks is the broker. */

/* Like stat(2), or lstat(2) unless @follow. -1: errno. */
int pst_look (const char *path, gboolean follow, struct stat *st);

/* Like realpath(3), for what exists. NULL: errno. (transfer full) */
char *pst_look_real (const char *path);

G_END_DECLS
