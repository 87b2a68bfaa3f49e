/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "intent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "killed.h"

/* A child that stands still within a system call that names a path: opening a fifo waits for the other end, and so does nothing
 * else here. */
static pid_t
child_that_opens (const char *fifo, int flags)
{
  pid_t child = fork ();

  if (child == 0)
    {
      /* By the number: the C library may open in another way than the one that is tested. */
      syscall (SYS_openat, AT_FDCWD, fifo, flags, 0600);
      _exit (0);
    }
  return child;
}

static void
wait_until_asleep (pid_t child)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/syscall", (int)child), *expected = g_strdup_printf ("%d 0x", SYS_openat);
  gint64 deadline = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

  for (;;)
    {
      g_autofree char *line = NULL;

      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      if (g_file_get_contents (path, &line, NULL, NULL) && g_str_has_prefix (line, expected) && strstr (line, "0xffffff9c"))
        {
          g_autofree char *wchan_path = g_strdup_printf ("/proc/%d/stat", (int)child), *wchan = NULL;

          if (g_file_get_contents (wchan_path, &wchan, NULL, NULL) && strstr (wchan, ") S "))
            return;
        }
      g_thread_yield ();
    }
}

static void
test_real (void)
{
  g_autofree char *dir = g_dir_make_tmp ("postern-intent-XXXXXX", NULL), *fifo = g_build_filename (dir, "fifo", NULL);
  PstIntent intent;
  pid_t child;

  g_assert_no_errno (mkfifo (fifo, 0600));
  g_assert_no_errno (chdir (dir));
  /* Relative, so that the working directory is read as well. */
  child = child_that_opens ("./fifo", O_WRONLY);
  wait_until_asleep (child);
  g_assert_true (pst_intent_read (child, pst_pid_namespace_of (getpid ()), &intent));
  g_assert_cmpint (intent.kind, ==, PST_INTENT_WRITE);
  g_assert_cmpstr (intent.path, ==, fifo);
  pst_intent_clear (&intent);
  /* One that is not of the sandbox is not read. */
  g_assert_false (pst_intent_read (child, 12345, &intent));
  g_assert_false (pst_intent_read (child, 0, &intent));

  g_assert_true (pst_pid_descends_from (child, getpid ()));
  g_assert_true (pst_pid_descends_from (child, child));
  g_assert_false (pst_pid_descends_from (getpid (), child));

  g_assert_false (pst_killed (child));
  g_assert_no_errno (kill (child, SIGKILL));
  while (!pst_killed (child))
    g_thread_yield ();
  waitpid (child, NULL, 0);
  g_assert_true (pst_killed (child));
  g_assert_no_errno (unlink (fifo));
  g_assert_no_errno (chdir ("/"));
  g_assert_no_errno (rmdir (dir));
}

static char *
fake_path (guint64 address, gpointer data)
{
  return address == 0x10 ? g_strdup ("a/../b") : address == 0x20 ? g_strdup ("/abs//c") : NULL;
}

static char *
fake_dir (int fd, gpointer data)
{
  return fd == AT_FDCWD ? g_strdup ("/cwd") : fd == 5 ? g_strdup ("/five") : NULL;
}

static gboolean
fake_bytes (guint64 address, gpointer out, gsize size, gpointer data)
{
  return FALSE;
}

static void
check (long number, const char *args, PstIntentKind kind, const char *path, const char *path2)
{
  g_autofree char *line = g_strdup_printf ("%ld %s 0x7ffd 0x7f00\n", number, args);
  PstIntentReader reader = { fake_path, fake_dir, fake_bytes, NULL };
  PstIntent intent;

  g_assert_true (pst_intent_parse (line, &reader, &intent));
  g_assert_cmpint (intent.kind, ==, kind);
  g_assert_cmpstr (intent.path, ==, path);
  g_assert_cmpstr (intent.path2, ==, path2);
  pst_intent_clear (&intent);
}

