/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: devices: make a node, find one that was left in /dev, or one in a granted tree.
 *
 * Known from: CVE-2021-41091's neighbourhood; LXC's early /dev bind mounts; /dev/kmsg and /dev/mem in privileged containers.
 *
 * Must fail because: /dev is a small tmpfs with null, zero, full, random, urandom, tty, pts and shm; mknod of a device needs a
 * capability; every mount is nodev but the nodes' own.
 *
 * Control: /dev/null, zero, urandom and full do what they should; outside, other devices can be opened. */

#include "attack.h"
#include <dirent.h>
#include <sys/sysmacros.h>

static bool
expected (const char *name)
{
  static const char *const names[] = { ".",    "..",  "null", "zero",  "full",   "random", "urandom", "tty", "pts",
                                       "ptmx", "shm", "fd",   "stdin", "stdout", "stderr", "console", "core" };

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp (name, names[i]) == 0)
      return true;
  return false;
}

int
main (int argc, char **argv)
{
  static const char *const devices[] = { "/dev/fuse",         "/dev/kmsg",     "/dev/kvm",       "/dev/net/tun",
                                         "/dev/loop-control", "/dev/uinput",   "/dev/tty0",      "/dev/mem",
                                         "/dev/sda",          "/dev/vda",      "/dev/dri/card0", "/dev/snd/controlC0",
                                         "/dev/video0",       "/dev/vhost-net" };
  char buffer[16];
  struct dirent *entry;
  DIR *directory;
  bool any = false;
  int extra = 0;
  int fd;

  attack_init (argc, argv);
  fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  control (fd >= 0 && write (fd, "x", 1) == 1 && read (fd, buffer, 1) == 0, "/dev/null");
  fd = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  control (fd >= 0 && read (fd, buffer, 4) == 4 && buffer[0] == 0, "/dev/zero");
  fd = open ("/dev/urandom", O_RDONLY | O_CLOEXEC);
  control (fd >= 0 && read (fd, buffer, 4) == 4, "/dev/urandom");
  fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  control (fd >= 0 && write (fd, "x", 1) < 0 && errno == ENOSPC, "/dev/full");
  fd = open ("/dev/shm/postern-escape", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  control (fd >= 0 && unlink ("/dev/shm/postern-escape") == 0, "/dev/shm");

  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
    {
      fd = open (devices[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
      if (fd >= 0)
        {
          printf ("# %s can be opened\n", devices[i]);
          any = true;
          close (fd);
        }
    }
  attack (any, "a device other than the harmless ones");

  errno = 0;
  directory = opendir ("/dev");
  while (directory != NULL && (entry = readdir (directory)) != NULL)
    if (!expected (entry->d_name))
      {
        if (inside ())
          printf ("# /dev/%s is there\n", entry->d_name);
        extra++;
      }
  attack (extra > 0, "an entry of /dev that is none of the expected");

  (void)unlink ("/tmp/postern-escape-node");
  maybe (mknod ("/tmp/postern-escape-node", S_IFCHR | 0666, makedev (1, 11)) == 0, "mknod of kmsg in /tmp");
  maybe (mknod ("/tmp/postern-escape-node", S_IFBLK | 0666, makedev (7, 0)) == 0, "mknod of a loop device in /tmp");
  (void)unlink ("/tmp/postern-escape-node");
  {
    /* harmless and needs no capability since Linux 4.?; a whiteout for overlayfs, no device */
    struct stat st;

    control (stat ("/dev/tty", &st) == 0 && S_ISCHR (st.st_mode), "/dev/tty is a character device");
  }
  return 0;
}
