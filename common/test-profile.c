/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-profile.h"

#include <glib/gstdio.h>
#include <string.h>

static PstProfile *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  PstProfile *profile = pst_profile_parse (text, strlen (text), "test.profile", &error);

  g_assert_no_error (error);
  return profile;
}

static void
test_whole (void)
{
  g_autoptr (PstProfile) profile = parse ("# a comment\n"
                                          "\n"
                                          "[Application]\n"
                                          "Name = Image Viewer\n"
                                          "Icon=eog\r\n"
                                          "Executables=eog; /opt/v/bin/v ;;\n"
                                          "SuggestAccess=change\n"
                                          "Strict=true\n"
                                          "Sys=true\n"
                                          "NestedNamespaces=true\n"
                                          "Bus=false\n"
                                          "Modules=games; media-player;;\n"
                                          "Reason=It shows pictures = good\n"
                                          "[Files]\n"
                                          "xdg:PICTURES=view\n"
                                          "~/Projects=change\n"
                                          "~/a=b=save\n"
                                          "/srv/media=hide\n"
                                          "/srv/x=private\n"
                                          "/srv/y=ask\n"
                                          "/srv/z=deny\n"
                                          "/srv/w=allow");
  static const PstProfileRule expected[] = {
    { "xdg:PICTURES", PST_ACCESS_VIEW, PST_ANSWER_ALLOW }, { "~/Projects", PST_ACCESS_CHANGE, PST_ANSWER_ALLOW },
    { "~/a=b", PST_ACCESS_SAVE, PST_ANSWER_ALLOW },        { "/srv/media", PST_ACCESS_VIEW, PST_ANSWER_HIDE },
    { "/srv/x", PST_ACCESS_VIEW, PST_ANSWER_PRIVATE },     { "/srv/y", PST_ACCESS_VIEW, PST_ANSWER_ASK },
    { "/srv/z", PST_ACCESS_VIEW, PST_ANSWER_DENY },        { "/srv/w", PST_ACCESS_VIEW, PST_ANSWER_ALLOW },
  };
  const PstProfileRule *rules;
  gsize n_rules;

  g_assert_cmpstr (pst_profile_get_name (profile), ==, "Image Viewer");
  g_assert_cmpstr (pst_profile_get_icon (profile), ==, "eog");
  g_assert_cmpstr (pst_profile_get_reason (profile), ==, "It shows pictures = good");
  g_assert_cmpstr (pst_profile_get_executables (profile)[0], ==, "eog");
  g_assert_cmpstr (pst_profile_get_executables (profile)[1], ==, "/opt/v/bin/v");
  g_assert_null (pst_profile_get_executables (profile)[2]);
  g_assert_cmpint (pst_profile_get_suggested_access (profile), ==, PST_ACCESS_CHANGE);
  g_assert_true (pst_profile_get_strict (profile));
  g_assert_true (pst_profile_get_sys (profile));
  g_assert_true (pst_profile_get_nested_namespaces (profile));
  g_assert_false (pst_profile_get_bus (profile));
  g_assert_cmpstr (pst_profile_get_modules (profile)[0], ==, "games");
  g_assert_cmpstr (pst_profile_get_modules (profile)[1], ==, "media-player");
  g_assert_null (pst_profile_get_modules (profile)[2]);
  rules = pst_profile_get_rules (profile, &n_rules);
  g_assert_cmpuint (n_rules, ==, G_N_ELEMENTS (expected));
  for (gsize i = 0; i < n_rules; i++)
    {
      g_assert_cmpstr (rules[i].path, ==, expected[i].path);
      g_assert_cmpint (rules[i].access, ==, expected[i].access);
      g_assert_cmpint (rules[i].answer, ==, expected[i].answer);
    }
}

