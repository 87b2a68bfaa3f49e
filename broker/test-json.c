/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"
#include "pst-json.h"

#include <string.h>

static PstJsonText *
parse (const char *text)
{
  return pst_json_text_parse (text, strlen (text), NULL);
}

static void
test_values (void)
{
  g_autoptr (GError) error = NULL;
  static const char source[] = " {\"a\" : [1, -9223372036854775808 ,9223372036854775807,0,-0],\n"
                               "\"b\":{\"\":null},\r\n\t\"c\":true,\"d\":false,"
                               "\"e\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\ud83d\\ude00\xc3\xa4\", \"f\":[], \"g\":{} } \n";
  g_autoptr (PstJsonText) text = pst_json_text_parse (source, strlen (source), &error);
  const PstJsonValue *root, *a, *b, *e;

  g_assert_no_error (error);
  root = pst_json_text_get_root (text);
  a = pst_json_value_get (root, "a");
  b = pst_json_value_get (root, "b");
  e = pst_json_value_get (root, "e");
  g_assert_cmpuint (root->n, ==, 7);
  g_assert_cmpuint (a->n, ==, 5);
  g_assert_cmpint (a->values[0]->number, ==, 1);
  g_assert_cmpint (a->values[1]->number, ==, G_MININT64);
  g_assert_cmpint (a->values[2]->number, ==, G_MAXINT64);
  g_assert_cmpint (a->values[4]->number, ==, 0);
  g_assert_cmpint (pst_json_value_get (b, "")->type, ==, PST_JSON_NULL);
  g_assert_cmpuint (b->line, ==, 2);
  g_assert_true (pst_json_value_get (root, "c")->boolean);
  g_assert_false (pst_json_value_get (root, "d")->boolean);
  g_assert_cmpstr (e->string, ==, "\"\\/\b\f\n\r\t\xc3\xa4\xf0\x9f\x98\x80\xc3\xa4");
  g_assert_cmpuint (pst_json_value_get (root, "f")->n, ==, 0);
  g_assert_null (pst_json_value_get (root, "h"));
  g_assert_null (pst_json_value_get (a, "a"));
}

static void
test_refused (void)
{
  static const char *const bad[] = { "",
                                     " ",
                                     "{",
                                     "[",
                                     "[1",
                                     "[1,",
                                     "[1,]",
                                     "[,1]",
                                     "[1 2]",
                                     "[1}",
                                     "{1:2}",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{\"a\":1 \"b\":2}",
                                     "{\"a\":1,\"a\":1}",
                                     "{\"a\":1,\"\\u0061\":1}",
                                     "{'a':1}",
                                     "{a:1}",
                                     "nul",
                                     "True",
                                     "1.0",
                                     "1e3",
                                     "01",
                                     "-",
                                     "+1",
                                     "0x10",
                                     "9223372036854775808",
                                     "-9223372036854775809",
                                     "99999999999999999999999",
                                     "\"",
                                     "\"a",
                                     "\"\\",
                                     "\"\\\"",
                                     "\"\\x\"",
                                     "\"\\u12\"",
                                     "\"\\u12g4\"",
                                     "\"\\u0000\"",
                                     "\"\\ud800\"",
                                     "\"\\ud800\\u0041\"",
                                     "\"\\udc00\"",
                                     "\"\t\"",
                                     "\"\xff\"",
                                     "1 1",
                                     "{} x",
                                     "[] /* x */",
                                     "// x\n[]",
                                     "\xef\xbb\xbf[]" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PstJsonText) text = pst_json_text_parse (bad[i], strlen (bad[i]), &error);

      if (text)
        g_error ("“%s” is accepted", bad[i]);
      g_assert_true (g_str_has_prefix (error->message, "line "));
      g_assert_null (strchr (error->message, '\n'));
    }
  g_assert_null (pst_json_text_parse ("[]\0", 3, NULL));
}

/* As much as there can be of everything: it ends, soon, and with a sentence. */
static void
test_bounds (void)
{
  const gsize most = PST_JSON_MAX_SIZE;
  g_autofree char *brackets = g_malloc (most + 1), *zeros = g_malloc (most);
  g_autoptr (GError) deep = NULL, many = NULL, large = NULL;
  g_autoptr (PstJsonText) whole = parse ("[[[[[[[1]]]]]]]"), deeper = parse ("[[[[[[[[1]]]]]]]]");

  g_assert_nonnull (whole);
  g_assert_null (deeper);
  memset (brackets, '[', most + 1);
  g_assert_null (pst_json_text_parse (brackets, most, &deep));
  g_assert_nonnull (strstr (deep->message, "deeper"));
  g_assert_null (pst_json_text_parse (brackets, most + 1, &large));
  g_assert_nonnull (strstr (large->message, "16 MiB"));
  for (gsize i = 0; i < most; i++)
    zeros[i] = i == 0 ? '[' : i % 2 ? '0' : ',';
  g_assert_null (pst_json_text_parse (zeros, most, &many));
  g_assert_nonnull (strstr (many->message, "too many"));
}

static void
test_strings (void)
{
  static const char string[] = "a\"b\\c\n\x7f\x01ä😀/";
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (PstJsonText) text = NULL;

  pst_json_append_string (out, string);
  g_assert_cmpstr (out->str, ==, "\"a\\u0022b\\u005cc\\u000a\\u007f\\u0001ä😀/\"");
  text = parse (out->str);
  g_assert_cmpstr (pst_json_text_get_root (text)->string, ==, string);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/values", test_values);
  g_test_add_func ("/json/refused", test_refused);
  g_test_add_func ("/json/bounds", test_bounds);
  g_test_add_func ("/json/strings", test_strings);
  return g_test_run ();
}
