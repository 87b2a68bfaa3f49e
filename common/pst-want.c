/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-want.h"

#include "pst-path.h"
#include "pst-user-dirs.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_TEXT 8192 /* of a whole list */
#define MAX_PATH 1024
#define MAX_NAME 255 /* of the D-Bus specification */

/* As D-Bus has well-known names: at least two elements, none of which begins with a digit. */
static gboolean
is_service_name (const char *name)
{
  guint n_elements = 1;
  gboolean at_start = TRUE;

  if (strlen (name) > MAX_NAME)
    return FALSE;
  for (const char *p = name; *p != '\0'; p++)
    {
      if (*p == '.')
        {
          if (at_start)
            return FALSE;
          n_elements++;
        }
      else if (!g_ascii_isalpha (*p) && *p != '_' && *p != '-' && (at_start || !g_ascii_isdigit (*p)))
        return FALSE;
      at_start = *p == '.';
    }
  return !at_start && n_elements > 1;
}

static gboolean
is_place (const char *path)
{
  g_autofree char *normal = NULL, *again = NULL;

  if (strlen (path) > MAX_PATH)
    return FALSE;
  if (g_str_has_prefix (path, "xdg:"))
    return pst_user_dir_title (path + 4) != NULL;
  if (path[0] != '/' && !g_str_has_prefix (path, "~/"))
    return FALSE;
  normal = pst_path_normalise (path, "/", "/home");
  again = path[0] == '~' ? g_strconcat ("/home", path + 1, NULL) : g_strdup (path);
  return g_strcmp0 (normal, again) == 0;
}

PstWant *
pst_want_new (const char *resource, const char *access, const char **problem)
{
  const char *name = g_str_has_prefix (resource, "session:")  ? resource + strlen ("session:")
                     : g_str_has_prefix (resource, "system:") ? resource + strlen ("system:")
                                                              : NULL;
  PstKind kind = name != NULL ? PST_KIND_BUS : PST_KIND_FILES;
  PstAccess wanted;
  PstWant *want;

  if (name != NULL ? !is_service_name (name) : !is_place (resource))
    {
      *problem = _ ("is neither xdg:NAME of a user directory, ~/…, an absolute path without “.” and “..”, nor session:NAME or "
                    "system:NAME of a service");
      return NULL;
    }
  if (!pst_access_from_string_for (kind, access, &wanted) || (kind == PST_KIND_BUS && wanted != PST_ACCESS_TALK))
    {
      *problem = kind == PST_KIND_BUS ? _ ("is a service: what is wanted of it can only be talk")
                                      : _ ("is a place: what is wanted of it is view, change or save");
      return NULL;
    }
  want = g_new (PstWant, 1);
  *want = (PstWant){ kind, g_strdup (resource), wanted };
  return want;
}

void
pst_want_free (PstWant *want)
{
  if (want == NULL)
    return;
  g_free (want->resource);
  g_free (want);
}

GPtrArray *
pst_wants_parse (const char *text)
{
  g_autoptr (GPtrArray) wants = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_want_free);
  g_auto (GStrv) words = NULL;

  if (text == NULL || strlen (text) > MAX_TEXT || !g_utf8_validate (text, -1, NULL))
    return NULL;
  words = g_strsplit (text, ";", PST_MAX_WANTS + 1);
  for (guint i = 0; words[i] != NULL && i < PST_MAX_WANTS; i++)
    {
      char *equals = strrchr (words[i], '=');
      const char *problem;
      PstWant *want;

      if (equals == NULL)
        continue;
      *equals = '\0';
      want = pst_want_new (g_strstrip (words[i]), g_strstrip (equals + 1), &problem);
      if (want != NULL)
        g_ptr_array_add (wants, want);
    }
  return wants->len > 0 ? g_steal_pointer (&wants) : NULL;
}
