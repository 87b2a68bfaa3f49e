/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "killed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "pst-fd.h"

#define SIGKILL_BIT (G_GUINT64_CONSTANT (1) << (SIGKILL - 1))

static const char *
field (const char *status, const char *name)
{
  const char *at = strstr (status, name);

  return at ? at + strlen (name) : NULL;
}

gboolean
pst_killed_parse (const char *status)
{
  const char *state = field (status, "\nState:\t"), *thread = field (status, "\nSigPnd:\t"),
             *process = field (status, "\nShdPnd:\t");

  if (state && (*state == 'Z' || *state == 'X'))
    return TRUE;
  return (thread && (g_ascii_strtoull (thread, NULL, 16) & SIGKILL_BIT)) ||
         (process && (g_ascii_strtoull (process, NULL, 16) & SIGKILL_BIT));
}

gboolean
pst_killed (pid_t tid)
{
  char path[64], status[4096];
  pst_autofd fd = -1;
  gssize length;

  g_snprintf (path, sizeof path, "/proc/%d/status", (int)tid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT || errno == ESRCH;
  length = read (fd, status, sizeof status - 1);
  if (length <= 0)
    return length < 0 && errno == ESRCH;
  status[length] = '\0';
  return pst_killed_parse (status);
}
