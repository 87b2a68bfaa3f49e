/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The gate as the application meets it, with a real postern-fusefs behind a real mount: what it shows, and who is asked. */

static void
test_listing (void)
{
  g_autofree char *names = NULL;
  struct stat st;

  world_start (app_never_asked, NULL, FALSE);
  world_door ("Pictures", TRUE);
  world_door ("Documents", TRUE);
  world_door ("Hidden/deep", FALSE);
  world_push_policy ();
  names = app_listing (world_seen (""));
  g_assert_cmpstr (names, ==, ".config Documents Pictures");
  g_assert_cmpint (stat (world_seen ("Pictures"), &st), ==, 0);
  g_assert_true (S_ISDIR (st.st_mode));
  g_assert_cmpint (st.st_nlink, ==, 2); /* nothing of the real one */
  g_assert_cmpint (st.st_uid, ==, getuid ());
  g_assert_cmpint (stat (world_seen ("Hidden"), &st), ==, 0);
  world_stop ();
}

static void
test_dot_names (void)
{
  g_autofree char *text = NULL;

  world_start (app_never_asked, NULL, FALSE);
  world_push_policy ();
  text = app_content (world_seen (".config/own"));
  g_assert_cmpstr (text, ==, "private/.config/own");
  g_assert_cmpint (app_open_errno (world_seen (".ssh/id"), O_RDONLY), ==, ENOENT);
  g_assert_cmpint (app_open_errno (world_seen (".newrc"), O_WRONLY | O_CREAT), ==, 0);
  g_assert_cmpint (access (world_private (".newrc"), F_OK), ==, 0);
  g_assert_cmpint (access (world_real (".newrc"), F_OK), <, 0);
  g_assert_cmpint (mkdir (world_seen (".cache"), 0700), ==, 0);
  g_assert_cmpint (rename (world_seen (".newrc"), world_seen (".cache/newrc")), ==, 0);
  g_assert_cmpint (access (world_private (".cache/newrc"), F_OK), ==, 0);
  world_stop ();
}

static void
test_answers (void)
{
  g_autofree char *names = NULL, *empty = NULL, *last = NULL;

  world_start (app_denied, NULL, FALSE);
  world_door ("Pictures", TRUE);
  world_door ("Documents", TRUE);
  world_push_policy ();
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY), ==, EACCES);
  last = world_last_ask ();
  g_assert_cmpstr (last, ==, world_path ("Pictures/a.jpg"));
  g_assert_cmpint (world_n_asks (), ==, 1);
  names = app_listing (world_seen ("Pictures"));
  g_assert_cmpstr (names, ==, g_strerror (EACCES));
  g_assert_cmpint (world_n_asks (), ==, 2);
  g_assert_cmpint (app_open_errno (world_seen ("secret"), O_RDONLY), ==, EACCES);
  g_assert_cmpint (world_n_asks (), ==, 3);

  /* from rules, nobody is asked */
  world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_DENY);
  world_rule ("Documents", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_HIDE);
  world_rule ("secret", PST_SCOPE_FILE, PST_ACCESS_VIEW, PST_ANSWER_HIDE);
  world_push_policy ();
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY), ==, EACCES);
  g_assert_cmpint (app_open_errno (world_seen ("Pictures"), O_RDONLY | O_DIRECTORY), ==, EACCES);
  g_assert_cmpint (app_open_errno (world_seen ("Documents/x.txt"), O_RDONLY), ==, ENOENT);
  empty = app_listing (world_seen ("Documents"));
  g_assert_cmpstr (empty, ==, "");
  g_assert_cmpint (app_open_errno (world_seen ("secret"), O_RDONLY), ==, ENOENT);
  g_assert_cmpint (world_n_asks (), ==, 3);
  world_stop ();
}

static void
hide (WorldAsk *ask, gpointer data)
{
  world_answer (ask, PST_OUTCOME_HIDE);
}

static void
test_hide_outcome (void)
{
  world_start (hide, NULL, FALSE);
  world_push_policy ();
  g_assert_cmpint (app_open_errno (world_seen ("nothing"), O_RDONLY), ==, ENOENT);
  g_assert_cmpint (world_n_asks (), ==, 1);
  world_stop ();
}

