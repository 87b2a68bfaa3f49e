/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-display.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing outlives a test that failed. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

GPid
test_spawn (const char *const *argv, char **environment, int fd)
{
  g_autoptr (GError) error = NULL;
  GPid pid;
  int source[] = { fd }, target[] = { 3 };

  g_spawn_async_with_pipes_and_fds (NULL, argv, (const char *const *)environment,
                                    G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
                                    die_with_parent, NULL, -1, -1, -1, source, target, fd >= 0 ? 1 : 0, &pid, NULL, NULL, NULL,
                                    &error);
  g_assert_no_error (error);
  return pid;
}

void
test_end (GPid *pid)
{
  if (*pid == 0)
    return;
  kill (*pid, SIGTERM);
  waitpid (*pid, NULL, 0);
  *pid = 0;
}

char *
test_display_start (GPid *xvfb)
{
  const char *const argv[] = { "Xvfb", "-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp", NULL };
  g_auto (GStrv) environment = g_get_environ ();
  char number[16] = { 0 };
  gsize size = 0;
  int pair[2];

  g_assert_true (g_unix_open_pipe (pair, FD_CLOEXEC, NULL));
  *xvfb = test_spawn (argv, environment, pair[1]);
  close (pair[1]);
  while (size < sizeof number - 1 && strchr (number, '\n') == NULL)
    {
      ssize_t n = read (pair[0], number + size, sizeof number - 1 - size);
      g_assert_cmpint (n, >, 0);
      size += (gsize)n;
    }
  close (pair[0]);
  g_strstrip (number);
  return g_strdup_printf (":%s", number);
}
