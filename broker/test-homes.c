/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Homes as a hostile program leaves them behind. */
#include "homes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define N_WIDE 100000u

typedef struct
{
  char *dir, *outside, *home;
  int fd;
  PstHomes *homes;
} Fixture;

static void
make_file (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, "data", -1, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->dir = g_dir_make_tmp ("postern-homes-XXXXXX", &error);
  g_assert_no_error (error);
  f->outside = g_build_filename (f->dir, "outside", NULL);
  f->home = g_build_filename (f->dir, "state", "homes", "app", NULL);
  g_assert_no_errno (g_mkdir_with_parents (f->outside, 0700));
  g_assert_no_errno (g_mkdir_with_parents (f->home, 0700));
  make_file (f->outside, "precious");
  {
    g_autofree char *state = g_build_filename (f->dir, "state", NULL),
                    *homes = g_build_filename (f->dir, "state", "homes", NULL);

    f->homes = pst_homes_new (state);
    f->fd = open (homes, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  g_assert_cmpint (f->fd, >=, 0);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *precious = g_build_filename (f->outside, "precious", NULL);
  int dir = open (f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  pst_homes_free (f->homes);
  /* whatever happened in the home */
  g_assert_true (g_file_test (precious, G_FILE_TEST_EXISTS));
  close (f->fd);
  g_assert_true (pst_homes_remove_tree (dir, "state", NULL));
  g_assert_true (pst_homes_remove_tree (dir, "outside", NULL));
  close (dir);
  g_assert_no_errno (g_rmdir (f->dir));
  g_free (f->dir);
  g_free (f->outside);
  g_free (f->home);
}

static gboolean
is_there (Fixture *f)
{
  struct stat st;

  return fstatat (f->fd, "app", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
remove_home (Fixture *f)
{
  g_assert_true (pst_homes_remove_tree (f->fd, "app", NULL));
  g_assert_false (is_there (f));
}

/* Links out of it, to directories and files, dangling and to themselves; FIFOs; sockets' names; directories nobody may enter.
 */
static void
test_hostile (Fixture *f, gconstpointer data)
{
  int home = openat (f->fd, "app", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  guint64 size, files;

  g_assert_no_errno (symlinkat ("/", home, "root"));
  g_assert_no_errno (symlinkat (f->outside, home, "outside"));
  g_assert_no_errno (symlinkat ("self", home, "self"));
  g_assert_no_errno (symlinkat ("../../../outside/precious", home, "precious"));
  g_assert_no_errno (mkfifoat (home, "fifo", 0600));
  g_assert_no_errno (mkdirat (home, "closed", 0700));
  g_assert_no_errno (mkdirat (home, "closed/inner", 0700));
  g_assert_no_errno (symlinkat (f->outside, home, "closed/inner/outside"));
  g_assert_no_errno (mkdirat (home, "1", 0700));
  g_assert_no_errno (mkdirat (home, "app.waiting", 0700));
  g_assert_no_errno (mkdirat (home, "new\nline \xff", 0700));
  g_assert_no_errno (fchmodat (home, "closed/inner", 0, 0));
  g_assert_no_errno (fchmodat (home, "closed", 0, 0));
  g_assert_true (pst_homes_count_tree (home, NULL, &size, &files));
  /* four links, a FIFO; the closed directory is not opened for this */
  if (geteuid () != 0)
    g_assert_cmpuint (files, ==, 5);
  g_assert_no_errno (fchmod (home, 0));
  close (home);
  remove_home (f);
}

/* A link in the place of the home itself is removed, and what it leads to is not. */
static void
test_link_as_home (Fixture *f, gconstpointer data)
{
  g_assert_no_errno (g_rmdir (f->home));
  g_assert_no_errno (symlinkat (f->outside, f->fd, "app"));
  remove_home (f);
}

/* Deeper than there are descriptors, and than a path is long. */
static void
test_deep (Fixture *f, gconstpointer data)
{
  int at = openat (f->fd, "app", O_RDONLY | O_DIRECTORY | O_CLOEXEC), top = dup (at);
  guint64 size, files;

  for (int i = 0; i < 5000; i++)
    {
      int next;

      g_assert_no_errno (mkdirat (at, "deep", 0700));
      next = openat (at, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      g_assert_cmpint (next, >=, 0);
      close (at);
      at = next;
    }
  close (at);
  g_assert_true (pst_homes_count_tree (top, NULL, &size, &files));
  close (top);
  remove_home (f);
}

static void
test_wide (Fixture *f, gconstpointer data)
{
  int home = openat (f->fd, "app", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gint64 begin;
  guint64 size, files;

  g_assert_no_errno (mkdirat (home, "wide", 0700));
  for (guint i = 0; i < N_WIDE; i++)
    {
      char name[32];
      int fd;

      g_snprintf (name, sizeof name, "wide/%u", i);
      fd = openat (home, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      g_assert_cmpint (fd, >=, 0);
      close (fd);
    }
  for (guint i = 0; i < 1000; i++)
    {
      char name[32];

      g_snprintf (name, sizeof name, "link-%u", i);
      g_assert_no_errno (linkat (home, "wide/7", home, name, 0));
    }
  begin = g_get_monotonic_time ();
  g_assert_true (pst_homes_count_tree (home, NULL, &size, &files));
  g_assert_cmpuint (files, ==, N_WIDE);
  g_test_message ("counted in %.0f ms", (double)(g_get_monotonic_time () - begin) / 1000);
  begin = g_get_monotonic_time ();
  close (home);
  remove_home (f);
  g_test_message ("removed in %.0f ms", (double)(g_get_monotonic_time () - begin) / 1000);
}

typedef struct
{
  int home;
  const char *outside;
  gint stop;
} Swapper;

/* Exchanges a directory and a link to one outside, over and over, while the tree is being removed. */
static gpointer
swap (gpointer data)
{
  Swapper *swapper = data;
  guint n = 0;

  while (!g_atomic_int_get (&swapper->stop) && n < 5000)
    {
      char name[32];

      g_snprintf (name, sizeof name, "d%u", n++ % 50);
      if (mkdirat (swapper->home, name, 0700) == 0 && symlinkat (swapper->outside, swapper->home, "l") < 0 && errno != EEXIST)
        continue;
      if (renameat2 (swapper->home, name, swapper->home, "l", RENAME_EXCHANGE) == 0)
        renameat2 (swapper->home, "l", swapper->home, name, RENAME_EXCHANGE);
    }
  return NULL;
}

static void
test_swapped (Fixture *f, gconstpointer data)
{
  for (int round = 0; round < 10; round++)
    {
      Swapper swapper = { openat (f->fd, "app", O_RDONLY | O_DIRECTORY | O_CLOEXEC), f->outside, 0 };
      GThread *thread;

      for (guint i = 0; i < 50; i++)
        {
          char name[32];

          g_snprintf (name, sizeof name, "d%u", i);
          g_assert_no_errno (mkdirat (swapper.home, name, 0700));
          g_snprintf (name, sizeof name, "d%u/inner", i);
          g_assert_no_errno (mkdirat (swapper.home, name, 0700));
        }
      thread = g_thread_new ("swap", swap, &swapper);
      /* With somebody who makes new things as quickly it may give up; what must not be is that it goes elsewhere. */
      for (int i = 0; i < 20 && is_there (f); i++)
        pst_homes_remove_tree (f->fd, "app", NULL);
      g_atomic_int_set (&swapper.stop, 1);
      g_thread_join (thread);
      close (swapper.home);
      if (is_there (f))
        remove_home (f);
      {
        g_autofree char *precious = g_build_filename (f->outside, "precious", NULL);

        g_assert_true (g_file_test (precious, G_FILE_TEST_EXISTS));
      }
      g_assert_no_errno (mkdirat (f->fd, "app", 0700));
    }
}

/* What such an exchange leaves among the directories that wait: a link, which must neither be followed nor stay for ever. */
static void
test_link_waits (Fixture *f, gconstpointer data)
{
  struct stat st;

  g_assert_no_errno (mkdirat (f->fd, "app.waiting", 0700));
  g_assert_no_errno (symlinkat (f->outside, f->fd, "app.waiting/1"));
  g_assert_no_errno (mkdirat (f->fd, "app.waiting/2", 0700));
  g_assert_no_errno (symlinkat (f->outside, f->fd, "app.waiting/2/inner"));
  remove_home (f);
  g_assert_cmpint (fstatat (f->fd, "app.waiting", &st, AT_SYMLINK_NOFOLLOW), <, 0);
}

static void
test_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int home = openat (f->fd, "app", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  guint64 size, files;

  make_file (f->home, "a");
  g_cancellable_cancel (cancellable);
  g_assert_false (pst_homes_count_tree (home, cancellable, &size, &files));
  g_assert_false (pst_homes_remove_tree (f->fd, "app", cancellable));
  close (home);
  g_assert_true (is_there (f));
  remove_home (f);
}

/* Aside and back, with all that is in it; not over a home that has come since, but for an empty one. */
static void
test_aside (Fixture *f, gconstpointer data)
{
  g_autofree char *aside = NULL, *none = NULL, *path = g_build_filename (f->home, "a", NULL);
  g_autoptr (GError) error = NULL;

  make_file (f->home, "a");
  g_assert_true (pst_homes_put_aside (f->homes, "app", &aside, &error));
  g_assert_no_error (error);
  g_assert_nonnull (aside);
  g_assert_false (is_there (f));
  g_assert_true (pst_homes_put_aside (f->homes, "app", &none, &error));
  g_assert_null (none);

  g_assert_no_errno (g_mkdir (f->home, 0700));
  make_file (f->home, "new");
  g_assert_false (pst_homes_put_back (f->homes, "app", aside, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  remove_home (f);
  g_assert_no_errno (g_mkdir (f->home, 0700));
  g_assert_true (pst_homes_put_back (f->homes, "app", aside, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* What is aside when a broker ends is deleted; when another one only looked in, it is not. */
static void
test_end (Fixture *f, gconstpointer data)
{
  g_autofree char *state = g_build_filename (f->dir, "state", NULL), *aside = NULL, *path = NULL;
  g_autoptr (GError) error = NULL;
  PstHomes *visitor = pst_homes_new (state);

  make_file (f->home, "a");
  pst_homes_clean (f->homes);
  g_assert_true (pst_homes_put_aside (f->homes, "app", &aside, &error));
  path = g_build_filename (state, "aside", aside, NULL);
  pst_homes_free (visitor);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  pst_homes_free (f->homes);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  f->homes = pst_homes_new (state);
}

/* That it is being deleted already, in a thread, is no reason to leave it, or a part of it. */
static void
test_end_deleting (Fixture *f, gconstpointer data)
{
  g_autofree char *state = g_build_filename (f->dir, "state", NULL), *place = g_build_filename (state, "aside", NULL);

  for (int i = 0; i < 50; i++)
    {
      g_autofree char *aside = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GDir) dir = NULL;

      pst_homes_clean (f->homes);
      for (int k = 0; k < 10; k++)
        {
          g_autofree char *folder = g_strdup_printf ("%s/folder%d", f->home, k);

          g_assert_no_errno (g_mkdir_with_parents (folder, 0700));
          make_file (folder, "a");
        }
      g_assert_true (pst_homes_put_aside (f->homes, "app", &aside, &error));
      g_assert_no_error (error);
      pst_homes_delete (f->homes, aside);
      pst_homes_free (f->homes);
      f->homes = pst_homes_new (state);
      dir = g_dir_open (place, 0, NULL);
      g_assert_nonnull (dir);
      g_assert_null (g_dir_read_name (dir));
    }
}

int
main (int argc, char **argv)
{
  /* Root may enter everything. */
  if (geteuid () == 0 && (setgid (65534) < 0 || setuid (65534) < 0))
    return 77;
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/homes/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("hostile", test_hostile);
  ADD ("link-as-home", test_link_as_home);
  ADD ("deep", test_deep);
  ADD ("wide", test_wide);
  ADD ("swapped", test_swapped);
  ADD ("link-waits", test_link_waits);
  ADD ("cancelled", test_cancelled);
  ADD ("aside", test_aside);
  ADD ("end", test_end);
  ADD ("end-deleting", test_end_deleting);
#undef ADD
  return g_test_run ();
}
