/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "plan.h"

G_BEGIN_DECLS

/* The program of a command: how it is found, and what of it must be shown inside. */
typedef struct
{
  char *path; /* absolute and normal, what is executed inside */
  char *real; /* the file itself, all links resolved: its identity */
  char *bind; /* (nullable): what to bind read-only so that it is there */
} PstExecutable;

/* As a shell would: a word with a slash is a path, any other is looked up in @search_path. On failure *status is 126 or 127 and
 * @error is the sentence.
 * @roots: nothing below these is bound; the gate asks for it like for any other file. */
gboolean pst_executable_find (const char *word, const char *cwd, const char *search_path, const PstGateRoot *roots,
                              gsize n_roots, PstExecutable *out, int *status, GError **error);
void pst_executable_clear (PstExecutable *executable);

/* What to bind for a program at @real (see above); NULL if it is shown anyway or is below a root. Pure. (transfer full) */
char *pst_executable_to_bind (const char *real, const PstGateRoot *roots, gsize n_roots);

G_END_DECLS
