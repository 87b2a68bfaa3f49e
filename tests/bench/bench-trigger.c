/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-trigger DIR PREFIX: makes a sandboxed program that is already running open a file that it may not open yet.
 *
 * For the prompt suite of the shared bench, whose candidate is a command that is spawned, shows a window, and is ended by
 * SIGTERM. The command must not be what is measured, so it is as small as this: it writes one line to DIR/fifo, the standard
 * input of the bench-worker in the sandbox, and another one when it gets SIGTERM, at which the worker kills the process that
 * waits in the question. The file is PREFIX and a number below PST_TRIGGER_FILES. The first call (promptbench's untimed round)
 * finds no DIR/ready and runs DIR/setup, which starts the sandbox on the display of the moment. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PST_TRIGGER_FILES 64

static int
set_up (void)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    {
      execl ("./setup", "./setup", (char *)NULL);
      _exit (127);
    }
  if (pid < 0 || waitpid (pid, &status, 0) != pid || status != 0)
    {
      fprintf (stderr, "bench-trigger: ./setup failed\n");
      return -1;
    }
  return 0;
}

int
main (int argc, char **argv)
{
  char line[4352];
  sigset_t set;
  int fd, length, number;

  if (argc != 3 || chdir (argv[1]) != 0)
    {
      fprintf (stderr, "usage: bench-trigger DIR PREFIX\n");
      return 2;
    }
  sigemptyset (&set);
  sigaddset (&set, SIGTERM);
  if (access ("ready", F_OK) != 0 && set_up () != 0)
    return 1;
  sigprocmask (SIG_BLOCK, &set, NULL);
  fd = open ("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    {
      fprintf (stderr, "bench-trigger: nobody reads fifo: %s\n", strerror (errno));
      return 1;
    }
  length = snprintf (line, sizeof line, "hold %s%d\n", argv[2], (int)(getpid () % PST_TRIGGER_FILES));
  if (length >= (int)sizeof line || write (fd, line, (size_t)length) != length)
    return 1;
  sigwait (&set, &number);
  return write (fd, "kill\n", 5) == 5 ? 0 : 1;
}
