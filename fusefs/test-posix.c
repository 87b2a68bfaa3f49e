/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-fd.h"
#include "test-posix-random.h"
#include "test-world.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A directory served by the stand-alone server beside a plain one: what a program may do in the one it may do in the other,
 * with the same result. */

static char *top;
static int plain, served;

static void
test_random (void)
{
  posix_random (plain, served);
}

/* Two look at the same file, one through the gate: what was changed outside is seen, at the latest a second later. */
static void
test_outside (void)
{
  g_autofree char *behind = g_build_filename (top, "behind", NULL);
  pst_autofd real = open (behind, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  pst_autofd out = openat (real, "shared", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  pst_autofd in = openat (served, "shared", O_RDWR | O_APPEND | O_CLOEXEC);
  char text[16] = { 0 };

  g_assert_cmpint (in, >=, 0);
  g_assert_cmpint (write (in, "in1 ", 4), ==, 4);
  g_assert_cmpint (pwrite (out, "out1 ", 5, 4), ==, 5);
  /* appending goes where the file ends by now */
  g_assert_cmpint (write (in, "in2", 3), ==, 3);
  g_assert_cmpint (pread (out, text, sizeof text, 0), ==, 12);
  g_assert_cmpstr (text, ==, "in1 out1 in2");
  /* opened anew, it is read anew */
  g_assert_cmpint (pwrite (out, "X", 1, 0), ==, 1);
  pst_autofd again = openat (served, "shared", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (pread (again, text, 3, 0), ==, 3);
  g_assert_cmpint (text[0], ==, 'X');
}

/* Until the child sleeps in the system call @number with @second as its second argument. */
static void
wait_for_call (pid_t pid, long number, guint64 second)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/syscall", (int)pid);
  gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  for (;;)
    {
      g_autofree char *text = NULL;
      g_auto (GStrv) words = NULL;

      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_assert_cmpint (waitpid (pid, NULL, WNOHANG), ==, 0);
      if (!g_file_get_contents (path, &text, NULL, NULL))
        continue;
      words = g_strsplit (text, " ", -1);
      if (g_strv_length (words) > 2 && g_ascii_strtoll (words[0], NULL, 10) == number &&
          (g_ascii_strtoull (words[2], NULL, 0) & 0xffffffff) == second)
        return;
      g_thread_yield ();
    }
}

static void
test_locks (void)
{
  g_autofree char *behind = g_build_filename (top, "behind", NULL);
  pst_autofd real = open (behind, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  pst_autofd out = openat (real, "locked", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  pst_autofd in = openat (served, "locked", O_RDWR | O_CLOEXEC);
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10 };
  struct flock ofd = lock;
  int status, second;
  pid_t pid;

  /* both kinds hold against the outside, and the other way round */
  g_assert_cmpint (flock (in, LOCK_EX | LOCK_NB), ==, 0);
  g_assert_cmpint (flock (out, LOCK_EX | LOCK_NB), <, 0);
  g_assert_cmpint (flock (in, LOCK_UN), ==, 0);
  g_assert_cmpint (flock (out, LOCK_EX | LOCK_NB), ==, 0);
  g_assert_cmpint (flock (in, LOCK_SH | LOCK_NB), <, 0);
  g_assert_cmpint (errno, ==, EAGAIN);
  g_assert_cmpint (flock (out, LOCK_UN), ==, 0);
  g_assert_cmpint (fcntl (in, F_SETLK, &lock), ==, 0);
  g_assert_cmpint (fcntl (out, F_OFD_SETLK, &ofd), <, 0);
  ofd.l_start = 20;
  g_assert_cmpint (fcntl (out, F_OFD_SETLK, &ofd), ==, 0);

  /* another process inside; it waits until this one lets go, by closing any descriptor of the file */
  pid = fork ();
  if (pid == 0)
    {
      struct flock test = lock;
      second = openat (served, "locked", O_RDWR | O_CLOEXEC);
      if (fcntl (second, F_GETLK, &test) < 0 || test.l_type != F_WRLCK || test.l_start != 10 || test.l_len != 10)
        _exit (1);
      if (fcntl (second, F_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES))
        _exit (2);
      _exit (fcntl (second, F_SETLKW, &lock) == 0 ? 0 : 3);
    }
  wait_for_call (pid, SYS_fcntl, F_SETLKW);
  g_assert_cmpint (waitpid (pid, &status, WNOHANG), ==, 0);
  second = openat (served, "locked", O_RDWR | O_CLOEXEC);
  close (second);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_true (WIFEXITED (status));
}

/* One that waits for a lock can be killed. */
static void
test_lock_killed (void)
{
  pst_autofd in = openat (served, "killed", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  gint64 began;
  int status;
  pid_t pid;

  g_assert_cmpint (flock (in, LOCK_EX), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      int second = openat (served, "killed", O_RDWR | O_CLOEXEC);
      flock (second, LOCK_EX);
      _exit (0);
    }
  wait_for_call (pid, SYS_flock, LOCK_EX);
  began = g_get_monotonic_time ();
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (g_get_monotonic_time () - began, <, G_TIME_SPAN_SECOND);
}

static void
test_deep (void)
{
  enum
  {
    DEPTH = 3000
  };
  int fd = dup (served);

  for (int i = 0; i < DEPTH; i++)
    {
      int next;
      g_assert_cmpint (mkdirat (fd, "deep", 0755), ==, 0);
      next = openat (fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      g_assert_cmpint (next, >=, 0);
      close (fd);
      fd = next;
    }
  g_assert_cmpint (mkdirat (fd, "last", 0755), ==, 0);
  g_assert_cmpint (fchdir (fd), ==, 0);
  g_assert_cmpint (access ("last", F_OK), ==, 0);
  for (int i = 0; i < DEPTH; i++)
    g_assert_cmpint (chdir (".."), ==, 0);
  g_assert_cmpint (access ("deep/deep/deep", F_OK), ==, 0);
  g_assert_cmpint (chdir ("/"), ==, 0);
  close (fd);
}

static void
test_names (void)
{
  char longest[300];
  memset (longest, 'n', sizeof longest);
  longest[255] = '\0';
  g_assert_cmpint (mkdirat (served, longest, 0755), ==, 0);
  g_assert_cmpint (unlinkat (served, longest, AT_REMOVEDIR), ==, 0);
  longest[255] = 'n';
  longest[256] = '\0';
  g_assert_cmpint (mkdirat (served, longest, 0755), <, 0);
  g_assert_cmpint (errno, ==, ENAMETOOLONG);
  g_assert_cmpint (mkdirat (served, "new\nline \033[1m \xe2\x80\xae \xff", 0755), ==, 0);
  g_assert_cmpint (unlinkat (served, "new\nline \033[1m \xe2\x80\xae \xff", AT_REMOVEDIR), ==, 0);
}

int
main (int argc, char **argv)
{
  g_autofree char *behind = NULL, *mnt = NULL, *beside = NULL, *remove = NULL, *options = NULL, *fuse_path = NULL;
  struct __user_cap_header_struct caps_header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct caps[2] = { { .effective = 1u << CAP_SYS_ADMIN, .permitted = 1u << CAP_SYS_ADMIN } };
  int status, result, fuse;
  pid_t pid;

  signal (SIGPIPE, SIG_IGN);
  if (!world_test_init (&argc, &argv))
    return 0;
  umask (022);
  top = g_dir_make_tmp ("fusefs-posix-XXXXXX", NULL);
  behind = g_build_filename (top, "behind", NULL);
  mnt = g_build_filename (top, "mnt", NULL);
  beside = g_build_filename (top, "plain", NULL);
  g_mkdir (behind, 0755);
  g_mkdir (mnt, 0755);
  g_mkdir (beside, 0755);
  fuse = open ("/dev/fuse", O_RDWR);
  options = g_strdup_printf ("fd=%d,rootmode=40000,user_id=%u,group_id=%u,default_permissions", fuse, getuid (), getgid ());
  g_assert_cmpint (mount ("fuse", mnt, "fuse", MS_NOSUID | MS_NODEV, options), ==, 0);
  fuse_path = g_strdup_printf ("/dev/fd/%d", fuse);
  pid = fork ();
  if (pid == 0)
    {
      prctl (PR_SET_PDEATHSIG, SIGKILL);
      execl (FUSEFS_STANDALONE, FUSEFS_STANDALONE, behind, fuse_path, NULL);
      _exit (127);
    }
  close (fuse);
  /* as an ordinary user, also towards the plain directory */
  g_assert_cmpint (syscall (SYS_capset, &caps_header, caps), ==, 0);
  plain = open (beside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  served = open (mnt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  g_test_add_func ("/posix/random", test_random);
  g_test_add_func ("/posix/outside", test_outside);
  g_test_add_func ("/posix/locks", test_locks);
  g_test_add_func ("/posix/lock-killed", test_lock_killed);
  g_test_add_func ("/posix/deep", test_deep);
  g_test_add_func ("/posix/names", test_names);
  result = g_test_run ();

  close (plain);
  close (served);
  umount2 (mnt, MNT_DETACH);
  kill (pid, SIGTERM);
  waitpid (pid, &status, 0);
  remove = g_strdup_printf ("rm -rf '%s'", top);
  return system (remove) == 0 && WIFEXITED (status) && WEXITSTATUS (status) == 0 ? result : 1;
}
