/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

static void
test_clear_and_steal (void)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC), kept = fd;

  g_assert_cmpint (pst_fd_steal (&fd), ==, kept);
  g_assert_cmpint (fd, ==, -1);
  errno = EDOM;
  pst_fd_clear (&fd);
  g_assert_cmpint (errno, ==, EDOM);
  g_assert_true (is_open (kept));
  {
    pst_autofd scoped = kept;
    g_assert_true (is_open (scoped));
    errno = ERANGE;
  }
  g_assert_cmpint (errno, ==, ERANGE);
  g_assert_false (is_open (kept));
}

static void
test_close_from (void)
{
  pid_t child = fork ();
  int status;

  if (child == 0)
    {
      int keep[] = { 31, 12, -1, 12, 5, 2 };

      for (int fd = 3; fd < 40; fd++)
        if (dup2 (0, fd) < 0)
          _exit (1);
      pst_fd_close_from (10, keep, G_N_ELEMENTS (keep));
      for (int fd = 3; fd < 40; fd++)
        if (is_open (fd) != (fd < 10 || fd == 12 || fd == 31))
          _exit (2);
      pst_fd_close_from (3, NULL, 0);
      for (int fd = 0; fd < 40; fd++)
        if (is_open (fd) != (fd < 3))
          _exit (3);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void
test_memfd (void)
{
  g_autofree char *data = g_strnfill (300000, 'm');
  pst_autofd fd = pst_fd_memfd_sealed ("test", data, 300000);
  pst_autofd empty = pst_fd_memfd_sealed ("test", "", 0);
  g_autoptr (GBytes) bytes = pst_fd_read_all (fd, 300000, NULL);
  g_autoptr (GBytes) nothing = pst_fd_read_all (empty, 10, NULL);

  g_assert_cmpmem (data, 300000, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_cmpuint (g_bytes_get_size (nothing), ==, 0);
  g_assert_cmpint (ftruncate (fd, 10), ==, -1);
  g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, -1);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK), ==, -1);
  g_assert_true ((fcntl (fd, F_GETFD) & FD_CLOEXEC) != 0);
}

static void
test_read_all_refuses (void)
{
  g_autoptr (GError) error = NULL;
  pst_autofd fd = pst_fd_memfd_sealed ("test", "12345", 5);
  pst_autofd device = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  pst_autofd directory = open ("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  pst_autofd path = open ("/proc/self/exe", O_PATH | O_CLOEXEC);

  g_assert_null (pst_fd_read_all (fd, 4, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_null (pst_fd_read_all (device, 100, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_clear_error (&error);
  g_assert_null (pst_fd_read_all (directory, 100000, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL);
  g_clear_error (&error);
  g_assert_null (pst_fd_read_all (path, G_MAXSIZE / 2, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (pst_fd_read_all (-1, 100, &error));
  g_assert_nonnull (error);
}

/* In a child: @fd as standard error, once more than fits written there. 0: all that was lost was lost; else what was waited
 * for. */
static int
say_much (int fd)
{
  pid_t child = fork ();
  int status;

  if (child == 0)
    {
      char text[4096] = { 0 };

      alarm (20);
      dup2 (fd, STDERR_FILENO);
      pst_fd_own_stderr ();
      for (int i = 0; i < 100; i++)
        (void)!write (STDERR_FILENO, text, sizeof text);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  return status;
}

static void
test_own_stderr (void)
{
  int ends[2];
  g_autofree char *name = NULL;
  struct stat st;
  pst_autofd file = g_file_open_tmp ("postern-fd-XXXXXX", &name, NULL);

  g_assert_no_errno (pipe2 (ends, O_CLOEXEC));
  g_assert_cmpint (say_much (ends[1]), ==, 0);
  /* it is this process's alone */
  g_assert_cmpint (fcntl (ends[1], F_GETFL) & O_NONBLOCK, ==, 0);
  close (ends[0]);
  close (ends[1]);
  /* nothing of a file is lost, nor written over */
  g_assert_cmpint (write (file, "first", 5), ==, 5);
  g_assert_cmpint (say_much (file), ==, 0);
  g_assert_no_errno (fstat (file, &st));
  g_assert_cmpint (st.st_size, ==, 5 + 100 * 4096);
  unlink (name);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fd/clear-and-steal", test_clear_and_steal);
  g_test_add_func ("/fd/close-from", test_close_from);
  g_test_add_func ("/fd/memfd", test_memfd);
  g_test_add_func ("/fd/own-stderr", test_own_stderr);
  g_test_add_func ("/fd/read-all-refuses", test_read_all_refuses);
  return g_test_run ();
}
