/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#include "pst-user-dirs.h"

G_BEGIN_DECLS

/* What the broker knows of the person's machine: plain data, so that the pure modules can be tested with one made by hand. */
typedef struct
{
  char *home;            /* as applications see it: absolute, normalised */
  char *config_home;     /* the host's */
  char *data_home;       /* the host's */
  char *user;            /* login name */
  char *boot;            /* boot id */
  GPtrArray *user_dirs;  /* of PstUserDir */
  GStrv gate_roots;      /* home, /media, /run/media/USER, /mnt, /srv */
  GStrv protected_paths; /* as written, normalised */
  GStrv protected_real;  /* where those lead, where that is somewhere else */
} PstHost;

/* Reads everything. Errors: $HOME missing, the protected set unreadable. */
PstHost *pst_host_new (GError **error);
void pst_host_free (PstHost *host);

/* Looks again at what may have changed: user-dirs.dirs, where protected paths lead. */
gboolean pst_host_refresh (PstHost *host, GError **error);

/* The gate root that @path is at or below, or NULL. */
const char *pst_host_gate_root (const PstHost *host, const char *path);
/* The XDG user directory that @path is at or below (the innermost), or NULL. */
const PstUserDir *pst_host_user_dir (const PstHost *host, const char *path);
/* The protected path, as written or resolved, that @path is at or below, or NULL. */
const char *pst_host_protected_above (const PstHost *host, const char *path);
/* Is a protected path, as written or resolved, strictly below @path? */
gboolean pst_host_protected_below (const PstHost *host, const char *path);
/* Is @path $HOME, a gate root, or above one of them? Such a tree is never granted under another name. */
gboolean pst_host_is_root_or_above (const PstHost *host, const char *path);

/* The ids of the logins that the person has now, separated by blanks, "" where nobody keeps account of them. (transfer full) */
char *pst_host_login (void);
/* Is any of the logins in @login (of pst_host_login(), at another time) still there? */
gboolean pst_host_login_lives (const char *login);

/* The real path of @path, no component of which is a symlink; for a path whose last components are missing, the real path of
 * what is there with the rest added. NULL, errno set, if that is impossible: a symlink that leads nowhere, a loop, no
 * permission. (transfer full) */
char *pst_host_real_path (const char *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstHost, pst_host_free)

G_END_DECLS
