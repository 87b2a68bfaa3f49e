/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

#include "names.h"

G_BEGIN_DECLS

/* What of the host is attached to this sandbox. See "Trees" in docs/architecture.md. */
typedef struct _PstTrees PstTrees;

typedef struct
{
  guint64 id;
  PstTreeKind kind;
  PstAccess access;
  const char *path; /* inside */
  const char *real; /* on the host */
  guint64 device;   /* with inode: what the person was shown; 0, 0: any */
  guint64 inode;
  gboolean live;
  gboolean create;
} PstTreeRequest;

/* @host, @inside: the mount namespaces A and B, consumed. @gate: a mount of the gate's file system, borrowed. */
PstTrees *pst_trees_new (int host, int inside, int gate);

/* On success *root is the tree's root for the gate (kind tree), owned by the caller, or -1. Errors: one sentence. */
gboolean pst_trees_attach (PstTrees *trees, const PstTreeRequest *request, int *root, GError **error);

/* Mounts a live tree at its place. 0 or an errno. */
int pst_trees_mount (PstTrees *trees, guint64 id);

/* Unmounts it if it is mounted, and forgets it. */
void pst_trees_detach (PstTrees *trees, guint64 id);

/* The directory of a file or save tree; NULL for any other number. */
PstNames *pst_trees_names (PstTrees *trees, guint64 id);

/* A descriptor that polls with G_IO_PRI when the host's mounts have changed; borrowed. -1: there is none. */
int pst_trees_get_watch (PstTrees *trees);

/* After that: the trees whose file system the host has unmounted, of guint64. They are still attached, and keep the device
 * busy: detach them. (transfer full) */
GArray *pst_trees_find_lost (PstTrees *trees);

/* "at": those attached. (transfer floating) */
GVariant *pst_trees_list (PstTrees *trees);

G_END_DECLS
