/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plan.h"

G_BEGIN_DECLS

/* Executes plans, in the mount namespace that is to become the application's. Errors: G_FILE_ERROR, one sentence. */
typedef struct _PstMounts PstMounts;

/* A new root in place of the old, which stays reachable to take from. @gate: the detached mount of the gate's file system,
 * borrowed. */
PstMounts *pst_mounts_begin (int gate, GError **error);

/* @privates: (nullable): for each PST_PLAN_PRIVATE of @plan, in order, a detached mount of the directory; borrowed. */
gboolean pst_mounts_run (PstMounts *mounts, const PstPlan *plan, const int *privates, gsize n_privates, GError **error);

/* The listening sockets that the plans have made so far, in their order: descriptors, owned by the caller from then on. Returns
 * their number, at most PST_MOUNTS_MAX_SOCKETS. */
#define PST_MOUNTS_MAX_SOCKETS 3
gsize pst_mounts_steal_sockets (PstMounts *mounts, int *fds);

/* Lets go of the host's tree and makes the root read-only. Frees @mounts. */
gboolean pst_mounts_end (PstMounts *mounts, GError **error);

/* Mounts the gate's file system, attached nowhere. In a user namespace of one's own. @device: the /dev/fuse descriptor that
 * serves it. */
gboolean pst_mounts_new_gate (uid_t uid, gid_t gid, int *device, int *mount, GError **error);

/* Sets @attributes (MOUNT_ATTR_*) on the detached mount @fd and what is mounted below it, and cuts it from propagation. FALSE
 * with errno. */
gboolean pst_mounts_restrict (int fd, guint64 attributes);

G_END_DECLS
