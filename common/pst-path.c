/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-path.h"

#include <limits.h>
#include <string.h>

gboolean
pst_name_is_valid (const char *name)
{
  return name[0] != '\0' && strcmp (name, ".") != 0 && strcmp (name, "..") != 0 && strchr (name, '/') == NULL;
}

gboolean
pst_path_is_normal (const char *path)
{
  gsize length = strlen (path);
  const char *p = path;

  if (path[0] != '/' || length >= PATH_MAX)
    return FALSE;
  if (length == 1)
    return TRUE;

  while (*p == '/')
    {
      const char *name = p + 1;
      gsize n = strcspn (name, "/");

      if (n == 0 || (n == 1 && name[0] == '.') || (n == 2 && name[0] == '.' && name[1] == '.'))
        return FALSE;
      p = name + n;
    }
  return TRUE;
}

char *
pst_path_normalise (const char *path, const char *cwd, const char *home)
{
  g_autoptr (GString) full = g_string_new (NULL);
  g_autoptr (GString) out = g_string_new (NULL);
  const char *p;

  if (home != NULL && path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
    g_string_append_printf (full, "%s/%s", home, path + 1);
  else if (path[0] == '/')
    g_string_append (full, path);
  else
    g_string_append_printf (full, "%s/%s", cwd != NULL ? cwd : "", path);

  for (p = full->str; *p != '\0';)
    {
      gsize n;

      p += strspn (p, "/");
      n = strcspn (p, "/");
      if (n == 0)
        break;
      if (n == 2 && p[0] == '.' && p[1] == '.')
        {
          const char *slash = strrchr (out->str, '/');
          g_string_truncate (out, slash != NULL ? (gsize)(slash - out->str) : 0);
        }
      else if (!(n == 1 && p[0] == '.'))
        {
          g_string_append_c (out, '/');
          g_string_append_len (out, p, (gssize)n);
        }
      p += n;
    }

  if (out->len == 0)
    g_string_append_c (out, '/');
  if (out->len >= PATH_MAX)
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

gboolean
pst_path_is_below_or_equal (const char *path, const char *ancestor)
{
  gsize n = strlen (ancestor);

  if (n == 1)
    return path[0] == '/';
  return strncmp (path, ancestor, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

char *
pst_path_abbreviate (const char *path, const char *home)
{
  if (home != NULL && strcmp (home, "/") != 0 && pst_path_is_below_or_equal (path, home))
    return g_strconcat ("~", path + strlen (home), NULL);
  return g_strdup (path);
}
