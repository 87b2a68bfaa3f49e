/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Gives up every capability, the bounding set included, and sets no_new_privs: no file that this process or a child executes
 * can give one back. FALSE with errno. */
gboolean pst_capabilities_drop_all (void);

G_END_DECLS
