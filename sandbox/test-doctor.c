/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-control.h"
#include "doctor.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static char *
make_root (void)
{
  return g_dir_make_tmp ("postern-doctor-XXXXXX", NULL);
}

static void
put (const char *root, const char *path, const char *text)
{
  g_autofree char *full = g_strconcat (root, path, NULL);
  g_autofree char *folder = g_path_get_dirname (full);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (full, text, -1, NULL));
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      remove_tree (child);
    }
  g_remove (path);
}

static const PstFinding *
find (GPtrArray *findings, const char *subject)
{
  for (guint i = 0; i < findings->len; i++)
    {
      const PstFinding *finding = g_ptr_array_index (findings, i);

      if (strcmp (finding->subject, subject) == 0)
        return finding;
    }
  g_assert_not_reached ();
}

static void
expect (const char *root, const char *kernel, const char *subject, PstFindingLevel level, const char *remedy_has)
{
  g_autoptr (GPtrArray) findings = pst_doctor_examine (root, kernel);
  const PstFinding *finding = find (findings, subject);

  g_assert_cmpint (finding->level, ==, level);
  if (remedy_has != NULL)
    {
      g_assert_nonnull (finding->remedy);
      g_assert_nonnull (strstr (finding->remedy, remedy_has));
    }
}

static void
test_kernel (void)
{
  g_autofree char *root = make_root ();

  expect (root, "6.1.0-18-amd64", "kernel", PST_FINDING_OK, NULL);
  expect (root, "5.12.0", "kernel", PST_FINDING_OK, NULL);
  expect (root, "5.11.22", "kernel", PST_FINDING_PROBLEM, "5.12");
  expect (root, "4.19.0", "kernel", PST_FINDING_PROBLEM, "5.12");
  expect (root, "strange", "kernel", PST_FINDING_NOTE, NULL);
  remove_tree (root);
}

static void
test_fuse (void)
{
  g_autofree char *root = make_root ();
  g_autofree char *device = g_strconcat (root, "/dev/fuse", NULL);

  expect (root, "6.1", "/dev/fuse", PST_FINDING_PROBLEM, "modprobe");
  put (root, "/dev/fuse", "");
  g_assert_cmpint (g_chmod (device, 0666), ==, 0);
  expect (root, "6.1", "/dev/fuse", PST_FINDING_OK, NULL);
  remove_tree (root);
}

