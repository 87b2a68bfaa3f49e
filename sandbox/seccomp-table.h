/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>
#include <stddef.h>

/* One system call that the application does not get, with the error that it sees and the reason. Read by the generator at build
 * time (seccomp-generate.c) and by the test. */
typedef enum
{
  PST_SECCOMP_ALWAYS = 0,
  PST_SECCOMP_UNLESS_NESTED = 1, /* allowed to a program whose profile lets it build sandboxes of its own */
} PstSeccompWhen;

typedef enum
{
  PST_SECCOMP_ANY = 0,   /* whatever the arguments */
  PST_SECCOMP_BITS = 1,  /* if one of the bits of value is set in the argument */
  PST_SECCOMP_LOW32 = 2, /* if the argument's low 32 bits, all that the kernel reads, are value */
  PST_SECCOMP_BELOW = 3, /* if the argument is less than value */
  PST_SECCOMP_ABOVE = 4, /* if the argument is greater than value, as a 64-bit number */
} PstSeccompMatch;

typedef struct
{
  const char *name;
  int error;
  const char *why;
  PstSeccompWhen when;
  PstSeccompMatch match;
  unsigned arg;
  uint64_t value;
  /* and only if one of these bits is set in that other argument; 0: always */
  unsigned other_arg;
  uint64_t other_bits;
} PstSeccompRow;

extern const PstSeccompRow pst_seccomp_table[];
extern const size_t pst_seccomp_table_len;
