/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: get capabilities, and the attack surface that comes with them, in a nested user namespace; or enter other namespaces.
 *
 * Known from: CVE-2021-41133, CVE-2022-0185, CVE-2023-0386, CVE-2021-3493, CVE-2020-14386: kernel bugs that only a user
 * namespace reaches; clone3, whose flags a seccomp filter cannot read: moby issue 42680.
 *
 * Must fail because: the filter refuses unshare, setns and clone with namespace flags, answers ENOSYS to clone3 so that the C
 * library falls back to clone, and /proc/sys/user/max_user_namespaces is 0 in the sandbox.
 *
 * Control: fork and threads work; outside an ordinary user makes a user namespace by each of the three calls. */

#include "attack.h"
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>

static int
unshare_user (void)
{
  return unshare (CLONE_NEWUSER) == 0;
}

static int
unshare_user_and_mount (void)
{
  return unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0;
}

static int
clone_user (void)
{
  long pid = syscall (SYS_clone, (unsigned long)CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

  if (pid == 0)
    _exit (0);
  if (pid > 0)
    waitpid ((pid_t)pid, NULL, 0);
  return pid > 0;
}

/* the kernel takes 64 bits here too, and looks at the low 32 */
static int
clone_user_high_bits (void)
{
  long pid = syscall (SYS_clone, UINT64_C (0xffffffff) << 32 | CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

  if (pid == 0)
    _exit (0);
  if (pid > 0)
    waitpid ((pid_t)pid, NULL, 0);
  return pid > 0;
}

static int
clone3_user (void)
{
  struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
  long pid = syscall (SYS_clone3, &args, sizeof args);

  if (pid == 0)
    _exit (0);
  if (pid > 0)
    waitpid ((pid_t)pid, NULL, 0);
  return pid > 0;
}

static int
clone3_cgroup (void)
{
  struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWNET, .exit_signal = SIGCHLD };
  long pid = syscall (SYS_clone3, &args, sizeof args);

  if (pid == 0)
    _exit (0);
  if (pid > 0)
    waitpid ((pid_t)pid, NULL, 0);
  return pid > 0;
}

static int
setns_self (void)
{
  int fd = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    return 0;
  return got_through (setns (fd, CLONE_NEWUSER)); /* wrong type: EINVAL from the kernel */
}

static int
setns_pidfd (void)
{
  int fd = (int)syscall (SYS_pidfd_open, getpid (), 0);

  if (fd < 0)
    return 0;
  return got_through (setns (fd, 0x1));
}

static void *
thread (void *data)
{
  *(int *)data = 1;
  return NULL;
}

int
main (int argc, char **argv)
{
  static const struct
  {
    int flag;
    const char *what;
  } rows[] = {
    { CLONE_NEWNS, "unshare mount" },  { CLONE_NEWPID, "unshare pid" }, { CLONE_NEWNET, "unshare net" },
    { CLONE_NEWIPC, "unshare ipc" },   { CLONE_NEWUTS, "unshare uts" }, { CLONE_NEWCGROUP, "unshare cgroup" },
    { CLONE_NEWTIME, "unshare time" },
  };
  pthread_t id;
  int ran = 0;
  pid_t pid;

  attack_init (argc, argv);
  pid = fork ();
  if (pid == 0)
    _exit (0);
  control (pid > 0 && waitpid (pid, NULL, 0) == pid, "fork");
  control (pthread_create (&id, NULL, thread, &ran) == 0 && pthread_join (id, NULL) == 0 && ran == 1, "a thread");

  attack (in_child (unshare_user) == 1, "unshare user");
  attack (in_child (unshare_user_and_mount) == 1, "unshare user and mount");
  attack (in_child (clone_user) == 1, "clone with CLONE_NEWUSER");
  attack (in_child (clone_user_high_bits) == 1, "clone with CLONE_NEWUSER and high bits");
  attack (in_child (clone3_user) == 1, "clone3 with CLONE_NEWUSER");
  attack (in_child (clone3_cgroup) == 1, "clone3 with three namespaces");
  attack (in_child (setns_self) == 1, "setns");
  attack (in_child (setns_pidfd) == 1, "setns by pidfd");
  /* needs capabilities: succeeds outside only in a user namespace of one's own; last, since it changes this process */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    attack (unshare (rows[i].flag) == 0, rows[i].what);
  return 0;
}
