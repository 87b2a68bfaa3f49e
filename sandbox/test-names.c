/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  char *dir;
  PstMade *made;
  PstNames *names;
} Fixture;

static char *
path_of (Fixture *f, const char *name)
{
  return g_build_filename (f->dir, name, NULL);
}

static void
put (Fixture *f, const char *name, const char *text)
{
  g_autofree char *path = path_of (f, name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
expect (Fixture *f, const char *name, const char *text)
{
  g_autofree char *path = path_of (f, name);
  g_autofree char *found = NULL;

  g_file_get_contents (path, &found, NULL, NULL);
  g_assert_cmpstr (found, ==, text);
}

static void
open_names (Fixture *f, const char *file, PstAccess access)
{
  f->dir = g_dir_make_tmp ("postern-XXXXXX", NULL);
  f->made = pst_made_new ();
  f->names = pst_names_new_take_fd (open (f->dir, O_PATH | O_DIRECTORY | O_CLOEXEC), file, access, f->made);
  put (f, "other.txt", "other");
  put (f, "a.txt", "mine");
}

static void
set_up_change (Fixture *f, gconstpointer data)
{
  open_names (f, "a.txt", PST_ACCESS_CHANGE);
}

static void
set_up_view (Fixture *f, gconstpointer data)
{
  open_names (f, "a.txt", PST_ACCESS_VIEW);
}

static void
set_up_save (Fixture *f, gconstpointer data)
{
  open_names (f, NULL, PST_ACCESS_SAVE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (f->dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = path_of (f, name);

      g_assert_no_errno (g_remove (path));
    }
  g_assert_no_errno (g_rmdir (f->dir));
  pst_names_free (f->names);
  pst_made_free (f->made);
  g_free (f->dir);
}

static int
open_close (Fixture *f, const char *name, int flags)
{
  int fd = -1;
  int r = pst_names_open (f->names, name, flags, 0644, &fd);

  if (r == 0)
    close (fd);
  else
    g_assert_cmpint (fd, ==, -1);
  return r;
}

static void
test_file (Fixture *f, gconstpointer data)
{
  struct stat st;
  g_auto (GStrv) list = NULL;

  g_assert_cmpint (open_close (f, "a.txt", O_RDWR), ==, 0);
  g_assert_cmpint (pst_names_stat (f->names, "a.txt", &st), ==, 0);
  g_assert_cmpint (open_close (f, "a.txt", O_WRONLY | O_TRUNC), ==, 0);
  expect (f, "a.txt", "");

  /* the neighbour does not exist, whatever is tried */
  g_assert_cmpint (pst_names_stat (f->names, "other.txt", &st), ==, ENOENT);
  g_assert_cmpint (open_close (f, "other.txt", O_RDONLY), ==, ENOENT);
  g_assert_cmpint (open_close (f, "other.txt", O_RDWR | O_CREAT), ==, EACCES);
  g_assert_cmpint (pst_names_unlink (f->names, "other.txt"), ==, ENOENT);
  g_assert_cmpint (pst_names_rename (f->names, "other.txt", "a.txt", 0), ==, ENOENT);
  g_assert_cmpint (pst_names_rename (f->names, "a.txt", "other.txt", 0), ==, EACCES);
  g_assert_cmpint (pst_names_link (f->names, "other.txt", "a.txt~"), ==, ENOENT);
  expect (f, "other.txt", "other");

  g_assert_cmpint (open_close (f, "../a.txt", O_RDONLY), ==, EINVAL);
  g_assert_cmpint (open_close (f, "..", O_RDONLY), ==, EINVAL);
  g_assert_cmpint (open_close (f, "", O_RDONLY), ==, EINVAL);

  g_assert_cmpint (pst_names_list (f->names, &list), ==, 0);
  g_assert_cmpuint (g_strv_length (list), ==, 1);
  g_assert_cmpstr (list[0], ==, "a.txt");
}

/* As editors save: a temporary file, then rename; and a backup. */
static void
test_safe_save (Fixture *f, gconstpointer data)
{
  int fd = -1;
  struct stat st;

  g_assert_cmpint (pst_names_open (f->names, ".goutputstream-ABC123", O_WRONLY | O_CREAT | O_EXCL, 0644, &fd), ==, 0);
  g_assert_cmpint (write (fd, "new", 3), ==, 3);
  close (fd);
  g_assert_cmpint (pst_names_rename (f->names, "a.txt", "a.txt~", 0), ==, 0);
  g_assert_cmpint (pst_names_rename (f->names, ".goutputstream-ABC123", "a.txt", 0), ==, 0);
  expect (f, "a.txt", "new");
  expect (f, "a.txt~", "mine");
  g_assert_cmpint (pst_names_unlink (f->names, "a.txt~"), ==, 0);
  g_assert_cmpint (pst_names_stat (f->names, "a.txt~", &st), ==, ENOENT);

  /* a temporary file of somebody else's stays invisible */
  put (f, ".goutputstream-ZZZ999", "not yours");
  g_assert_cmpint (pst_names_stat (f->names, ".goutputstream-ZZZ999", &st), ==, ENOENT);
  g_assert_cmpint (open_close (f, ".goutputstream-ZZZ999", O_RDWR | O_CREAT), ==, EACCES);
  g_assert_cmpint (pst_names_rename (f->names, "a.txt", ".goutputstream-ZZZ999", 0), ==, EACCES);
  expect (f, ".goutputstream-ZZZ999", "not yours");
}

/* Links never lead anywhere. */
static void
test_links (Fixture *f, gconstpointer data)
{
  g_autofree char *path = path_of (f, "a.txt");
  g_autofree char *fifo = path_of (f, "a.txt~");
  g_autofree char *target = NULL;

  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (symlink ("other.txt", path));
  g_assert_cmpint (open_close (f, "a.txt", O_RDONLY), ==, ELOOP);
  g_assert_cmpint (open_close (f, "a.txt", O_WRONLY | O_TRUNC), ==, ELOOP);
  g_assert_cmpint (open_close (f, "a.txt", O_WRONLY | O_CREAT), ==, ELOOP);
  g_assert_cmpint (pst_names_link (f->names, "a.txt", "a.txt.bak"), ==, EPERM);
  g_assert_cmpint (pst_names_readlink (f->names, "a.txt", &target), ==, 0);
  g_assert_cmpstr (target, ==, "other.txt");
  expect (f, "other.txt", "other");

  /* the file itself is never made one; an editor's lock may be */
  g_assert_cmpint (pst_names_unlink (f->names, "a.txt"), ==, 0);
  g_assert_cmpint (pst_names_symlink (f->names, "/etc/passwd", "a.txt"), ==, EACCES);
  g_assert_cmpint (pst_names_symlink (f->names, "u@host.1:2", ".#a.txt"), ==, 0);
  g_assert_cmpint (open_close (f, ".#a.txt", O_RDWR), ==, ELOOP);

  /* nor is anything but a regular file opened */
  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_cmpint (open_close (f, "a.txt~", O_RDONLY), ==, EACCES);
  g_assert_cmpint (open_close (f, "a.txt~", O_WRONLY), ==, EACCES);
}

static void
test_exchange (Fixture *f, gconstpointer data)
{
  put (f, "a.txt~", "old");
  g_assert_cmpint (pst_names_rename (f->names, "a.txt~", "a.txt", RENAME_EXCHANGE), ==, 0);
  expect (f, "a.txt", "old");
  expect (f, "a.txt~", "mine");
  g_assert_cmpint (pst_names_rename (f->names, "a.txt~", "a.txt", RENAME_NOREPLACE), ==, EEXIST);
  g_assert_cmpint (pst_names_rename (f->names, "a.txt~", "a.txt", RENAME_WHITEOUT), ==, EINVAL);
}

static void
test_view (Fixture *f, gconstpointer data)
{
  struct stat st;

  put (f, "a.txt~", "old");
  g_assert_cmpint (open_close (f, "a.txt", O_RDONLY), ==, 0);
  g_assert_cmpint (open_close (f, "a.txt", O_RDWR), ==, EACCES);
  g_assert_cmpint (open_close (f, "a.txt", O_RDONLY | O_TRUNC), ==, EACCES);
  g_assert_cmpint (open_close (f, "a.txt", O_RDONLY | O_CREAT), ==, EACCES);
  g_assert_cmpint (pst_names_stat (f->names, "a.txt~", &st), ==, ENOENT);
  g_assert_cmpint (pst_names_unlink (f->names, "a.txt"), ==, EACCES);
  g_assert_cmpint (pst_names_rename (f->names, "a.txt", "a.txt~", 0), ==, EACCES);
  g_assert_cmpint (pst_names_link (f->names, "a.txt", "b"), ==, EACCES);
  g_assert_cmpint (pst_names_symlink (f->names, "x", "a.txt.x"), ==, EACCES);
  expect (f, "a.txt", "mine");
}

static void
test_save (Fixture *f, gconstpointer data)
{
  struct stat st;
  g_auto (GStrv) list = NULL;

  g_assert_cmpint (pst_names_stat (f->names, "a.txt", &st), ==, ENOENT);
  g_assert_cmpint (open_close (f, "a.txt", O_RDONLY), ==, ENOENT);
  g_assert_cmpint (open_close (f, "a.txt", O_WRONLY | O_CREAT | O_TRUNC), ==, EEXIST);
  g_assert_cmpint (pst_names_unlink (f->names, "a.txt"), ==, ENOENT);
  g_assert_cmpint (open_close (f, "new", O_RDWR | O_CREAT), ==, 0);
  g_assert_cmpint (open_close (f, "new", O_RDWR | O_CREAT | O_TRUNC), ==, 0);
  g_assert_cmpint (open_close (f, "new", O_RDWR | O_CREAT | O_EXCL), ==, EEXIST);
  g_assert_cmpint (pst_names_rename (f->names, "new", "a.txt", 0), ==, EEXIST);
  g_assert_cmpint (pst_names_rename (f->names, "new", "renamed", 0), ==, 0);
  g_assert_cmpint (pst_names_stat (f->names, "renamed", &st), ==, 0);
  g_assert_cmpint (pst_names_list (f->names, &list), ==, 0);
  g_assert_cmpuint (g_strv_length (list), ==, 1);
  g_assert_cmpstr (list[0], ==, "renamed");
  g_assert_cmpint (pst_names_unlink (f->names, "renamed"), ==, 0);
  /* the number of a file that is gone may be reused: that one is not ours */
  put (f, "reused", "x");
  g_assert_cmpint (pst_names_stat (f->names, "reused", &st), ==, ENOENT);
  expect (f, "a.txt", "mine");
}

/* Who may save leaves no link behind that leads out of the directory. */
static void
test_save_links (Fixture *f, gconstpointer data)
{
  static const char *const targets[] = { "../.bashrc", "/etc/passwd", "./other.txt" };

  for (gsize i = 0; i < G_N_ELEMENTS (targets); i++)
    g_assert_cmpint (pst_names_symlink (f->names, targets[i], "invoice.pdf"), ==, EPERM);
  g_assert_cmpint (pst_names_symlink (f->names, "u@host.1:2", ".#new.txt"), ==, 0);
}

/* A file of the sandbox is removed by somebody else, and the user's next file gets its inode's number. */
static void
test_number_again (Fixture *f, gconstpointer data)
{
  g_autofree char *mine = path_of (f, "new.txt"), *theirs = path_of (f, "theirs.txt");
  struct stat st, now = { 0 };

  g_assert_cmpint (open_close (f, "new.txt", O_RDWR | O_CREAT), ==, 0);
  g_assert_cmpint (open_close (f, "new.txt", O_RDONLY), ==, 0);
  g_assert_no_errno (stat (mine, &st));
  g_assert_no_errno (g_remove (mine));
  for (guint i = 0; i < 100 && now.st_ino != st.st_ino; i++)
    {
      int fd;

      g_remove (theirs);
      fd = open (theirs, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      g_assert_cmpint (fd, >=, 0);
      g_assert_no_errno (fstat (fd, &now));
      close (fd);
    }
  if (now.st_ino != st.st_ino)
    {
      g_test_skip ("this file system gives no number twice");
      return;
    }
  g_assert_cmpint (open_close (f, "theirs.txt", O_RDONLY), ==, ENOENT);
  g_assert_cmpint (pst_names_unlink (f->names, "theirs.txt"), ==, ENOENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/names/file", Fixture, NULL, set_up_change, test_file, tear_down);
  g_test_add ("/names/safe-save", Fixture, NULL, set_up_change, test_safe_save, tear_down);
  g_test_add ("/names/links", Fixture, NULL, set_up_change, test_links, tear_down);
  g_test_add ("/names/exchange", Fixture, NULL, set_up_change, test_exchange, tear_down);
  g_test_add ("/names/view", Fixture, NULL, set_up_view, test_view, tear_down);
  g_test_add ("/names/save", Fixture, NULL, set_up_save, test_save, tear_down);
  g_test_add ("/names/save-links", Fixture, NULL, set_up_save, test_save_links, tear_down);
  g_test_add ("/names/number-again", Fixture, NULL, set_up_save, test_number_again, tear_down);
  return g_test_run ();
}
