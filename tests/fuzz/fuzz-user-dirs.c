/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "pst-path.h"
#include "pst-user-dirs.h"

/* user-dirs.dirs and the protected set: text that decides what is a door and what is never included. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = size > 0 ? g_strndup ((const char *)data, size) : g_strdup ("");
  g_autoptr (GPtrArray) dirs = pst_user_dirs_parse (text, "/home/u");
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) paths = pst_protected_parse (text, "/home/u", &error);

  for (guint i = 0; i < dirs->len; i++)
    {
      PstUserDir *dir = g_ptr_array_index (dirs, i);

      g_assert_true (pst_path_is_normal (dir->path));
      g_assert_false (pst_path_is_below_or_equal ("/home/u", dir->path));
      g_assert_nonnull (pst_user_dir_title (dir->key));
    }
  g_assert_true ((paths == NULL) == (error != NULL));
  for (gsize i = 0; paths != NULL && paths[i] != NULL; i++)
    g_assert_true (pst_path_is_normal (paths[i]));
  return 0;
}
