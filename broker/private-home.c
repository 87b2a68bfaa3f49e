/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "private-home.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "pst-fd.h"

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
                       ? _ ("There is no space for the application's private home in %s: %s. Make room and try again.")
                       : _ ("The application's private home cannot be made in %s: %s."),
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

char *
pst_private_home (const char *state_dir, const char *app, GError **error)
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
  if (!(real = realpath (state_dir, NULL)))
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s: %s", state_dir, g_strerror (errno));
      return NULL;
    }
  result = g_build_filename (real, "homes", app, NULL);
  free (real);
  return result;
}
