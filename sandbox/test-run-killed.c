/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything ends when one part of a sandbox dies, and goes on when the broker does. */
#include "test-run-harness.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first child of @pid whose name is @name. */
static pid_t
find_child (pid_t pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/task/%d/children", pid, pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) children = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  children = g_strsplit (g_strstrip (text), " ", -1);
  for (char **child = children; *child; child++)
    {
      g_autofree char *comm_path = g_strdup_printf ("/proc/%s/comm", *child);
      g_autofree char *comm = NULL;

      if (g_file_get_contents (comm_path, &comm, NULL, NULL) && g_str_has_prefix (comm, name))
        return atoi (*child);
    }
  g_error ("no child %s", name);
}

static void
test_supervisor_killed (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  g_autofree char *end = NULL;

  g_free (run_read_until (r.out, "ready\n"));
  kill (r.pid, SIGKILL);
  end = run_read_until (r.out, NULL); /* the program is gone: nobody holds the pipe */
  g_assert_cmpstr (end, ==, "");
  run_finish (&r, NULL, NULL);
}

static void
test_gate_killed (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);

  g_free (run_read_until (r.out, "ready\n"));
  kill (find_child (r.pid, "postern-fusefs"), SIGKILL);
  run_expect_failure (r, 125, "gate");
}

/* Nor does what the program has left behind go on without the gate. */
static void
test_gate_killed_later (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c", "echo ready; sleep 1000 & exit 4", NULL);
  g_autofree char *end = NULL;
  pid_t gate;

  prctl (PR_SET_CHILD_SUBREAPER, 1);
  g_free (run_read_until (r.out, "ready\n"));
  g_assert_cmpint (run_exit_status (run_wait_for (r.pid, 0)), ==, 4);
  gate = find_child (getpid (), "postern-fusefs");
  kill (gate, SIGKILL);
  end = run_read_until (r.out, NULL); /* nobody holds the pipe */
  g_assert_cmpstr (end, ==, "");
  prctl (PR_SET_CHILD_SUBREAPER, 0);
  while (waitpid (-1, NULL, WNOHANG) > 0)
    ;
  close (r.in);
  close (r.out);
  close (r.err);
}

static void
test_init_killed (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  int status;

  g_free (run_read_until (r.out, "ready\n"));
  kill (find_child (r.pid, "postern\n"), SIGKILL);
  status = run_finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

/* Everything goes on when another broker takes the place of one that died. */
static void
test_broker_killed (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c", "echo ready; read x; cat ~/Pictures/a.jpg; read x; cat ~/Documents/x.txt", NULL);
  g_autofree char *picture = NULL, *document = NULL;

  g_free (run_read_until (r.out, "ready\n"));
  world_stop_broker (w);
  world_start_broker (w);
  g_assert_cmpint (write (r.in, "\n", 1), ==, 1);
  picture = run_read_until (r.out, "picture");

  /* and a question that is put while there is none is answered by the next */
  world_stop_broker (w);
  g_assert_cmpint (write (r.in, "\n", 1), ==, 1);
  world_start_broker (w);
  document = run_read_until (r.out, "document");
  run_finish (&r, NULL, NULL);
}

int
main (int argc, char **argv)
{
  static const RunTest tests[] = {
    { "/run/supervisor-killed", test_supervisor_killed }, { "/run/gate-killed", test_gate_killed },
    { "/run/gate-killed-later", test_gate_killed_later }, { "/run/init-killed", test_init_killed },
    { "/run/broker-killed", test_broker_killed },
  };

  return run_main (argc, argv, tests, G_N_ELEMENTS (tests));
}
