/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-programs.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* This test runs from the build tree, where the programs are in their folders. */
static void
test_build_tree (void)
{
  g_autofree char *exe = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (exe);
  g_autofree char *root = g_path_get_dirname (folder);
  static const struct
  {
    const char *name, *folder;
  } programs[] = {
    { "postern", "sandbox" },         { "postern-fusefs", "fusefs" },       { "postern-broker", "broker" },
    { "postern-agent", "prompt-ui" }, { "postern-agent-tty", "prompt-ui" }, { "postern-settings", "prompt-ui" }
  };
  g_autofree char *data = pst_data_find ("protected.conf");

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *expected = g_build_filename (root, programs[i].folder, programs[i].name, NULL);
      g_autofree char *found = pst_program_find (programs[i].name);

      g_assert_cmpstr (found, ==, expected);
    }
  g_assert_true (g_path_is_absolute (data));
  g_assert_true (g_str_has_suffix (data, "/data/protected.conf"));
}

static void
assert_refused (const char *value, const char *word)
{
  g_autoptr (GError) error = NULL;

  if (value != NULL)
    g_setenv ("XDG_RUNTIME_DIR", value, TRUE);
  else
    g_unsetenv ("XDG_RUNTIME_DIR");
  g_assert_null (pst_broker_socket_path (&error));
  g_assert_nonnull (error);
  g_assert_nonnull (g_strstr_len (error->message, -1, word));
}

static void
test_socket_path (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("postern-test-XXXXXX", &error);
  g_autofree char *expected = g_build_filename (directory, "postern", "broker", NULL);
  g_autofree char *file = g_build_filename (directory, "file", NULL);
  g_autofree char *long_name = g_strnfill (90, 'x');
  g_autofree char *long_directory = g_build_filename (directory, long_name, NULL);
  g_autofree char *path = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (g_mkdir (long_directory, 0700), ==, 0);
  assert_refused (long_directory, "too long");
  g_rmdir (long_directory);
  assert_refused (NULL, "not set");
  assert_refused ("", "not set");
  assert_refused ("tmp", "absolute");
  assert_refused ("/nonexistent/postern", "No such file");
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  assert_refused (file, "directory");
  g_assert_cmpint (g_chmod (directory, 0750), ==, 0);
  assert_refused (directory, "0700");
  g_assert_cmpint (g_chmod (directory, 0700), ==, 0);
  g_setenv ("XDG_RUNTIME_DIR", directory, TRUE);
  path = pst_broker_socket_path (&error);
  g_assert_no_error (error);
  g_assert_cmpstr (path, ==, expected);
  if (geteuid () != 0)
    assert_refused ("/proc", "own");
  g_unlink (file);
  g_rmdir (directory);
}

static void
test_state_dir (void)
{
  g_autofree char *one = NULL, *two = NULL, *three = NULL;
  g_autofree char *expected = g_build_filename (g_get_home_dir (), ".local/share/postern", NULL);

  g_setenv ("XDG_DATA_HOME", "/d", TRUE);
  one = pst_state_dir ();
  g_assert_cmpstr (one, ==, "/d/postern");
  g_setenv ("XDG_DATA_HOME", "relative", TRUE);
  two = pst_state_dir ();
  g_assert_cmpstr (two, ==, expected);
  g_unsetenv ("XDG_DATA_HOME");
  three = pst_state_dir ();
  g_assert_cmpstr (three, ==, expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/programs/build-tree", test_build_tree);
  g_test_add_func ("/programs/socket-path", test_socket_path);
  g_test_add_func ("/programs/state-dir", test_state_dir);
  return g_test_run ();
}
