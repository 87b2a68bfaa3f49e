/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "gate.h"

G_BEGIN_DECLS

/* The listing of a directory that exists only here. */
typedef struct
{
  guint64 ino;
  guint32 type; /* S_IFMT, 0: unknown */
  char name[];
} PstListed;

/* "." and ".." alone. Array of PstListed */
GPtrArray *pst_list_new_empty (PstInode *inode);

/* Puts the listing together, asking the broker and the supervisor where they know more, and answers the OPENDIR. */
void pst_list_for_opendir (PstCall *call, PstInode *inode);

/* What can be said without asking anybody. @seen: names so far, to leave out doubles. */
GPtrArray *pst_list_local (PstInode *inode, GHashTable *seen);
void pst_list_add (GPtrArray *list, GHashTable *seen, const char *name, guint64 ino, guint32 type);

/* ops-dir.c. Consumes @list_take. */
void pst_ops_reply_opendir (PstCall *call, PstInode *inode, PstInode *dir, GPtrArray *list_take, gboolean keep);

G_END_DECLS
