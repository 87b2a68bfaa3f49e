/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-app.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Names that are moved, linked and swapped so that something is changed which must not be. */

static void
test_protected_inside (void)
{
  g_autofree char *names = NULL;

  world_start (app_denied, NULL, TRUE);
  world_rule ("Projects", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  world_rule ("Projects/sub/keys", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_DENY);
  g_assert_cmpint (mkdir (world_real ("Projects/sub"), 0755), ==, 0);
  g_assert_cmpint (mkdir (world_real ("Projects/sub/keys"), 0755), ==, 0);
  g_assert_true (g_file_set_contents (world_real ("Projects/sub/keys/k"), "k", 1, NULL));
  world_push_policy ();
  world_attach (1, PST_TREE_TREE, PST_ACCESS_CHANGE, "Projects", FALSE);
  names = app_listing (world_seen ("Projects/sub"));
  g_assert_cmpstr (names, ==, "");
  g_assert_cmpint (app_open_errno (world_seen ("Projects/sub/keys/k"), O_RDONLY), ==, EACCES);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/sub/new"), O_WRONLY | O_CREAT), ==, 0);
  /* what is forbidden does not move out from under its rule */
  g_assert_cmpint (rename (world_seen ("Projects/sub/keys"), world_seen ("Projects/k2")), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (rename (world_seen ("Projects/sub"), world_seen ("Projects/sub2")), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  /* nor is it reached by a link, symbolic or with ".." */
  g_assert_cmpint (symlink ("sub/keys/k", world_seen ("Projects/l")), ==, 0);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/l"), O_RDONLY), ==, EACCES);
  g_assert_cmpint (link (world_seen ("Projects/sub/keys/k"), world_seen ("Projects/h")), <, 0);
  /* nor does anything get its parent's name that was prepared elsewhere */
  world_rule ("Projects/later/keys", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_DENY);
  world_push_policy ();
  g_assert_cmpint (mkdir (world_seen ("Projects/prepared"), 0755), ==, 0);
  g_assert_cmpint (mkdir (world_seen ("Projects/prepared/keys"), 0755), ==, 0);
  g_assert_cmpint (rename (world_seen ("Projects/prepared"), world_seen ("Projects/later")), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (symlink ("prepared", world_seen ("Projects/later")), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (mkdir (world_seen ("Projects/later"), 0755), ==, 0);
  g_assert_cmpint (rename (world_seen ("Projects/prepared"), world_seen ("Projects/later")), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (
      renameat2 (AT_FDCWD, world_seen ("Projects/prepared"), AT_FDCWD, world_seen ("Projects/later"), RENAME_EXCHANGE), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (mkdir (world_seen ("Projects/later/keys"), 0755), <, 0);
  g_assert_cmpint (errno, ==, EACCES);
  g_assert_cmpint (rename (world_seen ("Projects/prepared"), world_seen ("Projects/elsewhere")), ==, 0);
  g_assert_cmpint (world_n_asks (), ==, 0);
  world_stop ();
}

/* What was once found where it may be changed, and was then moved outside to where it may only be looked at, is not changed by
 * its old name. */
static void
test_moved_outside (void)
{
  int fd;

  world_start (app_denied, NULL, TRUE);
  world_rule ("Projects", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  world_rule ("Projects/done", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_DENY);
  world_rule ("Projects/done", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
  g_assert_cmpint (mkdir (world_real ("Projects/done"), 0755), ==, 0);
  g_assert_true (g_file_set_contents (world_real ("Projects/draft"), "text", 4, NULL));
  g_assert_true (g_file_set_contents (world_real ("Projects/done/old"), "text", 4, NULL));
  world_push_policy ();
  world_attach (1, PST_TREE_TREE, PST_ACCESS_CHANGE, "Projects", FALSE);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/done/old"), O_RDONLY), ==, 0);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/done/old"), O_RDWR), ==, EACCES);

  fd = open (world_seen ("Projects/draft"), O_PATH | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (rename (world_real ("Projects/draft"), world_real ("Projects/done/draft")), ==, 0);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/done/draft"), O_RDONLY), ==, 0);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/done/draft"), O_RDWR), ==, EACCES);
  g_assert_cmpint (truncate (world_seen ("Projects/done/draft"), 0), <, 0);
  g_assert_cmpint (chmod (world_seen ("Projects/done/draft"), 0777), <, 0);
  /* and no more so when everything is decided anew */
  g_assert_cmpint (app_open_errno (world_seen ("Projects/new"), O_RDWR | O_CREAT), ==, 0);
  g_assert_cmpint (rename (world_seen ("Projects/new"), world_seen ("Projects/newer")), ==, 0);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/done/draft"), O_RDWR), ==, EACCES);
  g_assert_cmpint (truncate (world_seen ("Projects/done/draft"), 0), <, 0);
  g_assert_cmpint (chmod (world_seen ("Projects/done/draft"), 0777), <, 0);
  g_assert_cmpint (setxattr (world_seen ("Projects/done/draft"), "user.a", "b", 1, 0), <, 0);
  close (fd);

  /* A file that does have both names may be changed, by either: it can be by one. */
  g_assert_true (g_file_set_contents (world_real ("Projects/both"), "text", 4, NULL));
  g_assert_cmpint (link (world_real ("Projects/both"), world_real ("Projects/done/both")), ==, 0);
  g_assert_cmpint (app_open_errno (world_seen ("Projects/both"), O_RDWR), ==, 0);
  world_stop ();
}

static gpointer
swap_names (gpointer stop)
{
  while (!g_atomic_int_get ((gint *)stop))
    renameat2 (AT_FDCWD, world_real ("Projects/a"), AT_FDCWD, world_real ("Projects/b"), RENAME_EXCHANGE);
  return NULL;
}

/* A name that becomes a symbolic link at the wrong moment does not hand on a change to what it points to. */
static void
test_chmod_swapped (void)
{
  g_autofree char *by_fd = NULL;
  GThread *swapper;
  struct stat st;
  gint stop = 0;
  int fd;

  world_start (app_denied, NULL, TRUE);
  world_rule ("Projects", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  world_rule ("Projects/keys", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_DENY);
  g_assert_cmpint (mkdir (world_real ("Projects/keys"), 0755), ==, 0);
  g_assert_true (g_file_set_contents (world_real ("Projects/keys/k"), "k", 1, NULL));
  g_assert_cmpint (chmod (world_real ("Projects/keys/k"), 0600), ==, 0);
  g_assert_true (g_file_set_contents (world_real ("Projects/a"), "a", 1, NULL));
  g_assert_cmpint (symlink ("keys/k", world_real ("Projects/b")), ==, 0);
  world_push_policy ();
  world_attach (1, PST_TREE_TREE, PST_ACCESS_CHANGE, "Projects", FALSE);
  /* as long as nothing moves, it works */
  g_assert_cmpint (chmod (world_seen ("Projects/a"), 0640), ==, 0);
  g_assert_cmpint (stat (world_real ("Projects/a"), &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0640);
  g_assert_cmpint (chmod (world_seen ("Projects/a"), 0200), ==, 0);
  g_assert_cmpint (chmod (world_seen ("Projects/a"), 0644), ==, 0);

  fd = open (world_seen ("Projects/a"), O_PATH | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  by_fd = g_strdup_printf ("/proc/self/fd/%d", fd);
  swapper = g_thread_new ("swap", swap_names, &stop);
  for (guint i = 0; i < 20000; i++)
    (void)!chmod (by_fd, 0666);
  close (fd);
  g_atomic_int_set (&stop, 1);
  g_thread_join (swapper);
  g_assert_cmpint (stat (world_real ("Projects/keys/k"), &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0600);
  world_stop ();
}

int
main (int argc, char **argv)
{
  if (!world_test_init (&argc, &argv))
    return 0;
  g_test_add_func ("/gate/protected-inside", test_protected_inside);
  g_test_add_func ("/gate/moved-outside", test_moved_outside);
  g_test_add_func ("/gate/chmod-swapped", test_chmod_swapped);
  return g_test_run ();
}
