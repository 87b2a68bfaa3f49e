/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capabilities.h"

#include <errno.h>
#include <sys/capability.h>
#include <sys/prctl.h>

gboolean
pst_capabilities_drop_all (void)
{
  cap_t none;
  int r;

  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return FALSE;
  /* Until EINVAL: the kernel may know more than the headers did. */
  for (cap_value_t cap = 0; cap_drop_bound (cap) == 0; cap++)
    ;
  if (errno != EINVAL)
    return FALSE;
  if (cap_reset_ambient () < 0)
    return FALSE;
  none = cap_init ();
  if (!none)
    return FALSE;
  r = cap_set_proc (none);
  cap_free (none);
  return r == 0;
}
