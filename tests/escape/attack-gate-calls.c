/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: what could code do that runs in a taken-over postern-fusefs, by system calls alone? The gate's own filter is put on a
 * process that then tries: other processes of the person (signals, by any way), other namespaces, executing, sockets, files by
 * name, terminals.
 *
 * Known from: SROP and ROP payloads of any server exploit; fcntl's F_SETOWN with F_SETSIG as the forgotten way to send any
 * signal to any process of the user.
 *
 * Must fail because: the list names what the gate needs and nothing else.
 *
 * Control: without the filter each of them gets through; with it, the gate's own work does (open below a directory, read,
 * write, poll, memory).
 *
 * Runs outside of a sandbox: the filter is what is tested. */

#include "attack.h"

#include <linux/filter.h>

#include "fusefs-seccomp.h"
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>

static pid_t victim;
static int directory;
static int file;
static int pair[2];

static bool filtered;

static int
install (void)
{
  struct sock_fprog program = { sizeof pst_seccomp_filter / sizeof *pst_seccomp_filter,
                                (struct sock_filter *)pst_seccomp_filter };

  if (!filtered)
    return 1;
  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

#define TRY(name, expression)                                                                                                  \
  static int name (void)                                                                                                       \
  {                                                                                                                            \
    return install () && (expression);                                                                                         \
  }

TRY (try_kill, kill (victim, 0) == 0)
TRY (try_tgkill, syscall (SYS_tgkill, victim, victim, 0) == 0)
TRY (try_tkill, syscall (SYS_tkill, victim, 0) == 0)
TRY (try_sigqueue, syscall (SYS_rt_sigqueueinfo, victim, 0, NULL) == 0 || errno == EFAULT)
TRY (try_setown, fcntl (pair[0], F_SETOWN, victim) == 0)
TRY (try_setown_ex, fcntl (pair[0], F_SETOWN_EX, &(struct f_owner_ex){ F_OWNER_PID, victim }) == 0)
TRY (try_setsig, fcntl (pair[0], F_SETSIG, SIGKILL) == 0)
TRY (try_ioctl_owner, ioctl (pair[0], FIOSETOWN, &victim) == 0)
TRY (try_exec, got_through (syscall (SYS_execve, "/nonexistent", NULL, NULL)))
TRY (try_execveat, got_through (syscall (SYS_execveat, -1, "", NULL, NULL, AT_EMPTY_PATH)))
TRY (try_socket, socket (AF_UNIX, SOCK_STREAM, 0) >= 0)
TRY (try_inet, socket (AF_INET, SOCK_STREAM, 0) >= 0)
TRY (try_connect, got_through (connect (-1, NULL, 0)))
TRY (try_bind, got_through (bind (-1, NULL, 0)))
TRY (try_ptrace, ptrace (PTRACE_SEIZE, victim, NULL, NULL) == 0)
TRY (try_vm_read, got_through (syscall (SYS_process_vm_readv, victim, NULL, 0UL, NULL, 0UL, 0UL)))
TRY (try_pidfd, syscall (SYS_pidfd_open, victim, 0) >= 0)
TRY (try_unshare, unshare (CLONE_NEWUSER) == 0)
TRY (try_setns, got_through (setns (-1, 0)))
TRY (try_clone, syscall (SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL) >= 0)
TRY (try_clone3, got_through (syscall (SYS_clone3, NULL, 0UL)))
TRY (try_mount, got_through (syscall (SYS_fsconfig, -1, 6, NULL, NULL, 0)))
TRY (try_chroot, got_through (syscall (SYS_chroot, NULL)))
TRY (try_fchdir, fchdir (directory) == 0)
TRY (try_handle, got_through (syscall (SYS_open_by_handle_at, -1, NULL, 0)))
TRY (try_prlimit, prlimit (victim, RLIMIT_NOFILE, NULL, &(struct rlimit){ 0 }) == 0)
TRY (try_exec_map, mmap (NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
TRY (try_exec_protect,
     mprotect (mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096, PROT_READ | PROT_EXEC) == 0)
TRY (try_ioctl, got_through (ioctl (-1, TIOCSTI, "x")))
TRY (try_keyctl, got_through (syscall (SYS_keyctl, 0, -3, 0)))
TRY (try_io_uring, got_through (syscall (SYS_io_uring_setup, 0, NULL)))
TRY (try_bpf, got_through (syscall (SYS_bpf, 0, NULL, 65536)))
TRY (try_userfaultfd, syscall (SYS_userfaultfd, 1) >= 0)
TRY (try_setuid, syscall (SYS_setuid, getuid ()) == 0)
TRY (try_dumpable, prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) == 0)
TRY (try_shm, syscall (SYS_shmget, 0, 4096, 01600) >= 0)
TRY (try_scheduler, sched_getscheduler (victim) >= 0)
TRY (try_priority, syscall (SYS_setpriority, 0, victim, 19) == 0)
#ifdef __x86_64__
static int
try_int80 (void)
{
  long result;

  if (!install ())
    return 0;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
  return result > 0;
}
#endif

/* what the gate does all day */
TRY (work_open, openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0)
TRY (work_read, pread (file, (char[1]){ 0 }, 1, 0) >= 0)
TRY (work_poll, poll (&(struct pollfd){ pair[0], POLLIN, 0 }, 1, 0) == 0)
TRY (work_memory, mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
TRY (work_send,
     send (pair[0], "x", 1, 0) == 1 ||
         sendmsg (pair[0], &(struct msghdr){ .msg_iov = &(struct iovec){ (void *)"x", 1 }, .msg_iovlen = 1 }, 0) == 1)
TRY (work_duplicate, fcntl (file, F_DUPFD_CLOEXEC, 10) >= 10)

int
main (int argc, char **argv)
{
  static const struct
  {
    int (*func) (void);
    const char *what;
  } rows[] = {
    { try_kill, "kill of another process" },
    { try_tgkill, "tgkill of another process" },
    { try_tkill, "tkill of another process" },
    { try_sigqueue, "rt_sigqueueinfo to another process" },
    { try_setown, "F_SETOWN to another process" },
    { try_setown_ex, "F_SETOWN_EX to another process" },
    { try_setsig, "F_SETSIG with SIGKILL" },
    { try_ioctl_owner, "FIOSETOWN to another process" },
    { try_exec, "execve" },
    { try_execveat, "execveat" },
    { try_socket, "a unix socket" },
    { try_inet, "an Internet socket" },
    { try_connect, "connect" },
    { try_bind, "bind" },
    { try_ptrace, "ptrace" },
    { try_vm_read, "process_vm_readv" },
    { try_pidfd, "pidfd_open" },
    { try_unshare, "unshare" },
    { try_setns, "setns" },
    { try_clone, "clone with CLONE_NEWUSER" },
    { try_clone3, "clone3" },
    { try_mount, "fsconfig" },
    { try_chroot, "chroot" },
    { try_fchdir, "fchdir" },
    { try_handle, "open_by_handle_at" },
    { try_prlimit, "prlimit of another process" },
    { try_exec_map, "executable memory" },
    { try_exec_protect, "memory made executable" },
    { try_ioctl, "ioctl" },
    { try_keyctl, "keyctl" },
    { try_io_uring, "io_uring_setup" },
    { try_bpf, "bpf" },
    { try_userfaultfd, "userfaultfd" },
    { try_setuid, "setuid" },
    { try_dumpable, "becoming dumpable" },
    { try_shm, "shared memory" },
    { try_scheduler, "sched_getscheduler of another process" },
    { try_priority, "setpriority of another process" },
#ifdef __x86_64__
    { try_int80, "int $0x80" },
#endif
  };
  static const struct
  {
    int (*func) (void);
    const char *what;
  } work[] = {
    { work_open, "opening below a directory" },
    { work_read, "reading" },
    { work_poll, "polling" },
    { work_memory, "memory" },
    { work_send, "sending" },
    { work_duplicate, "duplicating a descriptor" },
  };
  int n = 0, failed = 0;

  attack_init (argc, argv);
  victim = fork ();
  if (victim == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      prctl (0x59616d61 /* PR_SET_PTRACER */, -1UL, 0, 0, 0);
      pause ();
      _exit (0);
    }
  directory = open ("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  file = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  if (directory < 0 || file < 0 || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return 1;

  for (size_t i = 0; i < sizeof work / sizeof *work; i++)
    {
      int result;

      filtered = true;
      result = in_child (work[i].func);
      failed += result != 1;
      printf ("%s %d - control: with the filter, %s works%s\n", result == 1 ? "ok" : "not ok", ++n, work[i].what,
              result == 1 ? "" : strerror (errno));
    }
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      int without, with;

      filtered = false;
      without = in_child (rows[i].func);
      filtered = true;
      with = in_child (rows[i].func);
      if (without == 1)
        printf ("ok %d - control: without the filter, %s gets through\n", ++n, rows[i].what);
      else
        printf ("# control not possible here: %s does not get through without the filter either\n", rows[i].what);
      failed += with == 1;
      printf ("%s %d - with the filter, %s does not\n", with == 1 ? "not ok" : "ok", ++n, rows[i].what);
    }
  printf ("1..%d\n", n);
  kill (victim, SIGKILL);
  waitpid (victim, NULL, 0);
  return failed != 0;
}
