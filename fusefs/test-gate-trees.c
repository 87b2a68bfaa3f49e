/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-fd.h"
#include "test-app.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Trees that come and go while the application uses them: mounted over the gate, served by it, taken away. */

static void
grant_pictures (WorldAsk *ask, gpointer data)
{
  world_grant (ask, "Pictures", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, 1, PST_TREE_TREE, GPOINTER_TO_INT (data));
}

static void
test_live_open (void)
{
  g_autofree char *names = NULL;
  int fd;

  world_start (grant_pictures, GINT_TO_POINTER (TRUE), FALSE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  fd = open (world_seen ("Pictures/2026/b.jpg"), O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (app_is_fuse (fd)); /* even the first descriptor is native */
  close (fd);
  g_assert_cmpint (world_n_asks (), ==, 1);
  g_assert_cmpint (world_n_mounts (), ==, 1);
  names = app_listing (world_seen ("Pictures"));
  g_assert_cmpstr (names, ==, "2026 a.jpg");
  world_stop ();
}

static void
test_live_opendir (void)
{
  int fd;

  world_start (grant_pictures, GINT_TO_POINTER (TRUE), FALSE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  fd = open (world_seen ("Pictures"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (app_is_fuse (fd));
  close (fd);
  g_assert_cmpint (world_n_asks (), ==, 1);
  g_assert_cmpint (world_n_mounts (), ==, 1);
  world_stop ();
}

static void
test_live_create (void)
{
  struct stat st;
  int fd;

  world_start (grant_pictures, GINT_TO_POINTER (TRUE), FALSE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  fd = open (world_seen ("Pictures/new"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (app_is_fuse (fd));
  close (fd);
  g_assert_cmpint (mkdir (world_seen ("Pictures/dir"), 0755), ==, 0);
  g_assert_cmpint (stat (world_real ("Pictures/dir"), &st), ==, 0);
  g_assert_cmpint (world_n_asks (), ==, 1);
  world_stop ();
}

static int
make_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  pst_autofd fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpuint (strlen (path), <, sizeof address.sun_path);
  strcpy (address.sun_path, path);
  return bind (fd, (const struct sockaddr *)&address, sizeof address);
}

static int
make (const char *what)
{
  if (strcmp (what, "dir") == 0)
    return mkdir (world_seen ("Pictures/new"), 0755);
  if (strcmp (what, "symlink") == 0)
    return symlink ("a.jpg", world_seen ("Pictures/new"));
  if (strcmp (what, "fifo") == 0)
    return mkfifo (world_seen ("Pictures/new"), 0644);
  if (strcmp (what, "file") == 0)
    return mknod (world_seen ("Pictures/new"), S_IFREG | 0644, 0);
  if (strcmp (what, "socket") == 0)
    return make_socket (world_seen ("Pictures/new"));
  return link (world_seen ("Pictures/a.jpg"), world_seen ("Pictures/new"));
}

/* A name is made that was not there, and nothing else has been done in the directory before. Of an ESTALE at the look-up of the
 * last name mkdir(2) and its like tell the application, without having walked once more; bind(2) tells of any, and is served by
 * the gate. */
static void
test_live_make (void)
{
  static const char *const all[] = { "dir", "symlink", "fifo", "file", "link", "socket" };
  struct stat st;

  for (guint round = 0; round < 2 * G_N_ELEMENTS (all); round++)
    {
      const char *what = all[round / 2];
      gboolean asks = round % 2 == 0;

      world_start (asks ? grant_pictures : app_never_asked, GINT_TO_POINTER (TRUE), FALSE);
      world_door ("Pictures", TRUE);
      if (!asks)
        world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
      world_push_policy ();
      if (!asks)
        world_attach (1, PST_TREE_TREE, PST_ACCESS_CHANGE, "Pictures", TRUE);
      g_test_message ("%s, %s", what, asks ? "asked for" : "given");
      g_assert_cmpint (make (what) < 0 ? errno : 0, ==, 0);
      g_assert_cmpint (lstat (world_real ("Pictures/new"), &st), ==, 0);
      g_assert_cmpint (world_n_asks (), ==, asks ? 1 : 0);
      g_assert_cmpuint (world_n_mounts (), ==, strcmp (what, "socket") != 0);
      world_stop ();
    }
}

/* The question is about the making itself: what may not be sent round before it may not be after it. */
static void
test_live_make_asked (void)
{
  struct stat st;

  world_start (grant_pictures, GINT_TO_POINTER (TRUE), FALSE);
  world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  world_push_policy ();
  world_attach (7, PST_TREE_TREE, PST_ACCESS_VIEW, "Pictures", FALSE);
  g_assert_cmpint (make ("socket") < 0 ? errno : 0, ==, 0);
  g_assert_cmpint (lstat (world_real ("Pictures/new"), &st), ==, 0);
  g_assert_cmpint (world_n_asks (), ==, 1);
  world_stop ();
}

static void
test_live_cwd (void)
{
  g_autofree char *text = NULL, *names = NULL;
  int fd;

  world_start (grant_pictures, GINT_TO_POINTER (TRUE), FALSE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  /* a walk that starts on FUSE comes there again: served, not sent round for ever */
  fd = open (world_seen ("Pictures"), O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (world_n_asks (), ==, 0);
  g_assert_cmpint (fchdir (fd), ==, 0);
  text = app_content ("a.jpg");
  g_assert_cmpstr (text, ==, "real/Pictures/a.jpg");
  names = app_listing (".");
  g_assert_cmpstr (names, ==, "2026 a.jpg");
  g_assert_cmpint (chdir ("/"), ==, 0);
  close (fd);
  world_stop ();
}

static void
grant_projects (WorldAsk *ask, gpointer data)
{
  world_grant (ask, "Projects", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_ALLOW, 1, PST_TREE_TREE, TRUE);
}

static void
test_live_unlisted (void)
{
  g_autofree char *names = NULL;
  int fd;

  world_start (grant_projects, NULL, FALSE);
  world_push_policy ();
  fd = open (world_seen ("Projects/p.c"), O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (app_is_fuse (fd));
  close (fd);
  g_assert_cmpint (world_n_asks (), ==, 1);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/q.c"), O_WRONLY | O_CREAT), ==, EROFS);
  names = app_listing (world_seen (""));
  g_assert_cmpstr (names, ==, ".config Projects");
  world_stop ();
}

static gpointer
open_one (gpointer data)
{
  g_autofree char *path = g_strdup_printf ("%s/%d", world_seen ("Pictures"), GPOINTER_TO_INT (data));
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (app_is_fuse (fd));
  close (fd);
  return NULL;
}

static GPtrArray *held;

static void
hold (WorldAsk *ask, gpointer data)
{
  g_ptr_array_add (held, ask);
  if (held->len == 100)
    {
      WorldAsk *first = g_ptr_array_steal_index (held, 0);
      world_grant_with (first, held, "Pictures", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, 1, PST_TREE_TREE, TRUE);
    }
}

static void
test_live_many (void)
{
  GThread *threads[100];

  held = g_ptr_array_new ();
  world_start (hold, NULL, FALSE);
  world_door ("Pictures", TRUE);
  for (int i = 0; i < 100; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%d", world_real ("Pictures"), i);
      g_assert_true (g_file_set_contents (path, "x", 1, NULL));
    }
  world_push_policy ();
  for (int i = 0; i < 100; i++)
    threads[i] = g_thread_new ("app", open_one, GINT_TO_POINTER (i));
  for (int i = 0; i < 100; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (world_n_mounts (), ==, 1);
  g_ptr_array_unref (held);
  world_stop ();
}

static void
test_strict_tree (void)
{
  g_autofree char *names = NULL;
  struct stat st, real;
  char buffer[4];
  int fd;

  world_start (grant_pictures, GINT_TO_POINTER (FALSE), TRUE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  fd = open (world_seen ("Pictures/a.jpg"), O_RDWR | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_true (app_is_fuse (fd));
  g_assert_cmpint (world_n_mounts (), ==, 0);
  g_assert_cmpint (pread (fd, buffer, sizeof buffer, 0), ==, sizeof buffer); /* now the kernel has it */
  g_assert_cmpint (fstat (fd, &st), ==, 0);
  g_assert_cmpint (stat (world_real ("Pictures/a.jpg"), &real), ==, 0);
  g_assert_cmpint (st.st_size, ==, real.st_size);
  names = app_listing (world_seen ("Pictures"));
  g_assert_cmpstr (names, ==, "2026 a.jpg");
  g_assert_cmpint (world_n_asks (), ==, 1);

  /* revoked: at once, for what is open too */
  world_no_rule ("Pictures");
  world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_DENY);
  world_push_policy ();
  world_drop (1);
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY), ==, EACCES);
  g_assert_cmpint (app_open_errno (world_seen ("Pictures"), O_RDONLY | O_DIRECTORY), ==, EACCES);
  g_assert_cmpint (pread (fd, buffer, sizeof buffer, 0), <, 0);
  g_assert_true (errno == EIO || errno == EACCES);
  g_assert_cmpint (write (fd, "y", 1), <, 0);
  g_assert_cmpint (errno, ==, EIO);
  close (fd);
  g_assert_cmpint (world_n_asks (), ==, 1);
  world_stop ();
}

static void
test_revoke_live (void)
{
  int fd;

  world_start (grant_pictures, GINT_TO_POINTER (TRUE), FALSE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  fd = open (world_seen ("Pictures/a.jpg"), O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_false (app_is_fuse (fd));
  close (fd);
  world_no_rule ("Pictures");
  world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_DENY);
  world_push_policy ();
  /* the gate alone takes the mount away: the kernel forgets the name */
  world_drop (1);
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY), ==, EACCES);
  world_stop ();
}

static void
test_upgrade (void)
{
  world_start (grant_pictures, GINT_TO_POINTER (FALSE), TRUE);
  world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  world_push_policy ();
  world_attach (7, PST_TREE_TREE, PST_ACCESS_VIEW, "Pictures", FALSE);
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY), ==, 0);
  g_assert_cmpint (world_n_asks (), ==, 0);
  /* to change it is another question; its tree takes the place of the first */
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDWR), ==, 0);
  g_assert_cmpint (world_n_asks (), ==, 1);
  world_drop (7);
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDWR), ==, 0);
  world_stop ();
}

static gpointer
save_inside (gpointer data)
{
  int dir = GPOINTER_TO_INT (data), fd = openat (dir, "new.txt", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

  if (fd < 0)
    return GINT_TO_POINTER (errno);
  close (fd);
  return NULL;
}

/* A file of its own in a directory that is being mounted upon, used from inside the directory: its requests go to the
 * supervisor, who waits for the lock that the kernel holds for them. */
static void
test_live_names (void)
{
  int dir;

  world_start (app_never_asked, NULL, FALSE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  dir = open (world_seen ("Pictures"), O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (dir, >=, 0);
  world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  world_rule ("Pictures/new.txt", PST_SCOPE_FILE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  world_push_policy ();
  world_attach (1, PST_TREE_FILE, PST_ACCESS_CHANGE, "Pictures/new.txt", FALSE);
  for (guint round = 0; round < 20; round++)
    {
      GThread *threads[4];

      world_attach (2 + round, PST_TREE_TREE, PST_ACCESS_VIEW, "Pictures", TRUE);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("app", save_inside, GINT_TO_POINTER (dir));
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        {
          int error = GPOINTER_TO_INT (g_thread_join (threads[i]));

          g_assert_true (error == 0 || error == EACCES || error == ESTALE);
        }
      /* when the mount is there, it goes on */
      g_assert_null (save_inside (GINT_TO_POINTER (dir)));
      world_drop (2 + round);
    }
  g_assert_cmpuint (world_n_mounts (), ==, 20);
  close (dir);
  world_stop ();
}

int
main (int argc, char **argv)
{
  if (!world_test_init (&argc, &argv))
    return 0;
  g_test_add_func ("/gate/live/open", test_live_open);
  g_test_add_func ("/gate/live/opendir", test_live_opendir);
  g_test_add_func ("/gate/live/create", test_live_create);
  g_test_add_func ("/gate/live/make", test_live_make);
  g_test_add_func ("/gate/live/make-asked", test_live_make_asked);
  g_test_add_func ("/gate/live/cwd", test_live_cwd);
  g_test_add_func ("/gate/live/unlisted", test_live_unlisted);
  g_test_add_func ("/gate/live/many", test_live_many);
  g_test_add_func ("/gate/live/names", test_live_names);
  g_test_add_func ("/gate/live/revoke", test_revoke_live);
  g_test_add_func ("/gate/strict", test_strict_tree);
  g_test_add_func ("/gate/upgrade", test_upgrade);
  return g_test_run ();
}
