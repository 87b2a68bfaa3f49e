/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pst-fd.h"

/* What is being renamed is looked at again; by somebody who never stops it cannot be named. */
#define MAX_MOVES 16

static int
open_handle (const char *path, gboolean follow, guint64 resolve)
{
  struct open_how how = { .flags = (guint64)(O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)),
                          .resolve = RESOLVE_NO_MAGICLINKS | resolve };

  return (int)syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

int
pst_look (const char *path, gboolean follow, struct stat *st)
{
  pst_autofd fd = open_handle (path, follow, 0);

  return fd < 0 ? -1 : fstat (fd, st);
}

/* The kernel names what it has found, but for what has been deleted meanwhile, and for what lies outside of our root. So the
 * name is looked up again, and must be that of the same thing. *moved: it was not. */
static char *
look_real_once (const char *path, gboolean *moved)
{
  pst_autofd fd = open_handle (path, TRUE, 0), again = -1;
  g_autofree char *link = NULL;
  char name[PATH_MAX];
  struct stat st, st_again;
  gssize length;

  if (fd < 0)
    return NULL;
  link = g_strdup_printf ("/proc/self/fd/%d", fd);
  length = readlink (link, name, sizeof name);
  if (length < 0)
    return NULL;
  if (length == sizeof name)
    return errno = ENAMETOOLONG, NULL;
  name[length] = '\0';
  again = open_handle (name, FALSE, RESOLVE_NO_SYMLINKS);
  *moved = again < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR);
  if (again < 0)
    return NULL;
  if (fstat (fd, &st) < 0 || fstat (again, &st_again) < 0)
    return NULL;
  if (st.st_dev != st_again.st_dev || st.st_ino != st_again.st_ino)
    {
      *moved = TRUE;
      return errno = ENOENT, NULL;
    }
  return g_strdup (name);
}

char *
pst_look_real (const char *path)
{
  for (guint i = 0;; i++)
    {
      gboolean moved = FALSE;
      char *real = look_real_once (path, &moved);

      if (real || !moved)
        return real;
      /* It exists: whoever is told that it does not would take what is found there later for something new. */
      if (i == MAX_MOVES)
        return errno = EAGAIN, NULL;
    }
}
