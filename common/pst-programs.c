/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-programs.h"

#include "postern-config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct
{
  const char *name;
  const char *folder; /* in the build tree */
  gboolean in_bindir;
} programs[] = {
  { "postern", "sandbox", TRUE },
  { "postern-fusefs", "fusefs", FALSE },
  { "postern-broker", "broker", FALSE },
  { "postern-agent", "prompt-ui", FALSE },
  { "postern-agent-tty", "prompt-ui", FALSE },
  { "postern-dbus-proxy", "dbus-proxy", FALSE },
};

/* The build tree's root if this executable was started from there, else NULL. The tree may have been moved as a whole,
 * so that the root is found from the executable: two directories up, with build.ninja in it, and the executable's name not
 * installed. */
static const char *
build_root (void)
{
  static char root[PATH_MAX];
  static gsize known = 0;

  if (g_once_init_enter (&known))
    {
      ssize_t n = readlink ("/proc/self/exe", root, sizeof root - 1);
      gsize builddir = strlen (PST_BUILDDIR);

      if (n > 0)
        root[n] = '\0';
      if (n > 0 && strncmp (root, PST_BUILDDIR, builddir) == 0 && root[builddir] == '/')
        root[builddir] = '\0';
      else
        root[0] = '\0';
      g_once_init_leave (&known, 1);
    }
  return root[0] != '\0' ? root : NULL;
}

char *
pst_program_find (const char *name)
{
  const char *root = build_root ();

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    if (strcmp (programs[i].name, name) == 0)
      {
        if (root != NULL)
          return g_build_filename (root, programs[i].folder, name, NULL);
        return g_build_filename (programs[i].in_bindir ? PST_BINDIR : PST_LIBEXECDIR, name, NULL);
      }
  return g_build_filename (PST_LIBEXECDIR, name, NULL);
}

char *
pst_data_find (const char *name)
{
  if (build_root () != NULL)
    return g_build_filename (PST_SOURCEDIR, "data", name, NULL);
  return g_build_filename (PST_PKGDATADIR, name, NULL);
}

char *
pst_broker_socket_path (GError **error)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  struct stat st;

  if (runtime == NULL || runtime[0] != '/')
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                           "XDG_RUNTIME_DIR is not set to an absolute path; log in to a desktop session, or set it to a "
                           "directory of yours with mode 0700");
      return NULL;
    }
  if (lstat (runtime, &st) != 0)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "XDG_RUNTIME_DIR (%s) cannot be used: %s", runtime,
                   g_strerror (errno));
      return NULL;
    }
  if (!S_ISDIR (st.st_mode) || st.st_uid != getuid () || (st.st_mode & 077) != 0)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM, "XDG_RUNTIME_DIR (%s) must be a directory of yours with mode 0700",
                   runtime);
      return NULL;
    }
  return g_build_filename (runtime, "postern", "broker", NULL);
}

char *
pst_state_dir (void)
{
  const char *data = g_getenv ("XDG_DATA_HOME");

  if (data != NULL && data[0] == '/')
    return g_build_filename (data, "postern", NULL);
  return g_build_filename (g_get_home_dir (), ".local", "share", "postern", NULL);
}
