/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether paths are still there, without ever waiting for a disk in the main loop: the paths of rules may lie on a network
 * share that does not answer. One thread looks, and one that hangs is not followed by another; what was seen last is
 * remembered. */
typedef struct _PstPresence PstPresence;

/* @changed: called in the main loop when something proved to be different from what pst_presence_is_missing() has said. */
PstPresence *pst_presence_new (void (*changed) (gpointer user_data), gpointer user_data);
void pst_presence_free (PstPresence *presence);

/* Is it known to be missing? Also a request to look (again). */
gboolean pst_presence_is_missing (PstPresence *presence, const char *path);

/* Has one been asked for since the last look at which nobody has looked yet? pst_presence_look() is then going to wait. */
gboolean pst_presence_has_unknown (const PstPresence *presence);

/* Looks at what was asked for since, and calls @done when it has, or after @patience milliseconds: at once if nothing is
 * unknown.
 * @changed is then not called for what @done can still say. */
void pst_presence_look (PstPresence *presence, guint patience, void (*done) (gpointer user_data), gpointer user_data);

G_END_DECLS
