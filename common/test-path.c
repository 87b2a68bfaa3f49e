/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-path.h"

#include <limits.h>
#include <string.h>

static void
test_is_normal (void)
{
  static const char *const good[] = { "/", "/a", "/a/b", "/...", "/.a", "/a.", "/..a", "/a b/\xff", "/a\n" };
  static const char *const bad[] = { "",      "a",  ".",   "..",   "./a",   "//",   "/a/",   "//a",
                                     "/a//b", "/.", "/..", "/a/.", "/a/..", "/./a", "/../a", "~/a" };
  g_autofree char *longest = g_strnfill (PATH_MAX - 1, 'x');
  g_autofree char *too_long = g_strnfill (PATH_MAX, 'x');

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (pst_path_is_normal (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (pst_path_is_normal (bad[i]));
  longest[0] = too_long[0] = '/';
  g_assert_true (pst_path_is_normal (longest));
  g_assert_false (pst_path_is_normal (too_long));
}

static void
test_normalise (void)
{
  static const struct
  {
    const char *path, *cwd, *home, *expected;
  } cases[] = {
    { "/", NULL, NULL, "/" },
    { "", "/c/d", NULL, "/c/d" },
    { ".", "/c/d", NULL, "/c/d" },
    { "a", "/c/d", NULL, "/c/d/a" },
    { "a//b/./", "/c", NULL, "/c/a/b" },
    { "../x", "/c/d", NULL, "/c/x" },
    { "../../../x", "/c/d", NULL, "/x" },
    { "/a/../..", NULL, NULL, "/" },
    { "/a/b/../c", NULL, NULL, "/a/c" },
    { "~", "/c", "/home/u", "/home/u" },
    { "~/", "/c", "/home/u/", "/home/u" },
    { "~/p/../q", "/c", "/home/u", "/home/u/q" },
    { "~other/p", "/c", "/home/u", "/c/~other/p" },
    { "~/p", "/c", NULL, "/c/~/p" },
    { "/a/~/b", "/c", "/home/u", "/a/~/b" },
    { "a", NULL, NULL, "/a" },
    { "...", "/", NULL, "/..." },
  };
  g_autofree char *long_path = g_strnfill (PATH_MAX, 'x');
  g_autofree char *shrinks = NULL, *result = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *got = pst_path_normalise (cases[i].path, cases[i].cwd, cases[i].home);

      g_assert_cmpstr (got, ==, cases[i].expected);
    }
  g_assert_null (pst_path_normalise (long_path, "/", NULL));
  shrinks = g_strconcat ("/a/", long_path, "/../b", NULL);
  result = pst_path_normalise (shrinks, NULL, NULL);
  g_assert_cmpstr (result, ==, "/a/b");
}

/* Whatever goes in, what comes out is normal, and normalising it again changes nothing. */
static void
test_normalise_random (void)
{
  static const char *const parts[] = { "/", "//", ".", "..", "a", "~", "bc", "\xff", " " };

  for (guint round = 0; round < 20000; round++)
    {
      g_autoptr (GString) path = g_string_new (NULL);
      g_autofree char *once = NULL, *twice = NULL;

      for (gint n = g_test_rand_int_range (0, 12); n > 0; n--)
        g_string_append (path, parts[g_test_rand_int_range (0, G_N_ELEMENTS (parts))]);
      once = pst_path_normalise (path->str, "/c/d", "/home/u");
      g_assert_true (pst_path_is_normal (once));
      twice = pst_path_normalise (once, "/elsewhere", "/nobody");
      g_assert_cmpstr (once, ==, twice);
    }
}

static void
test_below (void)
{
  g_assert_true (pst_path_is_below_or_equal ("/", "/"));
  g_assert_true (pst_path_is_below_or_equal ("/a", "/"));
  g_assert_true (pst_path_is_below_or_equal ("/a", "/a"));
  g_assert_true (pst_path_is_below_or_equal ("/a/b/c", "/a"));
  g_assert_false (pst_path_is_below_or_equal ("/ab", "/a"));
  g_assert_false (pst_path_is_below_or_equal ("/a", "/a/b"));
  g_assert_false (pst_path_is_below_or_equal ("/", "/a"));
}

static void
test_name (void)
{
  g_assert_true (pst_name_is_valid ("a"));
  g_assert_true (pst_name_is_valid ("..."));
  g_assert_true (pst_name_is_valid (".a"));
  g_assert_false (pst_name_is_valid (""));
  g_assert_false (pst_name_is_valid ("."));
  g_assert_false (pst_name_is_valid (".."));
  g_assert_false (pst_name_is_valid ("/"));
  g_assert_false (pst_name_is_valid ("a/b"));
}

static void
test_abbreviate (void)
{
  static const struct
  {
    const char *path, *home, *expected;
  } cases[] = {
    { "/home/u/Pictures", "/home/u", "~/Pictures" },
    { "/home/u", "/home/u", "~" },
    { "/home/uv", "/home/u", "/home/uv" },
    { "/srv/x", "/home/u", "/srv/x" },
    { "/srv/x", NULL, "/srv/x" },
    { "/srv/x", "/", "/srv/x" },
    { "/", "/home/u", "/" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *got = pst_path_abbreviate (cases[i].path, cases[i].home);

      g_assert_cmpstr (got, ==, cases[i].expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/is-normal", test_is_normal);
  g_test_add_func ("/path/normalise", test_normalise);
  g_test_add_func ("/path/normalise-random", test_normalise_random);
  g_test_add_func ("/path/below", test_below);
  g_test_add_func ("/path/name", test_name);
  g_test_add_func ("/path/abbreviate", test_abbreviate);
  return g_test_run ();
}
