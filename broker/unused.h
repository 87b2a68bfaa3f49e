/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store.h"

G_BEGIN_DECLS

/* Which permissions of the person's nobody has used for a long time. Pure.
 *
 * Those that allow something and outlive a login. The day counts from when they were given, or last used.
 * What was given to an application that is locked stays, since it could not ask for it again. @app: (nullable): it has never
 * run. */
gboolean pst_unused_is (const PstStoredRule *rule, const PstStoredApp *app, gint64 today, guint unused_days);

/* The numbers of all of them in @store. (transfer full) of guint64 */
GArray *pst_unused_select (PstStore *store, gint64 today, guint unused_days);

G_END_DECLS
