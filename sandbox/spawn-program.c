/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "spawn-program.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#ifdef PST_SANITIZED
#include "pst-sanitized.h"
#endif

/* What a confined program of ours may know of the environment: nothing; in a sanitizer build, how that reports. */
static char **
little_environment (void)
{
#ifdef PST_SANITIZED
  static const char *const names[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", PST_SANITIZER_REPORTS };
  static char *kept[G_N_ELEMENTS (names) + 1];
  gsize n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_getenv (names[i]))
      kept[n++] = g_strconcat (names[i], "=", g_getenv (names[i]), NULL);
  kept[n] = NULL;
#else
  static char *kept[] = { NULL };
#endif
  return kept;
}

pid_t
pst_spawn_take_fd (char *const *argv, int fd, PstSpawnFlags flags, GError **error)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attr;
  sigset_t none, all;
  pid_t pid = -1;
  int r;

  sigemptyset (&none);
  sigfillset (&all);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, fd, 3); /* also clears close-on-exec if it is 3 already */
  posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np (&actions, 4);
  posix_spawnattr_init (&attr);
  posix_spawnattr_setsigmask (&attr, &none);
  posix_spawnattr_setsigdefault (&attr, &all);
  posix_spawnattr_setflags (&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                       (flags & PST_SPAWN_SESSION ? POSIX_SPAWN_SETSID : 0));
  r = posix_spawn (&pid, argv[0], &actions, &attr, argv, flags & PST_SPAWN_ENVIRONMENT ? environ : little_environment ());
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attr);
  close (fd);
  if (r != 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (r), _ ("%s could not be started: %s"), argv[0],
                   g_strerror (r));
      return -1;
    }
  return pid;
}
