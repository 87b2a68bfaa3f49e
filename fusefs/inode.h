/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tree.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/* The inode table: what the kernel may name by number.
 *
 * An inode is either *virtual* (a directory that exists only here: the root, a gate root, a door; tree is NULL) or stands for
 * an inode of a tree, keyed by (tree, device, inode number). It keeps no descriptor. It keeps the names by which it was found
 * (links), each a parent and a name; a reference to the parent keeps the chain to the tree's root alive, and a file is operated
 * as (directory descriptor of the parent, name) and checked against device and inode number afterwards.
 *
 * The number that the kernel gets is the address. The kernel returns each number as often as it was given out (forget), and
 * never uses one later, so an inode stays valid during a request that names it.
 *
 * One lock, pst_table_lock, protects all of it and is never held over a system call that may wait.
 */
typedef struct _PstInode PstInode;
typedef struct _PstLink PstLink;
typedef struct _PstDir PstDir;
typedef struct _PstHandle PstHandle;
typedef struct _PstVirtual PstVirtual;

struct _PstLink
{
  PstLink *hash_next;
  PstLink *next;    /* a further name of the same inode */
  PstInode *parent; /* a reference */
  PstInode *inode;
  guint32 hash;
  char name[];
};

struct _PstInode
{
  PstInode *hash_next;
  PstTree *tree; /* a reference; NULL: virtual */
  guint64 ino;
  PstLink *links; /* the newest first */
  guint64 n_lookup;
  guint64 decision; /* gate-verdict.c: packed, atomic */
  guint32 refs;
  guint16 dev;   /* pst_inode_device() */
  guint16 type;  /* S_IFMT */
  guint16 nlink; /* as last seen, 65535: that or more */
  guint8 hashed : 1;
  guint8 posix_locks : 1; /* has been locked with fcntl: closing must be told */
  guint8 is_root : 1;     /* of its tree, or the root of all */
  PstDir *dir;            /* (nullable): directories, see dir.h */
  union
  {
    PstHandle *handles;  /* files: open ones */
    PstVirtual *virtual; /* virtual directories */
  };
  gint64 seen_mtime; /* ns; what the kernel's cache was filled with, 0: do not trust it */
  gint64 seen_ctime;
  gint64 seen_size;
};

extern GMutex pst_table_lock;

void pst_inodes_init (void);
/* Frees what is left; only when nobody uses the table. */
void pst_inodes_fini (void);
guint pst_inodes_count (void);

/* The inode of the root, number FUSE_ROOT_ID; virtual, immortal. */
PstInode *pst_inodes_root (void);
PstInode *pst_inode_from_number (guint64 number);
guint64 pst_inode_number (PstInode *inode);

/* Finds or makes the inode of @st, found as @name in @parent, and remembers that name. For the root of a tree @parent is NULL.
 * With @counted the kernel will be told its number (it will forget it), without, the caller gets a reference. */
PstInode *pst_inode_enter (PstTree *tree, const struct stat *st, PstInode *parent, const char *name, gboolean counted);

/* The virtual directory @name in @parent, made with @path when there is none. @counted as above. */
PstInode *pst_inode_enter_virtual (PstInode *parent, const char *name, const char *path, gboolean counted);

PstInode *pst_inode_ref (PstInode *inode);
void pst_inode_unref (PstInode *inode);
void pst_inode_unref_locked (PstInode *inode);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstInode, pst_inode_unref)
void pst_inode_forget (PstInode *inode, guint64 n);

/* The name is gone: removed by us (@removed), or not found any more. */
void pst_inode_name_gone (PstInode *parent, const char *name, gboolean removed);
void pst_inode_renamed (PstInode *parent, const char *name, PstInode *new_parent, const char *new_name, gboolean exchange);
/* The known inode of that name, without asking the file system. (nullable), a reference. */
PstInode *pst_inode_find_name (PstInode *parent, const char *name);

gboolean pst_inode_has_several_names (PstInode *inode);
/* Its @skip-th name is no longer true, if it still is @name. FALSE: it is another by now. */
gboolean pst_inode_drop_name (PstInode *inode, guint skip, const char *name);

/* The files of @tree that are open, each with a reference. (transfer full): array of PstInode */
GPtrArray *pst_inodes_open (PstTree *tree);

/* The path as the application sees it, by the newest name; @skip: by the skip-th further name. (transfer full) (nullable): NULL
 * when there is no such name, or the chain of parents is broken. @child: (nullable): appended. */
char *pst_inode_path (PstInode *inode, guint skip, const char *child);

/* A small number for @dev, so that numbers of different file systems do not collide. */
guint16 pst_inode_device (guint64 dev);
dev_t pst_inode_device_number (guint16 device);
gboolean pst_inode_matches (PstInode *inode, const struct stat *st);
/* The inode number that the application sees */
guint64 pst_inode_visible_number (guint16 device, guint64 ino);

static inline gboolean
pst_inode_is_virtual (const PstInode *inode)
{
  return inode->tree == NULL;
}

struct _PstVirtual
{
  char *path;        /* as the application sees it; "" for the root of all */
  gboolean is_gate;  /* a gate root */
  gboolean is_home;  /* $HOME */
  guint64 ino;       /* what stat shows */
  PstInode *backing; /* (nullable): a reference; the directory that serves this one, while backing_tree is attached */
  PstTree *backing_tree;
};

G_END_DECLS
