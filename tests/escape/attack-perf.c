/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: measure other processes and the kernel, and reach the perf subsystem's bugs.
 *
 * Known from: CVE-2013-2094 (perf_swevent_init), CVE-2022-1729, CVE-2023-5717.
 *
 * Must fail because: the filter refuses perf_event_open.
 *
 * Control: one's own resource usage can be read; outside the call gets through to the kernel's own checks. */

#include "attack.h"
#include <linux/perf_event.h>
#include <sys/resource.h>

int
main (int argc, char **argv)
{
  struct perf_event_attr attribute = { .type = PERF_TYPE_SOFTWARE,
                                       .size = sizeof attribute,
                                       .config = PERF_COUNT_SW_TASK_CLOCK,
                                       .exclude_kernel = 1,
                                       .exclude_hv = 1 };
  struct rusage usage;

  attack_init (argc, argv);
  control (getrusage (RUSAGE_SELF, &usage) == 0, "getrusage");
  maybe (syscall (SYS_perf_event_open, &attribute, 0, -1, -1, 0) >= 0, "perf_event_open on oneself");
  /* EFAULT from the kernel */
  attack (got_through (syscall (SYS_perf_event_open, (void *)8, 0, -1, -1, 0)), "perf_event_open");
  return 0;
}
