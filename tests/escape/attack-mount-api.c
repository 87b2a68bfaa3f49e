/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: use the mount system calls of Linux 5.2 and later, which filters written before do not name, to uncover what is
 * mounted over, to make a read-only mount writable, or to bring in a file system.
 *
 * Known from: CVE-2021-41133 (flatpak's filter did not know fsopen, open_tree, move_mount …); CVE-2022-0185 (fsconfig
 * overflow).
 *
 * Must fail because: the filter refuses each of them, and the application has no capability in any user namespace.
 *
 * Control: stat of the same mount works; in a user namespace of one's own each call gets through to the kernel's code. */

#include "attack.h"

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_listmount
#define SYS_listmount 458
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

#define AT_RECURSIVE_ 0x8000
#define OPEN_TREE_CLONE_ 1

int
main (int argc, char **argv)
{
  struct stat st;
  uint64_t attributes[4] = { 0x1, 0, 0, 0 }; /* set RDONLY */

  attack_init (argc, argv);
  control (stat ("/usr", &st) == 0, "stat /usr");
  attack (syscall (SYS_fsopen, "tmpfs", 0) >= 0, "fsopen tmpfs");
  attack (got_through (syscall (SYS_fsconfig, -1, 6, NULL, NULL, 0)), "fsconfig");
  attack (got_through (syscall (SYS_fsmount, -1, 0, 0)), "fsmount");
  attack (syscall (SYS_fspick, AT_FDCWD, "/proc", 0) >= 0, "fspick /proc");
  attack (syscall (SYS_open_tree, AT_FDCWD, "/usr", OPEN_TREE_CLONE_ | AT_RECURSIVE_ | O_CLOEXEC) >= 0,
          "open_tree clone of /usr");
  attack (got_through (syscall (SYS_move_mount, -1, "", -1, "", 0x4 | 0x40)), "move_mount");
  attack (got_through (syscall (SYS_mount_setattr, -1, "", 0x1000, attributes, sizeof attributes)), "mount_setattr");
  attributes[0] = 0;
  attributes[1] = 1;
  maybe (syscall (SYS_mount_setattr, AT_FDCWD, "/usr", AT_RECURSIVE_, attributes, sizeof attributes) == 0,
         "mount_setattr /usr writable");
  maybe (got_through (syscall (SYS_open_tree_attr, -1, "", 0x1000 | OPEN_TREE_CLONE_, attributes, sizeof attributes)),
         "open_tree_attr");
  maybe (got_through (syscall (SYS_quotactl_fd, -1, 0, 0, NULL)), "quotactl_fd");
  return 0;
}
