/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `postern run` whole, with the real gate and a broker that says yes (test-fake-broker): that it behaves as the program would
 * have, and that everything ends when one part dies. Each wait is for an event, with a limit. Needs to be an ordinary user. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_MS 10000

typedef struct
{
  char *dir;
  char *home;
  char *private_home;
  char *socket;
  pid_t broker;
} World;

typedef struct
{
  pid_t pid;
  int in;
  int out;
  int err;
} Run;

static char *build_dir;

static char *
program (const char *name)
{
  return g_build_filename (build_dir, name, NULL);
}

static void
start_broker (World *w)
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

static void
stop_broker (World *w)
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
  start_broker (w);
}

static void
tear_down (World *w, gconstpointer data)
{
  char *argv[] = { (char *)"rm", (char *)"-rf", w->dir, NULL };

  stop_broker (w);
  g_assert_no_errno (g_chdir ("/"));
  g_assert_true (g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (w->dir);
  g_free (w->home);
  g_free (w->private_home);
  g_free (w->socket);
}

static char **
command (va_list args)
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

static Run
start (const char *first, ...)
{
  g_auto (GStrv) argv = NULL;
  int in[2], out[2], err[2];
  va_list args;
  Run r;

  g_assert_null (first);
  va_start (args, first);
  argv = command (args);
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

/* Reads until @until has come, or the end. (transfer full) */
static char *
read_until (int fd, const char *until)
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

static int
wait_for (pid_t pid, int options)
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

static int
finish (Run *r, char **out, char **err)
{
  g_autofree char *o = read_until (r->out, NULL);
  g_autofree char *e = read_until (r->err, NULL);
  int status = wait_for (r->pid, 0);

  close (r->in);
  close (r->out);
  close (r->err);
  if (out)
    *out = g_steal_pointer (&o);
  if (err)
    *err = g_steal_pointer (&e);
  return status;
}

static int
exit_status (int status)
{
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static void
test_status (World *w, gconstpointer data)
{
  Run r = start (NULL, "true", NULL);
  int status;

  g_assert_cmpint (exit_status (finish (&r, NULL, NULL)), ==, 0);
  r = start (NULL, "sh", "-c", "exit 3", NULL);
  g_assert_cmpint (exit_status (finish (&r, NULL, NULL)), ==, 3);
  r = start (NULL, "sh", "-c", "kill -9 $$", NULL);
  status = finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  r = start (NULL, "sh", "-c", "kill -SEGV $$", NULL);
  status = finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGSEGV);
  g_assert_false (WCOREDUMP (status));
}

static void
expect_failure (Run r, int wanted, const char *sentence)
{
  g_autofree char *err = NULL;

  g_assert_cmpint (exit_status (finish (&r, NULL, &err)), ==, wanted);
  if (!strstr (err, sentence) || strchr (err, '\n') != err + strlen (err) - 1)
    g_error ("not one sentence with “%s”: %s", sentence, err);
}

static void
test_failures (World *w, gconstpointer data)
{
  g_autofree char *moved = g_strconcat (w->private_home, ".moved", NULL);
  g_autofree char *config = g_build_filename (w->private_home, ".config", NULL);

  expect_failure (start (NULL, "no-such-program-anywhere", NULL), 127, "no such program");
  expect_failure (start (NULL, "/etc/passwd", NULL), 126, "Permission denied");
  expect_failure (start (NULL, "--nonsense", "true", NULL), 2, "unknown option");
  expect_failure (start (NULL, NULL), 2, "no command");
  expect_failure (start (NULL, "--profile", "/nonexistent", "true", NULL), 2, "nonexistent");

  g_assert_no_errno (g_mkdir_with_parents (w->private_home, 0700));
  g_assert_no_errno (symlink (w->home, config));
  expect_failure (start (NULL, "true", NULL), 125, "symbolic link");
  g_assert_no_errno (g_unlink (config));

  g_assert_no_errno (rename (w->private_home, moved));
  g_assert_no_errno (symlink (w->home, w->private_home));
  expect_failure (start (NULL, "true", NULL), 125, "symbolic link");
  g_assert_no_errno (g_unlink (w->private_home));
  expect_failure (start (NULL, "true", NULL), 125, "private home");
  g_assert_no_errno (rename (moved, w->private_home));

  g_setenv ("HOME", "/nonexistent", TRUE);
  expect_failure (start (NULL, "true", NULL), 125, "HOME");
  g_setenv ("HOME", "relative", TRUE);
  expect_failure (start (NULL, "true", NULL), 125, "HOME");
  g_setenv ("HOME", "/etc", TRUE);
  expect_failure (start (NULL, "true", NULL), 125, "HOME");
  g_setenv ("HOME", w->home, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", "/nonexistent", TRUE);
  expect_failure (start (NULL, "true", NULL), 125, "XDG_RUNTIME_DIR");
}

static void
test_stdio (World *w, gconstpointer data)
{
  Run r = start (NULL, "sh", "-c", "cat; echo error >&2; ls /proc/self/fd", NULL);
  g_autofree char *out = NULL, *err = NULL, *first = NULL;

  g_assert_cmpint (write (r.in, "input\n", 6), ==, 6);
  close (r.in);
  r.in = -1;
  g_assert_cmpint (exit_status (finish (&r, &out, &err)), ==, 0);
  g_assert_cmpstr (out, ==, "input\n0\n1\n2\n3\n"); /* 3 is ls's own */
  g_assert_cmpstr (err, ==, "error\n");

  /* a pipe ends when the program closes it, not when it ends */
  r = start (NULL, "sh", "-c", "exec >&- 2>&-; read x", NULL);
  first = read_until (r.out, NULL);
  g_assert_cmpstr (first, ==, "");
  g_assert_cmpint (waitpid (r.pid, NULL, WNOHANG), ==, 0);
  close (r.in);
  r.in = -1;
  finish (&r, NULL, NULL);
}

static void
test_inside (World *w, gconstpointer data)
{
  Run r = start (NULL, "sh", "-c",
                 "cat ~/Pictures/a.jpg ~/Documents/x.txt; touch ~/Pictures/b 2>/dev/null && echo WRITTEN; "
                 "cat ~/secret 2>/dev/null && echo SEEN; grep -c . /etc/passwd; hostname; "
                 "ls /proc/1/root /proc/1/fd 2>/dev/null && echo INIT; unshare -U true 2>/dev/null && echo NESTED; "
                 "touch /x /etc/x 2>/dev/null; ls /x /etc/x 2>/dev/null; grep Cap /proc/self/status | sort -u -k2 | wc -l",
                 NULL);
  g_autofree char *out = NULL;

  finish (&r, &out, NULL);
  g_assert_cmpstr (out, ==, "picturedocument3\npostern\n1\n");
}

static void
test_signals (World *w, gconstpointer data)
{
  Run r = start (NULL, "sh", "-c", "trap 'exit 9' TERM; trap 'echo one' USR1; echo ready; while :; do read x || exit 8; done",
                 NULL);
  int status;

  g_free (read_until (r.out, "ready\n"));
  kill (r.pid, SIGTERM);
  g_assert_cmpint (write (r.in, "\n", 1), ==, 1); /* dash runs a trap after the read */
  g_assert_cmpint (exit_status (finish (&r, NULL, NULL)), ==, 9);

  r = start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  g_free (read_until (r.out, "ready\n"));
  kill (r.pid, SIGINT);
  status = finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGINT);

  /* stopped and continued as one */
  r = start (NULL, "sh", "-c", "echo ready; exec cat", NULL);
  g_free (read_until (r.out, "ready\n"));
  kill (r.pid, SIGCONT);
  close (r.in);
  r.in = -1;
  g_assert_cmpint (exit_status (finish (&r, NULL, NULL)), ==, 0);
}

/* What the program leaves behind lives on, and its caller does not wait. */
static void
test_left_behind (World *w, gconstpointer data)
{
  Run r = start (NULL, "sh", "-c", "exec 3<&0; (read x <&3; cat ~/Pictures/a.jpg; echo \" $x\") & exit 4", NULL);
  g_autofree char *out = NULL;
  int status = wait_for (r.pid, 0);

  g_assert_cmpint (exit_status (status), ==, 4);
  g_assert_cmpint (write (r.in, "later\n", 6), ==, 6);
  out = read_until (r.out, NULL);
  g_assert_cmpstr (out, ==, "picture later\n");
  close (r.in);
  close (r.out);
  close (r.err);
}

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
  Run r = start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  g_autofree char *end = NULL;

  g_free (read_until (r.out, "ready\n"));
  kill (r.pid, SIGKILL);
  end = read_until (r.out, NULL); /* the program is gone: nobody holds the pipe */
  g_assert_cmpstr (end, ==, "");
  finish (&r, NULL, NULL);
}

static void
test_gate_killed (World *w, gconstpointer data)
{
  Run r = start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);

  g_free (read_until (r.out, "ready\n"));
  kill (find_child (r.pid, "postern-fusefs"), SIGKILL);
  expect_failure (r, 125, "gate");
}

