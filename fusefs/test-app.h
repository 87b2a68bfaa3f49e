/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-world.h"

G_BEGIN_DECLS

/* What an application does in the world of test-world.h, and persons who always say the same. */

/* The names in a directory in order, with a blank between them; or what went wrong. */
char *app_listing (const char *path);
/* 0, or the error; what was opened is closed again. */
int app_open_errno (const char *path, int flags);
gboolean app_is_fuse (int fd);
char *app_content (const char *path);

void app_never_asked (WorldAsk *ask, gpointer data);
void app_denied (WorldAsk *ask, gpointer data);

G_END_DECLS
