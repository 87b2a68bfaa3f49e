/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lexical paths: nothing here touches the file system. */

/* Absolute, no empty, "." or ".." component, no trailing slash (but "/"), shorter than PATH_MAX? */
gboolean pst_path_is_normal (const char *path);

/* @path made absolute against @cwd and normalised; "~" and "~/" stand for @home (nullable). ".." is removed lexically.
 * Returns: (transfer full) (nullable): NULL if it would be PATH_MAX bytes or longer. */
char *pst_path_normalise (const char *path, const char *cwd, const char *home);

/* Is @path equal to @ancestor or below it? Both normal. */
gboolean pst_path_is_below_or_equal (const char *path, const char *ancestor);

/* One component: not empty, ".", "..", and without '/'. */
gboolean pst_name_is_valid (const char *name);

/* "~/Pictures" for "/home/u/Pictures". (transfer full) */
char *pst_path_abbreviate (const char *path, const char *home);

G_END_DECLS
