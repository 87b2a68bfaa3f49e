/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: mount, unmount, remount, pivot and chroot: uncover the directories below the gate or make /usr writable.
 *
 * Known from: every container escape that begins with a stray CAP_SYS_ADMIN; CVE-2022-0492 (cgroup v1 mount and release_agent).
 *
 * Must fail because: the application has no capabilities, cannot get any, and the filter refuses the calls.
 *
 * Control: reading the mount table works; in a user and mount namespace of one's own each succeeds. */

#include "attack.h"
#include <sys/mount.h>

/* Outside, in a mount namespace for each try, so that one does not stand in the way of the next. */
static int (*wanted) (void);

static int
in_own_namespace (void)
{
  if (!inside () && syscall (SYS_unshare, 0x00020000) < 0)
    return 0;
  return wanted ();
}

static bool
try (int (*func) (void))
{
  wanted = func;
  return in_child (in_own_namespace) == 1;
}

static int
try_pivot (void)
{
  if (mount ("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0 || chdir ("/tmp") < 0)
    return 0;
  if (mkdir ("old", 0700) < 0)
    return 0;
  return syscall (SYS_pivot_root, ".", "old") == 0;
}

static int
try_chroot (void)
{
  return chroot ("/tmp") == 0;
}

static int
try_double_chroot (void)
{
  /* the classic: chroot deeper, keep the working directory above, climb */
  if (chdir ("/") < 0 || chroot ("/usr") < 0)
    return 0;
  for (int i = 0; i < 64; i++)
    if (chdir ("..") < 0)
      return 0;
  return chroot (".") == 0;
}

static int
try_bind (void)
{
  return mount ("/usr", "/tmp", NULL, MS_BIND, NULL) == 0;
}

static int
try_tmpfs (void)
{
  return mount ("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0;
}

static int
try_umount (void)
{
  const char *target = getenv ("HOME");

  if (inside ())
    return umount2 (target != NULL ? target : "/proc", MNT_DETACH) == 0 || umount2 ("/proc", MNT_DETACH) == 0 ||
           umount2 ("/", MNT_DETACH) == 0 || umount2 ("/tmp", MNT_DETACH) == 0;
  return mount ("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0 && umount2 ("/tmp", MNT_DETACH) == 0;
}

static int
try_remount (void)
{
  if (inside ())
    return mount (NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL) == 0;
  return mount ("/usr", "/usr", NULL, MS_BIND, NULL) == 0 &&
         mount (NULL, "/usr", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

static int
try_propagation (void)
{
  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static int
try_proc (void)
{
  return mount ("proc", "/tmp", "proc", 0, NULL) == 0;
}

int
main (int argc, char **argv)
{
  int fd;

  attack_init (argc, argv);
  fd = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  control (fd >= 0, "reading /proc/self/mountinfo");
  attack (try (try_tmpfs), "mount a tmpfs");
  attack (try (try_bind), "bind mount");
  attack (try (try_umount), "unmount");
  attack (try (try_remount), "remount /usr");
  attack (try (try_propagation), "change propagation of /");
  maybe (try (try_proc), "mount a second /proc");
  attack (try (try_chroot), "chroot");
  attack (try (try_double_chroot), "chroot twice and climb out");
  attack (try (try_pivot), "pivot_root");
  return 0;
}
