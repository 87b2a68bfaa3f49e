/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth.h"
#include "expected.h"

#include <string.h>

static gssize
client (PstAuth *auth, const char *text)
{
  return pst_auth_from_client (auth, (const guint8 *)text, strlen (text));
}

static gssize
bus (PstAuth *auth, const char *text)
{
  return pst_auth_from_bus (auth, (const guint8 *)text, strlen (text));
}

static void
test_usual (void)
{
  PstAuth auth = { 0 };
  static const guint8 first[] = "\0AUTH EXTERNAL 30\r\n";

  g_assert_cmpint (pst_auth_from_client (&auth, first, sizeof first - 1), ==, sizeof first - 1);
  g_assert_cmpint (pst_auth_may_begin (&auth), ==, 0);
  g_assert_cmpint (bus (&auth, "OK 1234\r\n"), ==, 9);
  g_assert_cmpint (client (&auth, "NEGOTIATE_UNIX_FD\r\nBEGIN\r\nl\1\2"), ==, 19);
  g_assert_true (auth.got_begin);
  g_assert_cmpint (pst_auth_may_begin (&auth), ==, 0);
  g_assert_cmpint (bus (&auth, "AGREE_UNI"), ==, 0);
  g_assert_cmpint (bus (&auth, "AGREE_UNIX_FD\r\n"), ==, 15);
  g_assert_cmpint (pst_auth_may_begin (&auth), ==, 1);
}

static void
test_not_let_in (void)
{
  PstAuth auth = { .got_nul = TRUE };

  g_assert_cmpint (client (&auth, "AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"), ==, 21);
  g_assert_cmpint (bus (&auth, "DATA\r\n"), ==, 6);
  g_assert_cmpint (pst_auth_may_begin (&auth), ==, 0);
  g_assert_cmpint (bus (&auth, "REJECTED EXTERNAL\r\n"), ==, 19);
  g_assert_cmpint (pst_auth_may_begin (&auth), ==, -1);
  /* a reply to nothing */
  g_assert_cmpint (bus (&auth, "OK 1\r\n"), ==, -1);
}

static void
test_hostile (void)
{
  static const char *const bad[] = { "auth\r\n",  " BEGIN\r\n",    "\r\n",     "A\nBEGIN\r\n",
                                     "A\001\r\n", "A\303\244\r\n", "A\rB\r\n", "1" };
  g_autofree char *long_line = g_strnfill (PST_AUTH_MAX_LINE + 1, 'A');
  g_autoptr (GString) many = g_string_new (NULL);
  PstAuth none = { 0 }, auth = { .got_nul = TRUE };

  g_assert_cmpint (client (&none, "AUTH\r\n"), ==, -1);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      PstAuth one = { .got_nul = TRUE };
      g_assert_cmpint (client (&one, bad[i]), ==, -1);
    }
  g_assert_cmpint (client (&auth, long_line), ==, -1);
  for (guint i = 0; i <= PST_AUTH_MAX_LINES; i++)
    g_string_append (many, "AUTH\r\n");
  g_assert_cmpint (client (&auth, many->str), ==, -1);
  /* BEGINNING is no BEGIN; BEGIN with something behind it is one, as the daemon has it */
  auth = (PstAuth){ .got_nul = TRUE };
  g_assert_cmpint (client (&auth, "BEGINNING\r\n"), ==, 11);
  g_assert_false (auth.got_begin);
  g_assert_cmpint (client (&auth, "BEGIN x\r\n"), ==, 0);
  g_assert_true (auth.got_begin);
}

static void
test_expected (void)
{
  PstExpected expected = { 0 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GHashTable) model = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < 200000; i++)
    {
      guint32 serial = g_rand_int_range (rand, 1, 3000), peer = serial % 3;

      if (g_rand_boolean (rand))
        g_assert_true (pst_expected_add (&expected, peer, serial, 1 + serial % 7) ==
                       g_hash_table_add (model, GUINT_TO_POINTER (serial)));
      else
        g_assert_cmpint (pst_expected_take (&expected, peer, serial), ==,
                         g_hash_table_remove (model, GUINT_TO_POINTER (serial)) ? 1 + serial % 7 : 0);
      g_assert_cmpint (pst_expected_peek (&expected, peer + 3, serial), ==, 0);
    }
  g_assert_cmpuint (expected.n, ==, g_hash_table_size (model));
  pst_expected_clear (&expected);
  for (guint32 i = 1; i <= PST_EXPECTED_MAX; i++)
    g_assert_true (pst_expected_add (&expected, 0, i, 1));
  g_assert_false (pst_expected_add (&expected, 0, PST_EXPECTED_MAX + 1, 1));
  pst_expected_clear (&expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dbus/auth/usual", test_usual);
  g_test_add_func ("/dbus/auth/not-let-in", test_not_let_in);
  g_test_add_func ("/dbus/auth/hostile", test_hostile);
  g_test_add_func ("/dbus/expected", test_expected);
  return g_test_run ();
}
