/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "call.h"
#include "pst-peer.h"

G_BEGIN_DECLS

/* Requests that wait: for a person (hold.c), or for a mount (hold-mount.c). No thread waits with them. */

#define PST_HOLD_MAX 4096
#define PST_HOLD_MAX_TRIES 4
/* How long a look-up of a mount point waits for the mount, which takes a millisecond: then it goes on, and what comes inside is
 * served here. Where the kernel knows nothing of the name any more, the supervisor's own look-up waits for the one that is
 * kept, so this must be well below the two seconds in which the broker wants a change to have been made. */
#define PST_HOLD_MOUNT_MS 200

void pst_hold_init (void);
void pst_hold_fini (void);

/* Any thread. Keeps a copy of @call and asks the broker for @access to @path. Too many, or asked for too often: EACCES. */
void pst_hold_ask (PstCall *call, const char *path, PstAccess access);

/* Main thread. The connection to the broker, also after its restart: what is still open is asked again. NULL: there is none
 * now. */
void pst_hold_set_gate (PstPeer *gate);
guint pst_hold_count (void);

/* Any thread: runs a held request again; consumes it. */
void pst_hold_run_again (PstCall *call);

/* Main thread: to every question strictly below @path the kernel is told to walk the path again. @func is called for each,
 * before. */
void pst_hold_send_round_below (const char *path, void (*func) (PstCall *call, gpointer data), gpointer data);

/* hold-mount.c */

void pst_hold_set_link (PstPeer *link);
void pst_hold_mount_fini (void);

/* May the kernel be told to walk the path again, because @tree is about to be mounted? Once per thread, before it is mounted.
 */
gboolean pst_hold_may_send_round (PstTree *tree, guint32 tid);
/* Tells it: at once if the kernel holds a directory @inside, else when the mount is there. Has it mounted. */
void pst_hold_round (PstCall *call, PstTree *tree, gboolean inside);
/* A look-up of the mount point @path itself, while it is mounted upon: TRUE if it was kept until that is over. */
gboolean pst_hold_for_mount (PstCall *call, const char *path);
/* Any thread. Is something above @path being mounted upon, so that nothing that the kernel holds a lock for may wait? *error is
 * then what the request of thread @tid gets: ESTALE, once, and after that EACCES, for this once. */
gboolean pst_hold_is_mounting_above (const char *path, guint32 tid, int *error);
/* @tree has another descriptor now, or is dropped: what waits for its mount goes on. */
void pst_hold_mount_reset (PstTree *tree);

G_END_DECLS
