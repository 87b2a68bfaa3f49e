/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "inode.h"

G_BEGIN_DECLS

/* The two hash tables of inode.h, for inode.c and inode-names.c alone. They find; of references and of what a name means they
 * know nothing. With pst_table_lock held, but for the first two. */

void pst_table_init (void);
/* Calls both for what is left, which they free. */
void pst_table_fini (void (*free_link) (PstLink *link), void (*free_inode) (PstInode *inode));

void pst_table_add_inode (PstInode *inode);
/* Nothing, if it is not there. */
void pst_table_remove_inode (PstInode *inode);
PstInode *pst_table_find_inode (PstTree *tree, guint16 dev, guint64 ino);
guint pst_table_count_inodes (void);
void pst_table_each_inode (void (*func) (PstInode *inode, gpointer data), gpointer data);

guint32 pst_table_hash_name (const PstInode *parent, const char *name);
void pst_table_add_link (PstLink *link);
void pst_table_remove_link (PstLink *link);
PstLink *pst_table_find_link (PstInode *parent, const char *name, guint32 hash);

/* inode-names.c: @inode is what @name in @parent is now. */
void pst_inode_set_name_locked (PstInode *inode, PstInode *parent, const char *name);

G_END_DECLS
