/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: make system calls by another door of the kernel, whose numbers the filter may not know: i386's (int $0x80) and x32's
 * (numbers with bit 30 set) on x86-64.
 *
 * Known from: the seccomp(2) manual's warning about arch and __X32_SYSCALL_BIT; snapd bug 1882492 (i386 on amd64);
 * CVE-2009-0835, where the number of one table was checked against the other.
 *
 * Must fail because: every architecture but the native one is refused by the filter as a whole. (32-bit programs do not run in
 * Postern's sandbox.)
 *
 * Control: the native getpid works; outside, int $0x80 runs the i386 getpid, and TIOCSTI's way in (ioctl) with it. */

#include "attack.h"

#ifdef __x86_64__
#define X32_BIT 0x40000000L

static long
int80 (long number, long a, long b, long c)
{
  long result;

  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
  if (result < 0 && result > -4096)
    {
      errno = (int)-result;
      return -1;
    }
  return result;
}

static int
i386_getpid (void)
{
  return int80 (20, 0, 0, 0) > 0;
}

static int
i386_unshare (void)
{
  errno = 0;
  /* CLONE_NEWUSER | an invalid bit: EINVAL from the kernel, whoever asks */
  return got_through (int80 (310, 0x10000000 | 0x1, 0, 0));
}

static int
i386_ioctl (void)
{
  return got_through (int80 (54, -1, 0x5412, 0));
}

static int
x32_getpid (void)
{
  return syscall (X32_BIT | 39) > 0;
}

static int
x32_unshare (void)
{
  return got_through (syscall (X32_BIT | 272, 0x10000000 | 0x1));
}
#endif

int
main (int argc, char **argv)
{
  attack_init (argc, argv);
  control (syscall (SYS_getpid) > 0, "getpid");
#ifdef __x86_64__
  /* 126: killed by SIGSYS, or SIGSEGV where the kernel has no i386: both are "refused" */
  maybe (in_child (i386_getpid) == 1, "i386 getpid by int $0x80");
  maybe (in_child (i386_unshare) == 1, "i386 unshare by int $0x80");
  maybe (in_child (i386_ioctl) == 1, "i386 ioctl by int $0x80");
  maybe (in_child (x32_getpid) == 1, "x32 getpid");
  maybe (in_child (x32_unshare) == 1, "x32 unshare");
#endif
  return 0;
}
