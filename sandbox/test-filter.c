/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system call table, applied: each row's call is made in a child that has the filter, and beside it calls that must still
 * work. */
#include "seccomp-table.h"
#include "syscall-filter.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child with the filter: 0, or the number of the check that failed. */
static int
in_child (gboolean nested, int (*checks) (void))
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !pst_syscall_filter_apply (nested))
        _exit (255);
      _exit (checks ());
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static gboolean
fails_with (int error, long number, unsigned long a, unsigned long b)
{
  errno = 0;
  return syscall (number, a, b, 0UL, 0UL, 0UL, 0UL) == -1 && errno == error;
}

/* Every unconditional row, by its number. None of these calls does harm with such arguments, if the filter does not stop it. */
static int
check_rows (void)
{
  for (size_t i = 0; i < pst_seccomp_table_len; i++)
    {
      const PstSeccompRow *row = &pst_seccomp_table[i];
      int number = seccomp_syscall_resolve_name (row->name);

      if (row->match != PST_SECCOMP_ANY || number < 0 || g_str_equal (row->name, "vhangup") ||
          g_str_equal (row->name, "reboot"))
        continue;
      if (!fails_with (row->error, number, -1UL, -1UL))
        {
          g_printerr ("%s is not refused with %d but gives %d\n", row->name, row->error, errno);
          return 1;
        }
    }
  return 0;
}

static int
check_arguments (void)
{
  if (!fails_with (EPERM, SYS_ioctl, 0, 0x5412))
    return 1;
  if (!fails_with (EPERM, SYS_ioctl, 0, 0xdead00005412UL))
    return 2;
  if (!fails_with (EPERM, SYS_ioctl, 0, 0x541C))
    return 3;
  if (!fails_with (EPERM, SYS_ioctl, 0, 0x100000000UL | 0x541C))
    return 4;
  if (!fails_with (EPERM, SYS_clone, CLONE_NEWUSER | SIGCHLD, 0) || !fails_with (EPERM, SYS_clone, CLONE_NEWNS | CLONE_FS, 0))
    return 5;
  if (!fails_with (EAFNOSUPPORT, SYS_socket, AF_VSOCK, SOCK_STREAM) ||
      !fails_with (EAFNOSUPPORT, SYS_socket, AF_PACKET, SOCK_RAW) ||
      !fails_with (EAFNOSUPPORT, SYS_socket, AF_ALG, SOCK_SEQPACKET) ||
      !fails_with (EAFNOSUPPORT, SYS_socket, AF_IPX, SOCK_DGRAM) ||
      !fails_with (EAFNOSUPPORT, SYS_socket, 0x100000000UL | AF_VSOCK, SOCK_STREAM))
    return 6;
  return 0;
}

static gboolean
opens_with (int error, unsigned long flags, unsigned long mode)
{
  errno = 0;
  return syscall (SYS_openat, AT_FDCWD, "/nowhere/at all", flags, mode, 0UL, 0UL) == -1 && errno == error;
}

/* The name does not exist, so ENOENT is the kernel's own answer: the call got there. */
static int
check_open (void)
{
  if (!opens_with (EPERM, O_WRONLY | O_CREAT, 04755) || !opens_with (EPERM, O_RDWR | O_TMPFILE, 04755) ||
      !opens_with (EPERM, 0x100000000UL | O_WRONLY | O_CREAT, 0x100000000UL | 04755))
    return 1;
  if (!opens_with (ENOENT, O_WRONLY | O_CREAT, 0755) || !opens_with (ENOENT, O_RDWR | O_TMPFILE, 0755))
    return 2;
  /* without O_CREAT the mode is what the register happens to hold */
  if (!opens_with (ENOENT, O_RDONLY | O_DIRECTORY, 04755) || !opens_with (ENOENT, O_RDWR | O_TRUNC, -1UL))
    return 3;
  return 0;
}

