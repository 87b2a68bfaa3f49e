/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-user-dirs.h"

#include "pst-fd.h"
#include "pst-path.h"
#include "pst-text.h"

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

/* One line, XDG_PICTURES_DIR="$HOME/Bilder". Returns the path, and which directory it is in @which; NULL for any other line. */
static char *
path_in_line (const char *line, const char *home, gsize *which)
{
  g_autofree char *value = NULL;

  line += strspn (line, " \t");
  if (!g_str_has_prefix (line, "XDG_"))
    return NULL;
  line += strlen ("XDG_");
  for (*which = 0; *which < G_N_ELEMENTS (known); (*which)++)
    if (g_str_has_prefix (line, known[*which].key) && g_str_has_prefix (line + strlen (known[*which].key), "_DIR="))
      break;
  if (*which == G_N_ELEMENTS (known))
    return NULL;
  value = unquote (line + strlen (known[*which].key) + strlen ("_DIR="));
  if (value == NULL)
    return NULL;
  if (g_str_has_prefix (value, "$HOME/") || strcmp (value, "$HOME") == 0)
    {
      g_autofree char *full = g_strconcat (home, value + strlen ("$HOME"), NULL);
      return pst_path_normalise (full, NULL, NULL);
    }
  return value[0] == '/' ? pst_path_normalise (value, NULL, NULL) : NULL;
}

/* @paths: one for each known directory, NULL where none is named. The last line wins, as in a shell. */
static void
collect_paths (const char *text, const char *home, char *paths[])
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      gsize which;
      char *path = path_in_line (lines[i], home, &which);

      if (path == NULL)
        continue;
      g_free (paths[which]);
      paths[which] = path;
    }
}

static gboolean
is_dot_entry (const char *path, const char *home)
{
  gsize length = strcmp (home, "/") == 0 ? 0 : strlen (home);

  return pst_path_is_below_or_equal (path, home) && path[length] == '/' && path[length + 1] == '.';
}

GPtrArray *
pst_user_dirs_read (const char *home, const char *config_home)
{
  g_autofree char *file = g_build_filename (config_home, "user-dirs.dirs", NULL);
  pst_autofd fd = open (file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autoptr (GBytes) bytes = fd >= 0 ? pst_fd_read_all (fd, MAX_FILE, NULL) : NULL;
  g_autofree char *text = NULL;

  if (bytes != NULL && g_bytes_get_size (bytes) > 0)
    text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  return pst_user_dirs_parse (text != NULL ? text : "", home);
}

GPtrArray *
pst_user_dirs_parse (const char *text, const char *home)
{
  GPtrArray *dirs = g_ptr_array_new_with_free_func (user_dir_free);
  char *paths[G_N_ELEMENTS (known)] = { NULL };
  g_autofree char *normal_home = pst_path_normalise (home, NULL, NULL);

  if (normal_home == NULL)
    return dirs;
  collect_paths (text, normal_home, paths);
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      g_autofree char *path = paths[i] != NULL ? paths[i] : g_build_filename (normal_home, known[i].name, NULL);
      PstUserDir *dir;

      /* $HOME itself means "none"; what is above it would be no user directory but everybody's. Dot entries of the home
       * are settings: an application that can write this file must not have its keys called "Pictures". */
      if (pst_path_is_below_or_equal (normal_home, path) || !pst_path_is_normal (path) || is_dot_entry (path, normal_home))
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
          g_autofree char *shown = pst_text_for_display (line, 80);
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "line %" G_GSIZE_FORMAT ": “%s” does not start with / or ~/",
                       i + 1, shown);
          return NULL;
        }
      path = pst_path_normalise (line, NULL, home);
      if (path == NULL)
        {
          /* Leaving it out would leave it unprotected. */
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "line %" G_GSIZE_FORMAT ": the path is too long", i + 1);
          return NULL;
        }
      g_ptr_array_add (paths, path);
    }
  g_ptr_array_add (paths, NULL);
  return (GStrv)g_ptr_array_steal (paths, NULL);
}
