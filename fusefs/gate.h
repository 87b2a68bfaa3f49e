/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "call.h"
#include "dir.h"

G_BEGIN_DECLS

/* The gate: what the application may do with what, and where that is. */

typedef struct
{
  char *home;       /* the host path of $HOME */
  guint32 uid, gid; /* whose everything is */
  guint32 supervisor;
  gboolean strict;
  gint64 started; /* seconds: the times of what exists only here */
} PstGateConfig;

extern PstGateConfig pst_gate_config;

/* A directory of the FUSE root that stands for the host's @path. Kept for ever. */
void pst_gate_add_root (const char *name, const char *path);
void pst_gate_clear_roots (void);
typedef void (*PstGateRootFunc) (const char *name, PstInode *inode, gpointer data);
void pst_gate_foreach_root (PstGateRootFunc func, gpointer data);
/* The virtual directory that @path lies in, as far as the kernel knows it, and the name there. (nullable), a reference. */
PstInode *pst_gate_find_parent (const char *path, const char **name);
/* Tests and the stand-alone server: the FUSE root itself stands for @path. */
void pst_gate_set_root_path (const char *path);

/* The one function that decides. @child: (nullable): an entry of @inode, which need not exist. */
PstAnswer pst_gate_decide (PstInode *inode, const char *child, PstAccess access);

/* What was just found in @parent inherits its cached verdicts. */
void pst_gate_inherit (PstInode *parent, PstInode *inode);

/* Every path below decides alike. Of the entry @name, which need not exist, in the second. */
gboolean pst_gate_is_uniform (PstInode *inode);
gboolean pst_gate_is_uniform_at (PstInode *dir, const char *name);

/* Where an operation happens, if it may. */
typedef enum
{
  PST_PLACE_TREE,    /* in a directory that we have: dir, and the entry's name */
  PST_PLACE_NAMES,   /* in a directory that only the supervisor reaches, of tree */
  PST_PLACE_VIRTUAL, /* a directory that exists only here, path */
  PST_PLACE_ERROR,   /* errno */
  PST_PLACE_ASK,     /* path, access */
  PST_PLACE_ROUND,   /* tree is about to be mounted over this: the kernel is to walk the path again */
} PstPlaceKind;

typedef struct
{
  PstPlaceKind kind;
  int error;
  PstInode *dir;   /* TREE: the directory (or, of pst_gate_place_inode, the inode itself) */
  PstInode *owned; /* (nullable): a reference to let go */
  PstTree *tree;   /* NAMES, ROUND */
  char *path;      /* VIRTUAL, ASK; owned */
  PstAccess access;
  gboolean inside; /* ROUND: the kernel holds a directory below the mount point */
  gboolean empty;  /* VIRTUAL: to be shown as empty but for what is allowed in it by name */
} PstPlace;

/* Where the entry @name of @parent is. */
void pst_gate_place (PstCall *call, PstInode *parent, const char *name, PstAccess access, PstPlace *place);
/* Where @inode itself is. @entering: a directory is opened, not just looked at. */
void pst_gate_place_inode (PstCall *call, PstInode *inode, PstAccess access, gboolean entering, PstPlace *place);
void pst_place_clear (PstPlace *place);

/* For all that is not TREE, NAMES or VIRTUAL: replies, or holds the request, and clears @place. FALSE if the operation is to be
 * done. */
gboolean pst_place_settle (PstCall *call, PstPlace *place);

/* The directory in the private home that stands for the host's directory @path, made if missing. A reference; NULL with errno.
 */
PstInode *pst_gate_private_dir (const char *path);

/* Is @inode to be served no longer? 0, or the errno to give. */
int pst_gate_check_open (PstInode *inode);

G_END_DECLS
