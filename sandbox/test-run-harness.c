/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-run-harness.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 10000

static char *build_dir;

static char *
program (const char *name)
{
  return g_build_filename (build_dir, name, NULL);
}

void
world_start_broker (World *w)
{
  g_autofree char *fake = program ("test-fake-broker");
  g_autofree char *view = g_strdup_printf ("view:%s/Pictures", w->home);
  g_autofree char *file = g_strdup_printf ("file:%s/Documents/x.txt", w->home);
  char byte;
  int ready[2];

  g_unlink (w->socket);
  g_assert_no_errno (pipe2 (ready, O_CLOEXEC));
  w->broker = fork ();
  if (w->broker == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      dup2 (ready[1], 1);
      execl (fake, fake, w->socket, w->private_home, view, file, NULL);
      _exit (127);
    }
  close (ready[1]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
}

void
world_stop_broker (World *w)
{
  kill (w->broker, SIGKILL);
  waitpid (w->broker, NULL, 0);
}

static void
set_up (World *w, gconstpointer data)
{
  g_autofree char *run = NULL, *pictures = NULL, *documents = NULL, *picture = NULL, *document = NULL, *in_run = NULL;

  w->dir = g_dir_make_tmp ("postern-run-XXXXXX", NULL);
  w->home = g_build_filename (w->dir, "home", NULL);
  w->private_home = g_build_filename (w->dir, "app", "home", NULL);
  run = g_build_filename (w->dir, "run", NULL);
  in_run = g_build_filename (run, "postern", NULL);
  w->socket = g_build_filename (in_run, "broker", NULL);
  pictures = g_build_filename (w->home, "Pictures", NULL);
  documents = g_build_filename (w->home, "Documents", NULL);
  picture = g_build_filename (pictures, "a.jpg", NULL);
  document = g_build_filename (documents, "x.txt", NULL);
  g_assert_no_errno (g_mkdir_with_parents (pictures, 0755));
  g_assert_no_errno (g_mkdir_with_parents (documents, 0755));
  g_assert_no_errno (g_mkdir_with_parents (w->private_home, 0700));
  g_assert_no_errno (g_mkdir_with_parents (in_run, 0700));
  g_assert_true (g_file_set_contents (picture, "picture", -1, NULL));
  g_assert_true (g_file_set_contents (document, "document", -1, NULL));
  g_setenv ("HOME", w->home, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", run, TRUE);
  g_unsetenv ("XDG_DATA_HOME");
  g_assert_no_errno (g_chdir (w->home));
  world_start_broker (w);
}

static void
tear_down (World *w, gconstpointer data)
{
  char *argv[] = { (char *)"rm", (char *)"-rf", w->dir, NULL };

  world_stop_broker (w);
  g_assert_no_errno (g_chdir ("/"));
  g_assert_true (g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (w->dir);
  g_free (w->home);
  g_free (w->private_home);
  g_free (w->socket);
}

char **
run_command (va_list args)
{
  GPtrArray *argv = g_ptr_array_new ();
  char *word;

  g_ptr_array_add (argv, program ("postern"));
  g_ptr_array_add (argv, g_strdup ("run"));
  while ((word = va_arg (args, char *)))
    g_ptr_array_add (argv, g_strdup (word));
  g_ptr_array_add (argv, NULL);
  return (char **)g_ptr_array_free (argv, FALSE);
}

Run
run_start (const char *first, ...)
{
  g_auto (GStrv) argv = NULL;
  int in[2], out[2], err[2];
  va_list args;
  Run r;

  g_assert_null (first);
  va_start (args, first);
  argv = run_command (args);
  va_end (args);
  g_assert_no_errno (pipe2 (in, O_CLOEXEC));
  g_assert_no_errno (pipe2 (out, O_CLOEXEC));
  g_assert_no_errno (pipe2 (err, O_CLOEXEC));
  r.pid = fork ();
  if (r.pid == 0)
    {
      setsid (); /* no terminal of whoever runs the tests */
      dup2 (in[0], 0);
      dup2 (out[1], 1);
      dup2 (err[1], 2);
      open ("/dev/null", O_RDONLY); /* a descriptor that leaks, unless it is closed */
      execv (argv[0], argv);
      _exit (99);
    }
  close (in[0]);
  close (out[1]);
  close (err[1]);
  r.in = in[1];
  r.out = out[0];
  r.err = err[0];
  return r;
}

char *
run_read_until (int fd, const char *until)
{
  GString *text = g_string_new (NULL);
  gint64 end = g_get_monotonic_time () + LIMIT_MS * 1000;

  while (!until || !strstr (text->str, until))
    {
      struct pollfd p = { .fd = fd, .events = POLLIN };
      char buffer[4096];
      ssize_t n;

      if (poll (&p, 1, MAX (0, (end - g_get_monotonic_time ()) / 1000)) <= 0)
        g_error ("nothing more came after: %s", text->str);
      n = read (fd, buffer, sizeof buffer);
      if (n <= 0)
        break;
      g_string_append_len (text, buffer, n);
    }
  return g_string_free (text, FALSE);
}

int
run_wait_for (pid_t pid, int options)
{
  int status = -1;
  int pidfd = syscall (SYS_pidfd_open, pid, 0);

  if (!(options & WUNTRACED))
    {
      struct pollfd p = { .fd = pidfd, .events = POLLIN };

      if (poll (&p, 1, LIMIT_MS) != 1)
        g_error ("process %d does not end", pid);
    }
  g_assert_cmpint (waitpid (pid, &status, options), ==, pid);
  close (pidfd);
  return status;
}

int
run_finish (Run *r, char **out, char **err)
{
  g_autofree char *o = run_read_until (r->out, NULL);
  g_autofree char *e = run_read_until (r->err, NULL);
  int status = run_wait_for (r->pid, 0);

  close (r->in);
  close (r->out);
  close (r->err);
  if (out)
    *out = g_steal_pointer (&o);
  if (err)
    *err = g_steal_pointer (&e);
  return status;
}

int
run_exit_status (int status)
{
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

void
run_expect_failure (Run r, int wanted, const char *sentence)
{
  g_autofree char *err = NULL;

  g_assert_cmpint (run_exit_status (run_finish (&r, NULL, &err)), ==, wanted);
  if (!strstr (err, sentence) || strchr (err, '\n') != err + strlen (err) - 1)
    g_error ("not one sentence with “%s”: %s", sentence, err);
}

int
run_main (int argc, char **argv, const RunTest *tests, gsize n_tests)
{
  if (getuid () == 0)
    {
      g_print ("1..0 # SKIP Postern does not run as root\n");
      return 0;
    }
  {
    g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);

    build_dir = g_path_get_dirname (self);
  }
  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  for (gsize i = 0; i < n_tests; i++)
    g_test_add (tests[i].name, World, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
