/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "confine.h"

#include "pst-isolate.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

/* What is left when this has run: an empty root and no privilege (pst-isolate.h), the descriptors that were handed over, and
 * what can be opened below those that are directories; and the calls in seccomp-gen.c. */

#include "fusefs-seccomp.h"

/* one for each file that the application has open */
#define MAX_FILES 65536

gboolean
pst_confine (const char **what)
{
  struct sock_fprog program = { .len = G_N_ELEMENTS (pst_seccomp_filter), .filter = (struct sock_filter *)pst_seccomp_filter };

  if (!pst_isolate (MAX_FILES, what))
    return FALSE;
  *what = "install its list of system calls";
  return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}
