/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Closes *fd unless it is -1, and sets it to -1. Keeps errno. */
void pst_fd_clear (int *fd);
int pst_fd_steal (int *fd);
static inline void
pst_fd_cleanup (int *fd)
{
  pst_fd_clear (fd);
}
#define pst_autofd __attribute__ ((cleanup (pst_fd_cleanup))) int

/* Closes every descriptor >= @lowest except the @n_keep ones in @keep. Errors: none that a caller can mend. */
void pst_fd_close_from (int lowest, const int *keep, gsize n_keep);

/* From now on, what this process says on standard error is lost rather than waited for when nobody reads it: pipes and
 * terminals are opened anew, not blocking, for this process alone. Others that have them go on as they are. A file is left as
 * it is, and so is a socket, which cannot be opened. */
void pst_fd_own_stderr (void);

/* A sealed memfd holding @size bytes. -1 with errno. */
int pst_fd_memfd_sealed (const char *name, gconstpointer data, gsize size);

/* Reads all of @fd (a regular file or memfd), at most @max bytes, with pread: a file that shrinks meanwhile gives an error, not
 * SIGBUS. */
GBytes *pst_fd_read_all (int fd, gsize max, GError **error);

G_END_DECLS
