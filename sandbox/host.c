/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host.h"

#include "etc.h"
#include "pst-fd.h"
#include "pst-path.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
pst_host_refuse_home (const char *home)
{
  /* Not these, nor below them. */
  static const char *const system_trees[] = { "/usr", "/etc", "/dev", "/proc", "/sys", "/boot" };
  /* Not these themselves. */
  static const char *const places[] = { "/",         "/home", "/tmp", "/var",   "/var/tmp", "/run",
                                        "/run/user", "/opt",  "/mnt", "/media", "/srv" };

  if (!pst_path_is_normal (home))
    return _ ("is not an absolute path in its simplest form");
  if (strpbrk (home, ":\n"))
    return _ ("holds a character that /etc/passwd cannot hold");
  if (pst_plan_shows (home))
    return _ ("lies in a directory of the system");
  for (gsize i = 0; i < G_N_ELEMENTS (system_trees); i++)
    if (pst_path_is_below_or_equal (home, system_trees[i]))
      return _ ("lies in a directory of the system");
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_str_equal (home, places[i]))
      return _ ("is a directory of the system");
  return NULL;
}

void
pst_host_add_root (PstHost *host, const char *name, const char *path)
{
  if (!g_str_equal (name, "home") &&
      (pst_path_is_below_or_equal (host->home, path) || pst_path_is_below_or_equal (path, host->home)))
    return;
  host->roots[host->n_roots++] = (PstGateRoot){ name, path };
}

static char *
find_user (uid_t uid)
{
  pst_autofd fd = open ("/etc/passwd", O_RDONLY | O_CLOEXEC);
  g_autoptr (GBytes) bytes = fd >= 0 ? pst_fd_read_all (fd, 1 << 20, NULL) : NULL;
  const char *name = g_getenv ("USER");
  g_autofree char *text = NULL;
  char *user = NULL;

  if (bytes)
    {
      text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      user = pst_etc_find_user (text, uid);
    }
  /* Not a local account (LDAP, systemd-homed): asking the name service would cost more than the whole launch. */
  if (!user && name && pst_etc_user_is_valid (name))
    user = g_strdup (name);
  return user ? user : g_strdup ("user");
}

static gboolean
is_directory (const char *path)
{
  struct stat st;

  return stat (path, &st) == 0 && S_ISDIR (st.st_mode);
}

static gboolean
examine_home (PstHost *out, GError **error)
{
  const char *home = g_getenv ("HOME");
  g_autofree char *shown = g_strescape (home ? home : "", NULL);
  const char *why;
  struct stat st;

  if (!home || home[0] != '/')
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                           _ ("HOME is not set to an absolute path, so Postern does not know which files to guard: set it"));
      return FALSE;
    }
  out->home = pst_path_normalise (home, "/", NULL);
  why = out->home ? pst_host_refuse_home (out->home) : _ ("is too long");
  if (why)
    {
      /* Translators: a path, and what is wrong with it: "HOME (/etc) is a directory of the system: …" */
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _ ("HOME (%s) %s: set it to your home directory"), shown, why);
      return FALSE;
    }
  /* A link (/home → /var/home, say) is fine: inside, the path is what it is here, and a directory. */
  if (stat (out->home, &st) < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
                   _ ("HOME (%s) cannot be used: %s; create it, or set HOME"), shown, g_strerror (errno));
      return FALSE;
    }
  if (S_ISDIR (st.st_mode) && access (out->home, R_OK | X_OK) < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
                   _ ("HOME (%s) cannot be used: %s; set it to your home directory"), shown, g_strerror (errno));
      return FALSE;
    }
  if (!S_ISDIR (st.st_mode))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR, _ ("HOME (%s) is not a directory: set it to your home directory"),
                   shown);
      return FALSE;
    }
  return TRUE;
}

gboolean
pst_host_examine (PstHost *out, GError **error)
{
  const char *shell = g_getenv ("SHELL");
  const char *pwd = g_getenv ("PWD");
  struct stat here, named;

  memset (out, 0, sizeof *out);
  out->uid = getuid ();
  out->gid = getgid ();
  if (out->uid == 0 || geteuid () == 0)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                           _ ("Postern does not run as root: start it as the user whose files it is to guard"));
      return FALSE;
    }
  if (geteuid () != out->uid || getegid () != out->gid)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_PERM,
                           _ ("Postern must not be installed set-user-id or set-group-id"));
      return FALSE;
    }
  if (!examine_home (out, error))
    return FALSE;
  out->user = find_user (out->uid);
  out->shell =
      g_strdup (shell && pst_path_is_normal (shell) && pst_plan_shows (shell) && !strpbrk (shell, ":\n") ? shell : "/bin/sh");

  /* The path by which the caller came here, if it is true, so that a link in it stays what it is. */
  if (pwd && pst_path_is_normal (pwd) && stat (pwd, &named) == 0 && stat (".", &here) == 0 && named.st_dev == here.st_dev &&
      named.st_ino == here.st_ino)
    out->cwd = g_strdup (pwd);
  else
    out->cwd = g_get_current_dir ();
  if (!pst_path_is_normal (out->cwd))
    {
      g_free (out->cwd);
      out->cwd = g_strdup ("/");
    }

  out->run_media = g_strconcat ("/run/media/", out->user, NULL);
  pst_host_add_root (out, "home", out->home);
  if (is_directory ("/media"))
    pst_host_add_root (out, "media", "/media");
  if (is_directory (out->run_media))
    pst_host_add_root (out, "run-media", out->run_media);
  if (is_directory ("/mnt"))
    pst_host_add_root (out, "mnt", "/mnt");
  if (is_directory ("/srv"))
    pst_host_add_root (out, "srv", "/srv");
  return TRUE;
}

void
pst_host_clear (PstHost *host)
{
  g_clear_pointer (&host->user, g_free);
  g_clear_pointer (&host->home, g_free);
  g_clear_pointer (&host->cwd, g_free);
  g_clear_pointer (&host->shell, g_free);
  g_clear_pointer (&host->run_media, g_free);
}
