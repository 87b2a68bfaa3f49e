/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "call.h"
#include "pst-peer.h"

G_BEGIN_DECLS

/* File and save trees: no directory is held here; names are operated by the supervisor, which checks each (the Name… calls of
 * Link1), and what comes back is at most the descriptor of one file. Any thread; each answers the request, now or later. */

void pst_names_set_link (PstPeer *link);

void pst_names_lookup (PstCall *call, PstTree *tree, PstInode *parent, const char *name);
/* @open: reply to CREATE with a handle, else to MKNOD with the entry alone */
void pst_names_create (PstCall *call, PstTree *tree, PstInode *parent, const char *name, int flags, gboolean open);
void pst_names_open (PstCall *call, PstTree *tree, PstInode *inode);
void pst_names_getattr (PstCall *call, PstTree *tree, PstInode *inode);
void pst_names_setattr (PstCall *call, PstTree *tree, PstInode *inode);
void pst_names_readlink (PstCall *call, PstTree *tree, PstInode *inode);
void pst_names_symlink (PstCall *call, PstTree *tree, PstInode *parent, const char *name, const char *target);
void pst_names_unlink (PstCall *call, PstTree *tree, PstInode *parent, const char *name);
void pst_names_rename (PstCall *call, PstTree *tree, PstInode *parent, const char *from, const char *to, guint flags);
void pst_names_link (PstCall *call, PstTree *tree, PstInode *inode, PstInode *parent, const char *name);

/* Main thread: the names of the tree that may be seen; NULL on failure. */
typedef void (*PstNamesListed) (const char *const *names, gpointer data);
void pst_names_list (PstTree *tree, PstNamesListed func, gpointer data);

/* ops-inode.c */
int pst_ops_setattr_fd (const PstCall *call, int fd, gboolean size);

G_END_DECLS
