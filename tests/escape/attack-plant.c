/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Payload of test-startup-files.py: with a writable grant of the directory "root", tries by every system call that makes or
 * moves a name to put a file at "target" (below root), or to change what is there.
 *
 *     attack-plant root=DIRECTORY target=PATH
 *
 * Prints what seemed to succeed; what counts is what the host shows afterwards. */

#include "attack.h"
#include <dirent.h>
#include <sys/xattr.h>
#include <utime.h>

static char root[4096];
static char target[4096];

static bool
write_to (const char *path, int flags)
{
  int fd = open (path, flags | O_CLOEXEC, 0755);
  bool ok;

  if (fd < 0)
    return false;
  ok = write (fd, "PLANTED\n", 8) == 8;
  close (fd);
  return ok;
}

static void
make_parents (const char *path)
{
  char copy[4096];

  snprintf (copy, sizeof copy, "%s", path);
  for (char *p = copy + strlen (root) + 1; (p = strchr (p, '/')) != NULL; p++)
    {
      *p = '\0';
      (void)mkdir (copy, 0755);
      *p = '/';
    }
}

static void
say (bool ok, const char *what)
{
  if (ok)
    printf ("seemed to succeed: %s of %s\n", what, target);
}

int
main (int argc, char **argv)
{
  char path[9000], other[9000], evil[8192];
  const char *below;

  attack_init (argc, argv);
  snprintf (root, sizeof root, "%s", arg ("root"));
  snprintf (target, sizeof target, "%s", arg ("target"));
  below = target + strlen (root) + 1;
  snprintf (evil, sizeof evil, "%s/evil-file", root);
  if (write_to (evil, O_WRONLY | O_CREAT | O_TRUNC))
    printf ("control: an ordinary file can be made\n");

  say (write_to (target, O_WRONLY | O_APPEND), "append");
  say (write_to (target, O_WRONLY | O_TRUNC), "overwrite");
  say (truncate (target, 0) == 0, "truncate");
  say (unlink (target) == 0, "unlink");
  make_parents (target);
  say (write_to (target, O_WRONLY | O_CREAT), "create");
  say (link (evil, target) == 0, "link");
  say (rename (evil, target) == 0, "rename onto");
  (void)write_to (evil, O_WRONLY | O_CREAT | O_TRUNC);
  say (syscall (SYS_renameat2, AT_FDCWD, evil, AT_FDCWD, target, 2) == 0, "exchange");
  (void)write_to (evil, O_WRONLY | O_CREAT | O_TRUNC);
  say (symlink (evil, target) == 0, "symlink");
  say (mknod (target, S_IFREG | 0755, 0) == 0, "mknod");
  say (chmod (target, 0777) == 0, "chmod");
  say (setxattr (target, "user.planted", "x", 1, 0) == 0, "setxattr");
  say (link (target, evil) == 0, "link out");

  /* move each of the parents away, work in the new place, move it back */
  for (const char *p = below; (p = strchr (p, '/')) != NULL; p++)
    {
      char parent[8500];

      snprintf (parent, sizeof parent, "%s/%.*s", root, (int)(p - below), below);
      snprintf (other, sizeof other, "%s-moved", parent);
      if (rename (parent, other) == 0)
        {
          snprintf (path, sizeof path, "%s%s", other, p);
          say (write_to (path, O_WRONLY | O_CREAT | O_TRUNC), "write in a parent that was moved");
          if (rename (other, parent) != 0)
            printf ("could not move %s back\n", other);
          else
            say (true, "parent moved there and back");
        }
      /* a prepared directory put in its place */
      snprintf (other, sizeof other, "%s-prepared", parent);
      if (mkdir (other, 0755) == 0 || errno == EEXIST)
        {
          snprintf (path, sizeof path, "%s%s", other, p);
          {
            char saved[9000];

            snprintf (saved, sizeof saved, "%s", path);
            for (char *q = saved + strlen (other) + 1; (q = strchr (q, '/')) != NULL; q++)
              {
                *q = '\0';
                (void)mkdir (saved, 0755);
                *q = '/';
              }
          }
          if (write_to (path, O_WRONLY | O_CREAT | O_TRUNC))
            {
              say (rename (other, parent) == 0, "prepared directory renamed into place");
              say (syscall (SYS_renameat2, AT_FDCWD, other, AT_FDCWD, parent, 2) == 0,
                   "prepared directory exchanged into place");
            }
        }
      /* a symlink in the place of the parent, to where writing is allowed */
      snprintf (other, sizeof other, "%s/evil-directory", root);
      (void)mkdir (other, 0755);
      say (symlink (other, parent) == 0, "symlink in the place of a parent");
      /* by a descriptor of the parent, and of its parent */
      {
        int fd = open (parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd >= 0)
          {
            int file = openat (fd, p + 1, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

            if (file >= 0)
              {
                say (write (file, "PLANTED\n", 8) == 8, "openat below a parent");
                close (file);
              }
            file = openat (fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0755);
            if (file >= 0)
              {
                if (write (file, "PLANTED\n", 8) == 8)
                  {
                    snprintf (path, sizeof path, "/proc/self/fd/%d", file);
                    say (linkat (AT_FDCWD, path, AT_FDCWD, target, AT_SYMLINK_FOLLOW) == 0, "O_TMPFILE and linkat");
                  }
                close (file);
              }
            close (fd);
          }
      }
    }
  /* upper and lower case, a trailing dot: for file systems that fold names (casefold on ext4 and f2fs, vfat) */
  snprintf (path, sizeof path, "%s", target);
  for (char *p = path + strlen (root); *p != '\0'; p++)
    if (*p >= 'a' && *p <= 'z')
      *p = (char)(*p - 'a' + 'A');
  (void)write_to (path, O_WRONLY | O_CREAT);
  printf ("done\n");
  return 0;
}
