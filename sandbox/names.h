/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/* The files that this sandbox has made, by device and inode. */
typedef struct _PstMade PstMade;
PstMade *pst_made_new (void);
void pst_made_free (PstMade *made);

/* Names in one directory of the host, for a grant that is not of the whole directory: either of one file with its side files,
 * or to save new files. Each function decides by itself which names it may touch. They return 0 or an errno. */
typedef struct _PstNames PstNames;

/* @directory: consumed; a mount of its own, read-only if the grant is to view. @file: the granted file's name, or NULL: to
 * save. @made: borrowed. */
PstNames *pst_names_new_take_fd (int directory, const char *file, PstAccess access, PstMade *made);
void pst_names_free (PstNames *names);

/* *fd: owned by the caller. */
int pst_names_open (PstNames *names, const char *name, int flags, mode_t mode, int *fd);
int pst_names_stat (PstNames *names, const char *name, struct stat *st);
int pst_names_rename (PstNames *names, const char *from, const char *to, guint flags);
int pst_names_link (PstNames *names, const char *from, const char *to);
int pst_names_symlink (PstNames *names, const char *target, const char *name);
/* *target: (transfer full) */
int pst_names_readlink (PstNames *names, const char *name, char **target);
int pst_names_unlink (PstNames *names, const char *name);
/* *list: (transfer full) */
int pst_names_list (PstNames *names, GStrv *list);

G_END_DECLS
