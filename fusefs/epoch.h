/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* When is nobody still acting on what was true before?
 *
 * Worker threads use the current ruleset and the attached trees without locks or references, but only between
 * pst_epoch_enter() and pst_epoch_leave(), that is while they run one request. The main thread replaces such a thing and then
 * defers what depends on nobody using the old one (freeing it, closing a descriptor, telling the broker that a revocation
 * is in force): the deferred call is made as soon as every request that was running at that moment has ended.
 * Held requests are not running.
 */

/* Each thread that runs requests, once, before its first request. Aborts beyond PST_EPOCH_MAX_THREADS. */
#define PST_EPOCH_MAX_THREADS 32
void pst_epoch_register_thread (void);
void pst_epoch_unregister_thread (void);
void pst_epoch_enter (void);
void pst_epoch_leave (void);

typedef void (*PstEpochFunc) (gpointer data);

/* Main thread only. @func is called from here when nothing is running, else from the main loop. */
void pst_epoch_defer (PstEpochFunc func, gpointer data);

/* Main thread only: makes the calls that are due. For tests, and at exit. */
void pst_epoch_poll (void);

G_END_DECLS
