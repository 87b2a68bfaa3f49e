/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

#include <sys/types.h>

G_BEGIN_DECLS

/* A tree: what this process may reach, as the supervisor handed it over. See "Trees" in docs/architecture.md.
 *
 * The registry belongs to the main thread; workers look trees up between pst_epoch_enter() and _leave(), and a tree that was
 * dropped lives until they have all left (and as long as inodes and open files refer to it).
 */
typedef struct _PstTree PstTree;

/* of a live tree */
typedef enum
{
  PST_MOUNT_NONE,    /* to be mounted on first use */
  PST_MOUNT_RUNNING, /* the supervisor is at it */
  PST_MOUNT_DONE,
  PST_MOUNT_FAILED, /* served here */
} PstMountState;

#define PST_TREE_MAX_STALE 64

struct _PstTree
{
  gint refs;
  guint64 id;
  PstTreeKind kind;
  PstAccess access;
  char *path;
  gboolean live;
  gboolean own;           /* the private home: everything is allowed */
  gint dropped;           /* atomic: nothing new may be opened */
  struct _PstInode *root; /* of kind tree; a reference until dropped */
  guint fds;              /* dir.c, under pst_table_lock: raised whenever descriptors opened so far are to be used no longer */
  gint mount;             /* PstMountState, atomic; changed by hold-mount.c only */
  guint n_stale;          /* hold-mount.c, under its lock */
  pid_t stale[PST_TREE_MAX_STALE]; /* threads that have been sent round once */
};

void pst_trees_init (void);
void pst_trees_fini (void);

/* For kind tree, takes @fd (consumed also on failure), the root directory. A tree of the same kind and path is replaced in
 * place: inodes stay valid, the new descriptor and access count from now on. NULL with errno when @fd is no directory. */
PstTree *pst_tree_attach_take_fd (guint64 id, PstTreeKind kind, PstAccess access, const char *path, gboolean live, int fd);

/* The private home: reachable through pst_trees_own() alone, not by path. */
PstTree *pst_tree_new_own_take_fd (const char *path, int fd);
PstTree *pst_trees_own (void);

PstTree *pst_tree_by_id (guint64 id);
/* Out of the registry; nothing new can be opened from now on by requests that begin now. Returns FALSE if there is none with
 * this number. */
gboolean pst_tree_drop (guint64 id);

/* The tree of kind tree with the longest path that is @path or above it. (nullable) */
PstTree *pst_tree_covering (const char *path);
/* The tree of @kind whose path is exactly @path. (nullable) */
PstTree *pst_tree_at (PstTreeKind kind, const char *path);

typedef void (*PstTreeFunc) (PstTree *tree, gpointer data);
void pst_trees_foreach (PstTreeFunc func, gpointer data);

PstTree *pst_tree_ref (PstTree *tree);
void pst_tree_unref (PstTree *tree);
gboolean pst_tree_is_dropped (PstTree *tree);

G_END_DECLS