static void
test_user_namespaces (void)
{
  g_autofree char *root = make_root ();

  expect (root, "6.1", "user namespaces", PST_FINDING_OK, NULL);
  put (root, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");
  expect (root, "6.8", "user namespaces", PST_FINDING_PROBLEM, "apparmor_parser");
  put (root, "/etc/apparmor.d/postern", "");
  expect (root, "6.8", "user namespaces", PST_FINDING_OK, NULL);
  {
    /* Ubuntu, and the profile is not loaded, or is not for where this Postern is. */
    g_autofree char *remedy = pst_doctor_user_namespace_remedy (root, EPERM);

    g_assert_nonnull (strstr (remedy, "apparmor_parser -r"));
    g_assert_nonnull (strstr (remedy, "/usr/bin"));
  }
  put (root, "/proc/sys/kernel/unprivileged_userns_clone", "0\n");
  expect (root, "6.1", "user namespaces", PST_FINDING_PROBLEM, "unprivileged_userns_clone=1");
  put (root, "/proc/sys/user/max_user_namespaces", "0\n");
  expect (root, "6.1", "user namespaces", PST_FINDING_PROBLEM, "max_user_namespaces");
  remove_tree (root);
}

static void
test_yama (void)
{
  g_autofree char *root = make_root ();

  expect (root, "6.1", "ptrace", PST_FINDING_OK, NULL);
  put (root, "/proc/sys/kernel/yama/ptrace_scope", "1\n");
  expect (root, "6.1", "ptrace", PST_FINDING_OK, NULL);
  put (root, "/proc/sys/kernel/yama/ptrace_scope", "3\n");
  expect (root, "6.1", "ptrace", PST_FINDING_NOTE, "Questions");
  remove_tree (root);
}

static void
test_lifetime (void)
{
  PstLifetime lifetime;
  gint64 until;

  g_assert_true (pst_cli_parse_lifetime ("once", 1000, &lifetime, &until));
  g_assert_cmpint (lifetime, ==, PST_LIFETIME_ONCE);
  g_assert_true (pst_cli_parse_lifetime ("8h", 1000, &lifetime, &until));
  g_assert_cmpint (lifetime, ==, PST_LIFETIME_UNTIL);
  g_assert_cmpint (until, ==, 1000 + 8 * 3600);
  g_assert_true (pst_cli_parse_lifetime ("2999-12-31", 1000, &lifetime, &until));
  g_assert_cmpint (until, >, 32000000000);
  g_assert_false (pst_cli_parse_lifetime ("1999-12-31", 1700000000, &lifetime, &until));
  g_assert_false (pst_cli_parse_lifetime ("until", 1000, &lifetime, &until));
  g_assert_false (pst_cli_parse_lifetime ("0d", 1000, &lifetime, &until));
  g_assert_false (pst_cli_parse_lifetime ("5", 1000, &lifetime, &until));
  g_assert_false (pst_cli_parse_lifetime ("-5d", 1000, &lifetime, &until));
  g_assert_false (pst_cli_parse_lifetime ("", 1000, &lifetime, &until));
  g_assert_false (pst_cli_parse_lifetime ("2999-12-31x", 1000, &lifetime, &until));
}

static void
test_since (void)
{
  const gint64 now = 1700000000, day = 24 * 60 * 60;
  gint64 today = pst_cli_parse_since ("today", now);
  static const char *const bad[] = {
    "", "x", "-1h", "5", "5y", "h", "2026-13-01", "2026-01-01 25:00", "2026-01-01 10:00 x", "99999999999h"
  };

  g_assert_cmpint (pst_cli_parse_since ("2h", now), ==, now - 2 * 60 * 60);
  g_assert_cmpint (pst_cli_parse_since ("30m", now), ==, now - 30 * 60);
  g_assert_cmpint (pst_cli_parse_since ("7d", now), ==, now - 7 * day);
  g_assert_cmpint (pst_cli_parse_since ("2w", now), ==, now - 14 * day);
  g_assert_true (today <= now && today > now - day);
  g_assert_true (pst_cli_parse_since ("yesterday", now) < today);
  g_assert_cmpint (pst_cli_parse_since ("2023-11-14", now), >, 0);
  g_assert_cmpint (pst_cli_parse_since ("2023-11-14 10:30", now), ==,
                   pst_cli_parse_since ("2023-11-14", now) + (10 * 60 + 30) * 60);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_cmpint (pst_cli_parse_since (bad[i], now), ==, -1);
}

static void
test_near (void)
{
  g_assert_true (pst_cli_app_is_near ("org.gnome.eg", "org.gnome.eog", "Image Viewer", "/usr/bin/eog"));
  g_assert_true (pst_cli_app_is_near ("gedti", "org.gnome.gedit", "Text Editor", "/usr/bin/gedit"));
  g_assert_true (pst_cli_app_is_near ("image", "org.gnome.eog", "Image Viewer", "/usr/bin/eog"));
  g_assert_false (pst_cli_app_is_near ("vlc", "org.gnome.eog", "Image Viewer", "/usr/bin/eog"));
  g_assert_false (pst_cli_app_is_near ("ls", "cat", "cat", "/usr/bin/cat"));
  g_assert_false (pst_cli_app_is_near ("", "cat", "cat", "/usr/bin/cat"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/doctor/kernel", test_kernel);
  g_test_add_func ("/doctor/fuse", test_fuse);
  g_test_add_func ("/doctor/user-namespaces", test_user_namespaces);
  g_test_add_func ("/doctor/yama", test_yama);
  g_test_add_func ("/cli/lifetime", test_lifetime);
  g_test_add_func ("/cli/since", test_since);
  g_test_add_func ("/cli/near", test_near);
  return g_test_run ();
}