static void
grant_file (WorldAsk *ask, gpointer data)
{
  world_grant (ask, "Documents/x.txt", PST_SCOPE_FILE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, 1, PST_TREE_FILE, FALSE);
}

static void
test_file (void)
{
  g_autofree char *text = NULL, *after = NULL;
  struct stat st;
  int fd;

  world_start (grant_file, NULL, FALSE);
  world_door ("Documents", TRUE);
  world_push_policy ();
  text = app_content (world_seen ("Documents/x.txt"));
  g_assert_cmpstr (text, ==, "real/Documents/x.txt");
  g_assert_cmpint (world_n_asks (), ==, 1);
  /* a safe save: temporary file, rename */
  fd = open (world_seen ("Documents/.goutputstream-ABC123"), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, "new", 3), ==, 3);
  close (fd);
  g_assert_cmpint (rename (world_seen ("Documents/.goutputstream-ABC123"), world_seen ("Documents/x.txt")), ==, 0);
  after = app_content (world_real ("Documents/x.txt"));
  g_assert_cmpstr (after, ==, "new");
  g_assert_cmpint (stat (world_seen ("Documents/x.txt"), &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 3);
  g_assert_cmpint (truncate (world_seen ("Documents/x.txt"), 1), ==, 0);
  g_assert_cmpint (chmod (world_seen ("Documents/x.txt"), 0600), ==, 0);
  g_assert_cmpint (stat (world_real ("Documents/x.txt"), &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 1);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
  g_assert_cmpint (unlink (world_seen ("Documents/x.txt")), ==, 0);
  g_assert_cmpint (access (world_real ("Documents/x.txt"), F_OK), <, 0);
  g_assert_cmpint (world_n_asks (), ==, 1);
  world_stop ();
}

static void
keep_private (WorldAsk *ask, gpointer data)
{
  if (ask->op == PST_OP_LOOKUP)
    world_answer (ask, PST_OUTCOME_HIDE);
  else
    world_grant (ask, "note.txt", PST_SCOPE_FILE, PST_ACCESS_VIEW, PST_ANSWER_PRIVATE, 0, PST_TREE_TREE, FALSE);
}

static void
test_create_private (void)
{
  g_autofree char *names = NULL;

  world_start (keep_private, NULL, FALSE);
  world_push_policy ();
  g_assert_cmpint (app_open_errno (world_seen ("note.txt"), O_WRONLY | O_CREAT), ==, 0);
  g_assert_cmpint (access (world_private ("note.txt"), F_OK), ==, 0);
  g_assert_cmpint (access (world_real ("note.txt"), F_OK), <, 0);
  names = app_listing (world_seen (""));
  g_assert_cmpstr (names, ==, ".config note.txt");
  g_assert_cmpint (world_n_asks (), ==, 2);
  world_stop ();
}

static void
make_dir (WorldAsk *ask, gpointer data)
{
  if (ask->op == PST_OP_LOOKUP)
    {
      world_answer (ask, PST_OUTCOME_HIDE);
      return;
    }
  g_assert_cmpint (mkdir (world_real ("Made"), 0755), ==, 0);
  world_grant (ask, "Made", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW, 1, PST_TREE_TREE, TRUE);
}

static void
test_mkdir_home (void)
{
  world_start (make_dir, NULL, FALSE);
  world_push_policy ();
  g_assert_cmpint (mkdir (world_seen ("Made"), 0755), ==, 0);
  g_assert_cmpint (app_open_errno (world_seen ("Made/x"), O_WRONLY | O_CREAT), ==, 0);
  g_assert_cmpint (access (world_real ("Made/x"), F_OK), ==, 0);
  world_stop ();
}

static void
test_private_door (void)
{
  world_start (app_never_asked, NULL, FALSE);
  world_door ("Pictures", TRUE);
  world_rule ("Pictures", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_PRIVATE);
  world_push_policy ();
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY), ==, ENOENT);
  g_assert_cmpint (app_open_errno (world_seen ("Pictures/mine"), O_WRONLY | O_CREAT), ==, 0);
  g_assert_cmpint (access (world_private ("Pictures/mine"), F_OK), ==, 0);
  g_assert_cmpint (access (world_real ("Pictures/mine"), F_OK), <, 0);
  world_stop ();
}