/* What programs do all day. */
static int
check_allowed (void)
{
  struct winsize size;
  int status;
  pid_t pid;

  errno = 0;
  if (ioctl (open ("/dev/null", O_RDONLY), TIOCGWINSZ, &size) != -1 || errno != ENOTTY)
    return 1;
  if (socket (AF_UNIX, SOCK_STREAM, 0) < 0 || socket (AF_INET, SOCK_DGRAM, 0) < 0 || socket (AF_NETLINK, SOCK_RAW, 0) < 0)
    return 2;
  pid = fork ();
  if (pid == 0)
    _exit (7);
  if (waitpid (pid, &status, 0) != pid || WEXITSTATUS (status) != 7)
    return 3;
  if (system ("exit 9") != 9 << 8)
    return 4;
  if (setsid () < 0 && errno != EPERM)
    return 5;
  return 0;
}

/* Newer than what anybody looked at. */
static int
check_unknown (void)
{
  return fails_with (ENOSYS, 3000, 0, 0) && fails_with (ENOSYS, 467, 0, 0) ? 0 : 1;
}

#ifdef __x86_64__
static int
check_x32 (void)
{
  return fails_with (ENOSYS, 0x40000000 | SYS_getpid, 0, 0) && fails_with (ENOSYS, 0x40000000 | 514, 0, 0x5412) ? 0 : 1;
}

static int
check_int80 (void)
{
  long result;

  /* getpid of i386; without the filter it gives a number */
  __asm__ volatile("int $0x80" : "=a"(result) : "0"(20L) : "memory", "r8", "r9", "r10", "r11");
  return (int)result == -ENOSYS ? 0 : 1;
}
#endif

static int
check_nested (void)
{
  /* The kernel's own answer to nonsense, so it got there. */
  if (!fails_with (EINVAL, SYS_unshare, -1UL, 0))
    return 1;
  if (!fails_with (EPERM, SYS_setns, -1UL, 0) || !fails_with (ENOSYS, SYS_open_tree, 0, 0) ||
      !fails_with (EPERM, SYS_keyctl, 0, 0))
    return 2;
  return fails_with (EPERM, SYS_ioctl, 0, 0x5412) ? 0 : 3;
}

static void
test_rows (void)
{
  g_assert_cmpint (in_child (FALSE, check_rows), ==, 0);
}

static void
test_arguments (void)
{
  g_assert_cmpint (in_child (FALSE, check_arguments), ==, 0);
}

static void
test_allowed (void)
{
  g_assert_cmpint (in_child (FALSE, check_allowed), ==, 0);
  g_assert_cmpint (in_child (TRUE, check_allowed), ==, 0);
}

static void
test_open (void)
{
  g_assert_cmpint (in_child (FALSE, check_open), ==, 0);
  g_assert_cmpint (in_child (TRUE, check_open), ==, 0);
}

static void
test_unknown (void)
{
  g_assert_cmpint (in_child (FALSE, check_unknown), ==, 0);
}

static void
test_other_abis (void)
{
#ifdef __x86_64__
  g_assert_cmpint (in_child (FALSE, check_x32), ==, 0);
  g_assert_cmpint (in_child (FALSE, check_int80), ==, 0);
  g_assert_cmpint (in_child (TRUE, check_x32), ==, 0);
#else
  g_test_skip ("x32 and i386 are of x86-64");
#endif
}

static void
test_nested (void)
{
  g_assert_cmpint (in_child (TRUE, check_nested), ==, 0);
}

static void
test_reasons (void)
{
  for (size_t i = 0; i < pst_seccomp_table_len; i++)
    g_assert_true (pst_seccomp_table[i].why && *pst_seccomp_table[i].why && pst_seccomp_table[i].error > 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filter/rows", test_rows);
  g_test_add_func ("/filter/arguments", test_arguments);
  g_test_add_func ("/filter/allowed", test_allowed);
  g_test_add_func ("/filter/open", test_open);
  g_test_add_func ("/filter/unknown", test_unknown);
  g_test_add_func ("/filter/other-abis", test_other_abis);
  g_test_add_func ("/filter/nested", test_nested);
  g_test_add_func ("/filter/reasons", test_reasons);
  return g_test_run ();
}