/* Nor does what the program has left behind go on without the gate. */
static void
test_gate_killed_later (World *w, gconstpointer data)
{
  Run r = start (NULL, "sh", "-c", "echo ready; sleep 1000 & exit 4", NULL);
  g_autofree char *end = NULL;
  pid_t gate;

  prctl (PR_SET_CHILD_SUBREAPER, 1);
  g_free (read_until (r.out, "ready\n"));
  g_assert_cmpint (exit_status (wait_for (r.pid, 0)), ==, 4);
  gate = find_child (getpid (), "postern-fusefs");
  kill (gate, SIGKILL);
  end = read_until (r.out, NULL); /* nobody holds the pipe */
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
  Run r = start (NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  int status;

  g_free (read_until (r.out, "ready\n"));
  kill (find_child (r.pid, "postern\n"), SIGKILL);
  status = finish (&r, NULL, NULL);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

/* Everything goes on when another broker takes the place of one that died. */
static void
test_broker_killed (World *w, gconstpointer data)
{
  Run r = start (NULL, "sh", "-c", "echo ready; read x; cat ~/Pictures/a.jpg; read x; cat ~/Documents/x.txt", NULL);
  g_autofree char *picture = NULL, *document = NULL;

  g_free (read_until (r.out, "ready\n"));
  stop_broker (w);
  start_broker (w);
  g_assert_cmpint (write (r.in, "\n", 1), ==, 1);
  picture = read_until (r.out, "picture");

  /* and a question that is put while there is none is answered by the next */
  stop_broker (w);
  g_assert_cmpint (write (r.in, "\n", 1), ==, 1);
  start_broker (w);
  document = read_until (r.out, "document");
  finish (&r, NULL, NULL);
}

static pid_t
start_on_terminal (int *terminal, const char *first, ...)
{
  g_auto (GStrv) argv = NULL;
  struct winsize size = { .ws_row = 31, .ws_col = 77 };
  va_list args;
  pid_t pid;

  g_assert_null (first);
  va_start (args, first);
  argv = command (args);
  va_end (args);
  pid = forkpty (terminal, NULL, NULL, &size);
  if (pid == 0)
    {
      /* as a shell's job: not the session's leader */
      pid_t job = fork ();
      int status;

      setpgid (job, job);
      signal (SIGTTOU, SIG_IGN);
      tcsetpgrp (0, job ? job : getpid ());
      signal (SIGTTOU, SIG_DFL);
      if (job == 0)
        {
          execv (argv[0], argv);
          _exit (99);
        }
      for (;;)
        {
          waitpid (job, &status, WUNTRACED);
          if (!WIFSTOPPED (status))
            break;
          dprintf (1, "[stopped]");
          /* a key at the shell brings it back */
          signal (SIGTTOU, SIG_IGN);
          tcsetpgrp (0, getpid ());
          {
            char key;

            (void)!read (0, &key, 1);
          }
          tcsetpgrp (0, job);
          kill (-job, SIGCONT);
        }
      dprintf (1, "[%s %d]", WIFEXITED (status) ? "exited" : "killed",
               WIFEXITED (status) ? WEXITSTATUS (status) : WTERMSIG (status));
      _exit (0);
    }
  return pid;
}

static void
type (int terminal, const char *keys)
{
  g_assert_cmpint (write (terminal, keys, strlen (keys)), ==, (gssize)strlen (keys));
}

static void
see (int terminal, const char *wanted)
{
  g_autofree char *text = read_until (terminal, wanted);

  if (!strstr (text, wanted))
    g_error ("“%s” did not come: %s", wanted, text);
}

static void
test_terminal (World *w, gconstpointer data)
{
  int terminal;
  pid_t pid = start_on_terminal (&terminal, NULL, "sh", "-c",
                                 "tty; stty size; read x; echo got $x; stty -echo; read y; echo y=$y", NULL);

  see (terminal, "/dev/pts/0\r\n31 77\r\n");
  type (terminal, "hello\n");
  see (terminal, "got hello\r\n");
  type (terminal, "hidden\n");
  see (terminal, "y=hidden\r\n[exited 0]");
  wait_for (pid, 0);
  close (terminal);

  pid = start_on_terminal (&terminal, NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  see (terminal, "ready");
  type (terminal, "\003");
  see (terminal, "[killed 2]");
  wait_for (pid, 0);
  close (terminal);
}

static void
test_job_control (World *w, gconstpointer data)
{
  int terminal;
  pid_t pid = start_on_terminal (&terminal, NULL, "sh", "-c", "echo ready; exec cat", NULL);
  struct termios mode;

  see (terminal, "ready");
  type (terminal, "one\n");
  see (terminal, "one\r\none\r\n");
  type (terminal, "\032");
  see (terminal, "[stopped]");
  g_assert_no_errno (tcgetattr (terminal, &mode));
  g_assert_true (mode.c_lflag & ICANON);
  type (terminal, "\n");
  type (terminal, "two\n");
  see (terminal, "two\r\ntwo\r\n");
  type (terminal, "\004");
  see (terminal, "[exited 0]");
  g_assert_no_errno (tcgetattr (terminal, &mode));
  g_assert_true ((mode.c_lflag & ICANON) && (mode.c_lflag & ECHO));
  wait_for (pid, 0);
  close (terminal);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*test) (World *w, gconstpointer data);
  } tests[] = {
    { "/run/status", test_status },
    { "/run/failures", test_failures },
    { "/run/stdio", test_stdio },
    { "/run/inside", test_inside },
    { "/run/signals", test_signals },
    { "/run/left-behind", test_left_behind },
    { "/run/supervisor-killed", test_supervisor_killed },
    { "/run/gate-killed", test_gate_killed },
    { "/run/gate-killed-later", test_gate_killed_later },
    { "/run/init-killed", test_init_killed },
    { "/run/broker-killed", test_broker_killed },
    { "/run/terminal", test_terminal },
    { "/run/job-control", test_job_control },
  };

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
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, World, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
