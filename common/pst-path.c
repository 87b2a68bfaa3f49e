/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-path.h"

#include <limits.h>
#include <string.h>

gboolean
pst_path_is_normal (const char *path)
{
  const char *component, *end;

  if (path == NULL || path[0] != '/' || strnlen (path, PATH_MAX) >= PATH_MAX)
    return FALSE;
  if (path[1] == '\0')
    return TRUE;

  for (component = path + 1;; component = end + 1)
    {
      gsize length;

      end = strchrnul (component, '/');
      length = (gsize)(end - component);
      if (length == 0 || (length == 1 && component[0] == '.') || (length == 2 && component[0] == '.' && component[1] == '.'))
        return FALSE;
      if (*end == '\0')
        return TRUE;
    }
}

/* Appends the components of @path to @out (absolute, without a trailing slash; empty stands for "/"). */
static void
append_components (GString *out, const char *path)
{
  const char *component = path, *end;

  for (; *component != '\0'; component = *end == '\0' ? end : end + 1)
    {
      gsize length;

      end = strchrnul (component, '/');
      length = (gsize)(end - component);
      if (length == 0 || (length == 1 && component[0] == '.'))
        continue;
      if (length == 2 && component[0] == '.' && component[1] == '.')
        {
          const char *slash = strrchr (out->str, '/');

          g_string_truncate (out, slash != NULL ? (gsize)(slash - out->str) : 0);
          continue;
        }
      g_string_append_c (out, '/');
      g_string_append_len (out, component, (gssize)length);
    }
}

char *
pst_path_normalise (const char *path, const char *cwd, const char *home)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (home != NULL && path[0] == '~' && (path[1] == '\0' || path[1] == '/'))
    {
      append_components (out, home);
      path++;
    }
  else if (path[0] != '/' && cwd != NULL)
    append_components (out, cwd);
  append_components (out, path);

  if (out->len == 0)
    g_string_append_c (out, '/');
  if (out->len >= PATH_MAX)
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

gboolean
pst_path_is_below_or_equal (const char *path, const char *ancestor)
{
  gsize length = strlen (ancestor);

  if (length == 1)
    return TRUE;
  return strncmp (path, ancestor, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

gboolean
pst_name_is_valid (const char *name)
{
  return name != NULL && name[0] != '\0' && strchr (name, '/') == NULL && strcmp (name, ".") != 0 && strcmp (name, "..") != 0;
}

char *
pst_path_abbreviate (const char *path, const char *home)
{
  if (home != NULL && home[0] == '/' && home[1] != '\0' && pst_path_is_below_or_equal (path, home))
    return g_strconcat ("~", path + strlen (home), NULL);
  return g_strdup (path);
}
