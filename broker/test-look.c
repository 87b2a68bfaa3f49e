/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that an application chose, looked at: what is ordinary is found, and nothing leads through /proc. */
#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "host.h"

typedef struct
{
  char *dir, *file;
} Fixture;

static char *
below (Fixture *f, const char *name)
{
  return g_build_filename (f->dir, name, NULL);
}

static void
make_link (Fixture *f, const char *target, const char *name)
{
  g_autofree char *path = below (f, name);

  g_assert_no_errno (symlink (target, path));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *made = g_dir_make_tmp ("postern-look-XXXXXX", NULL), *folder = NULL, *from_root = NULL;
  char *real = realpath (made, NULL);

  f->dir = g_strdup (real);
  free (real);
  folder = below (f, "folder");
  g_assert_no_errno (g_mkdir (folder, 0700));
  f->file = below (f, "folder/file");
  g_assert_true (g_file_set_contents (f->file, "data", -1, NULL));
  make_link (f, "folder", "link");
  make_link (f, "nowhere", "dangling");
  make_link (f, "loop", "loop");
  from_root = g_strconcat ("/proc/self/root", folder, NULL);
  make_link (f, from_root, "through-root");
  make_link (f, "/proc/self/cwd", "through-cwd");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "folder/file", "folder", "link", "dangling", "loop", "through-root", "through-cwd" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = below (f, names[i]);

      g_assert_no_errno (g_remove (path));
    }
  g_assert_no_errno (g_rmdir (f->dir));
  g_free (f->dir);
  g_free (f->file);
}

static void
test_ordinary (Fixture *f, gconstpointer data)
{
  g_autofree char *through = below (f, "link/file"), *link = below (f, "link"), *dangling = below (f, "dangling"),
                  *real = pst_look_real (through), *missing = below (f, "link/no/such"),
                  *expected = below (f, "folder/no/such"), *found = pst_host_real_path (missing), *none = NULL,
                  *root = pst_look_real ("/");
  struct stat st;

  g_assert_cmpstr (real, ==, f->file);
  g_assert_cmpstr (found, ==, expected);
  g_assert_cmpstr (root, ==, "/");
  g_assert_no_errno (pst_look (link, FALSE, &st));
  g_assert_true (S_ISLNK (st.st_mode));
  g_assert_no_errno (pst_look (link, TRUE, &st));
  g_assert_true (S_ISDIR (st.st_mode));
  g_assert_cmpint (pst_look (missing, TRUE, &st), ==, -1);
  g_assert_cmpint (errno, ==, ENOENT);
  none = pst_host_real_path (dangling);
  g_assert_null (none);
}

/* As realpath() and stat() would find it, in whatever process's root it lies. */
static void
test_through_proc (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "through-root", "through-root/file", "through-root/no/such", "through-cwd/", "loop/x" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = below (f, names[i]), *real = pst_look_real (path), *found = pst_host_real_path (path);
      struct stat st;

      g_assert_null (real);
      g_assert_null (found);
      g_assert_cmpint (pst_look (path, TRUE, &st), ==, -1);
      g_assert_cmpint (errno, ==, ELOOP);
    }
  {
    g_autofree char *path = below (f, "through-root/file");
    struct stat st;

    /* control */
    g_assert_no_errno (stat (path, &st));
  }
}

/* What is exchanged all the time is found as one or the other, or not at all. */
typedef struct
{
  char *a, *b;
  gint end;
} Swap;

static gpointer
swap (gpointer data)
{
  Swap *self = data;

  while (!g_atomic_int_get (&self->end))
    g_assert_no_errno (renameat2 (AT_FDCWD, self->a, AT_FDCWD, self->b, RENAME_EXCHANGE));
  return NULL;
}

static void
test_swapped (Fixture *f, gconstpointer data)
{
  Swap self = { below (f, "folder"), below (f, "through-root"), 0 };
  g_autofree char *path = below (f, "folder/file"), *other = below (f, "through-root/file");
  GThread *thread = g_thread_new ("swap", swap, &self);
  guint n_found = 0, n_not = 0;
  struct stat st;

  while (n_found < 200 || n_not < 200)
    {
      g_autofree char *real = pst_look_real (path);

      if (real)
        {
          n_found++;
          g_assert_true (strcmp (real, path) == 0 || strcmp (real, other) == 0);
        }
      else
        n_not++;
    }
  g_atomic_int_set (&self.end, 1);
  g_thread_join (thread);
  if (lstat (self.a, &st) == 0 && S_ISLNK (st.st_mode))
    g_assert_no_errno (renameat2 (AT_FDCWD, self.a, AT_FDCWD, self.b, RENAME_EXCHANGE));
  g_free (self.a);
  g_free (self.b);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/look/ordinary", Fixture, NULL, set_up, test_ordinary, tear_down);
  g_test_add ("/look/through-proc", Fixture, NULL, set_up, test_through_proc, tear_down);
  g_test_add ("/look/swapped", Fixture, NULL, set_up, test_swapped, tear_down);
  return g_test_run ();
}
