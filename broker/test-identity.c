/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "package.h"

typedef struct
{
  char *dir, *bin, *system, *user;
  PstIdentity *identity;
} Fixture;

static void
write_file (const char *dir, const char *name, const char *text, int mode)
{
  g_autofree char *path = g_build_filename (dir, name, NULL), *parent = g_path_get_dirname (path);

  g_assert_no_errno (g_mkdir_with_parents (parent, 0700));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_no_errno (chmod (path, (mode_t)mode));
}

static void
desktop (const char *dir, const char *name, const char *exec, const char *more)
{
  g_autofree char *text = g_strdup_printf (
      "# a comment\n[Desktop Entry]\nType=Application\nName=Name of %s\nExec=%s\n%s\n[Desktop Action x]\nExec=/bin/false\n",
      name, exec, more);

  write_file (dir, name, text, 0600);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const char *const programs[] = { "viewer", "editor", "python3", "tool", "real" };
  const char *system[2] = { NULL };
  g_autofree char *link = NULL;

  f->dir = g_dir_make_tmp ("postern-identity-XXXXXX", NULL);
  f->bin = g_build_filename (f->dir, "bin", NULL);
  f->system = g_build_filename (f->dir, "system", NULL);
  f->user = g_build_filename (f->dir, "user", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    write_file (f->bin, programs[i], "#!/bin/sh\n", 0700);
  link = g_build_filename (f->bin, "alias", NULL);
  g_assert_no_errno (symlink ("real", link));
  desktop (f->system, "org.x.Viewer.desktop", "viewer %U", "Icon=viewer\nCategories=Graphics;Viewer;");
  desktop (f->system, "org.x.Viewer-settings.desktop", "viewer --settings", "");
  desktop (f->system, "kde/editor.desktop", "env A=b editor %f", "Categories=Utility;TextEditor;");
  desktop (f->system, "script.desktop", "python3 /opt/app.py", "");
  desktop (f->system, "alias.desktop", "alias", "");
  desktop (f->user, "evil.desktop", "viewer", "");
  desktop (f->user, "gone.desktop", "nothing-of-this-name", "");
  system[0] = f->system;
  f->identity = pst_identity_new (system, f->user, f->bin);
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  remove (path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  pst_identity_free (f->identity);
  remove_tree (f->dir);
  g_free (f->dir);
  g_free (f->bin);
  g_free (f->system);
  g_free (f->user);
}

static PstAppInfo *
lookup (Fixture *f, const char *program)
{
  g_autofree char *path = g_build_filename (f->bin, program, NULL);

  return pst_identity_for_executable (f->identity, path);
}

static void
test_desktop (Fixture *f, gconstpointer data)
{
  g_autoptr (PstAppInfo) viewer = lookup (f, "viewer"), editor = lookup (f, "editor"), real = lookup (f, "real");

  /* Not the settings, which need a word more, and not a file of the person's own that claims the same program. */
  g_assert_cmpstr (viewer->id, ==, "org.x.Viewer");
  g_assert_cmpstr (viewer->name, ==, "Name of org.x.Viewer.desktop");
  g_assert_cmpstr (viewer->icon, ==, "viewer");
  g_assert_cmpint (viewer->suggested, ==, PST_ACCESS_VIEW);
  g_assert_cmpstr (editor->id, ==, "kde-editor");
  g_assert_cmpint (editor->suggested, ==, PST_ACCESS_CHANGE);
  g_assert_cmpstr (real->id, ==, "alias");
}

/* What a packager writes of his wishes comes along, as it is: whoever shows it reads it with care. */
static void
test_wants (Fixture *f, gconstpointer data)
{
  const char *system[] = { f->system, NULL };
  g_autoptr (PstIdentity) identity = NULL;
  g_autoptr (PstAppInfo) viewer = NULL, editor = NULL;
  g_autofree char *program = g_build_filename (f->bin, "viewer", NULL), *other = g_build_filename (f->bin, "editor", NULL);

  desktop (f->system, "org.x.Viewer.desktop", "viewer %U",
           "X-Postern-Wants=xdg:PICTURES=view;\nX-Postern-Reason=Shows them\nX-Postern-Reason[de]=Zeigt sie");
  identity = pst_identity_new (system, NULL, f->bin);
  viewer = pst_identity_for_executable (identity, program);
  g_assert_cmpstr (viewer->wants, ==, "xdg:PICTURES=view;");
  g_assert_cmpstr (viewer->reason, ==, "Shows them");
  editor = pst_identity_for_executable (identity, other);
  g_assert_null (editor->wants);
  g_assert_null (editor->reason);
  {
    g_autoptr (PstAppInfo) copy = pst_app_info_copy (viewer);

    g_assert_cmpstr (copy->wants, ==, viewer->wants);
  }
}

static void
test_plain (Fixture *f, gconstpointer data)
{
  g_autoptr (PstAppInfo) python = lookup (f, "python3"), tool = lookup (f, "tool"), again = lookup (f, "tool");
  g_autofree char *cat = pst_app_id_of_executable ("/usr/bin/cat"),
                  *odd = pst_app_id_of_executable ("/home/u/-.x \n/..evil\xff");

  /* An interpreter is not the application whose script it runs. */
  g_assert_true (g_str_has_prefix (python->id, "python3-"));
  g_assert_true (g_str_has_prefix (tool->id, "tool-"));
  g_assert_cmpstr (tool->id, ==, again->id);
  g_assert_cmpstr (cat, ==, "cat");
  g_assert_true (pst_app_id_is_valid (odd));
}

static void
test_forgery (Fixture *f, gconstpointer data)
{
  const char *system[] = { f->system, NULL };
  g_autoptr (PstIdentity) identity = NULL;
  g_autoptr (PstAppInfo) info = NULL;

  /* A system program whose name is that of another's desktop file. */
  desktop (f->system, "true.desktop", "viewer --true", "");
  identity = pst_identity_new (system, NULL, f->bin);
  info = pst_identity_for_executable (identity, "/usr/bin/true");
  g_assert_cmpstr (info->id, !=, "true");
  g_assert_true (g_str_has_prefix (info->id, "true-"));
}

static void
test_word (Fixture *f, gconstpointer data)
{
  g_autoptr (PstAppInfo) by_id = pst_identity_for_word (f->identity, "org.x.Viewer"),
                         by_command = pst_identity_for_word (f->identity, "viewer");
  g_autoptr (PstAppInfo) unknown = pst_identity_for_word (f->identity, "org.unknown.App");

  g_assert_cmpstr (by_id->id, ==, "org.x.Viewer");
  g_assert_cmpstr (by_command->id, ==, "org.x.Viewer");
  g_assert_cmpstr (unknown->id, ==, "org.unknown.App");
  g_assert_null (pst_identity_for_word (f->identity, "../../etc"));
  g_assert_null (pst_identity_for_word (f->identity, "-x"));
  g_assert_null (pst_identity_for_word (f->identity, ".hidden"));
}

static void
test_refresh (Fixture *f, gconstpointer data)
{
  g_autoptr (PstAppInfo) before = lookup (f, "tool"), after = NULL;

  desktop (f->system, "tool.desktop", "tool", "");
  after = lookup (f, "tool");
  g_assert_true (g_str_has_prefix (before->id, "tool-"));
  g_assert_cmpstr (after->id, ==, "tool");
}

static void
test_package (Fixture *f, gconstpointer data)
{
  g_autofree char *viewer = NULL, *none = NULL, *merged = NULL;

  write_file (f->dir, "var/lib/dpkg/info/viewer.list", "/.\n/usr/bin/viewer-extra\n/usr/bin/viewer\n", 0600);
  write_file (f->dir, "var/lib/dpkg/info/coreutils:amd64.list", "/.\n/bin/cat\n", 0600);
  write_file (f->dir, "var/lib/dpkg/status",
              "Package: other\nVersion: 9\n\nPackage: viewer\nStatus: install ok installed\nVersion: 43.2-1\nDescription: "
              "x\n\nPackage: coreutils\n\n",
              0600);
  viewer = pst_package_of (f->dir, "/usr/bin/viewer");
  none = pst_package_of (f->dir, "/usr/bin/view");
  merged = pst_package_of (f->dir, "/usr/bin/cat");
  g_assert_cmpstr (viewer, ==, "viewer 43.2-1");
  g_assert_cmpstr (none, ==, "");
  g_assert_cmpstr (merged, ==, "coreutils");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/identity/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("desktop", test_desktop);
  ADD ("wants", test_wants);
  ADD ("plain", test_plain);
  ADD ("forgery", test_forgery);
  ADD ("word", test_word);
  ADD ("refresh", test_refresh);
  ADD ("package", test_package);
#undef ADD
  return g_test_run ();
}
