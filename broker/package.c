/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "package.h"

#include <string.h>
#include <sys/stat.h>

#define INFO "/var/lib/dpkg/info"
#define STATUS "/var/lib/dpkg/status"

gint64
pst_package_stamp (const char *root)
{
  g_autofree char *info = g_strconcat (root, INFO, NULL);
  struct stat st;

  return stat (info, &st) == 0 ? (gint64)st.st_mtim.tv_sec : 0;
}

/* Is @path a line of @text? */
static gboolean
has_line (const char *text, gsize size, const char *path)
{
  gsize length = strlen (path);
  const char *at = text, *end = text + size;

  while ((at = memmem (at, (gsize)(end - at), path, length)))
    {
      if ((at == text || at[-1] == '\n') && (at + length == end || at[length] == '\n'))
        return TRUE;
      at += length;
    }
  return FALSE;
}

/* dpkg knows programs by the path they were shipped with: /bin/cat for what merged directories make /usr/bin/cat. */
static gboolean
lists (const char *file, const char *executable)
{
  g_autoptr (GMappedFile) map = g_mapped_file_new (file, FALSE, NULL);
  gsize size = map ? g_mapped_file_get_length (map) : 0;
  const char *text = map ? g_mapped_file_get_contents (map) : NULL;

  if (size == 0)
    return FALSE;
  return has_line (text, size, executable) ||
         (g_str_has_prefix (executable, "/usr/") && has_line (text, size, executable + strlen ("/usr")));
}

/* "Version: …" in the paragraph of @package. */
static char *
version_of (const char *root, const char *package)
{
  g_autofree char *file = g_strconcat (root, STATUS, NULL), *start = g_strdup_printf ("Package: %s\n", package);
  g_autoptr (GMappedFile) map = g_mapped_file_new (file, FALSE, NULL);
  gsize size = map ? g_mapped_file_get_length (map) : 0;
  const char *text = size ? g_mapped_file_get_contents (map) : NULL, *end = text + size, *at = text, *stop;

  while (at && (at = memmem (at, (gsize)(end - at), start, strlen (start))))
    {
      if (at == text || at[-1] == '\n')
        {
          stop = memmem (at, (gsize)(end - at), "\n\n", 2);
          stop = stop ? stop : end;
          at = memmem (at, (gsize)(stop - at), "\nVersion: ", strlen ("\nVersion: "));
          if (!at)
            return NULL;
          at += strlen ("\nVersion: ");
          stop = memchr (at, '\n', (gsize)(stop - at)) ? memchr (at, '\n', (gsize)(stop - at)) : stop;
          return g_strndup (at, (gsize)(stop - at));
        }
      at += strlen (start);
    }
  return NULL;
}

char *
pst_package_of (const char *root, const char *executable)
{
  g_autofree char *info = g_strconcat (root, INFO, NULL), *package = NULL, *version = NULL;
  g_autoptr (GDir) dir = g_dir_open (info, 0, NULL);
  const char *name;

  while (dir && !package && (name = g_dir_read_name (dir)))
    {
      g_autofree char *file = NULL;

      if (!g_str_has_suffix (name, ".list"))
        continue;
      file = g_build_filename (info, name, NULL);
      /* "libc6:amd64.list" */
      if (lists (file, executable))
        package =
            g_strndup (name, strcspn (name, ":") < strlen (name) ? strcspn (name, ":") : strlen (name) - strlen (".list"));
    }
  if (!package)
    return g_strdup ("");
  version = version_of (root, package);
  return version ? g_strdup_printf ("%s %s", package, version) : g_steal_pointer (&package);
}
