/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* Who an application is. Fixed from outside, by the executable that the launcher resolved: the desktop file whose command that
 * is, else the executable itself. Looks only at the host's directories. */
typedef struct
{
  char *id;            /* a safe file name: [A-Za-z0-9._+-], not beginning with "." or "-" */
  char *name;          /* untrusted text */
  char *icon;          /* themed name or absolute path */
  char *executable;    /* absolute; "" if it is not known */
  char *wants;         /* (nullable): the desktop file's X-Postern-Wants=, untrusted */
  char *reason;        /* (nullable): its X-Postern-Reason=, untrusted text */
  PstAccess suggested; /* from the desktop file's categories, 0: they say nothing */
} PstAppInfo;

typedef struct _PstIdentity PstIdentity;

/* @system_dirs: "…/applications" directories, most important first; @user_dir: the person's own (nullable); @path: where
 * commands are searched. The index is built at the first question, and again when a directory has changed. */
PstIdentity *pst_identity_new (const char *const *system_dirs, const char *user_dir, const char *path);
void pst_identity_free (PstIdentity *identity);

/* @executable: absolute, resolved. (transfer full) */
PstAppInfo *pst_identity_for_executable (PstIdentity *identity, const char *executable);
/* The application that a person named: an id, or a command. Any valid id is one, known or not; NULL for a word that cannot be.
 * (transfer full) */
PstAppInfo *pst_identity_for_word (PstIdentity *identity, const char *word);
PstAppInfo *pst_app_info_copy (const PstAppInfo *info);
void pst_app_info_free (PstAppInfo *info);

gboolean pst_app_id_is_valid (const char *id);
/* The id of an executable that no desktop file starts: "cat" for the system's, "cat-1f2e3d4c" for one elsewhere. (transfer
 * full) */
char *pst_app_id_of_executable (const char *executable);

/* From the value of Categories= */
PstAccess pst_suggest_access (const char *categories);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstAppInfo, pst_app_info_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstIdentity, pst_identity_free)

G_END_DECLS
