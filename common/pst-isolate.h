/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For a gate: a process that parses what a hostile program writes, and therefore owns nothing. When this has run, it has
 *
 *   files      an empty directory without a name, read-only, for its root: no path leads anywhere
 *   identity   the user's own uid and gid, and nothing else in its user namespace
 *   privilege  none: no capability, none to be had by exec
 *   memory     not dumpable, and no core dump
 *   terminal   standard error can be written to, not read
 *
 * and keeps its descriptors, at most @max_files of them. What is left to do is its own list of system calls. FALSE, with errno
 * and in *@what the step that failed ("empty its root directory"). */
gboolean pst_isolate (guint max_files, const char **what);

G_END_DECLS
