/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-isolate.h"

#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static gboolean
write_file (const char *path, const char *text)
{
  pst_autofd fd = open (path, O_WRONLY | O_CLOEXEC);
  gsize length = strlen (text);
  return fd >= 0 && write (fd, text, length) == (ssize_t)length;
}

/* Standard error may be the person's terminal, and a terminal can be listened to: it is only to be written to. */
static void
only_write_errors (void)
{
  int fd;

  if (!isatty (STDERR_FILENO))
    return;
  fd = open ("/proc/self/fd/2", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || dup2 (fd, STDERR_FILENO) < 0)
    close (STDERR_FILENO);
  pst_fd_clear (&fd);
}

static gboolean
enter_namespaces (void)
{
  uid_t uid = geteuid ();
  gid_t gid = getegid ();
  char map[64];

  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    return FALSE;
  if (!write_file ("/proc/self/setgroups", "deny"))
    return FALSE;
  snprintf (map, sizeof map, "%u %u 1\n", uid, uid);
  if (!write_file ("/proc/self/uid_map", map))
    return FALSE;
  snprintf (map, sizeof map, "%u %u 1\n", gid, gid);
  return write_file ("/proc/self/gid_map", map);
}

static gboolean
empty_root (void)
{
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

  /* Any directory that is always there: it is only the place to turn round in. */
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount ("none", "/usr", "tmpfs", flags, "size=4k,nr_inodes=4,mode=500") == 0 && chdir ("/usr") == 0 &&
         syscall (SYS_pivot_root, ".", ".") == 0 && umount2 (".", MNT_DETACH) == 0 && chdir ("/") == 0 &&
         mount (NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL) == 0;
}

static gboolean
drop_capabilities (void)
{
  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct none[2] = { 0 };

  for (int cap = 0; cap <= 63; cap++)
    if (prctl (PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL)
      return FALSE;
  return syscall (SYS_capset, &header, none) == 0;
}

static gboolean
limit (guint max_files)
{
  struct rlimit files, core = { 0, 0 };

  if (setrlimit (RLIMIT_CORE, &core) < 0 || getrlimit (RLIMIT_NOFILE, &files) < 0)
    return FALSE;
  files.rlim_cur = files.rlim_max = MIN (files.rlim_max, max_files);
  return setrlimit (RLIMIT_NOFILE, &files) == 0;
}

gboolean
pst_isolate (guint max_files, const char **what)
{
  umask (0);
  only_write_errors ();
  *what = "make its namespaces";
  if (!enter_namespaces ())
    return FALSE;
  *what = "empty its root directory";
  if (!empty_root ())
    return FALSE;
  *what = "limit itself";
  if (!limit (max_files))
    return FALSE;
  *what = "drop its capabilities";
  if (!drop_capabilities ())
    return FALSE;
  *what = "refuse new privileges";
  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}
