/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What the payloads of the escape tests have in common.
 *
 * A payload is a small program without libraries that tries one kind of attack and says, a line each, how it went:
 *
 *   control  ok|FAILED             what  why     a harmless thing that must work inside the sandbox as well as outside
 *   attack   refused|SUCCEEDED     what  why     must be refused inside, and must succeed in one of the places outside
 *   maybe    refused|SUCCEEDED     what  why     the same, but not every kernel lets it succeed outside
 *
 * payload.py runs it outside and inside and compares; "key=value" arguments tell where the victims are.
 * Nothing here may do harm when it succeeds outside: victims are processes and files that the test made. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int attack_argc;
static char **attack_argv;

static inline void
attack_init (int argc, char **argv)
{
  attack_argc = argc;
  attack_argv = argv;
  setvbuf (stdout, NULL, _IOLBF, 0);
}

/* The value of "key=value" among the arguments, or NULL. */
static inline const char *
arg (const char *key)
{
  size_t length = strlen (key);

  for (int i = 1; i < attack_argc; i++)
    if (strncmp (attack_argv[i], key, length) == 0 && attack_argv[i][length] == '=')
      return attack_argv[i] + length + 1;
  return NULL;
}

static inline bool
inside (void)
{
  const char *where = arg ("where");

  return where == NULL || strcmp (where, "inside") == 0;
}

static inline void
attack_say (const char *kind, const char *outcome, const char *what, int error)
{
  printf ("%s\t%s\t%s\t%s\n", kind, outcome, what, error != 0 ? strerror (error) : "");
  fflush (stdout);
}

/* Each takes errno as the reason: call it right after what was tried. */
static inline void
control (bool ok, const char *what)
{
  attack_say ("control", ok ? "ok" : "FAILED", what, ok ? 0 : errno);
}

static inline void
attack (bool succeeded, const char *what)
{
  attack_say ("attack", succeeded ? "SUCCEEDED" : "refused", what, succeeded ? 0 : errno);
}

static inline void
maybe (bool succeeded, const char *what)
{
  attack_say ("maybe", succeeded ? "SUCCEEDED" : "refused", what, succeeded ? 0 : errno);
}

/* A system call that must not get as far as the kernel's own code: refused means exactly the answers of a filter. Call it with
 * arguments for which the kernel itself gives another error (EFAULT, EINVAL, EBADF …): that, or success, counts as having got
 * through. */
static inline bool
got_through (long result)
{
  return result >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES);
}

/* Runs @func in a child, so that being killed by the filter is an answer as well. Returns what @func returned (0…125, 0 for
 * "refused") or 126 if a signal ended it; errno is that which the child had. */
static inline int
in_child (int (*func) (void))
{
  int pipe_fds[2];
  int status = 0;
  int error = 0;
  pid_t pid;

  if (pipe (pipe_fds) < 0)
    return 125;
  fflush (stdout);
  pid = fork ();
  if (pid == 0)
    {
      int result = func ();

      error = errno;
      if (write (pipe_fds[1], &error, sizeof error) < 0)
        _exit (125);
      _exit (result);
    }
  close (pipe_fds[1]);
  if (read (pipe_fds[0], &error, sizeof error) != sizeof error)
    error = 0;
  close (pipe_fds[0]);
  if (pid < 0 || waitpid (pid, &status, 0) < 0)
    return 125;
  errno = error;
  return WIFEXITED (status) ? WEXITSTATUS (status) : 126;
}
