/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system calls that an application does not get.
 *
 * The boundary is the namespaces and the absence of capabilities; this table takes away what lies across that boundary
 * (terminal injection, keyrings, kernel interfaces that know no namespaces) and the parts of the kernel that desktop programs
 * do not need and attackers do.
 *
 * Three things are settled outside the table, by the generator: calls of another architecture (i386 by int 0x80) and of the x32
 * ABI get ENOSYS; a call whose number is higher than any that was known when Postern was built gets ENOSYS, so that an
 * interface of a newer kernel is not open until someone has looked at it; all others are allowed.
 *
 * ENOSYS where programs try a newer interface and fall back to an older one, EPERM where they take a refusal for an answer.
 *
 * ptrace and process_vm_readv are allowed: the pid namespace keeps them inside, init is not dumpable, and crash reporters and
 * debuggers need them.
 */
#include "seccomp-table.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/stat.h>

#define TIOCSTI_NUMBER 0x5412
#define TIOCLINUX_NUMBER 0x541C
#define NEW_NAMESPACES                                                                                                         \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/* What makes O_TMPFILE of O_DIRECTORY */
#define TMPFILE (O_TMPFILE & ~O_DIRECTORY)

#define ROW(name, error, why)                                                                                                  \
  {                                                                                                                            \
    name, error, why, PST_SECCOMP_ALWAYS, PST_SECCOMP_ANY, 0, 0                                                                \
  }
#define ROW_NESTED(name, error, why)                                                                                           \
  {                                                                                                                            \
    name, error, why, PST_SECCOMP_UNLESS_NESTED, PST_SECCOMP_ANY, 0, 0                                                         \
  }

