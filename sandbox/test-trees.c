/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attaching, mounting and detaching trees, with a tmpfs in place of the gate. In namespaces of its own: each test in a child.
 */
#include "namespaces.h"
#include "trees.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  char *dir;   /* the host's */
  char *real;  /* dir/Pictures */
  char *other; /* dir/Secret */
  char *place; /* dir/gate/Pictures, inside */
  int host;
  int inside;
  PstTrees *trees;
  guint64 next;
} World;

static void
enter (int ns)
{
  g_assert_no_errno (setns (ns, CLONE_NEWNS));
}

static void
build (World *w)
{
  g_autofree char *gate = g_build_filename (w->dir, "gate", NULL);
  g_autofree char *file = g_build_filename (w->real, "a.jpg", NULL);
  g_autofree char *secret = g_build_filename (w->other, "a.jpg", NULL);
  g_autoptr (GError) error = NULL;
  int fd;

  g_assert_no_errno (g_mkdir (w->real, 0755));
  g_assert_no_errno (g_mkdir (w->other, 0755));
  g_assert_no_errno (g_mkdir (gate, 0755));
  g_assert_true (g_file_set_contents (file, "picture", -1, NULL));
  g_assert_true (g_file_set_contents (secret, "secret", -1, NULL));

  g_assert_true (pst_namespaces_enter (getuid (), getgid (), &error));
  g_assert_no_error (error);
  w->host = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  g_assert_no_errno (unshare (CLONE_NEWNS));
  g_assert_no_errno (mount ("tmpfs", gate, "tmpfs", 0, NULL));
  g_assert_no_errno (g_mkdir (w->place, 0755));
  w->inside = open ("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  fd = open (gate, O_PATH | O_CLOEXEC);
  enter (w->host);
  w->trees = pst_trees_new (fcntl (w->host, F_DUPFD_CLOEXEC, 3), fcntl (w->inside, F_DUPFD_CLOEXEC, 3), fd);
  close (fd);
}

/* Runs @test in a child that has the world. */
static void
in_world (void (*test) (World *w))
{
  World w = { .dir = g_dir_make_tmp ("postern-trees-XXXXXX", NULL), .next = 1 };
  char *argv[] = { (char *)"rm", (char *)"-rf", w.dir, NULL };
  g_autofree char *forbidden = pst_namespaces_forbidden ();
  int status;
  pid_t pid;

  if (forbidden)
    {
      g_test_skip (forbidden);
      g_rmdir (w.dir);
      g_free (w.dir);
      return;
    }
  w.real = g_build_filename (w.dir, "Pictures", NULL);
  w.other = g_build_filename (w.dir, "Secret", NULL);
  w.place = g_build_filename (w.dir, "gate", "Pictures", NULL);
  pid = fork ();
  if (pid == 0)
    {
      build (&w);
      test (&w);
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (g_spawn_sync (NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_assert_cmpint (status, ==, 0);
  g_free (w.real);
  g_free (w.other);
  g_free (w.place);
  g_free (w.dir);
}

static PstTreeRequest
request_for (World *w, PstAccess access)
{
  struct stat st;

  g_assert_no_errno (stat (w->real, &st));
  return (PstTreeRequest){
    .id = w->next++,
    .kind = PST_TREE_TREE,
    .access = access,
    .path = w->place,
    .real = w->real,
    .device = st.st_dev,
    .inode = st.st_ino,
    .live = TRUE,
  };
}

/* What is at @name in the place, inside. (transfer full) (nullable) */
static char *
read_inside (World *w, const char *name)
{
  g_autofree char *path = g_build_filename (w->place, name, NULL);
  char *text = NULL;

  enter (w->inside);
  g_file_get_contents (path, &text, NULL, NULL);
  enter (w->host);
  return text;
}

static int
write_inside (World *w, const char *name)
{
  g_autofree char *path = g_build_filename (w->place, name, NULL);
  int fd, error;

  enter (w->inside);
  fd = open (path, O_WRONLY | O_CREAT, 0644);
  error = fd < 0 ? errno : 0;
  if (fd >= 0)
    close (fd);
  enter (w->host);
  return error;
}

static void
live (World *w)
{
  PstTreeRequest request = request_for (w, PST_ACCESS_VIEW);
  g_autofree char *seen = NULL, *gone = NULL;
  int root, fd;

  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_null (read_inside (w, "a.jpg"));
  /* the gate's own: read-only too, and ".." ends at its root */
  g_assert_cmpint (openat (root, "b", O_WRONLY | O_CREAT, 0644), ==, -1);
  g_assert_cmpint (errno, ==, EROFS);
  fd = openat (root, "../Secret/a.jpg", O_RDONLY);
  g_assert_cmpint (fd, ==, -1);
  fd = openat (root, "../a.jpg", O_RDONLY);
  g_assert_cmpint (fd, >=, 0);

  g_assert_cmpint (pst_trees_mount (w->trees, request.id), ==, 0);
  seen = read_inside (w, "a.jpg");
  g_assert_cmpstr (seen, ==, "picture");
  g_assert_cmpint (write_inside (w, "b"), ==, EROFS);
  g_assert_cmpint (pst_trees_mount (w->trees, request.id), ==, 0); /* twice is once */
  pst_trees_detach (w->trees, request.id);
  gone = read_inside (w, "a.jpg");
  g_assert_null (gone);
  g_assert_cmpint (pst_trees_mount (w->trees, request.id), ==, EINVAL);
}

static void
test_live (void)
{
  in_world (live);
}

static void
change (World *w)
{
  PstTreeRequest request = request_for (w, PST_ACCESS_CHANGE);
  g_autofree char *written = g_build_filename (w->real, "b", NULL);
  int root;

  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_cmpint (pst_trees_mount (w->trees, request.id), ==, 0);
  g_assert_cmpint (write_inside (w, "b"), ==, 0);
  g_assert_true (g_file_test (written, G_FILE_TEST_EXISTS));
}

static void
test_change (void)
{
  in_world (change);
}

/* The place of the question has become something else. */
static void
replaced (World *w)
{
  g_autofree char *moved = g_strconcat (w->real, ".moved", NULL);
  PstTreeRequest request = request_for (w, PST_ACCESS_VIEW);
  PstTreeRequest again = request;
  g_autoptr (GError) error = NULL;
  int root;

  again.id = w->next++;
  g_assert_true (pst_trees_attach (w->trees, &again, &root, NULL));
  g_assert_no_errno (rename (w->real, moved));
  g_assert_no_errno (symlink ("Secret", w->real));
  g_assert_false (pst_trees_attach (w->trees, &request, &root, &error));
  g_assert_nonnull (strstr (error->message, "symbolic link"));
  g_assert_cmpint (pst_trees_mount (w->trees, again.id), ==, ELOOP);
  g_clear_error (&error);

  g_assert_no_errno (g_unlink (w->real));
  g_assert_no_errno (rename (w->other, w->real));
  g_assert_false (pst_trees_attach (w->trees, &request, &root, &error));
  g_assert_nonnull (strstr (error->message, "not what it was"));
  g_assert_cmpint (pst_trees_mount (w->trees, again.id), ==, ESTALE);
  g_assert_cmpint (root, ==, -1);
  g_assert_null (read_inside (w, "a.jpg"));
}

static void
test_replaced (void)
{
  in_world (replaced);
}

/* Inside, the place is a link that a program has put there: nothing is mounted where it leads. */
static void
link_inside (World *w)
{
  PstTreeRequest request = request_for (w, PST_ACCESS_VIEW);
  int root;

  enter (w->inside);
  g_assert_no_errno (g_rmdir (w->place));
  g_assert_no_errno (symlink (w->other, w->place));
  enter (w->host);
  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_cmpint (pst_trees_mount (w->trees, request.id), ==, ELOOP);

  /* nor on a directory that is not the gate's */
  request.id = w->next++;
  request.path = w->other;
  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_cmpint (pst_trees_mount (w->trees, request.id), ==, EBUSY);
}

static void
test_link_inside (void)
{
  in_world (link_inside);
}

/* Somebody swaps the directory and a link to another all the time: what is attached is always the one that was asked for. */
static void
race (World *w)
{
  g_autofree char *link = g_strconcat (w->real, ".link", NULL);
  PstTreeRequest request = request_for (w, PST_ACCESS_VIEW);
  guint attached = 0, refused = 0;
  pid_t swapper;

  g_assert_no_errno (symlink ("Secret", link));
  swapper = fork ();
  if (swapper == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      for (;;)
        renameat2 (AT_FDCWD, w->real, AT_FDCWD, link, RENAME_EXCHANGE);
    }
  for (int i = 0; i < 100000 || attached == 0 || refused == 0; i++)
    {
      struct stat st;
      int root;

      if (!pst_trees_attach (w->trees, &request, &root, NULL))
        {
          refused++;
          continue;
        }
      attached++;
      g_assert_no_errno (fstat (root, &st));
      g_assert_cmpuint (st.st_ino, ==, request.inode);
      close (root);
      if (i % 16 == 0 && pst_trees_mount (w->trees, request.id) == 0)
        {
          g_autofree char *seen = read_inside (w, "a.jpg");

          g_assert_cmpstr (seen, ==, "picture");
        }
    }
  kill (swapper, SIGKILL);
  waitpid (swapper, NULL, 0);
}

static void
test_race (void)
{
  in_world (race);
}

/* Files and directories to save in. */
static void
names (World *w)
{
  g_autofree char *file = g_build_filename (w->real, "a.jpg", NULL);
  PstTreeRequest request = request_for (w, PST_ACCESS_VIEW);
  PstNames *found;
  struct stat st;
  int root, fd;

  g_assert_no_errno (stat (file, &st));
  request.kind = PST_TREE_FILE;
  request.real = file;
  g_assert_false (pst_trees_attach (w->trees, &request, &root, NULL)); /* the directory's inode is not the file's */
  request.device = st.st_dev;
  request.inode = st.st_ino;
  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_cmpint (root, ==, -1);
  found = pst_trees_names (w->trees, request.id);
  g_assert_nonnull (found);
  g_assert_cmpint (pst_names_open (found, "a.jpg", O_RDONLY, 0, &fd), ==, 0);
  /* opened through a mount that is read-only: not even its mode can be changed */
  g_assert_cmpint (fchmod (fd, 0777), ==, -1);
  g_assert_cmpint (errno, ==, EROFS);
  pst_trees_detach (w->trees, request.id);
  g_assert_null (pst_trees_names (w->trees, request.id));
}

static void
test_names (void)
{
  in_world (names);
}

static void
create (World *w)
{
  PstTreeRequest request = request_for (w, PST_ACCESS_CHANGE);
  g_autofree char *fresh = g_build_filename (w->dir, "Fresh", NULL);
  g_autoptr (GVariant) list = NULL;
  int root;

  request.real = fresh;
  request.device = request.inode = 0;
  g_assert_false (pst_trees_attach (w->trees, &request, &root, NULL));
  request.create = TRUE;
  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_true (g_file_test (fresh, G_FILE_TEST_IS_DIR));
  list = g_variant_ref_sink (pst_trees_list (w->trees));
  g_assert_cmpuint (g_variant_n_children (list), ==, 1);
}

static void
test_create (void)
{
  in_world (create);
}

static guint
count_lost (World *w)
{
  g_autoptr (GArray) lost = pst_trees_find_lost (w->trees);

  return lost->len;
}

/* A stick is pulled, and put in again. */
static void
removed (World *w)
{
  PstTreeRequest request;
  int root;

  g_assert_no_errno (mount ("tmpfs", w->real, "tmpfs", 0, NULL));
  request = request_for (w, PST_ACCESS_VIEW);
  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_cmpint (pst_trees_mount (w->trees, request.id), ==, 0);
  g_assert_cmpuint (count_lost (w), ==, 0);
  g_assert_no_errno (umount2 (w->real, 0)); /* not busy, although it is attached */
  g_assert_cmpuint (count_lost (w), ==, 1);
  pst_trees_detach (w->trees, request.id);
  g_assert_cmpuint (count_lost (w), ==, 0);

  request = request_for (w, PST_ACCESS_VIEW);
  g_assert_true (pst_trees_attach (w->trees, &request, &root, NULL));
  g_assert_cmpuint (count_lost (w), ==, 0);
  g_assert_no_errno (mount ("tmpfs", w->real, "tmpfs", 0, NULL));
  g_assert_cmpuint (count_lost (w), ==, 1);
}

static void
test_removed (void)
{
  in_world (removed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trees/live", test_live);
  g_test_add_func ("/trees/change", test_change);
  g_test_add_func ("/trees/replaced", test_replaced);
  g_test_add_func ("/trees/link-inside", test_link_inside);
  g_test_add_func ("/trees/race", test_race);
  g_test_add_func ("/trees/names", test_names);
  g_test_add_func ("/trees/create", test_create);
  g_test_add_func ("/trees/removed", test_removed);
  return g_test_run ();
}
