/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fuse.h"
#include "inode.h"

G_BEGIN_DECLS

/* One request that may have to wait, as data: it lives on the worker's stack while it runs, and is copied when it is held.
 * Its function is then run again from the start: it decides anew, with whatever has changed meanwhile. It replies exactly once,
 * or holds it. */
typedef struct _PstCall PstCall;
typedef void (*PstCallFunc) (PstCall *call);

struct _PstCall
{
  fuse_req_t req;
  PstCallFunc func;
  PstOp op; /* for the question */
  guint32 tid;
  guint tries; /* how often it has been run again after a question */
  gboolean was_asked;
  gboolean waited; /* for a mount */
  gboolean stays;  /* is not sent round */
  gboolean is_copy;
  guint64 ino, ino2;
  const char *name, *name2;
  const void *data;
  gsize size;
  guint32 mode, flags;
  guint64 rdev;
  gint64 offset;
  int to_set;
  const struct stat *attr;
  struct fuse_file_info fi;
  gboolean has_fi;
};

PstCall *pst_call_copy (const PstCall *call);
void pst_call_free (PstCall *call);

G_END_DECLS
