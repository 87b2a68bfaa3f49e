/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-fd.h"
#include "pst-sanitized.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In sanitizer builds only: a report reaches its file from a program that has closed everything, as ours do. */

static const char *own_path;

static int
go_wrong (const char *how)
{
  volatile int number = G_MAXINT;
  volatile char *block = g_malloc (8);

  pst_fd_close_from (0, NULL, 0);
  if (g_str_has_prefix (how, "forked-"))
    {
      pid_t child = fork ();
      int status = 0;

      how += strlen ("forked-");
      if (child != 0)
        return child < 0 || waitpid (child, &status, 0) < 0 || status != 0;
    }
  if (strcmp (how, "overflow") == 0)
    {
      number += 1;
      return number == 0;
    }
  if (strcmp (how, "freed") == 0)
    {
      g_free ((char *)block);
      return block[0];
    }
  g_free ((char *)block);
  return 0;
}

static char *
run (const char *how, int *status)
{
  const char *argv[] = { own_path, "--go-wrong", how, NULL };
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  char *said = NULL;
  int fd = g_file_open_tmp ("postern-sanitized-XXXXXX", &path, &error);

  g_assert_no_error (error);
  close (fd);
  environment = g_environ_setenv (environment, PST_SANITIZER_REPORTS, path, TRUE);
  g_spawn_sync (NULL, (char **)argv, environment, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, status, &error);
  g_assert_no_error (error);
  g_file_get_contents (path, &said, NULL, &error);
  g_assert_no_error (error);
  unlink (path);
  return said;
}

static void
test_silent (void)
{
  int status;
  g_autofree char *said = run ("not", &status);

  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (said, ==, "");
}

static void
test_report (const char *how, const char *words)
{
  int status;
  g_autofree char *said = run (how, &status);

  g_assert_cmpint (status, !=, 0);
  g_assert_nonnull (strstr (said, words));
}

static void
test_freed (void)
{
  test_report ("freed", "heap-use-after-free");
  test_report ("forked-freed", "heap-use-after-free");
}

static void
test_overflow (void)
{
  test_report ("overflow", "signed integer overflow");
  test_report ("forked-overflow", "signed integer overflow");
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "--go-wrong") == 0)
    return go_wrong (argv[2]);
  own_path = argv[0];
  g_setenv ("UBSAN_OPTIONS", "halt_on_error=1:abort_on_error=1:print_stacktrace=1", FALSE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sanitized/silent", test_silent);
  g_test_add_func ("/sanitized/freed", test_freed);
  g_test_add_func ("/sanitized/overflow", test_overflow);
  return g_test_run ();
}
