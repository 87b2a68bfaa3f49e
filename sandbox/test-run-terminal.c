/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `postern run` on a terminal, as the job of a shell. */
#include "test-run-harness.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static pid_t
start_on_terminal (int *terminal, const char *first, ...)
{
  g_auto (GStrv) argv = NULL;
  struct winsize size = { .ws_row = 31, .ws_col = 77 };
  va_list args;
  pid_t pid;

  g_assert_null (first);
  va_start (args, first);
  argv = run_command (args);
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
  g_autofree char *text = run_read_until (terminal, wanted);

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
  run_wait_for (pid, 0);
  close (terminal);

  pid = start_on_terminal (&terminal, NULL, "sh", "-c", "echo ready; exec sleep 1000", NULL);
  see (terminal, "ready");
  type (terminal, "\003");
  see (terminal, "[killed 2]");
  run_wait_for (pid, 0);
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
  run_wait_for (pid, 0);
  close (terminal);
}

int
main (int argc, char **argv)
{
  static const RunTest tests[] = {
    { "/run/terminal", test_terminal },
    { "/run/job-control", test_job_control },
  };

  return run_main (argc, argv, tests, G_N_ELEMENTS (tests));
}
