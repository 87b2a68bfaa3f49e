/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-user-dirs.h"

G_BEGIN_DECLS

/* The private home of an application: STATE/homes/APP, made (0700) if it is missing. A symlink, somebody else's directory or
 * one that others may enter in its place is refused: a program could have put it there. @user_dirs (nullable), of PstUserDir,
 * is written into a new .config, for programs to find them; @real_home is the person's. Returns its real path: (transfer full).
 */
char *
pst_private_home (const char *state_dir, const char *app, const GPtrArray *user_dirs, const char *real_home, GError **error);

G_END_DECLS