static void
test_wants (void)
{
  g_autoptr (PstProfile) profile = parse ("[Application]\n"
                                          "OneFolder=change\n"
                                          "[Wants]\n"
                                          "xdg:PICTURES=view\n"
                                          "~/a=b=save\n"
                                          "session:org.freedesktop.secrets = talk\n");
  g_autoptr (PstProfile) none = parse ("[Wants]\n");
  const GPtrArray *wants = pst_profile_get_wants (profile);
  const PstWant *last;

  g_assert_cmpint (pst_profile_get_one_folder (profile), ==, PST_ACCESS_CHANGE);
  g_assert_cmpuint (wants->len, ==, 3);
  g_assert_cmpstr (((const PstWant *)wants->pdata[0])->resource, ==, "xdg:PICTURES");
  g_assert_cmpstr (((const PstWant *)wants->pdata[1])->resource, ==, "~/a=b");
  g_assert_cmpint (((const PstWant *)wants->pdata[1])->access, ==, PST_ACCESS_SAVE);
  last = wants->pdata[2];
  g_assert_cmpint (last->kind, ==, PST_KIND_BUS);
  g_assert_cmpstr (last->resource, ==, "session:org.freedesktop.secrets");
  /* What is wanted is not allowed by that. */
  {
    gsize n_rules;

    pst_profile_get_rules (profile, &n_rules);
    g_assert_cmpuint (n_rules, ==, 0);
  }
  /* A section without a line says that nothing is wanted; none says nothing. */
  g_assert_cmpuint (pst_profile_get_wants (none)->len, ==, 0);
  g_assert_cmpint (pst_profile_get_one_folder (none), ==, 0);
  none = (pst_profile_free (none), parse (""));
  g_assert_null (pst_profile_get_wants (none));
}

/* More than a person could ever be shown is refused with a line number, not cut off in silence. */
static void
test_many_wants (void)
{
  g_autoptr (GString) text = g_string_new ("[Wants]\n");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (text, "~/%u=view\n", i);
  g_assert_null (pst_profile_parse (text->str, text->len, "t", &error));
  g_assert_cmpstr (error->message, ==, "t, line 34: [Wants] has more than 32 lines; remove some");
}

static void
test_empty (void)
{
  g_autoptr (PstProfile) profile = parse ("");
  g_autoptr (PstProfile) null = pst_profile_parse (NULL, 0, "x", NULL);
  gsize n_rules;

  g_assert_nonnull (null);
  g_assert_null (pst_profile_get_name (profile));
  g_assert_null (pst_profile_get_executables (profile)[0]);
  g_assert_cmpint (pst_profile_get_suggested_access (profile), ==, 0);
  g_assert_false (pst_profile_get_strict (profile));
  g_assert_true (pst_profile_get_bus (profile));
  g_assert_null (pst_profile_get_modules (profile)[0]);
  pst_profile_get_rules (profile, &n_rules);
  g_assert_cmpuint (n_rules, ==, 0);
}

