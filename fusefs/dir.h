/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "inode.h"

G_BEGIN_DECLS

/* Descriptors of directories: opened with O_PATH when needed, kept in a list of at most PST_DIR_MAX_CACHED, the least recently
 * used closed first. A directory whose descriptor was closed is found again from its nearest ancestor that still has one, by
 * the names that the table remembers, without following a symlink or leaving the tree, and only taken if it is still the same
 * device and inode. */
#define PST_DIR_MAX_CACHED 512

struct _PstDir
{
  gint refs;
  int fd;
  PstInode *inode; /* (nullable): NULL when it is cached no longer */
  PstDir *prev, *next;
  gboolean listed; /* in the list: may be closed when others are needed */
};

/* The descriptor of a directory of a tree; a reference. NULL with errno: ESTALE when it cannot be found any more. */
PstDir *pst_dir_acquire (PstInode *inode);
/* NULL is taken */
void pst_dir_unref (PstDir *dir);

void pst_dir_set_root_take_fd (PstInode *root, int fd);
void pst_dir_drop_tree (PstTree *tree);
/* A removed directory that is still in use cannot be found again: its descriptor stays, if there is one. */
void pst_dir_keep_locked (PstInode *inode);
void pst_dir_forget_locked (PstInode *inode);
/* The same for a fifo, socket or device that is being removed: the kernel opens those itself, so nothing here has them open. */
void pst_dir_keep_special (PstInode *inode, PstDir *dir, const char *name);
guint pst_dir_count_cached (void);

/* A file: the directory it is in, and its name there. */
typedef struct
{
  PstDir *dir;
  char name[1025]; /* the kernel's limit */
} PstAt;

/* The newest name (@skip 0), or a further one. FALSE with errno: ESTALE when there is none. */
gboolean pst_at_init (PstAt *at, PstInode *inode, guint skip);
static inline void
pst_at_clear (PstAt *at)
{
  pst_dir_unref (at->dir);
}

G_END_DECLS
