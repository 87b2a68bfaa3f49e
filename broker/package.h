/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which package a program is from. Reads dpkg's own lists; where there are none, no program is from a package. */

/* "eog 43.2-1", or "" for none. Slow (all lists are searched): for a thread of its own. @root: "" or a directory to look in
 * instead of "/". (transfer full) */
char *pst_package_of (const char *root, const char *executable);

/* Changes when a package is installed or removed. */
gint64 pst_package_stamp (const char *root);

G_END_DECLS
