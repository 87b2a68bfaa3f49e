/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The XDG user directories as user-dirs.dirs of @config_home names them (localised names), with the English defaults for those
 * not named; entries that are $HOME itself, above it, or in a dot entry of it are left out. Unlike g_get_user_special_dir()
 * this reads the file each time and needs no HOME of its own. */
typedef struct
{
  char *key;  /* "PICTURES" */
  char *path; /* absolute, normalised */
} PstUserDir;

/* Returns: (transfer full): array of PstUserDir, freed with g_ptr_array_unref. Unreadable or malformed lines are left out. */
GPtrArray *pst_user_dirs_read (const char *home, const char *config_home);
/* The same from the text of the file. */
GPtrArray *pst_user_dirs_parse (const char *text, const char *home);

/* "Pictures" for "PICTURES": the English title, untranslated msgid; NULL for an unknown key. */
const char *pst_user_dir_title (const char *key);

/* The protected set: one path a line ("~/.ssh", "/etc/x"), '#' comments, as data/protected.conf has it. Returns normalised
 * absolute paths. */
GStrv pst_protected_parse (const char *data, const char *home, GError **error);

G_END_DECLS
