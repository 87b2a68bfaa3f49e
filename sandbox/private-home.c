/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "private-home.h"

#include "mounts.h"
#include "pst-fd.h"
#include "pst-path.h"
#include "pst-programs.h"

#include <glib/gi18n.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_OTHERS 32

static const char *const always[] = { ".cache", ".config", ".local" };

int
pst_private_home_open_dir (const char *path)
{
  g_autofree char *state = pst_state_dir ();
  struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
  pst_autofd base = -1;

  if (pst_path_is_below_or_equal (path, state) && strlen (path) > strlen (state))
    {
      base = open (state, O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (base < 0)
        return -1;
      how.resolve |= RESOLVE_BENEATH;
      return syscall (SYS_openat2, base, path + strlen (state) + 1, &how, sizeof how);
    }
  return syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static gboolean
fail (GError **error, const char *path, const char *what)
{
  int saved = errno;
  g_autofree char *shown = g_strescape (path, NULL);
  gboolean full = saved == ENOSPC || saved == EDQUOT;

  if (saved == ELOOP)
    g_set_error (
        error, G_FILE_ERROR, G_FILE_ERROR_LOOP,
        _ ("the application’s private home %s%s is a symbolic link, which Postern does not follow: put the directory back"),
        shown, what);
  else
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved),
                 full ? _ ("the application’s private home %s%s cannot be used: %s; make room and start again")
                      : _ ("the application’s private home %s%s cannot be used: %s"),
                 shown, what, g_strerror (saved));
  return FALSE;
}

static int
clone_dir (int parent, const char *name)
{
  pst_autofd fd = open_tree (
      parent, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH));
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    return -1;
  if (!S_ISDIR (st.st_mode))
    {
      errno = S_ISLNK (st.st_mode) ? ELOOP : ENOTDIR;
      return -1;
    }
  return pst_mounts_restrict (fd, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV) ? pst_fd_steal (&fd) : -1;
}

static gboolean
add_dir (PstPrivateHome *home, int parent, const char *name)
{
  int fd = clone_dir (parent, name);

  if (fd < 0)
    return FALSE;
  home->dirs[home->names->len] = fd;
  g_ptr_array_add (home->names, g_strdup (name));
  return TRUE;
}

/* Other dot directories, so that an application that keeps its data in ~/.foo works at native speed too; the gate serves what
 * is left over. */
static void
add_others (PstPrivateHome *home, int parent)
{
  int fd = openat (parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  struct dirent *entry;
  gsize n = 0;

  if (!dir)
    {
      pst_fd_clear (&fd);
      return;
    }
  while (n < MAX_OTHERS && (entry = readdir (dir)))
    {
      gboolean known = FALSE;

      for (gsize i = 0; i < G_N_ELEMENTS (always); i++)
        known = known || strcmp (entry->d_name, always[i]) == 0;
      if (known || entry->d_name[0] != '.' || !pst_name_is_valid (entry->d_name) ||
          (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
        continue;
      if (add_dir (home, parent, entry->d_name))
        n++;
    }
  closedir (dir);
}

static gboolean
is_machine_id (const char *text, ssize_t n)
{
  return n == 33 && text[32] == '\n' && strspn (text, "0123456789abcdef") == 32;
}

/* Random for each application, and the same at each of its starts; says nothing of the machine. @name: the private home's,
 * beside which it is kept, where the application does not reach. */
static gboolean
read_machine_id (int parent, const char *name, char id[33])
{
  g_autofree char *file = g_strconcat (".machine-id.", name, NULL);
  g_autofree char *fresh = g_strconcat (file, ".new", NULL);
  pst_autofd fd = openat (parent, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  guint8 random[16];
  char text[34];

  if (fd >= 0 && is_machine_id (text, read (fd, text, sizeof text)))
    {
      memcpy (id, text, 32);
      id[32] = '\0';
      return TRUE;
    }
  pst_fd_clear (&fd);
  if (getrandom (random, sizeof random, 0) != sizeof random)
    return FALSE;
  for (gsize i = 0; i < sizeof random; i++)
    g_snprintf (id + 2 * i, 3, "%02x", random[i]);
  memcpy (text, id, 32);
  text[32] = '\n';
  if (unlinkat (parent, fresh, 0) < 0 && errno != ENOENT)
    return FALSE;
  fd = openat (parent, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  return fd >= 0 && write (fd, text, 33) == 33 && renameat (parent, fresh, parent, file) == 0;
}

gboolean
pst_private_home_open (const char *path, PstPrivateHome *out, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  pst_autofd fd = -1, parent = -1;
  struct stat st;

  out->root = -1;
  out->names = g_ptr_array_new_with_free_func (g_free);
  fd = pst_private_home_open_dir (path);
  if (fd < 0 || fstat (fd, &st) < 0)
    return fail (error, path, "");
  if (st.st_uid != getuid ())
    {
      errno = EPERM;
      return fail (error, path, "");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (always); i++)
    {
      g_autofree char *what = g_strconcat ("/", always[i], NULL);

      if ((mkdirat (fd, always[i], 0700) < 0 && errno != EEXIST) || !add_dir (out, fd, always[i]))
        return fail (error, path, what);
    }
  add_others (out, fd);
  out->root = clone_dir (fd, "");
  parent = openat (fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (out->root < 0 || parent < 0)
    return fail (error, path, "");
  if (!read_machine_id (parent, name, out->machine_id))
    return fail (error, path, " (its machine-id)");
  return TRUE;
}

void
pst_private_home_clear (PstPrivateHome *home)
{
  if (home->names)
    for (guint i = 0; i < home->names->len; i++)
      pst_fd_clear (&home->dirs[i]);
  g_clear_pointer (&home->names, g_ptr_array_unref);
  pst_fd_clear (&home->root);
}
