/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: do by io_uring what the system call filter refuses (open, socket, connect …): its operations are not system calls, no
 * filter sees them.
 *
 * Known from: io_uring as the source of most kernel exploits of 2022 and 2023 (CVE-2022-29582, CVE-2023-2598); Docker, Android
 * and ChromeOS refuse it.
 *
 * Must fail because: the filter refuses io_uring_setup, io_uring_enter and io_uring_register.
 *
 * Control: epoll, the ordinary way, works; outside a ring can be made. */

#include "attack.h"
#include <linux/io_uring.h>
#include <sys/epoll.h>

int
main (int argc, char **argv)
{
  struct io_uring_params params = { 0 };

  attack_init (argc, argv);
  control (epoll_create1 (EPOLL_CLOEXEC) >= 0, "epoll_create1");
  attack (syscall (SYS_io_uring_setup, 4, &params) >= 0, "io_uring_setup");
  attack (got_through (syscall (SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0)), "io_uring_enter");
  attack (got_through (syscall (SYS_io_uring_register, -1, 0, NULL, 0)), "io_uring_register");
  return 0;
}
