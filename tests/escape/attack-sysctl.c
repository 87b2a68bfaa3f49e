/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: write to /proc/sys and its like: core_pattern makes the host's kernel run a program, sysrq-trigger ends the machine;
 * or raise what the sandbox lowered (user.max_user_namespaces).
 *
 * Known from: privileged-container escapes through /proc/sys/kernel/core_pattern, /proc/sys/kernel/modprobe,
 * /sys/kernel/uevent_helper, release_agent (CVE-2022-0492).
 *
 * Must fail because: these files belong to the host's root, who is nobody in the sandbox; those of a namespace belong to the
 * namespace's owner, whose capabilities the application lacks; /sys is absent.
 *
 * Control: reading some works; in a user namespace of one's own user.max_user_namespaces can be written. */

#include "attack.h"
#include <dirent.h>

/* Opens for writing and writes back what was read: nothing changes on success. */
static bool
writes (const char *path)
{
  char value[512];
  ssize_t length = 0;
  bool ok;
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd >= 0)
    {
      length = read (fd, value, sizeof value);
      close (fd);
    }
  fd = open (path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ok = length > 0 ? write (fd, value, (size_t)length) == length : true;
  close (fd);
  return ok;
}

int
main (int argc, char **argv)
{
  static const char *const paths[] = {
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/hotplug",
    "/proc/sys/kernel/randomize_va_space",
    "/proc/sys/kernel/yama/ptrace_scope",
    "/proc/sys/fs/protected_symlinks",
    "/proc/sys/fs/protected_hardlinks",
    "/proc/sys/fs/suid_dumpable",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sysrq-trigger",
    "/proc/sys/fs/binfmt_misc/register",
    "/proc/irq/default_smp_affinity",
    "/proc/bus/pci/devices",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
  };
  char text[64];
  struct dirent *entry;
  DIR *directory;
  int fd;
  int n = 0;

  attack_init (argc, argv);
  fd = open ("/proc/sys/kernel/osrelease", O_RDONLY | O_CLOEXEC);
  control (fd >= 0 && read (fd, text, sizeof text) > 0, "reading /proc/sys/kernel/osrelease");
  attack (writes ("/proc/sys/user/max_user_namespaces"), "writing /proc/sys/user/max_user_namespaces");
  attack (writes ("/proc/sys/net/ipv4/ip_forward"), "writing /proc/sys/net/ipv4/ip_forward");
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    {
      char what[120];

      snprintf (what, sizeof what, "writing %s", paths[i]);
      maybe (writes (paths[i]), what);
    }
  maybe (open ("/proc/kcore", O_RDONLY | O_CLOEXEC) >= 0, "/proc/kcore");
  maybe (open ("/proc/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC) >= 0, "/proc/kmsg");
  maybe (open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC) >= 0 && writes ("/proc/1/oom_score_adj"),
         "/proc/1/oom_score_adj");
  directory = opendir ("/sys");
  while (directory != NULL && (entry = readdir (directory)) != NULL)
    if (entry->d_name[0] != '.')
      n++;
  attack (n > 0, "/sys shows something");
  return 0;
}
