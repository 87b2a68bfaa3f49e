/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-text.h"

#include <string.h>

static void
assert_shown (const char *untrusted, gsize max, const char *expected)
{
  g_autofree char *shown = pst_text_for_display (untrusted, max);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_plain (void)
{
  assert_shown ("holiday.jpg", 80, "holiday.jpg");
  assert_shown ("", 80, "");
  assert_shown (NULL, 80, "");
  assert_shown ("Grüße – 写真　一.png", 80, "Grüße – 写真　一.png");
  assert_shown ("e\u0301te\u0301", 80, "e\u0301te\u0301");
  assert_shown ("<b>&amp;\\</b>", 80, "<b>&amp;\\</b>"); /* no markup is made and none is taken out */
  assert_shown ("❤\ufe0f", 80, "❤\ufe0f");
}

static void
test_escaped (void)
{
  assert_shown ("a\nb\r\tc", 80, "a\\x0Ab\\x0D\\x09c");
  assert_shown ("\x1b[31mred\x7f", 80, "\\x1B[31mred\\x7F");
  assert_shown ("\xc2\x9b"
                "31m",
                80, "\\u{009B}31m");
  assert_shown ("gpj.\u202eexe", 80, "gpj.\\u{202E}exe");
  assert_shown ("\u2066a\u2069\u200f\u061c", 80, "\\u{2066}a\\u{2069}\\u{200F}\\u{061C}");
  assert_shown ("a\u200bb\u200d\ufeff\u00ad", 80, "a\\u{200B}b\\u{200D}\\u{FEFF}\\u{00AD}");
  assert_shown ("a\u2028b\u2029", 80, "a\\u{2028}b\\u{2029}");
  assert_shown ("\ue000\U000f0000", 80, "\\u{E000}\\u{F0000}");
  assert_shown ("\U000e0041", 80, "\\u{E0041}");
  assert_shown ("\u3164\u2800\u115f", 80, "\\u{3164}\\u{2800}\\u{115F}");
  assert_shown ("a\u200ab", 80, "a\\u{200A}b");
  assert_shown ("a\ufe0f", 80, "a\\u{FE0F}");
}

static void
test_invalid (void)
{
  assert_shown ("a\xff\xfe", 80, "a\\xFF\\xFE");
  assert_shown ("\xc3", 80, "\\xC3");
  assert_shown ("\xc3(", 80, "\\xC3(");
  assert_shown ("\xed\xa0\x80", 80, "\\xED\\xA0\\x80"); /* a surrogate */
  assert_shown ("\xc0\xaf", 80, "\\xC0\\xAF");          /* overlong */
  assert_shown ("\xf4\x90\x80\x80", 80, "\\xF4\\x90\\x80\\x80");
}

static void
test_marks (void)
{
  assert_shown ("\u0301a", 80, "\\u{0301}a"); /* nothing to stand on */
  assert_shown ("a\u0301\u0301\u0301\u0301\u0301b", 80, "a\u0301\u0301\u0301\u0301\\u{0301}b");
}

static void
test_shortened (void)
{
  assert_shown ("0123456789", 10, "0123456789");
  assert_shown ("0123456789", 9, "0123…6789");
  assert_shown ("0123456789", 8, "012…6789");
  assert_shown ("0123456789", 1, "…");
  assert_shown ("0123456789", 0, "");
  assert_shown ("\n\n\n\n", 9, "\\x0A…\\x0A"); /* never half an escape */
  assert_shown ("\n\n\n\n", 8, "…\\x0A");
  assert_shown ("abe\u0301fgh", 6, "ab…fgh");
}

/* What comes out: valid, short enough, and nothing in it that a terminal or a line of text would obey. */
static void
test_random (void)
{
  for (guint round = 0; round < 20000; round++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      gsize max = (gsize)g_test_rand_int_range (1, 40);
      g_autofree char *shown = NULL;

      for (gint n = g_test_rand_int_range (0, 40); n > 0; n--)
        if (g_test_rand_bit ())
          g_string_append_c (text, (char)g_test_rand_int_range (1, 256));
        else
          g_string_append_unichar (text, (gunichar)g_test_rand_int_range (1, 0x3100));
      shown = pst_text_for_display (text->str, max);
      g_assert_true (g_utf8_validate (shown, -1, NULL));
      g_assert_cmpint (g_utf8_strlen (shown, -1), <=, max);
      for (const char *p = shown; *p != '\0'; p = g_utf8_next_char (p))
        {
          gunichar c = g_utf8_get_char (p);

          g_assert_false (g_unichar_iscntrl (c));
          g_assert_false (g_unichar_type (c) == G_UNICODE_FORMAT);
          g_assert_true (g_unichar_isdefined (c));
        }
    }
}

static void
test_long (void)
{
  g_autofree char *text = g_strnfill (1 << 20, '\n');
  g_autofree char *shown = pst_text_for_display (text, 100);

  g_assert_cmpint (g_utf8_strlen (shown, -1), <=, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/plain", test_plain);
  g_test_add_func ("/text/escaped", test_escaped);
  g_test_add_func ("/text/invalid", test_invalid);
  g_test_add_func ("/text/marks", test_marks);
  g_test_add_func ("/text/shortened", test_shortened);
  g_test_add_func ("/text/random", test_random);
  g_test_add_func ("/text/long", test_long);
  return g_test_run ();
}
