/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: leave through the magic links of /proc: root, cwd, ns, fd and exe of init or of oneself, and a descriptor or working
 * directory that was left behind by the set-up.
 *
 * Known from: CVE-2016-9962 and CVE-2024-21626 (runc: a leaked descriptor of the host and a working directory below
 * /proc/self/fd), CVE-2019-5736 (runc: overwriting /proc/PID/exe), CVE-2019-13272.
 *
 * Must fail because: init is not dumpable and has capabilities over its own namespace that the application lacks; nothing of
 * the host's mount namespace is open in any process of the sandbox; the working directory is one inside.
 *
 * Control: one's own exe, cwd and descriptors can be read; outside the same links of the victim lead to its secret. */

#include "attack.h"
#include <dirent.h>
#include <stdarg.h>

static bool reads (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

static bool
reads (const char *format, ...)
{
  char path[512];
  char byte;
  va_list arguments;
  int fd;
  bool ok;

  va_start (arguments, format);
  vsnprintf (path, sizeof path, format, arguments);
  va_end (arguments);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ok = read (fd, &byte, 1) >= 0 || errno == EISDIR;
  close (fd);
  return ok;
}

static bool
links (const char *path, char *target, size_t size)
{
  ssize_t length = readlink (path, target, size - 1);

  if (length < 0)
    return false;
  target[length] = '\0';
  return true;
}

/* Does a directory descriptor, or the working directory, see the secret by climbing? */
static bool
climbs_to_secret (int directory)
{
  const char *secret = arg ("secret"); /* an absolute path of the host */
  char path[4096];
  int fd;

  if (secret == NULL)
    return false;
  for (int up = 0; up < 12; up++)
    {
      int length = 0;

      path[0] = '\0';
      for (int i = 0; i < up; i++)
        length += snprintf (path + length, sizeof path - (size_t)length, "../");
      snprintf (path + length, sizeof path - (size_t)length, "%s", secret + 1);
      fd = openat (directory, path, O_RDONLY | O_CLOEXEC);
      if (fd >= 0)
        {
          close (fd);
          return true;
        }
    }
  return false;
}

int
main (int argc, char **argv)
{
  char target[4096];
  const char *victim;
  struct dirent *entry;
  DIR *directory;
  bool leaked = false;
  int n_open = 0;

  attack_init (argc, argv);
  victim = arg ("victim-pid");
  control (links ("/proc/self/exe", target, sizeof target), "/proc/self/exe");
  control (links ("/proc/self/cwd", target, sizeof target) && target[0] == '/', "/proc/self/cwd");
  control (reads ("/proc/self/status"), "/proc/self/status");

  if (inside ())
    {
      maybe (reads ("/proc/1/root/."), "/proc/1/root");
      maybe (reads ("/proc/1/cwd/."), "/proc/1/cwd");
      maybe (reads ("/proc/1/environ"), "/proc/1/environ");
      maybe (reads ("/proc/1/maps"), "/proc/1/maps");
      maybe (reads ("/proc/1/exe"), "/proc/1/exe");
      maybe (open ("/proc/1/exe", O_WRONLY | O_CLOEXEC) >= 0, "/proc/1/exe for writing");
      maybe (open ("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC) >= 0, "/proc/1/ns/mnt");
      maybe (open ("/proc/1/ns/user", O_RDONLY | O_CLOEXEC) >= 0, "/proc/1/ns/user");
      for (int i = 0; i < 32; i++)
        {
          char path[64];

          snprintf (path, sizeof path, "/proc/1/fd/%d", i);
          if (links (path, target, sizeof target) || open (path, O_RDONLY | O_CLOEXEC) >= 0)
            leaked = true;
        }
      maybe (leaked, "/proc/1/fd");
      maybe (reads ("/proc/1/stack") || reads ("/proc/1/syscall"), "/proc/1/stack, syscall");
    }
  if (victim != NULL)
    {
      attack (reads ("/proc/%s/root/etc/passwd", victim), "/proc/VICTIM/root");
      attack (reads ("/proc/%s/cwd/secret", victim), "/proc/VICTIM/cwd");
      attack (reads ("/proc/%s/environ", victim), "/proc/VICTIM/environ");
      attack (reads ("/proc/%s/fd/0", victim), "/proc/VICTIM/fd/0");
    }

  attack (climbs_to_secret (AT_FDCWD), "climbing out of the working directory");
  /* what this program inherited: 0, 1 and 2, none of them a directory of the host, and nothing else */
  directory = opendir ("/proc/self/fd");
  control (directory != NULL, "/proc/self/fd");
  while (directory != NULL && (entry = readdir (directory)) != NULL)
    {
      int fd = atoi (entry->d_name);

      if (entry->d_name[0] == '.' || fd == dirfd (directory))
        continue;
      n_open++;
      if (fd > 2)
        printf ("# descriptor %d is open\n", fd);
      if (climbs_to_secret (fd))
        {
          leaked = true;
          printf ("# descriptor %d leads to the secret\n", fd);
        }
    }
  errno = 0;
  if (inside ())
    maybe (n_open > 3, "a descriptor other than 0, 1 and 2 is open");
  return 0;
}
