/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For tests: an X server of their own, and children that do not outlive a test that failed. */

/* @fd: -1, or what becomes the child's descriptor 3. */
GPid test_spawn (const char *const *argv, char **environment, int fd);
/* Ends and reaps the child, unless it is 0; sets it to 0. */
void test_end (GPid *pid);

/* Starts Xvfb and waits until it serves. Returns: (transfer full): ":5" */
char *test_display_start (GPid *xvfb);

G_END_DECLS
