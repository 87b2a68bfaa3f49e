/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "inode.h"

G_BEGIN_DECLS

/* Tells the kernel to forget the entry @name of @parent (a reference, consumed), with everything mounted upon or below it, in
 * every mount namespace. The kernel takes the directory's lock for it, which a held request may keep it from: so this has a
 * thread of its own. @func is called in the main loop when it is done. */
void pst_notify_gone (PstInode *parent_take, const char *name, GSourceFunc func, gpointer data);

G_END_DECLS
