/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "executable.h"

#include "cli.h"
#include "pst-path.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Places of packages besides /usr: a program there comes with what lies beside it. The component after the prefix is the
 * package, except in the stores of Nix and Guix, whose packages refer to each other. */
static const struct
{
  const char *prefix;
  gboolean whole;
} package_places[] = {
  { "/opt", FALSE },
  { "/nix/store", TRUE },
  { "/gnu/store", TRUE },
};

char *
pst_executable_to_bind (const char *real, const PstGateRoot *roots, gsize n_roots)
{
  if (pst_plan_shows (real))
    return NULL;
  for (gsize i = 0; i < n_roots; i++)
    if (pst_path_is_below_or_equal (real, roots[i].path))
      return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (package_places); i++)
    {
      const char *prefix = package_places[i].prefix;
      const char *rest = real + strlen (prefix) + 1;
      const char *slash;

      if (!pst_path_is_below_or_equal (real, prefix) || strlen (real) <= strlen (prefix))
        continue;
      if (package_places[i].whole)
        return g_strdup (prefix);
      slash = strchr (rest, '/');
      return slash ? g_strndup (real, slash - real) : g_strdup (real);
    }
  return g_strdup (real);
}

/* 0, or the errno for which it cannot be executed. */
static int
try_path (const char *path)
{
  struct stat st;

  if (stat (path, &st) < 0)
    return errno;
  if (S_ISDIR (st.st_mode))
    return EISDIR;
  return access (path, X_OK) < 0 ? errno : 0;
}

static char *
look_up (const char *word, const char *cwd, const char *search_path, int *code)
{
  g_auto (GStrv) dirs = NULL;

  *code = ENOENT;
  if (strchr (word, '/'))
    {
      char *path = g_path_is_absolute (word) ? g_strdup (word) : g_build_filename (cwd, word, NULL);

      *code = try_path (path);
      return path;
    }
  dirs = g_strsplit (search_path, ":", -1);
  for (char **dir = dirs; *dir; dir++)
    {
      g_autofree char *path = g_build_filename (g_path_is_absolute (*dir) ? "/" : cwd, *dir, word, NULL);
      int tried = try_path (path);

      if (tried == 0)
        {
          *code = 0;
          return g_steal_pointer (&path);
        }
      if (tried == EACCES)
        *code = EACCES;
    }
  return g_strdup (word);
}

gboolean
pst_executable_find (const char *word, const char *cwd, const char *search_path, const PstGateRoot *roots, gsize n_roots,
                     PstExecutable *out, int *status, GError **error)
{
  int code;
  g_autofree char *found = look_up (word, cwd, search_path, &code);
  g_autofree char *shown = g_strescape (word, NULL);
  char real[PATH_MAX];

  memset (out, 0, sizeof *out);
  if (code == 0 && !realpath (found, real))
    code = errno;
  if (code != 0)
    {
      *status = code == ENOENT || code == ENOTDIR ? PST_EXIT_NOT_FOUND : PST_EXIT_NOT_EXECUTABLE;
      if (code == ENOENT && !strchr (word, '/'))
        g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                     _ ("%s: there is no such program in PATH; give its path, or install it"), shown);
      else
        g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
                     code == EACCES ? _ ("%s cannot be executed: %s (if it is a program, make it executable: chmod +x)")
                                    : _ ("%s cannot be executed: %s"),
                     shown, g_strerror (code));
      return FALSE;
    }

  out->path = pst_path_normalise (found, cwd, NULL);
  if (!out->path)
    {
      *status = PST_EXIT_NOT_FOUND;
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG, _ ("%s cannot be executed: its path is too long"), shown);
      return FALSE;
    }
  out->real = g_strdup (real);
  out->bind = pst_executable_to_bind (real, roots, n_roots);
  /* Where it was found may be a link in a place that is not shown; then it is executed by its real name. A path in a gate root
   * stays as it is: asking for it is asking for what the user named. */
  if (!pst_plan_shows (out->path))
    {
      gboolean gated = FALSE;

      for (gsize i = 0; i < n_roots; i++)
        gated = gated || pst_path_is_below_or_equal (out->path, roots[i].path);
      if (!gated)
        {
          g_free (out->path);
          out->path = g_strdup (real);
        }
    }
  return TRUE;
}

void
pst_executable_clear (PstExecutable *executable)
{
  g_clear_pointer (&executable->path, g_free);
  g_clear_pointer (&executable->real, g_free);
  g_clear_pointer (&executable->bind, g_free);
}
