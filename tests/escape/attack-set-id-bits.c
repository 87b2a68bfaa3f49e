/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: leave a set-user-id program behind in a directory that was granted for change (or the private home), which another
 * account of the machine then executes as the person: a door for an accomplice.
 *
 * Known from: Nix's builder sandbox (its filter refuses such modes since 2017; CVE-2024-45593 nearby), "setuid backdoor" of
 * post-exploitation kits.
 *
 * Must fail because: the filter refuses a mode with the set-user-id bit in every call that takes one. (Set-group-id stays: on
 * directories it is ordinary, and a filter cannot tell them from files.)
 *
 * Control: ordinary modes work, the sticky bit too; outside the person's own file can be given the bit. */

#include "attack.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const char *name;

static bool
has_bit (void)
{
  struct stat st;

  return stat (name, &st) == 0 && (st.st_mode & S_ISUID) != 0;
}

static void
again (void)
{
  int fd;

  (void)unlink (name);
  fd = open (name, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
  if (fd >= 0)
    close (fd);
}

int
main (int argc, char **argv)
{
  char path[4096];
  int fd;

  attack_init (argc, argv);
  snprintf (path, sizeof path, "%s/.set-id", getenv ("HOME"));
  name = path;
  again ();
  control (chmod (name, 0700) == 0 && chmod (name, 0644) == 0, "chmod with an ordinary mode");
  control (mkdirat (AT_FDCWD, "/tmp/escape-sticky", 01777) == 0 && rmdir ("/tmp/escape-sticky") == 0,
           "mkdir with the sticky bit");

  (void)chmod (name, 04755);
  attack (has_bit (), "chmod 4755");
  again ();
  fd = open (name, O_RDWR | O_CLOEXEC);
  (void)fchmod (fd, 04755);
  attack (has_bit (), "fchmod 4755");
  again ();
  (void)syscall (SYS_fchmodat, AT_FDCWD, name, 04755);
  attack (has_bit (), "fchmodat 4755");
  again ();
  (void)syscall (SYS_fchmodat, AT_FDCWD, name, UINT64_C (1) << 32 | 04755);
  attack (has_bit (), "fchmodat 4755 with bit 32 set");
  again ();
  (void)syscall (SYS_fchmodat2, AT_FDCWD, name, 04755, 0);
  maybe (has_bit (), "fchmodat2 4755");
  (void)unlink (name);
  fd = open (name, O_WRONLY | O_CREAT | O_CLOEXEC, 04755);
  attack (has_bit (), "open with O_CREAT and 4755");
  (void)unlink (name);
  fd = (int)syscall (SYS_creat, name, 04755);
  attack (has_bit (), "creat 4755");
  (void)unlink (name);
  (void)mknod (name, S_IFREG | 04755, 0);
  attack (has_bit (), "mknod 4755");
  (void)unlink (name);
  {
    struct
    {
      uint64_t flags, mode, resolve;
    } how = { O_WRONLY | O_CREAT, 04755, 0 };

    fd = (int)syscall (SYS_openat2, AT_FDCWD, name, &how, sizeof how);
    /* the mode is behind a pointer, where a filter cannot look */
    maybe (has_bit (), "openat2 with O_CREAT and 4755");
  }
  (void)unlink (name);
  return 0;
}