static WorldAsk *kept;

static void
keep (WorldAsk *ask, gpointer data)
{
  kept = ask;
}

static void
on_usr1 (int sig)
{
}

/* A signal with a handler goes by; a kill ends it, when the broker says so. */
static void
test_interrupt (void)
{
  struct sigaction action = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };
  gint64 began;
  int status;
  pid_t pid;

  world_start (keep, NULL, FALSE);
  world_door ("Pictures", TRUE);
  world_push_policy ();
  pid = fork ();
  if (pid == 0)
    {
      sigaction (SIGUSR1, &action, NULL);
      _exit (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY) == EACCES ? 0 : 1);
    }
  world_wait_asks (1);
  kill (pid, SIGUSR1);
  world_wait_interrupted (1);
  g_assert_cmpint (waitpid (pid, &status, WNOHANG), ==, 0);
  g_assert_cmpint (world_n_asks (), ==, 1);
  world_answer (kept, PST_OUTCOME_DENY);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);

  pid = fork ();
  if (pid == 0)
    _exit (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY));
  world_wait_asks (2);
  began = g_get_monotonic_time ();
  kill (pid, SIGKILL);
  world_wait_interrupted (2);
  world_answer (kept, PST_OUTCOME_KILLED);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (g_get_monotonic_time () - began, <, 100000);
  world_stop ();
}

static gpointer
open_pictures (gpointer data)
{
  return GINT_TO_POINTER (app_open_errno (world_seen ("Pictures/a.jpg"), O_RDONLY));
}

static void
test_broker_restart (void)
{
  guint64 number;
  GThread *thread;

  world_start (keep, NULL, FALSE);
  world_door ("Pictures", TRUE);
  world_rule ("Documents", PST_SCOPE_TREE, PST_ACCESS_VIEW, PST_ANSWER_DENY);
  world_push_policy ();
  thread = g_thread_new ("app", open_pictures, NULL);
  world_wait_asks (1);
  number = world_last_number ();
  world_kill_broker ();
  /* the policy that it has goes on deciding */
  g_assert_cmpint (app_open_errno (world_seen ("Documents/x"), O_RDONLY), ==, EACCES);
  world_new_broker ();
  world_wait_asks (2);
  g_assert_cmpuint (world_last_number (), ==, number);
  world_answer (kept, PST_OUTCOME_DENY);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, EACCES);
  world_stop ();
}

static void
retry_only (WorldAsk *ask, gpointer data)
{
  world_answer (ask, PST_OUTCOME_RETRY);
}

/* A broker that says "retry" without having changed anything does not hang the caller. */
static void
test_retry_bounded (void)
{
  world_start (retry_only, NULL, FALSE);
  world_push_policy ();
  g_assert_cmpint (app_open_errno (world_seen ("secret"), O_RDONLY), ==, EACCES);
  g_assert_cmpint (world_n_asks (), ==, 4);
  world_stop ();
}

