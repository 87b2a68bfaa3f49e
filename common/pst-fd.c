/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void
pst_fd_clear (int *fd)
{
  int saved = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved;
}

int
pst_fd_steal (int *fd)
{
  int taken = *fd;

  *fd = -1;
  return taken;
}

static int
compare_ints (const void *a, const void *b)
{
  return *(const int *)a - *(const int *)b;
}

void
pst_fd_close_from (int lowest, const int *keep, gsize n_keep)
{
  g_autofree int *sorted = g_memdup2 (keep, n_keep * sizeof *keep);
  int next = lowest;

  if (n_keep > 0)
    qsort (sorted, n_keep, sizeof *sorted, compare_ints);
  for (gsize i = 0; i < n_keep; i++)
    {
      if (sorted[i] < next)
        continue;
      if (sorted[i] > next)
        close_range ((unsigned)next, (unsigned)sorted[i] - 1, 0);
      next = sorted[i] + 1;
    }
  close_range ((unsigned)next, ~0U, 0);
}

int
pst_fd_memfd_sealed (const char *name, gconstpointer data, gsize size)
{
  pst_autofd fd = memfd_create (name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  gsize done = 0;

  if (fd < 0)
    return -1;
  while (done < size)
    {
      ssize_t n = write (fd, (const char *)data + done, size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      done += (gsize)n;
    }
  if (fcntl (fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    return -1;
  return pst_fd_steal (&fd);
}

GBytes *
pst_fd_read_all (int fd, gsize max, GError **error)
{
  g_autofree char *data = NULL;
  struct stat st;
  gsize size, done = 0;

  if (fstat (fd, &st) != 0)
    goto failed;
  if (!S_ISREG (st.st_mode) || st.st_size < 0 || (guint64)st.st_size > max)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a regular file of at most %" G_GSIZE_FORMAT " bytes", max);
      return NULL;
    }
  size = (gsize)st.st_size;
  data = g_malloc (size + 1);
  while (done < size)
    {
      ssize_t n = pread (fd, data + done, size - done, (off_t)done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        goto failed;
      if (n == 0)
        {
          g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_IO, "the file became shorter while it was read");
          return NULL;
        }
      done += (gsize)n;
    }
  return g_bytes_new_take (g_steal_pointer (&data), size);

failed:
  g_set_error (error, G_FILE_ERROR, (int)g_file_error_from_errno (errno), "cannot read: %s", g_strerror (errno));
  return NULL;
}
