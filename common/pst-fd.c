/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef PST_SANITIZED
#include "pst-sanitized.h"
#endif

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

void
pst_fd_clear (int *fd)
{
  int saved_errno = errno;

  if (*fd >= 0)
    close (*fd); /* even after EINTR the descriptor is gone on Linux */
  *fd = -1;
  errno = saved_errno;
}

int
pst_fd_steal (int *fd)
{
  int stolen = *fd;

  *fd = -1;
  return stolen;
}

/* Closes first…last. Without close_range (an old kernel, or a filter around us) one by one. */
static void
close_span (unsigned first, unsigned last)
{
  struct rlimit limit = { 0 };

  if (first > last || close_range (first, last, 0) == 0)
    return;
  if (getrlimit (RLIMIT_NOFILE, &limit) < 0 || limit.rlim_max > 1u << 20)
    limit.rlim_max = 1u << 20;
  for (unsigned fd = first; fd <= last && fd < limit.rlim_max; fd++)
    close ((int)fd);
}

void
pst_fd_close_from (int lowest, const int *keep, gsize n_keep)
{
  unsigned next = lowest < 0 ? 0 : (unsigned)lowest;

  /* No allocation and no sorting in place: this runs between fork and exec too. */
  for (;;)
    {
      unsigned nearest = UINT_MAX;

      for (gsize i = 0; i < n_keep; i++)
        if (keep[i] >= 0 && (unsigned)keep[i] >= next && (unsigned)keep[i] < nearest)
          nearest = (unsigned)keep[i];
#ifdef PST_SANITIZED
      for (gsize i = 0; i < PST_SANITIZER_N_FDS; i++)
        if (pst_sanitizer_fds[i] >= 0 && (unsigned)pst_sanitizer_fds[i] >= next && (unsigned)pst_sanitizer_fds[i] < nearest)
          nearest = (unsigned)pst_sanitizer_fds[i];
#endif
      if (nearest == UINT_MAX)
        {
          close_span (next, UINT_MAX);
          return;
        }
      if (nearest > next)
        close_span (next, nearest - 1);
      next = nearest + 1;
    }
}

void
pst_fd_own_stderr (void)
{
  struct stat st;
  int fd;

  if (fstat (STDERR_FILENO, &st) < 0 || (!S_ISFIFO (st.st_mode) && !S_ISCHR (st.st_mode)))
    return;
  fd = open ("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return;
  dup2 (fd, STDERR_FILENO);
  close (fd);
}

int
pst_fd_memfd_sealed (const char *name, gconstpointer data, gsize size)
{
  pst_autofd fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

  if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
    fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0)
    return -1;

  for (gsize done = 0; done < size;)
    {
      ssize_t n = write (fd, (const char *)data + done, size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      done += (gsize)n;
    }
  if (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
    return -1;
  return pst_fd_steal (&fd);
}

GBytes *
pst_fd_read_all (int fd, gsize max, GError **error)
{
  g_autofree char *data = NULL;
  struct stat st;
  gsize size;

  if (fstat (fd, &st) < 0)
    {
      int code = errno;
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s", g_strerror (code));
      return NULL;
    }
  if (!S_ISREG (st.st_mode))
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a regular file");
      return NULL;
    }
  if (st.st_size < 0 || (guint64)st.st_size > max)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "larger than %" G_GSIZE_FORMAT " bytes", max);
      return NULL;
    }

  size = (gsize)st.st_size;
  data = g_try_malloc (size > 0 ? size : 1);
  if (data == NULL)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "out of memory");
      return NULL;
    }
  for (gsize done = 0; done < size;)
    {
      ssize_t n = pread (fd, data + done, size - done, (off_t)done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          int code = errno;
          g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "%s", g_strerror (code));
          return NULL;
        }
      if (n == 0)
        {
          g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_IO, "it became shorter while it was read");
          return NULL;
        }
      done += (gsize)n;
    }
  return g_bytes_new_take (g_steal_pointer (&data), size);
}
