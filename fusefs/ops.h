/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "call.h"
#include "gate.h"
#include "handle.h"

G_BEGIN_DECLS

/* The FUSE operations, by what they work on. */

/* Changes made outside are seen after this long, in seconds. */
#define PST_TIMEOUT 1.0
/* Doors and directories that exist only here: as long as the kernel likes. Mounts hang on them. */
#define PST_TIMEOUT_VIRTUAL 1e8

/* Fills every member that this folder implements. */
void pst_ops_fill (struct fuse_lowlevel_ops *ops);

void pst_ops_entry_fill (struct fuse_lowlevel_ops *ops); /* ops-entry.c: names */
void pst_ops_inode_fill (struct fuse_lowlevel_ops *ops); /* ops-inode.c: attributes */
void pst_ops_xattr_fill (struct fuse_lowlevel_ops *ops);
void pst_ops_file_fill (struct fuse_lowlevel_ops *ops);
void pst_ops_data_fill (struct fuse_lowlevel_ops *ops);
void pst_ops_dir_fill (struct fuse_lowlevel_ops *ops);
void pst_ops_lock_fill (struct fuse_lowlevel_ops *ops);

/* The attributes of a directory that exists only here */
void pst_ops_virtual_attr (PstInode *inode, struct stat *st);
/* Replies to a look-up that found a virtual directory. */
void pst_ops_reply_virtual (PstCall *call, PstInode *parent, const char *name, const char *path);
/* The entry's parameters, of a newly found inode with its attributes in entry->attr. */
PstInode *pst_ops_enter (PstInode *dir, const char *name, struct fuse_entry_param *entry);

int pst_ops_open_flags (int flags);
/* Opens a handle for @call on @fd and replies (create: with @entry). Consumes @fd. */
void pst_ops_reply_open (PstCall *call, PstInode *inode, int fd, const struct stat *st, const struct fuse_entry_param *entry);

/* Are the contents that the kernel may have cached those of @st? If not, they are taken to be from now on: the caller sees to
 * it that the kernel drops them. */
gboolean pst_ops_cache_is_current (PstInode *inode, const struct stat *st);

/* ops-lock.c: the locks of an owner, or of a handle that is closed, are gone */
void pst_locks_flush (PstInode *inode, guint64 owner);
void pst_locks_release (PstHandle *handle);
void pst_locks_init (void);

void pst_reader_free (PstReader *reader);

G_END_DECLS
