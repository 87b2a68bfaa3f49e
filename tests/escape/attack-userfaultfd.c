/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: hold the kernel still in the middle of a copy from user memory, which makes kernel races easy to win.
 *
 * Known from: nearly every public kernel exploit between 2016 and 2021 (CVE-2021-22555, CVE-2016-6187 …).
 *
 * Must fail because: the filter refuses userfaultfd, also with UFFD_USER_MODE_ONLY, for which no privilege is needed, and
 * /dev/userfaultfd is absent.
 *
 * Control: mmap and mprotect work; outside a user-mode descriptor can be made. */

#include "attack.h"
#include <sys/mman.h>

int
main (int argc, char **argv)
{
  void *memory;

  attack_init (argc, argv);
  memory = mmap (NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  control (memory != MAP_FAILED && mprotect (memory, 4096, PROT_READ | PROT_WRITE) == 0, "mmap, mprotect");
  attack (syscall (SYS_userfaultfd, O_CLOEXEC | 1) >= 0, "userfaultfd, user mode only");
  maybe (syscall (SYS_userfaultfd, O_CLOEXEC) >= 0, "userfaultfd");
  maybe (open ("/dev/userfaultfd", O_RDWR | O_CLOEXEC) >= 0, "/dev/userfaultfd");
  return 0;
}
