/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "control.h"

G_BEGIN_DECLS

/* The application's private home, opened so that nothing can stand in for it. */
typedef struct
{
  int root;                      /* a detached clone of the home, for the gate */
  GPtrArray *names;              /* dot directories: .cache, .config, .local and up to PST_CONTROL_MAX_FDS - 3 others */
  int dirs[PST_CONTROL_MAX_FDS]; /* a detached clone of each */
  char machine_id[33];
} PstPrivateHome;

/* @path: as the broker names it. Makes what is missing: the three directories, and the machine id beside the home.
 * In namespace A. Errors: one sentence. */
gboolean pst_private_home_open (const char *path, PstPrivateHome *out, GError **error);
void pst_private_home_clear (PstPrivateHome *home);

/* Opens @path without following a symbolic link below the state directory (above it the user may have links). -1 with errno. */
int pst_private_home_open_dir (const char *path);

G_END_DECLS
