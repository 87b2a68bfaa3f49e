/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-programs.h"

#include "postern-config.h"
#include "pst-path.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Every program of the package: its folder in the build tree and its installed place. */
static const struct
{
  const char *name, *folder, *installed;
} programs[] = {
  { "postern", "sandbox", PST_BINDIR },
  { "postern-fusefs", "fusefs", PST_LIBEXECDIR },
  { "postern-dbus-proxy", "dbus-proxy", PST_LIBEXECDIR },
  { "postern-broker", "broker", PST_LIBEXECDIR },
  { "postern-agent", "prompt-ui", PST_LIBEXECDIR },
  { "postern-agent-tty", "prompt-ui", PST_LIBEXECDIR },
  { "postern-settings", "prompt-ui", PST_BINDIR },
};

static gboolean
runs_from_build_tree (void)
{
  char exe[PATH_MAX];
  ssize_t length = readlink ("/proc/self/exe", exe, sizeof exe - 1);

  if (length <= 0)
    return FALSE;
  exe[length] = '\0';
  return pst_path_is_below_or_equal (exe, PST_BUILD_ROOT);
}

char *
pst_program_find (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    if (strcmp (programs[i].name, name) == 0)
      {
        if (runs_from_build_tree ())
          return g_strdup_printf ("%s/%s/%s", PST_BUILD_ROOT, programs[i].folder, name);
        return g_strdup_printf ("%s/%s", programs[i].installed, name);
      }
  return g_strdup_printf ("%s/%s", PST_LIBEXECDIR, name);
}

void
pst_locale_set_up (void)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, runs_from_build_tree () ? PST_BUILD_ROOT "/po" : PST_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

char *
pst_data_find (const char *name)
{
  return g_strdup_printf ("%s/%s", runs_from_build_tree () ? PST_SOURCE_ROOT "/data" : PST_PKGDATADIR, name);
}

char *
pst_broker_socket_path (GError **error)
{
  const char *directory = g_getenv ("XDG_RUNTIME_DIR");
  struct stat st;

  if (directory == NULL || directory[0] == '\0')
    {
      g_set_error_literal (
          error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
          _ ("XDG_RUNTIME_DIR is not set: log in through a session, or set it to a directory of yours with mode 0700"));
      return NULL;
    }
  if (directory[0] != '/')
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _ ("XDG_RUNTIME_DIR is “%s”: it must be an absolute path"),
                   directory);
      return NULL;
    }
  if (stat (directory, &st) < 0)
    {
      int code = errno;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code),
                   _ ("XDG_RUNTIME_DIR is “%s”, which cannot be used: %s; set it to a directory of yours with mode 0700"),
                   directory, g_strerror (code));
      return NULL;
    }
  if (!S_ISDIR (st.st_mode) || st.st_uid != geteuid () || (st.st_mode & 077) != 0)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                   _ ("XDG_RUNTIME_DIR is “%s”: it must be a directory that you own and nobody else can enter (mode 0700)"),
                   directory);
      return NULL;
    }
  if (strlen (directory) + strlen ("/postern/broker") >= sizeof ((struct sockaddr_un *)NULL)->sun_path)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NAMETOOLONG,
                   _ ("XDG_RUNTIME_DIR is “%s”, which is too long for a socket in it: set it to a shorter path"), directory);
      return NULL;
    }
  return g_build_filename (directory, "postern", "broker", NULL);
}

char *
pst_state_dir (void)
{
  const char *data_home = g_getenv ("XDG_DATA_HOME");

  /* A relative value is to be ignored, says the base directory specification. */
  if (data_home != NULL && data_home[0] == '/')
    return g_build_filename (data_home, "postern", NULL);
  return g_build_filename (g_get_home_dir (), ".local", "share", "postern", NULL);
}
