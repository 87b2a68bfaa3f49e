/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: learn what identifies the machine and the people on it: machine-id, host name, user names, other mounts, other
 * processes.
 *
 * Known from: fingerprinting by snap and flatpak applications; moby's and flatpak's /etc/machine-id leaks; /proc/mounts of the
 * host in CVE-2021-21284's report.
 *
 * Must fail because: /etc is composed, the pid namespace is private, and /proc/self/mountinfo lists only what is mounted in the
 * sandbox.
 *
 * Control: the user's own name resolves, some CA certificates, fonts or locales can be found; outside all of it can be read. */

#include "attack.h"
#include <dirent.h>
#include <pwd.h>

static char *
slurp (const char *path)
{
  static char buffer[1 << 18];
  size_t length = 0;
  ssize_t n;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return NULL;
  while (length < sizeof buffer - 1 && (n = read (fd, buffer + length, sizeof buffer - 1 - length)) > 0)
    length += (size_t)n;
  close (fd);
  buffer[length] = '\0';
  return buffer;
}

static bool
contains (const char *path, const char *text)
{
  char *data = slurp (path);

  return data != NULL && text != NULL && *text != '\0' && strstr (data, text) != NULL;
}

int
main (int argc, char **argv)
{
  const char *machine_id;
  const char *other_user;
  const char *marker;
  struct passwd *own;
  struct dirent *entry;
  DIR *directory;
  int processes = 0;

  attack_init (argc, argv);
  machine_id = arg ("machine-id");
  other_user = arg ("other-user");
  marker = arg ("marker");
  own = getpwuid (getuid ());
  control (own != NULL && own->pw_name[0] != '\0', "the user's own name");
  control (access ("/etc/ld.so.cache", R_OK) == 0 || access ("/usr/lib", R_OK) == 0, "the libraries");
  control (slurp ("/etc/passwd") != NULL && slurp ("/etc/group") != NULL, "/etc/passwd and /etc/group");
  if (machine_id != NULL)
    {
      attack (contains ("/etc/machine-id", machine_id), "the machine-id of the host in /etc");
      maybe (contains ("/var/lib/dbus/machine-id", machine_id), "the machine-id of the host in /var/lib/dbus");
    }
  if (other_user != NULL)
    {
      attack (contains ("/etc/passwd", other_user), "another user in /etc/passwd");
      maybe (contains ("/etc/group", other_user), "another user in /etc/group");
      attack (getpwnam (other_user) != NULL, "another user by getpwnam");
    }
  if (marker != NULL)
    {
      /* a directory on the host that was not granted; outside it is not mounted either, so only "maybe" */
      maybe (contains ("/proc/self/mountinfo", marker), "an ungranted path in mountinfo");
      maybe (contains ("/proc/self/environ", marker), "an ungranted path in the environment");
    }
  maybe (access ("/etc/shadow", F_OK) == 0, "/etc/shadow exists");
  maybe (access ("/etc/fstab", R_OK) == 0, "/etc/fstab");
  maybe (access ("/var/lib/dpkg/status", R_OK) == 0, "/var/lib/dpkg/status");
  maybe (access ("/boot", R_OK) == 0, "/boot");
  maybe (access ("/root", F_OK) == 0, "/root");
  maybe (access ("/etc/ssh", F_OK) == 0, "/etc/ssh");
  directory = opendir ("/proc");
  while (directory != NULL && (entry = readdir (directory)) != NULL)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
      processes++;
  errno = 0;
  attack (processes > 4, "processes other than those of the sandbox");
  return 0;
}