const PstSeccompRow pst_seccomp_table[] = {
  /* terminals */
  { "ioctl", EPERM, "TIOCSTI types into the terminal of whoever started us; high bits set must not evade this",
    PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 1, TIOCSTI_NUMBER },
  { "ioctl", EPERM, "TIOCLINUX pastes the console's selection, the same by another name", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32,
    1, TIOCLINUX_NUMBER },
  ROW ("vhangup", EPERM, "hangs up a terminal; needs a capability anyway"),

  /* namespaces and mounts: no new ones, no others' */
  { "clone", EPERM, "a nested user namespace opens most of the kernel to its creator", PST_SECCOMP_UNLESS_NESTED,
    PST_SECCOMP_BITS, 0, NEW_NAMESPACES },
  ROW_NESTED ("clone3", ENOSYS, "its flags are behind a pointer and cannot be checked; the C library falls back to clone"),
  ROW_NESTED ("unshare", EPERM, "makes namespaces"),
  ROW ("setns", EPERM, "enters namespaces"),
  ROW_NESTED ("mount", EPERM, "needs a namespace of one's own"),
  ROW_NESTED ("umount2", EPERM, "the same"),
  ROW ("umount", EPERM, "the same, elsewhere"),
  ROW_NESTED ("pivot_root", EPERM, "the same"),
  ROW_NESTED ("chroot", EPERM, "the same"),
  ROW ("open_tree", ENOSYS, "the new mount API: each call has had its own holes, and all programs fall back"),
  ROW ("open_tree_attr", ENOSYS, "the same"),
  ROW ("move_mount", ENOSYS, "the same"),
  ROW ("fsopen", ENOSYS, "the same"),
  ROW ("fsconfig", ENOSYS, "the same"),
  ROW ("fsmount", ENOSYS, "the same"),
  ROW ("fspick", ENOSYS, "the same"),
  ROW ("mount_setattr", ENOSYS, "the same"),
  ROW ("listmount", ENOSYS, "tells of mounts more than /proc does"),
  ROW ("statmount", ENOSYS, "the same"),
  ROW ("open_by_handle_at", EPERM, "opens any inode of a file system, whatever path leads there"),
  ROW ("name_to_handle_at", EPERM, "makes the handles for it"),

  /* what knows no namespaces */
  ROW ("add_key", EPERM, "keyrings are shared with all of the user's processes"),
  ROW ("request_key", EPERM, "the same"),
  ROW ("keyctl", EPERM, "the same"),
  ROW ("syslog", EPERM, "the kernel's log is about the whole machine"),
  ROW ("quotactl", EPERM, "about whole file systems"),
  ROW ("quotactl_fd", EPERM, "the same"),
  ROW ("fanotify_init", EPERM, "watches whole mounts"),
  ROW ("fanotify_mark", EPERM, "the same"),
  ROW ("lookup_dcookie", EPERM, "names files by number"),
  ROW ("nfsservctl", ENOSYS, "gone from the kernel"),
  ROW ("acct", EPERM, "process accounting of the machine"),
  ROW ("swapon", EPERM, "the machine's"),
  ROW ("swapoff", EPERM, "the machine's"),
  ROW ("reboot", EPERM, "the machine's"),
  ROW ("sethostname", EPERM, "the sandbox has its name"),
  ROW ("setdomainname", EPERM, "the same"),
  ROW ("settimeofday", EPERM, "the machine's clock"),
  ROW ("clock_settime", EPERM, "the same"),
  ROW ("stime", EPERM, "the same"),
  ROW ("clock_adjtime", EPERM, "the same; reading it is of no use to applications"),
  ROW ("adjtimex", EPERM, "the same"),
  ROW ("ioperm", EPERM, "hardware"),
  ROW ("iopl", EPERM, "hardware"),

  /* code and programs for the kernel */
  ROW ("bpf", EPERM, "programs that run in the kernel"),
  ROW ("perf_event_open", EACCES, "a large interface with a long history of holes; samples other code"),
  ROW ("io_uring_setup", ENOSYS, "does what system calls do past this table; all programs fall back"),
  ROW ("io_uring_enter", ENOSYS, "the same"),
  ROW ("io_uring_register", ENOSYS, "the same"),
  ROW ("userfaultfd", EPERM, "stops the kernel in the middle of a copy: the attacker's favourite for winning races"),
  ROW ("init_module", EPERM, "kernel modules"),
  ROW ("finit_module", EPERM, "the same"),
  ROW ("delete_module", EPERM, "the same"),
  ROW ("create_module", ENOSYS, "gone from the kernel"),
  ROW ("query_module", ENOSYS, "gone from the kernel"),
  ROW ("get_kernel_syms", ENOSYS, "gone from the kernel"),
  ROW ("kexec_load", EPERM, "another kernel"),
  ROW ("kexec_file_load", EPERM, "the same"),

  /* old or rare, and a risk */
  ROW ("uselib", ENOSYS, "libraries of libc 5"),
  ROW ("ustat", ENOSYS, "device numbers of the host"),
  ROW ("sysfs", ENOSYS, "lists the kernel's file systems"),
  ROW ("_sysctl", ENOSYS, "gone from the kernel"),
  ROW ("modify_ldt", EPERM, "segments for 16-bit code; Wine for DOS programs"),
  ROW ("vm86", ENOSYS, "the same"),
  ROW ("vm86old", ENOSYS, "the same"),
  ROW ("personality", EPERM, "READ_IMPLIES_EXEC and ADDR_NO_RANDOMIZE make attacks easy"),
  ROW ("move_pages", EPERM, "places pages of memory on nodes; side channels"),
  ROW ("migrate_pages", EPERM, "the same"),
  ROW ("kcmp", EPERM, "compares kernel pointers"),

/* programs that run as the user, left behind for others: a set-user-id bit on a file in a granted directory outlives the
   sandbox. (Set-group-id stays: on directories it is ordinary.) */
#define SET_USER_ID(name, mode_arg, flags_arg, creating)                                                                       \
  {                                                                                                                            \
    name, EPERM, "a set-user-id program would let any account of the machine act as the user", PST_SECCOMP_ALWAYS,             \
        PST_SECCOMP_BITS, mode_arg, S_ISUID, flags_arg, creating                                                               \
  }
  SET_USER_ID ("chmod", 1, 0, 0),
  SET_USER_ID ("fchmod", 1, 0, 0),
  SET_USER_ID ("fchmodat", 2, 0, 0),
  SET_USER_ID ("fchmodat2", 2, 0, 0),
  SET_USER_ID ("mknod", 1, 0, 0),
  SET_USER_ID ("mknodat", 2, 0, 0),
  SET_USER_ID ("creat", 1, 0, 0),
  SET_USER_ID ("open", 2, 1, O_CREAT | TMPFILE),
  SET_USER_ID ("openat", 3, 2, O_CREAT | TMPFILE),
  ROW ("openat2", ENOSYS, "its mode is behind a pointer and cannot be checked; programs fall back to openat"),

  /* sockets of kinds that leave the network namespace or that nobody uses: 1 local, 2 and 10 Internet, 16 netlink remain.
     An argument with high bits set is above. */
  { "socket", EAFNOSUPPORT, "unspecified family", PST_SECCOMP_ALWAYS, PST_SECCOMP_BELOW, 0, 1 },
  { "socket", EAFNOSUPPORT, "AX.25", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 3 },
  { "socket", EAFNOSUPPORT, "IPX", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 4 },
  { "socket", EAFNOSUPPORT, "AppleTalk", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 5 },
  { "socket", EAFNOSUPPORT, "NET/ROM", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 6 },
  { "socket", EAFNOSUPPORT, "bridge", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 7 },
  { "socket", EAFNOSUPPORT, "ATM", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 8 },
  { "socket", EAFNOSUPPORT, "X.25", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 9 },
  { "socket", EAFNOSUPPORT, "ROSE", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 11 },
  { "socket", EAFNOSUPPORT, "DECnet", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 12 },
  { "socket", EAFNOSUPPORT, "NetBEUI", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 13 },
  { "socket", EAFNOSUPPORT, "security callback", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 14 },
  { "socket", EAFNOSUPPORT, "IPsec keys", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 15 },
  { "socket", EAFNOSUPPORT, "packet, vsock (the hypervisor), Bluetooth, ALG, XDP and all the others", PST_SECCOMP_ALWAYS,
    PST_SECCOMP_ABOVE, 0, 16 },
  /* by the other call as well: it loads the family's module too, and some of them make pairs */
  { "socketpair", EAFNOSUPPORT, "unspecified family", PST_SECCOMP_ALWAYS, PST_SECCOMP_BELOW, 0, 1 },
  { "socketpair", EAFNOSUPPORT, "AX.25", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 3 },
  { "socketpair", EAFNOSUPPORT, "IPX", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 4 },
  { "socketpair", EAFNOSUPPORT, "AppleTalk", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 5 },
  { "socketpair", EAFNOSUPPORT, "NET/ROM", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 6 },
  { "socketpair", EAFNOSUPPORT, "bridge", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 7 },
  { "socketpair", EAFNOSUPPORT, "ATM", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 8 },
  { "socketpair", EAFNOSUPPORT, "X.25", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 9 },
  { "socketpair", EAFNOSUPPORT, "ROSE", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 11 },
  { "socketpair", EAFNOSUPPORT, "DECnet", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 12 },
  { "socketpair", EAFNOSUPPORT, "NetBEUI", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 13 },
  { "socketpair", EAFNOSUPPORT, "security callback", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 14 },
  { "socketpair", EAFNOSUPPORT, "IPsec keys", PST_SECCOMP_ALWAYS, PST_SECCOMP_LOW32, 0, 15 },
  { "socketpair", EAFNOSUPPORT, "packet, vsock (the hypervisor), Bluetooth, ALG, XDP and all the others", PST_SECCOMP_ALWAYS,
    PST_SECCOMP_ABOVE, 0, 16 },
};

const size_t pst_seccomp_table_len = sizeof pst_seccomp_table / sizeof *pst_seccomp_table;
