/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broker-link.h"
#include "confine.h"
#include "hold.h"
#include "ops.h"
#include "postern-config.h"
#include "pst-fd.h"
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* postern-fusefs, the gate. Started by the supervisor with one socket, as descriptor 3, through which everything else comes; it
 * confines itself before it reads a byte from there. */

#define LINK_FD 3

static void
on_gone (void)
{
  /* The supervisor is gone, or the file system: there is nobody left to serve, and nothing to save. */
  _exit (0);
}

static void
on_ready (int fuse_fd)
{
  if (pst_serve_init (fuse_fd, NULL))
    return;
  g_warning ("the FUSE connection cannot be served");
  _exit (1);
}

static void
on_policy (void)
{
  pst_serve_start (on_gone);
}

static int
parse (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "--version") == 0)
    {
      printf ("postern-fusefs %s\n", PST_VERSION);
      return 0;
    }
  if (argc > 1 || fcntl (LINK_FD, F_GETFD) < 0)
    {
      fprintf (stderr, "postern-fusefs is a part of Postern and is started by “postern run”; it takes no arguments.\n");
      return 2;
    }
  return -1;
}

int
main (int argc, char **argv)
{
  static const PstLinkCallbacks callbacks = { .ready = on_ready, .policy = on_policy, .gone = on_gone };
  const char *what;
  int status = parse (argc, argv);

  if (status >= 0)
    return status;
  pst_fd_close_from (LINK_FD + 1, NULL, 0);
  pst_fd_own_stderr ();
  /* One heap, given back early: this process is idle nearly always. */
  mallopt (M_ARENA_MAX, 1);
  mallopt (M_TRIM_THRESHOLD, 128 * 1024);
  if (!pst_confine (&what))
    {
      fprintf (stderr, "postern-fusefs could not %s: %s\n", what, g_strerror (errno));
      return 1;
    }
  pst_inodes_init ();
  pst_trees_init ();
  pst_hold_init ();
  pst_locks_init ();
  pst_link_start (LINK_FD, &callbacks);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}
