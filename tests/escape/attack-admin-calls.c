/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: system calls that administer the machine or read the kernel's log. Most need a capability that the application does
 * not have; the filter is the second lock, for the day when the first has a hole.
 *
 * Known from: the denied lists of Docker, flatpak and systemd's @privileged, @reboot, @swap, @module, @clock, @raw-io groups.
 *
 * Must fail because: no capabilities, and the filter.
 *
 * Control: clock_gettime, uname work; outside the calls get through to checks of the kernel other than for permission, where
 * there are any. */

#include "attack.h"
#include <sys/utsname.h>
#include <time.h>

int
main (int argc, char **argv)
{
  static const struct
  {
    long number;
    const char *what;
  } rows[] = {
#ifdef SYS_kexec_file_load
    { SYS_kexec_file_load, "kexec_file_load" },
#endif
#ifdef SYS_iopl
    { SYS_iopl, "iopl" },
    { SYS_ioperm, "ioperm" },
#endif
    { SYS_kexec_load, "kexec_load" },
    { SYS_init_module, "init_module" },
    { SYS_finit_module, "finit_module" },
    { SYS_delete_module, "delete_module" },
    { SYS_reboot, "reboot" },
    { SYS_swapon, "swapon" },
    { SYS_swapoff, "swapoff" },
    { SYS_acct, "acct" },
    { SYS_settimeofday, "settimeofday" },
    { SYS_syslog, "syslog" },
    { SYS_quotactl, "quotactl" },
    { SYS_vhangup, "vhangup" },
    { SYS_open_by_handle_at, "open_by_handle_at" },
    { SYS_fanotify_init, "fanotify_init" },
    { SYS_lookup_dcookie, "lookup_dcookie" },
  };
  struct timespec now;
  struct utsname names;

  attack_init (argc, argv);
  control (clock_gettime (CLOCK_REALTIME, &now) == 0, "clock_gettime");
  control (uname (&names) == 0, "uname");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      /* arguments for which no row does anything even as root: bad pointers, bad descriptors, bad magic */
      long result = syscall (rows[i].number, -1L, -1L, -1L, -1L, -1L);
      int error = errno;
      char what[100];

      snprintf (what, sizeof what, "%s", rows[i].what);
      errno = error;
      maybe (got_through (result), what);
    }
  return 0;
}
