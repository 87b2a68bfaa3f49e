/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "private-home.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "pst-fd.h"
#include "pst-path.h"

/* One directory of ours in @parent, not through a symlink. */
static int
enter (int parent, const char *name, GError **error, const char *shown)
{
  pst_autofd fd = -1;
  struct stat st;

  if (mkdirat (parent, name, 0700) < 0 && errno != EEXIST)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
                   errno == ENOSPC || errno == EDQUOT
                       ? _ ("There is no space for the application’s private home in %s: %s. Make room and try again.")
                       : _ ("The application’s private home cannot be made in %s: %s."),
                   shown, g_strerror (errno));
      return -1;
    }
  fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st) < 0 || st.st_uid != geteuid ())
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _ ("“%s” in %s is not a directory of yours; move it away, it may have been put there by a program."), name,
                   shown);
      return -1;
    }
  if ((st.st_mode & 07777) != 0700 && fchmod (fd, 0700) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _ ("“%s” in %s cannot be closed to others: %s."), name,
                   shown, g_strerror (errno));
      return -1;
    }
  return pst_fd_steal (&fd);
}

/* The user directories as user-dirs.dirs has them. */
static char *
write_user_dirs (const GPtrArray *user_dirs, const char *home)
{
  GString *out = g_string_new ("# Made by Postern: where your Documents, Pictures and the like are.\n");

  for (guint i = 0; i < user_dirs->len; i++)
    {
      const PstUserDir *dir = user_dirs->pdata[i];
      gboolean below = pst_path_is_below_or_equal (dir->path, home);

      if (strpbrk (dir->path, "\n\r"))
        continue;
      g_string_append_printf (out, "XDG_%s_DIR=\"%s", dir->key, below ? "$HOME" : "");
      for (const char *p = dir->path + (below ? strlen (home) : 0); *p; p++)
        {
          if (strchr ("\"\\$`", *p))
            g_string_append_c (out, '\\');
          g_string_append_c (out, *p);
        }
      g_string_append (out, "\"\n");
    }
  return g_string_free (out, FALSE);
}

/* Programs find Pictures by this file, under whatever name. Written once, into what is surely the private home: the application
 * may have put anything there, also a link to where a look is never answered (look.h). That it cannot be written is no reason
 * not to start. */
static void
tell_user_dirs (int home, const GPtrArray *user_dirs, const char *real_home)
{
  pst_autofd config = -1, file = -1;
  g_autofree char *text = NULL;

  (void)mkdirat (home, ".config", 0700);
  config = openat (home, ".config", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  file = config < 0 ? -1 : openat (config, "user-dirs.dirs", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0)
    return;
  text = write_user_dirs (user_dirs, real_home);
  if (write (file, text, strlen (text)) != (ssize_t)strlen (text))
    unlinkat (config, "user-dirs.dirs", 0);
}

char *
pst_private_home (const char *state_dir, const char *app, const GPtrArray *user_dirs, const char *real_home, GError **error)
{
  pst_autofd state = -1, homes = -1, home = -1;
  char *real, *result;

  if (g_mkdir_with_parents (state_dir, 0700) < 0 || (state = open (state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _ ("The directory %s cannot be made: %s."), state_dir,
                   g_strerror (errno));
      return NULL;
    }
  if ((homes = enter (state, "homes", error, state_dir)) < 0 || (home = enter (homes, app, error, state_dir)) < 0)
    return NULL;
  if (user_dirs)
    tell_user_dirs (home, user_dirs, real_home);
  if (!(real = realpath (state_dir, NULL)))
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", state_dir, g_strerror (errno));
      return NULL;
    }
  result = g_build_filename (real, "homes", app, NULL);
  free (real);
  return result;
}
