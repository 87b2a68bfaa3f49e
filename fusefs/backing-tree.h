/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dir.h"
#include "handle.h"

G_BEGIN_DECLS

/* The system calls of pass-through: on inodes of trees, by directory descriptor and name, each result checked to be the inode
 * that was meant. Functions that return int give 0 or an errno, if not said otherwise. */

int pst_backing_stat (PstInode *inode, struct stat *st);

/* A descriptor of the very inode, or a negative errno. @flags: of open(2), without O_CREAT, O_EXCL and O_TRUNC. */
int pst_backing_open (PstInode *inode, int flags);
/* The same with O_PATH, also of symlinks and special files. */
int pst_backing_open_path (PstInode *inode);

/* Makes @st fit to be shown: inode number, groups that nobody here knows. */
void pst_backing_show (PstInode *inode, struct stat *st);

/* Is the @skip-th name of @inode, a file in a tree, (still) its name? If it is another file's, or nobody's, it is forgotten. */
gboolean pst_backing_check_name (PstInode *inode, guint skip, gboolean *forgotten);
gboolean pst_backing_exists (PstInode *dir, const char *name);

/* From @dir down the relative @path, a reference; "" is @dir. With @create missing directories are made (0700). NULL with
 * errno. */
PstInode *pst_backing_walk (PstInode *dir, const char *path, gboolean create);

G_END_DECLS
