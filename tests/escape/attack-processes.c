/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: read, change or end processes outside the sandbox, or the sandbox's own init, which holds the supervisor's socket.
 *
 * Known from: ptrace as the classic way out of a same-uid sandbox (CVE-2019-13272 for ptrace itself; firejail's CVE-2022-31214
 * joins through a process it can influence); pidfd_getfd (Linux 5.6) for stealing descriptors.
 *
 * Must fail because: the pid namespace shows nothing outside; init is not dumpable and holds more than the application; the
 * filter refuses ptrace's relatives; kill cannot reach pid 1 of one's own namespace but for handlers that it set.
 *
 * Control: kill, prlimit and process_vm_readv on an own child; outside the same calls on the victim succeed. */

#include "attack.h"
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>

static pid_t target;
static void *target_address;

static int
try_attach (void)
{
  if (ptrace (PTRACE_SEIZE, target, NULL, NULL) != 0)
    return 0;
  ptrace (PTRACE_DETACH, target, NULL, NULL);
  return 1;
}

static int
try_attach_old (void)
{
  if (ptrace (PTRACE_ATTACH, target, NULL, NULL) != 0)
    return 0;
  waitpid (target, NULL, __WALL);
  ptrace (PTRACE_DETACH, target, NULL, NULL);
  return 1;
}

static bool
try_vm_read (void)
{
  char buffer[8];
  struct iovec local = { buffer, sizeof buffer }, remote = { target_address, sizeof buffer };

  return process_vm_readv (target, &local, 1, &remote, 1, 0) > 0;
}

static bool
try_vm_write (void)
{
  /* outside the victim keeps what it has: the control must not spoil the attack's proof */
  char buffer[8];
  struct iovec local = { buffer, sizeof buffer }, remote = { target_address, sizeof buffer };

  memcpy (buffer, inside () ? "changed!" : "SECRET i", sizeof buffer);
  return process_vm_writev (target, &local, 1, &remote, 1, 0) > 0;
}

static bool
try_mem (int flags)
{
  char path[64];
  char byte;
  int fd;
  bool ok;

  snprintf (path, sizeof path, "/proc/%d/mem", target);
  fd = open (path, flags | O_CLOEXEC);
  if (fd < 0)
    return false;
  ok = pread (fd, &byte, 1, (off_t)(uintptr_t)target_address) == 1;
  close (fd);
  return ok;
}

static bool
try_getfd (void)
{
  int pidfd = (int)syscall (SYS_pidfd_open, target, 0);
  int fd;

  if (pidfd < 0)
    return false;
  fd = (int)syscall (SYS_pidfd_getfd, pidfd, 0, 0);
  return fd >= 0;
}

static void
battery (const char *who, bool provable)
{
  void (*report) (bool, const char *) = provable ? attack : maybe;
  struct rlimit limit;
  char what[100];

#define WHAT(text) (snprintf (what, sizeof what, "%s %s", text, who), what)
  report (in_child (try_attach) == 1, WHAT ("PTRACE_SEIZE of"));
  report (in_child (try_attach_old) == 1, WHAT ("PTRACE_ATTACH to"));
  report (try_vm_read (), WHAT ("process_vm_readv of"));
  report (try_vm_write (), WHAT ("process_vm_writev to"));
  report (try_mem (O_RDONLY), WHAT ("reading /proc/PID/mem of"));
  report (try_mem (O_RDWR), WHAT ("writing /proc/PID/mem of"));
  report (try_getfd (), WHAT ("pidfd_getfd from"));
  /* of init it is allowed, being of the same user, and harms the sandbox alone */
  if (target != 1)
    report (prlimit (target, RLIMIT_NOFILE, NULL, &limit) == 0, WHAT ("prlimit of"));
#undef WHAT
}

int
main (int argc, char **argv)
{
  static char own[8] = "own";
  const char *victim;
  char path[64];
  int status;
  pid_t pid;

  attack_init (argc, argv);

  /* the child is a copy of this process: same addresses */
  pid = fork ();
  if (pid == 0)
    {
      pause ();
      _exit (0);
    }
  target = pid;
  target_address = own;
  {
    struct rlimit limit;

    control (prlimit (pid, RLIMIT_NOFILE, NULL, &limit) == 0, "prlimit of an own child");
  }
  control (kill (pid, SIGTERM) == 0 && waitpid (pid, &status, 0) == pid && WIFSIGNALED (status), "kill of an own child");

  victim = arg ("victim-pid");
  if (victim != NULL)
    {
      target = (pid_t)atoi (victim);
      target_address = (void *)(uintptr_t)strtoull (arg ("victim-address"), NULL, 16);
      if (kill (target, 0) == 0 && inside ())
        /* some process of the sandbox may have that number by chance */
        maybe (false, "the victim's number is taken inside");
      else
        {
          attack (kill (target, 0) == 0, "kill of the victim outside");
          attack (syscall (SYS_tgkill, target, target, 0) == 0, "tgkill of the victim outside");
          battery ("the victim outside", true);
          attack (sched_getscheduler (target) >= 0, "sched_getscheduler of the victim outside");
          attack (getpgid (target) >= 0, "getpgid of the victim outside");
        }
    }

  if (inside ())
    {
      target = 1;
      target_address = own;
      battery ("init", false);
      /* SIGKILL and SIGSTOP to one's own init are ignored by the kernel, kill() says 0: what counts is that init lives */
      (void)kill (1, SIGSTOP);
      (void)kill (1, SIGKILL);
      (void)kill (1, SIGTERM);
      (void)kill (1, SIGHUP);
      snprintf (path, sizeof path, "/proc/%d", 1);
      control (access (path, F_OK) == 0, "init is alive after being signalled");
      maybe (getppid () != 0 && getppid () != 1, "the parent is somebody other than init");
    }
  return 0;
}
