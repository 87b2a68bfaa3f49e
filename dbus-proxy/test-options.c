/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static gboolean
parse (PstOptions *options, const char *line, char **error)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  return pst_options_parse (options, (int)g_strv_length (words), (const char *const *)words, error);
}

static void
test_groups (void)
{
  PstOptions options;
  char *error;
  const PstBusOption *one, *two;

  g_assert_true (parse (&options,
                        "--fd=5 unix:path=/a /tmp/a --filter --log --talk=org.a.* --fd=6 unix:path=/b /tmp/b --sloppy-names "
                        "--call=org.*=* --broadcast=org.b.c=@/x/*",
                        &error));
  g_assert_cmpint (options.sync_fd, ==, 6);
  g_assert_cmpuint (options.buses->len, ==, 2);
  one = g_ptr_array_index (options.buses, 0);
  two = g_ptr_array_index (options.buses, 1);
  g_assert_cmpstr (one->address, ==, "unix:path=/a");
  g_assert_cmpstr (two->path, ==, "/tmp/b");
  g_assert_true (one->policy->filter && one->policy->log && !one->policy->sloppy_names);
  g_assert_true (!two->policy->filter && !two->policy->log && two->policy->sloppy_names);
  g_assert_nonnull (g_hash_table_lookup (one->policy->names, "org.a"));
  g_assert_null (g_hash_table_lookup (two->policy->names, "org.a"));
  g_assert_nonnull (g_hash_table_lookup (two->policy->names, "org"));
  pst_options_clear (&options);
}

static void
test_wrong (void)
{
  static const char *const lines[] = {
    "unix:path=/a",
    "unix:path=/a --filter",
    "unix:path=/a /tmp/a --talk=:1.5",
    "unix:path=/a /tmp/a --talk=org",
    "unix:path=/a /tmp/a --talk=org.*",
    "unix:path=/a /tmp/a --talk=",
    "unix:path=/a /tmp/a --own=a.b'",
    "unix:path=/a /tmp/a --call=org.a.b",
    "unix:path=/a /tmp/a --call=a'b.*=*",
    "unix:path=/a /tmp/a --fliter",
    "--fd=x unix:path=/a /tmp/a",
    "--fd=-1 unix:path=/a /tmp/a",
    "--args=9999 unix:path=/a /tmp/a",
    "--filter unix:path=/a /tmp/a",
    "--fd=5",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autofree char *error = NULL;
      PstOptions options;

      g_assert_false (parse (&options, lines[i], &error));
      g_assert_nonnull (error);
      pst_options_clear (&options);
    }
}

static void
test_args (void)
{
  static const char text[] = "unix:path=/a\0/tmp/a\0--filter\0--see=org.a.b";
  g_autofree char *line = NULL;
  PstOptions options;
  char *error;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (write (fds[1], text, sizeof text - 1), ==, sizeof text - 1);
  close (fds[1]);
  line = g_strdup_printf ("--args=%d --own=org.c.d", fds[0]);
  g_assert_true (parse (&options, line, &error));
  close (fds[0]);
  g_assert_cmpuint (options.buses->len, ==, 1);
  g_assert_nonnull (g_hash_table_lookup (((PstBusOption *)g_ptr_array_index (options.buses, 0))->policy->names, "org.c.d"));
  pst_options_clear (&options);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus/options/groups", test_groups);
  g_test_add_func ("/dbus/options/wrong", test_wrong);
  g_test_add_func ("/dbus/options/args", test_args);
  return g_test_run ();
}
