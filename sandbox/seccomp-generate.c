/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Build-time: compiles the table with libseccomp and writes the two programs as a C header, so that no launch pays for it.
 *
 * In front of each program stand three instructions that libseccomp cannot make: a number above the highest that it knew gets
 * ENOSYS. */
#include "seccomp-table.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
fail (const char *what, int error)
{
  fprintf (stderr, "seccomp-generate: %s: %s\n", what, strerror (error));
  exit (1);
}

static void
add_row (scmp_filter_ctx filter, int number, const PstSeccompRow *row)
{
  uint32_t action = SCMP_ACT_ERRNO (row->error);
  int r = 0;

  switch (row->match)
    {
    case PST_SECCOMP_ANY:
      r = seccomp_rule_add (filter, action, number, 0);
      break;
    case PST_SECCOMP_LOW32:
      r = seccomp_rule_add (filter, action, number, 1, SCMP_CMP64 (row->arg, SCMP_CMP_MASKED_EQ, 0xffffffffu, row->value));
      break;
    case PST_SECCOMP_BELOW:
      r = seccomp_rule_add (filter, action, number, 1, SCMP_CMP64 (row->arg, SCMP_CMP_LT, row->value));
      break;
    case PST_SECCOMP_ABOVE:
      r = seccomp_rule_add (filter, action, number, 1, SCMP_CMP64 (row->arg, SCMP_CMP_GT, row->value));
      break;
    case PST_SECCOMP_BITS:
      for (uint64_t bit = 1; bit != 0 && r == 0; bit <<= 1)
        if ((row->value & bit) && row->other_bits == 0)
          r = seccomp_rule_add (filter, action, number, 1, SCMP_CMP64 (row->arg, SCMP_CMP_MASKED_EQ, bit, bit));
        else if (row->value & bit)
          for (uint64_t other = 1; other != 0 && r == 0; other <<= 1)
            if (row->other_bits & other)
              r = seccomp_rule_add (filter, action, number, 2, SCMP_CMP64 (row->arg, SCMP_CMP_MASKED_EQ, bit, bit),
                                    SCMP_CMP64 (row->other_arg, SCMP_CMP_MASKED_EQ, other, other));
      break;
    }
  if (r < 0)
    fail (row->name, -r);
}

static unsigned
highest_known (void)
{
  unsigned highest = 0;

  for (int number = 0; number < 4096; number++)
    {
      char *name = seccomp_syscall_resolve_num_arch (SCMP_ARCH_NATIVE, number);

      if (name)
        highest = number;
      free (name);
    }
  return highest;
}

static void
generate (const char *name, int nested)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  struct sock_filter ceiling[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, highest_known (), 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  struct sock_filter program[4096];
  size_t len = sizeof ceiling / sizeof *ceiling;
  ssize_t size;
  int fd, r;

  if (!filter)
    fail ("seccomp_init", ENOMEM);
  if ((r = seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO (ENOSYS))) < 0 ||
      (r = seccomp_attr_set (filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)) < 0)
    fail ("seccomp_attr_set", -r);
  for (size_t i = 0; i < pst_seccomp_table_len; i++)
    {
      const PstSeccompRow *row = &pst_seccomp_table[i];
      int number = seccomp_syscall_resolve_name (row->name);

      if (nested && row->when == PST_SECCOMP_UNLESS_NESTED)
        continue;
      /* Negative: not of this architecture, or newer than libseccomp and thus above the ceiling. */
      if (number >= 0)
        add_row (filter, number, row);
    }

  fd = memfd_create ("filter", MFD_CLOEXEC);
  if (fd < 0)
    fail ("memfd_create", errno);
  if ((r = seccomp_export_bpf (filter, fd)) < 0)
    fail ("seccomp_export_bpf", -r);
  memcpy (program, ceiling, sizeof ceiling);
  size = pread (fd, program + len, sizeof program - sizeof ceiling, 0);
  if (size <= 0 || size % sizeof *program != 0 || (size_t)size == sizeof program - sizeof ceiling)
    fail ("the exported program", EINVAL);
  len += size / sizeof *program;

  printf ("static const struct sock_filter %s[] = {\n", name);
  for (size_t i = 0; i < len; i++)
    printf ("  { 0x%02x, %u, %u, 0x%08x },\n", program[i].code, program[i].jt, program[i].jf, program[i].k);
  printf ("};\n\n");
  close (fd);
  seccomp_release (filter);
}

int
main (void)
{
  printf ("/* Generated from seccomp-table.c by seccomp-generate: do not edit. */\n#include <linux/filter.h>\n\n");
  generate ("pst_seccomp_program", 0);
  generate ("pst_seccomp_program_nested", 1);
  return ferror (stdout) || fclose (stdout) != 0;
}
