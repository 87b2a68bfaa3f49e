/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Only in a build with the sanitizers; see pst-sanitized.c. */

/* The variable that names the file for their reports. */
#define PST_SANITIZER_REPORTS "POSTERN_SANITIZER_REPORTS"

/* The descriptors that they write to, or -1 if that is standard error. */
#define PST_SANITIZER_N_FDS 2
extern int pst_sanitizer_fds[PST_SANITIZER_N_FDS];

/* For a child that was not made by fork(). */
void pst_sanitizer_after_fork (void);

G_END_DECLS
