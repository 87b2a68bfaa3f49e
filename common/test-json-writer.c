/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-json.h"

static void
test_objects (void)
{
  PstJson *json = pst_json_new ();
  g_autofree char *text = NULL;

  pst_json_begin (json);
  pst_json_string (json, "path", "a\"b\\\n\033[2J\342\200\256\377");
  pst_json_int (json, "n", -3);
  pst_json_bool (json, "ok", TRUE);
  pst_json_end (json);
  text = pst_json_to_text_free (json);
  g_assert_cmpstr (text, ==,
                   "[\n {\"path\": \"a\\u0022b\\u005c\\u000a\\u001b[2J\\u202e\357\277\275\", \"path_bytes\": "
                   "\"6122625c0a1b5b324ae280aeff\", \"n\": -3, \"ok\": true}\n]\n");
  g_free (text);
  text = pst_json_to_text_free (pst_json_new ());
  g_assert_cmpstr (text, ==, "[]\n");
}

/* As a whole, one object a line. */
static void
test_lines (void)
{
  PstJson *json = pst_json_new_lines ();
  g_autofree char *text = NULL;

  for (int i = 0; i < 2; i++)
    {
      pst_json_begin (json);
      pst_json_int (json, "n", i);
      pst_json_end (json);
    }
  text = pst_json_to_text_free (json);
  g_assert_cmpstr (text, ==, "{\"n\": 0}\n{\"n\": 1}\n");
}

/* What is invisible beyond the first 65536 characters is escaped as the two halves that JSON has for it. */
static void
test_far (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  pst_json_append_string (out, "\U000e0041\U0001f600");
  g_assert_cmpstr (out->str, ==, "\"\\udb40\\udc41\U0001f600\"");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-writer/objects", test_objects);
  g_test_add_func ("/json-writer/lines", test_lines);
  g_test_add_func ("/json-writer/far", test_far);
  return g_test_run ();
}