/* Every operation reaches its system call: the list that the gate confines itself to leaves none out. */
static void
test_calls (void)
{
  struct timespec times[2] = { { 1, 2 }, { 3, 4 } };
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  g_autofree char *big = g_malloc0 (1 << 20);
  struct statfs fs;
  loff_t from = 0, to = 0;
  char value[8];
  int dir, fd, second;

  world_start (app_never_asked, NULL, TRUE);
  world_rule ("Projects", PST_SCOPE_TREE, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
  world_push_policy ();
  world_attach (1, PST_TREE_TREE, PST_ACCESS_CHANGE, "Projects", FALSE);
  dir = open (world_seen ("Projects"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (dir, >=, 0);
  fd = openat (dir, "big", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  g_assert_cmpint (write (fd, big, 1 << 20), ==, 1 << 20);
  g_assert_cmpint (fsync (fd), ==, 0);
  g_assert_cmpint (fdatasync (fd), ==, 0);
  g_assert_cmpint (posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED), ==, 0);
  g_assert_cmpint (pread (fd, big, 1 << 20, 0), ==, 1 << 20);
  g_assert_cmpint (fallocate (fd, 0, 1 << 20, 4096), ==, 0);
  g_assert_cmpint (ftruncate (fd, 1 << 20), ==, 0);
  g_assert_cmpint (lseek (fd, 0, SEEK_HOLE), ==, 1 << 20);
  second = openat (dir, "copy", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  g_assert_cmpint (write (second, "x", 1), ==, 1);
  close (second);
  second = openat (dir, "copy", O_RDWR | O_CLOEXEC);
  g_assert_cmpint (copy_file_range (fd, &from, second, &to, 4096, 0), ==, 4096);
  if (fsetxattr (fd, "user.test", "1", 1, 0) == 0)
    {
      g_assert_cmpint (fgetxattr (fd, "user.test", value, sizeof value), ==, 1);
      g_assert_cmpint (flistxattr (fd, value, 0), ==, 10);
      g_assert_cmpint (fremovexattr (fd, "user.test"), ==, 0);
    }
  else
    g_assert_cmpint (errno, ==, EOPNOTSUPP); /* not of this file system */
  g_assert_cmpint (flock (fd, LOCK_EX | LOCK_NB), ==, 0);
  g_assert_cmpint (fcntl (fd, F_SETLK, &lock), ==, 0);
  close (fd);
  close (second);
  g_assert_cmpint (fchmodat (dir, "big", 0600, 0), ==, 0);
  g_assert_cmpint (fchownat (dir, "big", getuid (), getgid (), 0), ==, 0);
  g_assert_cmpint (utimensat (dir, "big", times, 0), ==, 0);
  g_assert_cmpint (truncate (world_seen ("Projects/big"), 5), ==, 0);
  g_assert_cmpint (linkat (dir, "big", dir, "hard", 0), ==, 0);
  g_assert_cmpint (symlinkat ("big", dir, "soft"), ==, 0);
  g_assert_cmpint (readlinkat (dir, "soft", value, sizeof value), ==, 3);
  g_assert_cmpint (mknodat (dir, "fifo", S_IFIFO | 0600, 0), ==, 0);
  g_assert_cmpint (mkdirat (dir, "sub", 0700), ==, 0);
  g_assert_cmpint (renameat2 (dir, "hard", dir, "sub/hard", RENAME_NOREPLACE), ==, 0);
  g_assert_cmpint (renameat2 (dir, "soft", dir, "fifo", RENAME_EXCHANGE), ==, 0);
  g_assert_cmpint (renameat (dir, "soft", dir, "pipe"), ==, 0);
  g_assert_cmpint (unlinkat (dir, "sub/hard", 0), ==, 0);
  g_assert_cmpint (unlinkat (dir, "sub", AT_REMOVEDIR), ==, 0);
  g_assert_cmpint (fstatfs (dir, &fs), ==, 0);
  g_assert_cmpint (fsync (dir), ==, 0);
  close (dir);
  world_stop ();
}

int
main (int argc, char **argv)
{
  if (!world_test_init (&argc, &argv))
    return 0;
  g_test_add_func ("/gate/listing", test_listing);
  g_test_add_func ("/gate/dot-names", test_dot_names);
  g_test_add_func ("/gate/answers", test_answers);
  g_test_add_func ("/gate/hide-outcome", test_hide_outcome);
  g_test_add_func ("/gate/calls", test_calls);
  g_test_add_func ("/gate/file", test_file);
  g_test_add_func ("/gate/create-private", test_create_private);
  g_test_add_func ("/gate/mkdir-home", test_mkdir_home);
  g_test_add_func ("/gate/private-door", test_private_door);
  g_test_add_func ("/gate/interrupt", test_interrupt);
  g_test_add_func ("/gate/broker-restart", test_broker_restart);
  g_test_add_func ("/gate/retry-bounded", test_retry_bounded);
  return g_test_run ();
}
