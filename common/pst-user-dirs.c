/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-user-dirs.h"

#include "pst-fd.h"
#include "pst-path.h"

#include <fcntl.h>
#include <string.h>

#define N_(text) text

static const struct
{
  const char *key;
  const char *name; /* the English default, and the title */
} known[] = {
  { "DESKTOP", N_ ("Desktop") },    { "DOWNLOAD", N_ ("Downloads") },  { "TEMPLATES", N_ ("Templates") },
  { "PUBLICSHARE", N_ ("Public") }, { "DOCUMENTS", N_ ("Documents") }, { "MUSIC", N_ ("Music") },
  { "PICTURES", N_ ("Pictures") },  { "VIDEOS", N_ ("Videos") },
};

#define MAX_FILE (64u << 10)

const char *
pst_user_dir_title (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (strcmp (known[i].key, key) == 0)
      return known[i].name;
  return NULL;
}

static void
user_dir_free (gpointer data)
{
  PstUserDir *dir = data;

  g_free (dir->key);
  g_free (dir->path);
  g_free (dir);
}

/* The text between the quotes at @value, with shell escapes undone. NULL if the quotes do not match. */
static char *
unquote (const char *value)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (*value++ != '"')
    return NULL;
  for (; *value != '"'; value++)
    {
      if (*value == '\\' && value[1] != '\0')
        value++;
      if (*value == '\0')
        return NULL;
      g_string_append_c (out, *value);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* One line of user-dirs.dirs: XDG_PICTURES_DIR="$HOME/Bilder". */
static char *
path_in_line (const char *line, const char *key, const char *home)
{
  g_autofree char *start = g_strdup_printf ("XDG_%s_DIR=", key);
  g_autofree char *value = NULL;

  line += strspn (line, " \t");
  if (!g_str_has_prefix (line, start))
    return NULL;
  value = unquote (line + strlen (start));
  if (value == NULL)
    return NULL;
  if (g_str_has_prefix (value, "$HOME/") || strcmp (value, "$HOME") == 0)
    {
      g_autofree char *full = g_strconcat (home, value + strlen ("$HOME"), NULL);
      return pst_path_normalise (full, NULL, NULL);
    }
  return value[0] == '/' ? pst_path_normalise (value, NULL, NULL) : NULL;
}

GPtrArray *
pst_user_dirs_read (const char *home, const char *config_home)
{
  GPtrArray *dirs = g_ptr_array_new_with_free_func (user_dir_free);
  g_autofree char *file = g_build_filename (config_home, "user-dirs.dirs", NULL);
  pst_autofd fd = open (file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autoptr (GBytes) bytes = fd >= 0 ? pst_fd_read_all (fd, MAX_FILE, NULL) : NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (bytes != NULL)
    text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_autofree char *path = NULL;
      PstUserDir *dir;

      for (gsize j = 0; lines[j] != NULL; j++)
        {
          char *found = path_in_line (lines[j], known[i].key, home);

          if (found != NULL)
            {
              g_free (path);
              path = found;
            }
        }
      if (path == NULL)
        path = g_build_filename (home, known[i].name, NULL);
      /* $HOME itself means "none" */
      if (strcmp (path, home) == 0 || strcmp (path, "/") == 0 || !pst_path_is_normal (path))
        continue;
      dir = g_new0 (PstUserDir, 1);
      dir->key = g_strdup (known[i].key);
      dir->path = g_steal_pointer (&path);
      g_ptr_array_add (dirs, dir);
    }
  return dirs;
}

GStrv
pst_protected_parse (const char *data, const char *home, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (data, "\n", -1);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      char *path;

      if (line[0] == '\0' || line[0] == '#')
        continue;
      if (line[0] != '/' && !g_str_has_prefix (line, "~/"))
        {
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "line %" G_GSIZE_FORMAT ": “%s” does not start with / or ~/",
                       i + 1, line);
          return NULL;
        }
      path = pst_path_normalise (line, NULL, home);
      if (path != NULL)
        g_ptr_array_add (paths, path);
    }
  g_ptr_array_add (paths, NULL);
  return (GStrv)g_ptr_array_free (g_steal_pointer (&paths), FALSE);
}