/* Each is refused, and the message names the line and what is wrong there. */
static void
test_refused (void)
{
  static const struct
  {
    const char *text, *line, *word;
  } cases[] = {
    { "[Application]\nColour=red\n", "line 2:", "Colour" },
    { "Name=x\n", "line 1:", "before any section" },
    { "[Application]\n\n[Else]\n", "line 3:", "[Else]" },
    { "[Application]\nName\n", "line 2:", "key=value" },
    { "[Application]\nName=a\nName=b\n", "line 3:", "“Name” is there twice" },
    { "[Files]\n~/a=view\n~/a =deny\n", "line 3:", "“~/a” is there twice" },
    { "[Files]\n[Application]\n[Files]\n", "line 3:", "there twice" },
    { "[Application]\nStrict=yes\n", "line 2:", "Strict" },
    { "[Application]\nStrict=\n", "line 2:", "Strict" },
    { "[Application]\nSuggestAccess=save\n", "line 2:", "SuggestAccess" },
    { "[Application]\nSuggestAccess=allow\n", "line 2:", "SuggestAccess" },
    { "[Application]\nExecutables=a;bin/eog\n", "line 2:", "bin/eog" },
    { "[Application]\nExecutables=/usr/../eog\n", "line 2:", "/usr/../eog" },
    { "[Application]\nBus=no\n", "line 2:", "Bus" },
    { "[Application]\nModules=games;Office\n", "line 2:", "Office" },
    { "[Application]\nModules=games;../x\n", "line 2:", "../x" },
    { "[Application]\nModules=games;a;games\n", "line 2:", "“games” stands in Modules twice" },
    { "[Application]\nModules=a;b;c;d;e;f;g;h;i\n", "line 2:", "more than 8" },
    { "[Application]\nOneFolder=save\n", "line 2:", "OneFolder" },
    { "[Application]\nOneFolder=true\n", "line 2:", "OneFolder" },
    { "[Wants]\nxdg:PICTURES=allow\n", "line 2:", "xdg:PICTURES" },
    { "[Wants]\nxdg:PICTURES=hide\n", "line 2:", "view, change or save" },
    { "[Wants]\n~/../x=view\n", "line 2:", "~/../x" },
    { "[Wants]\nsession:org.x=own\n", "line 2:", "talk" },
    { "[Wants]\nsession:org.x/part=talk\n", "line 2:", "org.x/part" },
    { "[Wants]\nxdg:PICTURES=view\nxdg:PICTURES=change\n", "line 3:", "there twice" },
    { "[Files]\nPictures=view\n", "line 2:", "Pictures" },
    { "[Files]\n~=view\n", "line 2:", "~" },
    { "[Files]\n~/=view\n", "line 2:", "~/" },
    { "[Files]\n~user/x=view\n", "line 2:", "~user/x" },
    { "[Files]\n/a/../b=view\n", "line 2:", "/a/../b" },
    { "[Files]\n~/../other=view\n", "line 2:", "~/../other" },
    { "[Files]\n/a/=view\n", "line 2:", "/a/" },
    { "[Files]\nxdg:NOTHING=view\n", "line 2:", "xdg:NOTHING" },
    { "[Files]\nxdg:PICTURES/x=view\n", "line 2:", "xdg:PICTURES/x" },
    { "[Files]\n/a=\n", "line 2:", "/a" },
    { "[Files]\n/a=View\n", "line 2:", "/a" },
    { "[Files]\n/a=once\n", "line 2:", "/a" },
    { "[Files]\n\x1b[31m=view\n", "line 2:", "\\x1B[31m" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      PstProfile *profile = pst_profile_parse (cases[i].text, strlen (cases[i].text), "test.profile", &error);

      if (profile != NULL)
        g_error ("accepted: %s", cases[i].text);
      g_assert_error (error, PST_PROFILE_ERROR, 0);
      if (!g_str_has_prefix (error->message, "test.profile, ") || strstr (error->message, cases[i].line) == NULL ||
          strstr (error->message, cases[i].word) == NULL)
        g_error ("%s: expected “%s” and “%s”", error->message, cases[i].line, cases[i].word);
    }
}

static void
test_refused_bytes (void)
{
  static const char nul[] = "[Files]\n/a\0b=view\n";
  g_autoptr (GError) error = NULL;
  g_autofree char *large = g_strnfill ((64 << 10) + 1, '#');

  g_assert_null (pst_profile_parse (nul, sizeof nul - 1, "t", &error));
  g_assert_cmpstr (error->message, ==, "t, line 2: a NUL byte; write the profile as plain text");
  g_clear_error (&error);
  g_assert_null (pst_profile_parse ("[Application]\nName=\xff\n", 21, "t", &error));
  g_assert_error (error, PST_PROFILE_ERROR, 0);
  g_clear_error (&error);
  g_assert_null (pst_profile_parse (large, (64 << 10) + 1, "t", &error));
  g_assert_error (error, PST_PROFILE_ERROR, 0);
}

static void
test_load (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("postern-test-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (directory, "x.profile", NULL);
  g_autofree char *none = g_build_filename (directory, "none", NULL);
  PstProfile *profile;

  g_assert_true (g_file_set_contents (file, "[Application]\nName=X\n", -1, NULL));
  profile = pst_profile_load (file, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (pst_profile_get_name (profile), ==, "X");
  pst_profile_free (profile);
  g_assert_null (pst_profile_load (none, &error));
  g_assert_nonnull (strstr (error->message, none));
  g_clear_error (&error);
  g_assert_null (pst_profile_load (directory, &error));
  g_assert_error (error, PST_PROFILE_ERROR, 0);
  g_clear_error (&error);
  g_assert_null (pst_profile_load ("/dev/zero", &error));
  g_assert_error (error, PST_PROFILE_ERROR, 0);
  g_clear_error (&error);
  /* an empty file says nothing, and is none the worse for it */
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  profile = pst_profile_load (file, &error);
  g_assert_no_error (error);
  pst_profile_free (profile);
  pst_profile_free (NULL);
  g_unlink (file);
  g_rmdir (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profile/whole", test_whole);
  g_test_add_func ("/profile/wants", test_wants);
  g_test_add_func ("/profile/many-wants", test_many_wants);
  g_test_add_func ("/profile/empty", test_empty);
  g_test_add_func ("/profile/refused", test_refused);
  g_test_add_func ("/profile/refused-bytes", test_refused_bytes);
  g_test_add_func ("/profile/load", test_load);
  return g_test_run ();
}
