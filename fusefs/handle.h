/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "inode.h"

G_BEGIN_DECLS

typedef struct _PstReader PstReader;

/* An open file or directory of the application: one open file description there, one descriptor here. */
struct _PstHandle
{
  gint refs;
  PstHandle *prev, *next; /* of the inode, files only */
  PstInode *inode;        /* a reference */
  int fd;                 /* -1: a directory that was not read yet, or a virtual one */
  int flags;              /* as it was opened */
  PstReader *reader;      /* directories, ops-dir.c */
  gint locks;             /* ops-lock.c: atomic, it may hold some */
};

/* Consumes @fd. For a file it is found by pst_handle_any() from now on. */
PstHandle *pst_handle_new_take_fd (PstInode *inode, int fd, int flags);
PstHandle *pst_handle_ref (PstHandle *handle);
void pst_handle_unref (PstHandle *handle);
/* The application closed it: not found any more. Consumes a reference. */
void pst_handle_release (PstHandle *handle);

/* An open file of @inode, opened for writing if @writing. (nullable), a reference. */
PstHandle *pst_handle_any (PstInode *inode, gboolean writing);

/* A further descriptor of a file that is open, in the access mode of @flags; -1 when there is none. They share one description,
 * of which only the access mode and flock(2) are ever used. */
int pst_handle_dup (PstInode *inode, int flags);

/* open(2) finds a file first and opens it then. If it is replaced between the two, as programs do when they save, it can be
 * found by no name any more, and the call would fail, as it never does on a local disk. So the last few files that were
 * replaced stay open for a moment. Takes a reference that was not released yet. */
#define PST_REPLACED_MAX 16
#define PST_REPLACED_MS 500
void pst_handle_keep_replaced (PstHandle *handle_take);
/* All of them, or those of @tree, are let go. */
void pst_handle_drop_replaced (PstTree *tree);

guint64 pst_handle_number (PstHandle *handle);
PstHandle *pst_handle_from_number (guint64 number);

/* Strict: 0, or the errno for an open file whose grant was revoked. */
int pst_handle_check (PstHandle *handle);

G_END_DECLS
