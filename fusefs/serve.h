/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fuse.h"

#include <glib.h>

G_BEGIN_DECLS

/* Serves the FUSE connection @fd, which is mounted already, or else mounts at @mountpoint (the stand-alone server): from
 * pst_serve_start() on worker threads answer requests. @gone is called in one of them when the file system was unmounted or the
 * connection ended. FALSE with a message on standard error. */
gboolean pst_serve_init (int fd, const char *mountpoint);
void pst_serve_start (void (*gone) (void));
struct fuse_session *pst_serve_session (void);

G_END_DECLS
