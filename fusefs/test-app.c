/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-app.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

void
app_never_asked (WorldAsk *ask, gpointer data)
{
  g_error ("asked for %s", ask->path);
}

void
app_denied (WorldAsk *ask, gpointer data)
{
  world_answer (ask, PST_OUTCOME_DENY);
}

char *
app_listing (const char *path)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  DIR *dir = opendir (path);
  const struct dirent *entry;

  if (dir == NULL)
    return g_strdup (g_strerror (errno));
  while ((entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (dir);
  g_ptr_array_sort (names, (GCompareFunc)(void (*) (void))g_strcmp0);
  for (guint i = 1; i < names->len; i++) /* sort by content */
    for (guint j = i; j > 0 && strcmp (names->pdata[j - 1], names->pdata[j]) > 0; j--)
      {
        gpointer t = names->pdata[j];
        names->pdata[j] = names->pdata[j - 1];
        names->pdata[j - 1] = t;
      }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **)names->pdata);
}

int
app_open_errno (const char *path, int flags)
{
  int fd = open (path, flags | O_CLOEXEC, 0644);
  if (fd < 0)
    return errno;
  close (fd);
  return 0;
}

gboolean
app_is_fuse (int fd)
{
  struct statfs st;
  g_assert_cmpint (fstatfs (fd, &st), ==, 0);
  return st.f_type == 0x65735546;
}

char *
app_content (const char *path)
{
  char *text = NULL;
  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}
