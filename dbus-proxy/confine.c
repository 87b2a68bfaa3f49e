/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "confine.h"

#include "pst-isolate.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What is left when this has run:
 *
 *   files      none can be opened, made or read by name; the sockets that were made can be unlinked (a path is all that unlink
 *              takes, and no content comes from it)
 *   network    none: unix sockets only, and of these it is connected to the bus for each client
 *   privilege  none to be had: no exec, no new privileges; not dumpable
 *   calls      those in seccomp-gen.c
 *
 * An empty root is not made for one that is started by hand: each client is connected to the bus by its path. In a sandbox the
 * supervisor connects, and nothing can be named. */

#include "dbus-proxy-seccomp.h"

#define MAX_FILES 65536

static gboolean
limit (void)
{
  struct rlimit files, core = { 0, 0 };

  if (setrlimit (RLIMIT_CORE, &core) < 0 || getrlimit (RLIMIT_NOFILE, &files) < 0)
    return FALSE;
  /* two descriptors for each connection, and those on their way */
  files.rlim_cur = files.rlim_max = MIN (files.rlim_max, MAX_FILES);
  return setrlimit (RLIMIT_NOFILE, &files) == 0;
}

gboolean
pst_confine (const char **what)
{
  *what = "limit itself";
  if (!limit ())
    return FALSE;
  *what = "refuse new privileges";
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    return FALSE;
#ifndef PST_SANITIZED
  {
    struct sock_fprog program = { .len = G_N_ELEMENTS (pst_seccomp_filter),
                                  .filter = (struct sock_filter *)pst_seccomp_filter };

    *what = "install its list of system calls";
    return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
  }
#else
  return TRUE;
#endif
}

gboolean
pst_confine_handed (const char **what)
{
  if (!pst_isolate (MAX_FILES, what))
    return FALSE;
#ifndef PST_SANITIZED
  {
    struct sock_fprog program = { .len = G_N_ELEMENTS (pst_seccomp_filter_handed),
                                  .filter = (struct sock_filter *)pst_seccomp_filter_handed };

    *what = "install its list of system calls";
    return prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
  }
#else
  return TRUE;
#endif
}
