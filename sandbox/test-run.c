/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `postern run` behaves as the program would have. */
#include "test-run-harness.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_status (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "true", NULL);
  int status;

  g_assert_cmpint (run_exit_status (run_finish (&r, NULL, NULL)), ==, 0);
  r = run_start (NULL, "sh", "-c", "exit 3", NULL);
  g_assert_cmpint (run_exit_status (run_finish (&r, NULL, NULL)), ==, 3);
  r = run_start (NULL, "sh", "-c", "kill -9 $$", NULL);
  status = run_finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  r = run_start (NULL, "sh", "-c", "kill -SEGV $$", NULL);
  status = run_finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGSEGV);
  g_assert_false (WCOREDUMP (status));
}

static void
test_failures (World *w, gconstpointer data)
{
  g_autofree char *moved = g_strconcat (w->private_home, ".moved", NULL);
  g_autofree char *config = g_build_filename (w->private_home, ".config", NULL);

  run_expect_failure (run_start (NULL, "no-such-program-anywhere", NULL), 127, "no such program");
  run_expect_failure (run_start (NULL, "/etc/passwd", NULL), 126, "Permission denied");
  run_expect_failure (run_start (NULL, "--nonsense", "true", NULL), 2, "unknown option");
  run_expect_failure (run_start (NULL, NULL), 2, "no command");
  run_expect_failure (run_start (NULL, "--profile", "/nonexistent", "true", NULL), 2, "nonexistent");

  g_assert_no_errno (g_mkdir_with_parents (w->private_home, 0700));
  g_assert_no_errno (symlink (w->home, config));
  run_expect_failure (run_start (NULL, "true", NULL), 125, "symbolic link");
  g_assert_no_errno (g_unlink (config));

  g_assert_no_errno (rename (w->private_home, moved));
  g_assert_no_errno (symlink (w->home, w->private_home));
  run_expect_failure (run_start (NULL, "true", NULL), 125, "symbolic link");
  g_assert_no_errno (g_unlink (w->private_home));
  run_expect_failure (run_start (NULL, "true", NULL), 125, "private home");
  g_assert_no_errno (rename (moved, w->private_home));

  g_setenv ("HOME", "/nonexistent", TRUE);
  run_expect_failure (run_start (NULL, "true", NULL), 125, "HOME");
  g_setenv ("HOME", "relative", TRUE);
  run_expect_failure (run_start (NULL, "true", NULL), 125, "HOME");
  g_setenv ("HOME", "/etc", TRUE);
  run_expect_failure (run_start (NULL, "true", NULL), 125, "HOME");
  g_setenv ("HOME", w->home, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", "/nonexistent", TRUE);
  run_expect_failure (run_start (NULL, "true", NULL), 125, "XDG_RUNTIME_DIR");
}

static void
test_stdio (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c", "cat; echo error >&2; ls /proc/self/fd", NULL);
  g_autofree char *out = NULL, *err = NULL, *first = NULL;

  g_assert_cmpint (write (r.in, "input\n", 6), ==, 6);
  close (r.in);
  r.in = -1;
  g_assert_cmpint (run_exit_status (run_finish (&r, &out, &err)), ==, 0);
  g_assert_cmpstr (out, ==, "input\n0\n1\n2\n3\n"); /* 3 is ls's own */
  g_assert_cmpstr (err, ==, "error\n");

  /* a pipe ends when the program closes it, not when it ends */
  r = run_start (NULL, "sh", "-c", "exec >&- 2>&-; read x", NULL);
  first = run_read_until (r.out, NULL);
  g_assert_cmpstr (first, ==, "");
  g_assert_cmpint (waitpid (r.pid, NULL, WNOHANG), ==, 0);
  close (r.in);
  r.in = -1;
  run_finish (&r, NULL, NULL);
}

static void
test_inside (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c",
                     "cat ~/Pictures/a.jpg ~/Documents/x.txt; touch ~/Pictures/b 2>/dev/null && echo WRITTEN; "
                     "cat ~/secret 2>/dev/null && echo SEEN; grep -c . /etc/passwd; hostname; "
                     "ls /proc/1/root /proc/1/fd 2>/dev/null && echo INIT; unshare -U true 2>/dev/null && echo NESTED; "
                     "touch /x /etc/x 2>/dev/null; ls /x /etc/x 2>/dev/null; grep Cap /proc/self/status | sort -u -k2 | wc -l",
                     NULL);
  g_autofree char *out = NULL;

  run_finish (&r, &out, NULL);
  g_assert_cmpstr (out, ==, "picturedocument3\npostern\n1\n");
}

static void
test_signals (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c",
                     "trap 'exit 9' TERM; trap 'echo one' USR1; echo ready; while :; do read x || exit 8; done", NULL);
  int status;

  g_free (run_read_until (r.out, "ready\n"));
  kill (r.pid, SIGTERM);
  g_assert_cmpint (write (r.in, "\n", 1), ==, 1); /* dash runs a trap after the read */
  g_assert_cmpint (run_exit_status (run_finish (&r, NULL, NULL)), ==, 9);

  r = run_start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  g_free (run_read_until (r.out, "ready\n"));
  kill (r.pid, SIGINT);
  status = run_finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGINT);

  /* stopped and continued as one */
  r = run_start (NULL, "sh", "-c", "echo ready; exec cat", NULL);
  g_free (run_read_until (r.out, "ready\n"));
  kill (r.pid, SIGCONT);
  close (r.in);
  r.in = -1;
  g_assert_cmpint (run_exit_status (run_finish (&r, NULL, NULL)), ==, 0);
}

/* What the program leaves behind lives on, and its caller does not wait. */
static void
test_left_behind (World *w, gconstpointer data)
{
  Run r = run_start (NULL, "sh", "-c", "exec 3<&0; (read x <&3; cat ~/Pictures/a.jpg; echo \" $x\") & exit 4", NULL);
  g_autofree char *out = NULL;
  int status = run_wait_for (r.pid, 0);

  g_assert_cmpint (run_exit_status (status), ==, 4);
  g_assert_cmpint (write (r.in, "later\n", 6), ==, 6);
  out = run_read_until (r.out, NULL);
  g_assert_cmpstr (out, ==, "picture later\n");
  close (r.in);
  close (r.out);
  close (r.err);
}

int
main (int argc, char **argv)
{
  static const RunTest tests[] = {
    { "/run/status", test_status }, { "/run/failures", test_failures }, { "/run/stdio", test_stdio },
    { "/run/inside", test_inside }, { "/run/signals", test_signals },   { "/run/left-behind", test_left_behind },
  };

  return run_main (argc, argv, tests, G_N_ELEMENTS (tests));
}