static gboolean
walks_once (long number, const char *args)
{
  g_autofree char *line = g_strdup_printf ("%ld %s 0x7ffd 0x7f00\n", number, args);
  PstIntentReader reader = { fake_path, fake_dir, fake_bytes, NULL };
  PstIntent intent;
  gboolean once;

  g_assert_true (pst_intent_parse (line, &reader, &intent));
  once = intent.walks_once;
  pst_intent_clear (&intent);
  return once;
}

static void
test_table (void)
{
  check (SYS_openat, "0xffffff9c 0x10 0x0 0x0 0x0 0x0", PST_INTENT_READ, "/cwd/b", NULL);
  check (SYS_openat, "0xffffffffffffff9c 0x10 0x41 0x1b6 0x0 0x0", PST_INTENT_CREATE, "/cwd/b", NULL);
  check (SYS_openat, "0x5 0x10 0x1 0x0 0x0 0x0", PST_INTENT_WRITE, "/five/b", NULL);
  check (SYS_openat, "0x6 0x10 0x10000 0x0 0x0 0x0", O_DIRECTORY == 0x10000 ? PST_INTENT_LIST : PST_INTENT_READ, NULL, NULL);
  check (SYS_openat, "0x6 0x20 0x0 0x0 0x0 0x0", PST_INTENT_READ, "/abs/c", NULL);
  check (SYS_openat, "0x6 0x30 0x0 0x0 0x0 0x0", PST_INTENT_READ, NULL, NULL);
  check (SYS_mkdirat, "0x5 0x10 0x1ff 0x0 0x0 0x0", PST_INTENT_MKDIR, "/five/b", NULL);
  g_assert_true (walks_once (SYS_mkdirat, "0x5 0x10 0x1ff 0x0 0x0 0x0"));
  g_assert_true (walks_once (SYS_symlinkat, "0x10 0x5 0x10 0x0 0x0 0x0"));
  g_assert_false (walks_once (SYS_openat, "0x5 0x10 0x41 0x1ff 0x0 0x0"));
  g_assert_false (walks_once (SYS_unlinkat, "0x5 0x10 0x0 0x0 0x0 0x0"));
  check (SYS_renameat2, "0x5 0x10 0x6 0x20 0x0 0x0", PST_INTENT_RENAME, "/five/b", "/abs/c");
  check (SYS_newfstatat, "0x5 0x10 0x6 0x20 0x0 0x0", PST_INTENT_LOOK, "/five/b", NULL);
#ifdef SYS_open
  check (SYS_open, "0x10 0x2 0x0 0x0 0x0 0x0", PST_INTENT_WRITE, "/cwd/b", NULL);
  check (SYS_rename, "0x10 0x20 0x0 0x0 0x0 0x0", PST_INTENT_RENAME, "/cwd/b", "/abs/c");
#endif
}

static void
test_nonsense (void)
{
  static const char *const lines[] = { "",      "running\n",     "-1 0x7ffd 0x7f00\n",
                                       "257\n", "257 0x1 0x2\n", "99999 0x0 0x0 0x0 0x0 0x0 0x0 0x0 0x0\n" };
  PstIntentReader reader = { fake_path, fake_dir, fake_bytes, NULL };
  PstIntent intent;

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    g_assert_false (pst_intent_parse (lines[i], &reader, &intent));
}

static void
test_killed (void)
{
  g_assert_false (
      pst_killed_parse ("Name:\tx\nState:\tD (disk sleep)\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000400\n"));
  g_assert_true (pst_killed_parse ("Name:\tx\nState:\tD (disk sleep)\nSigPnd:\t0000000000000100\nShdPnd:\t0000000000000000\n"));
  g_assert_true (pst_killed_parse ("Name:\tx\nState:\tD (disk sleep)\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000102\n"));
  g_assert_true (pst_killed_parse ("Name:\tx\nState:\tZ (zombie)\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"));
  g_assert_false (pst_killed_parse (""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/intent/real", test_real);
  g_test_add_func ("/intent/table", test_table);
  g_test_add_func ("/intent/nonsense", test_nonsense);
  g_test_add_func ("/intent/killed", test_killed);
  return g_test_run ();
}
