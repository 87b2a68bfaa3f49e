/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "syscall-filter.h"

#include "seccomp-programs.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

gboolean
pst_syscall_filter_apply (gboolean nested_namespaces)
{
  struct sock_fprog program;

  if (nested_namespaces)
    program =
        (struct sock_fprog){ G_N_ELEMENTS (pst_seccomp_program_nested), (struct sock_filter *)pst_seccomp_program_nested };
  else
    program = (struct sock_fprog){ G_N_ELEMENTS (pst_seccomp_program), (struct sock_filter *)pst_seccomp_program };
  return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
