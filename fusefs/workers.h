/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fuse.h"

#include <glib.h>

G_BEGIN_DECLS

/* Starts the threads that answer requests. @gone is called in one of them when the connection has ended. */
void pst_workers_start (struct fuse_session *session, void (*gone) (void));

G_END_DECLS
