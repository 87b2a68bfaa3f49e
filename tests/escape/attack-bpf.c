/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: reach the BPF verifier.
 *
 * Known from: CVE-2021-3490, CVE-2021-31440, CVE-2022-23222, CVE-2020-8835: verifier bugs used by an unprivileged user.
 *
 * Must fail because: the filter refuses bpf(2).
 *
 * Control: a classic BPF socket filter, which programs do use, can be attached. Outside, bpf gets through to the kernel's own
 * checks where the system lets ordinary users use it at all (it does not on most: then nothing can be shown). */

#include "attack.h"
#include <linux/bpf.h>
#include <linux/filter.h>
#include <sys/socket.h>

int
main (int argc, char **argv)
{
  union bpf_attr attribute = { 0 };
  struct sock_filter code[] = { { 0x06, 0, 0, 0xffff } };
  struct sock_fprog program = { 1, code };
  int fd;

  attack_init (argc, argv);
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  control (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0, "a classic socket filter");
  attribute.map_type = BPF_MAP_TYPE_ARRAY;
  attribute.key_size = 4;
  attribute.value_size = 4;
  attribute.max_entries = 1;
  maybe (syscall (SYS_bpf, BPF_MAP_CREATE, &attribute, sizeof attribute) >= 0, "bpf: a map");
  /* a size larger than a page: E2BIG comes before the capability checks of newer kernels */
  maybe (got_through (syscall (SYS_bpf, BPF_PROG_LOAD, &attribute, 65536)), "bpf: E2BIG from the kernel");
  return 0;
}
