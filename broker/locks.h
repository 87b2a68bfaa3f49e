/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* The administrator's locks: files *.conf in a locks.d directory, in the order of their names.
 *
 *   [Files]                      (for every application)
 *   ~/Work=deny
 *   [Files org.gnome.eog]        (for one)
 *   xdg:PICTURES=view
 *
 * Words and paths are those of a profile. A lock that cannot be read is not passed over: nothing is started. */
typedef struct
{
  char *app;  /* (nullable): for every application */
  char *path; /* as written */
  PstAccess access;
  PstAnswer answer;
  char *file; /* (nullable): where it stands */
} PstLock;

void pst_lock_free (PstLock *lock);

/* Adds the locks in @data to @locks (of PstLock). @label names the file in messages. */
gboolean pst_locks_parse (GPtrArray *locks, const char *data, gsize size, const char *label, GError **error);
/* (transfer full): of PstLock. A directory that does not exist has none. */
GPtrArray *pst_locks_read (const char *const *directories, GError **error);

/* "view" → allow view, "deny" → deny, … */
gboolean pst_lock_word (const char *word, PstAccess *access, PstAnswer *answer);

#define PST_LOCKS_ERROR (pst_locks_error_quark ())
GQuark pst_locks_error_quark (void);

G_END_DECLS
