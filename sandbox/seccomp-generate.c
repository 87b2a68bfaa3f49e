/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Build-time: compiles the table with libseccomp and writes the two programs as a C header, so that no launch pays for it.
 *
 * In front of each program stand a few instructions that libseccomp cannot make. A number above the highest that it knew gets
 * ENOSYS. And the call that programs make most, open without creating a file, is allowed at once: what the kernel may not
 * answer from its cache of constant answers, since the answer hangs on an argument, is to run as few instructions as can be. */
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

/* The index of the native argument's low 32 bits in struct seccomp_data */
static uint32_t
low_half (unsigned arg)
{
  uint32_t offset = (uint32_t)(offsetof (struct seccomp_data, args) + arg * sizeof (uint64_t));

  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? offset : offset + 4;
}

/* Nothing but the row itself may speak of its call: what the prologue allows, no later row sees. */
static int
is_only_row (const PstSeccompRow *row)
{
  for (size_t i = 0; i < pst_seccomp_table_len; i++)
    if (&pst_seccomp_table[i] != row && strcmp (pst_seccomp_table[i].name, row->name) == 0)
      return 0;
  return 1;
}

/* Returns the number of instructions, PROLOGUE_MAX at most. */
#define PROLOGUE_MAX 64
static size_t
make_prologue (struct sock_filter *out)
{
  size_t n = 0;
  size_t arch_jump;

  out[n++] = (struct sock_filter)BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, arch));
  arch_jump = n++;
  out[n++] = (struct sock_filter)BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr));
  for (size_t i = 0; i < pst_seccomp_table_len; i++)
    {
      const PstSeccompRow *row = &pst_seccomp_table[i];
      int number = seccomp_syscall_resolve_name (row->name);

      if (row->other_bits == 0 || number < 0)
        continue;
      if (!is_only_row (row) || (row->other_bits >> 32) != 0 || n + 6 > PROLOGUE_MAX)
        fail (row->name, EINVAL);
      out[n++] = (struct sock_filter)BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 4);
      out[n++] = (struct sock_filter)BPF_STMT (BPF_LD | BPF_W | BPF_ABS, low_half (row->other_arg));
      out[n++] = (struct sock_filter)BPF_JUMP (BPF_JMP | BPF_JSET | BPF_K, (uint32_t)row->other_bits, 1, 0);
      out[n++] = (struct sock_filter)BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
      out[n++] = (struct sock_filter)BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr));
    }
  out[n++] = (struct sock_filter)BPF_JUMP (BPF_JMP | BPF_JGT | BPF_K, highest_known (), 0, 1);
  out[n++] = (struct sock_filter)BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
  /* of another architecture: libseccomp's part refuses it */
  out[arch_jump] =
      (struct sock_filter)BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native (), 0, (uint8_t)(n - arch_jump - 1));
  return n;
}

static void
generate (const char *name, int nested)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  struct sock_filter program[4096];
  size_t len = make_prologue (program);
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
  size = pread (fd, program + len, sizeof program - len * sizeof *program, 0);
  if (size <= 0 || size % sizeof *program != 0 || (size_t)size == sizeof program - len * sizeof *program)
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
