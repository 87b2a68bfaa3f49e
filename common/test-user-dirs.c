/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-user-dirs.h"

#include "pst-path.h"

#include <glib/gstdio.h>
#include <string.h>

static char *config_home;

static GPtrArray *
read_dirs (const char *text, const char *home)
{
  g_autofree char *file = g_build_filename (config_home, "user-dirs.dirs", NULL);

  if (text != NULL)
    g_assert_true (g_file_set_contents (file, text, -1, NULL));
  else
    g_unlink (file);
  return pst_user_dirs_read (home, config_home);
}

static const char *
find (GPtrArray *dirs, const char *key)
{
  for (guint i = 0; i < dirs->len; i++)
    {
      PstUserDir *dir = g_ptr_array_index (dirs, i);

      if (strcmp (dir->key, key) == 0)
        return dir->path;
    }
  return NULL;
}

static void
test_defaults (void)
{
  g_autoptr (GPtrArray) none = read_dirs (NULL, "/home/u/");
  g_autoptr (GPtrArray) empty = read_dirs ("", "/home/u");

  g_assert_cmpuint (none->len, ==, 8);
  g_assert_cmpuint (empty->len, ==, 8);
  g_assert_cmpstr (find (none, "PICTURES"), ==, "/home/u/Pictures");
  g_assert_cmpstr (find (none, "DOWNLOAD"), ==, "/home/u/Downloads");
  g_assert_cmpstr (find (empty, "PUBLICSHARE"), ==, "/home/u/Public");
}

static void
test_localised (void)
{
  g_autoptr (GPtrArray) dirs = read_dirs ("# a comment\n"
                                          "XDG_PICTURES_DIR=\"$HOME/Bilder\"\n"
                                          "  XDG_MUSIC_DIR=\"/srv/music/\"\n"
                                          "XDG_VIDEOS_DIR=\"$HOME/a \\\"b\\\" \\\\c/../d\"\n"
                                          "XDG_DESKTOP_DIR=\"$HOME/\"\n"
                                          "XDG_TEMPLATES_DIR=\"$HOME/.ssh/keys\"\n"
                                          "XDG_PUBLICSHARE_DIR=\"/home\"\n"
                                          "XDG_DOCUMENTS_DIR=\"$HOME/one\"\n"
                                          "XDG_DOCUMENTS_DIR=\"$HOME/two\"\n"
                                          "XDG_DOWNLOAD_DIR=relative\n"
                                          "XDG_NONSENSE_DIR=\"$HOME/x\"",
                                          "/home/u");

  g_assert_cmpstr (find (dirs, "PICTURES"), ==, "/home/u/Bilder");
  g_assert_cmpstr (find (dirs, "MUSIC"), ==, "/srv/music");
  g_assert_cmpstr (find (dirs, "VIDEOS"), ==, "/home/u/d");
  g_assert_null (find (dirs, "DESKTOP"));
  g_assert_null (find (dirs, "TEMPLATES"));   /* a dot entry */
  g_assert_null (find (dirs, "PUBLICSHARE")); /* above the home: everybody's */
  g_assert_cmpstr (find (dirs, "DOCUMENTS"), ==, "/home/u/two");
  g_assert_cmpstr (find (dirs, "DOWNLOAD"), ==, "/home/u/Downloads");
  g_assert_cmpuint (dirs->len, ==, 5);
}

static void
test_malformed (void)
{
  static const char *const lines[] = {
    "XDG_PICTURES_DIR=\"$HOME/x",
    "XDG_PICTURES_DIR=\"$HOMEx\"",
    "XDG_PICTURES_DIR=\"relative\"",
    "XDG_PICTURES_DIR=",
    "XDG_PICTURES_DIR=\"$HOME/\\",
    "XDG_PICTURES_DIR",
    "XDG_",
    "=\"$HOME/x\"",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GPtrArray) dirs = read_dirs (lines[i], "/home/u");

      g_assert_cmpstr (find (dirs, "PICTURES"), ==, "/home/u/Pictures");
    }
}

static void
test_title (void)
{
  g_assert_cmpstr (pst_user_dir_title ("PICTURES"), ==, "Pictures");
  g_assert_null (pst_user_dir_title ("pictures"));
  g_assert_null (pst_user_dir_title (""));
}

static void
test_protected (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *long_line = g_strnfill (5000, 'x');
  g_auto (GStrv) paths = pst_protected_parse ("# comment\n\n ~/.ssh \n~/.mozilla/firefox/\r\n/etc/x", "/home/u", &error);
  g_auto (GStrv) none = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (paths), ==, 3);
  g_assert_cmpstr (paths[0], ==, "/home/u/.ssh");
  g_assert_cmpstr (paths[1], ==, "/home/u/.mozilla/firefox");
  g_assert_cmpstr (paths[2], ==, "/etc/x");
  none = pst_protected_parse ("", "/home/u", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (none), ==, 0);

  g_assert_null (pst_protected_parse ("~/.ssh\n.gnupg\n", "/home/u", &error));
  g_assert_cmpstr (error->message, ==, "line 2: “.gnupg” does not start with / or ~/");
  g_clear_error (&error);
  long_line[0] = '/';
  g_assert_null (pst_protected_parse (long_line, "/home/u", &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  config_home = g_dir_make_tmp ("postern-test-XXXXXX", NULL);
  g_test_add_func ("/user-dirs/defaults", test_defaults);
  g_test_add_func ("/user-dirs/localised", test_localised);
  g_test_add_func ("/user-dirs/malformed", test_malformed);
  g_test_add_func ("/user-dirs/title", test_title);
  g_test_add_func ("/user-dirs/protected", test_protected);
  status = g_test_run ();
  g_ptr_array_unref (read_dirs (NULL, "/"));
  g_rmdir (config_home);
  g_free (config_home);
  return status;
}
