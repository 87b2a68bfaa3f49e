/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "body-pipe.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
deny_splice (void)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_splice, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { G_N_ELEMENTS (code), code };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* In a child. 0: there is a pipe to be had; 1: there is none; 2: it could not be tried. */
static int
try_in_child (gboolean denied)
{
  pid_t child = fork ();
  int status;

  if (child == 0)
    {
      if (denied && !deny_splice ())
        _exit (2);
      pst_body_pipes_try ();
      _exit (pst_body_pipe_new () == NULL);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

/* Where the kernel does not splice from a socket, the pipe that it was tried with is not used either. */
static void
test_impossible (void)
{
  g_assert_cmpint (try_in_child (FALSE), ==, 0);
  g_assert_cmpint (try_in_child (TRUE), ==, 1);
}

/* An empty pipe is used again, one with something in it is not. */
static void
test_again (void)
{
  PstBodyPipe *first, *second;
  int ends[2];

  pst_body_pipes_try ();
  first = pst_body_pipe_new ();
  g_assert_nonnull (first);
  pst_body_pipe_free (first);
  second = pst_body_pipe_new ();
  g_assert_true (second == first);
  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], "x", 1), ==, 1);
  g_assert_cmpint (pst_body_pipe_fill (second, ends[0], 1), ==, 1);
  g_assert_false (pst_body_pipe_is_empty (second));
  pst_body_pipe_free (second);
  first = pst_body_pipe_new ();
  g_assert_true (pst_body_pipe_is_empty (first));
  pst_body_pipe_free (first);
  close (ends[0]);
  close (ends[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/body-pipe/impossible", test_impossible);
  g_test_add_func ("/body-pipe/again", test_again);
  return g_test_run ();
}
