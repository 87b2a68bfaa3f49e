/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plan.h"

G_BEGIN_DECLS

/* Who starts the sandbox, and what of the gate roots there is on this host. */
typedef struct
{
  uid_t uid;
  gid_t gid;
  char *user;
  char *home;
  char *cwd;
  char *shell;
  PstGateRoot roots[5];
  gsize n_roots;
  char *run_media;
} PstHost;

/* Errors: one sentence (root, $HOME missing, not a directory, a place of the system, …). */
gboolean pst_host_examine (PstHost *out, GError **error);
void pst_host_clear (PstHost *host);

/* May @home be somebody's home? A sentence why not, or NULL. Pure. */
const char *pst_host_refuse_home (const char *home);

/* Adds @name → @path unless it holds, or is held by, the home. Pure. */
void pst_host_add_root (PstHost *host, const char *name, const char *path);

G_END_DECLS
