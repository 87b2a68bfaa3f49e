/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "inode.h"

G_BEGIN_DECLS

/* Called in the thread that told the kernel. */
typedef void (*PstNotified) (gpointer data);

/* Tells the kernel to forget the entry @name of @parent (a reference, consumed), with everything mounted upon or below it, in
 * every mount namespace. The kernel takes the directory's lock for it, which a held request may keep it from: so this has a
 * thread of its own. @func: (nullable): called when it is done. */
void pst_notify_gone (PstInode *parent_take, const char *name, PstNotified func, gpointer data);

/* Tells the kernel to forget the attributes and the cached contents of a file (a reference, consumed), what was written through
 * a mapping being written out first: so it may need the workers. */
void pst_notify_changed (PstInode *inode_take, PstNotified func, gpointer data);

G_END_DECLS
