/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "epoch.h"
#include "hold.h"
#include "ops.h"
#include "policy.h"
#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* fusefs-standalone SOURCE MOUNTPOINT [--deny NAME]…: for tests and benchmarks only, not installed and not confined. Serves
 * SOURCE at MOUNTPOINT as a strict tree of which everything is allowed but the NAMEs directly in it, through the same code. */

#define TREE_PATH "/strict"

static const char *mountpoint;

static void
on_gone (void)
{
  _exit (0);
}

static gboolean
on_signal (gpointer data)
{
  fuse_session_unmount (pst_serve_session ());
  _exit (0);
}

static PstRuleset *
policy (int argc, char **argv)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  PstRule rule = {
    .path = TREE_PATH, .scope = PST_SCOPE_TREE, .access = PST_ACCESS_CHANGE, .answer = PST_ANSWER_ALLOW, .tier = PST_TIER_USER
  };
  pst_ruleset_builder_add_rule (builder, &rule);
  for (int i = 3; i + 1 < argc; i += 2)
    {
      g_autofree char *path = g_strconcat (TREE_PATH "/", argv[i + 1], NULL);
      PstRule deny = {
        .path = path, .scope = PST_SCOPE_TREE, .access = PST_ACCESS_VIEW, .answer = PST_ANSWER_DENY, .tier = PST_TIER_USER
      };
      pst_ruleset_builder_add_rule (builder, &deny);
    }
  return pst_ruleset_builder_end (builder, 1);
}

int
main (int argc, char **argv)
{
  struct rlimit files;
  int fd;

  if (argc < 3 || (argc - 3) % 2 != 0)
    {
      fprintf (stderr, "usage: fusefs-standalone SOURCE MOUNTPOINT [--deny NAME]...\n");
      return 2;
    }
  mountpoint = argv[2];
  fd = open (argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    {
      fprintf (stderr, "fusefs-standalone: %s: %s\n", argv[1], g_strerror (errno));
      return 1;
    }
  umask (0);
  mallopt (M_ARENA_MAX, 1);
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  pst_gate_config.uid = getuid ();
  pst_gate_config.gid = getgid ();
  pst_gate_config.strict = TRUE;
  pst_gate_config.started = g_get_real_time () / G_USEC_PER_SEC;
  pst_inodes_init ();
  pst_trees_init ();
  pst_hold_init ();
  pst_locks_init ();
  pst_gate_set_root_path (TREE_PATH);
  if (pst_tree_attach_take_fd (1, PST_TREE_TREE, PST_ACCESS_CHANGE, TREE_PATH, FALSE, fd) == NULL)
    return 1;
  pst_policy_take (policy (argc, argv));
  if (g_str_has_prefix (mountpoint, "/dev/fd/") ? !pst_serve_init (atoi (mountpoint + strlen ("/dev/fd/")), NULL)
                                                : !pst_serve_init (-1, mountpoint))
    return 1;
  g_unix_signal_add (SIGTERM, on_signal, NULL);
  g_unix_signal_add (SIGINT, on_signal, NULL);
  pst_serve_start (on_gone);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}
