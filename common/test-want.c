/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-want.h"

#include <string.h>

static void
test_understood (void)
{
  static const struct
  {
    const char *resource, *access;
    PstKind kind;
    PstAccess is;
  } good[] = {
    { "xdg:PICTURES", "view", PST_KIND_FILES, PST_ACCESS_VIEW },
    { "xdg:DOWNLOAD", "save", PST_KIND_FILES, PST_ACCESS_SAVE },
    { "~/Projects/a b", "change", PST_KIND_FILES, PST_ACCESS_CHANGE },
    { "/srv/media", "view", PST_KIND_FILES, PST_ACCESS_VIEW },
    { "session:org.freedesktop.secrets", "talk", PST_KIND_BUS, PST_ACCESS_TALK },
    { "system:org.freedesktop.UPower", "talk", PST_KIND_BUS, PST_ACCESS_TALK },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      const char *problem = NULL;
      g_autoptr (PstWant) want = pst_want_new (good[i].resource, good[i].access, &problem);

      g_assert_nonnull (want);
      g_assert_cmpstr (want->resource, ==, good[i].resource);
      g_assert_cmpint (want->kind, ==, good[i].kind);
      g_assert_cmpint (want->access, ==, good[i].is);
    }
}

static void
test_refused (void)
{
  static const char *const bad[][2] = {
    { "", "view" },
    { "Pictures", "view" },
    { "xdg:NOTHING", "view" },
    { "xdg:", "view" },
    { "~", "view" },
    { "~/", "view" },
    { "~/../etc", "view" },
    { "~/a/", "view" },
    { "~/a//b", "view" },
    { "~user/a", "view" },
    { "/a/./b", "view" },
    { "relative/path", "view" },
    { "xdg:PICTURES", "" },
    { "xdg:PICTURES", "allow" },
    { "xdg:PICTURES", "deny" },
    { "xdg:PICTURES", "talk" },
    { "xdg:PICTURES", "view " },
    { "session:", "talk" },
    { "session:org", "talk" },
    { "session:org.", "talk" },
    { "session:.org.x", "talk" },
    { "session:org..x", "talk" },
    { "session:org.1x", "talk" },
    { "session::1.5", "talk" },
    { "session:org.freedesktop.secrets/reading", "talk" },
    { "session:org.a b", "talk" },
    { "session:org.a\nb", "talk" },
    { "session:org.freedesktop.secrets", "own" },
    { "session:org.freedesktop.secrets", "see" },
    { "session:org.freedesktop.secrets", "view" },
    { "a11y:org.freedesktop.secrets", "talk" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *problem = NULL;

      g_assert_null (pst_want_new (bad[i][0], bad[i][1], &problem));
      g_assert_nonnull (problem);
    }
}

static void
test_list (void)
{
  g_autoptr (GPtrArray) wants = pst_wants_parse (" xdg:PICTURES = view ; nonsense; ~/a=b=change;;session:org.x=talk");

  g_assert_cmpuint (wants->len, ==, 3);
  g_assert_cmpstr (((PstWant *)wants->pdata[0])->resource, ==, "xdg:PICTURES");
  /* A path may hold an “=”. */
  g_assert_cmpstr (((PstWant *)wants->pdata[1])->resource, ==, "~/a=b");
  g_assert_cmpstr (((PstWant *)wants->pdata[2])->resource, ==, "session:org.x");
}

/* A packager's file is data of somebody else. */
static void
test_hostile_list (void)
{
  g_autoptr (GString) many = g_string_new (NULL), longest = g_string_new ("~/");
  g_autoptr (GPtrArray) wants = NULL;

  g_assert_null (pst_wants_parse (NULL));
  g_assert_null (pst_wants_parse (""));
  g_assert_null (pst_wants_parse (";;;;"));
  g_assert_null (pst_wants_parse ("~/\xff=view"));
  for (guint i = 0; i < 10000; i++)
    g_string_append_printf (many, "~/%u=view;", i);
  g_assert_null (pst_wants_parse (many->str));
  g_string_truncate (many, 0);
  for (guint i = 0; i < 400; i++)
    g_string_append_printf (many, "~/%u=view;", i);
  wants = pst_wants_parse (many->str);
  g_assert_cmpuint (wants->len, ==, PST_MAX_WANTS);
  for (guint i = 0; i < 3000; i++)
    g_string_append_c (longest, 'x');
  g_string_append (longest, "=view");
  g_assert_null (pst_wants_parse (longest->str));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/want/understood", test_understood);
  g_test_add_func ("/want/refused", test_refused);
  g_test_add_func ("/want/list", test_list);
  g_test_add_func ("/want/hostile-list", test_hostile_list);
  return g_test_run ();
}
