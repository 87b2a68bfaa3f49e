/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-history-row.h"

#define NOW 1795521600

/* @text: as it is told. (transfer full): the one row, as JSON. */
static char *
json_of (const char *what, const char *resource, PstAnswer answer, const char *text, gboolean *is_refusal, char **words)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  PstJson *json = pst_json_new_lines ();

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(txstsayuuus)"));
  g_variant_builder_add (&builder, "(txsts^ayuuus)", (guint64)7, (gint64)NOW, "a\"b", (guint64)3, what, resource,
                         PST_ACCESS_VIEW, (guint32)answer, 0u, text);
  list = g_variant_ref_sink (g_variant_builder_end (&builder));
  rows = pst_history_rows_parse (list);
  g_assert_cmpuint (rows->len, ==, 1);
  *is_refusal = pst_history_row_is_refusal (g_ptr_array_index (rows, 0));
  *words = pst_history_row_dup_words (g_ptr_array_index (rows, 0));
  pst_history_row_add_json (g_ptr_array_index (rows, 0), json);
  return pst_json_to_text_free (json);
}

static void
test_json (void)
{
  gboolean is_refusal;
  g_autofree char *words = NULL,
                  *text = json_of ("refused", "/x\n\xFF", 0, "\xE2\x80\xAE\\\n/usr/bin/cat", &is_refusal, &words);

  g_assert_true (is_refusal);
  g_assert_cmpstr (words, ==, "\xE2\x80\xAE\\ [/usr/bin/cat]");
  g_assert_cmpstr (
      text, ==,
      "{\"row\": 7, \"time\": 1795521600, \"app\": \"a\\u0022b\", \"sandbox\": 3, \"what\": \"refused\", \"resource\": "
      "\"/x\\u000a\xEF\xBF\xBD\", \"resource_bytes\": \"2f780aff\", \"access\": \"view\", \"answer\": \"\", "
      "\"lifetime\": \"\", \"text\": \"\\u202e\\u005c\", \"program\": \"/usr/bin/cat\"}\n");
}

static void
test_refusals (void)
{
  static const struct
  {
    const char *what, *resource;
    PstAnswer answer;
    gboolean is_refusal;
  } cases[] = { { "refused", "/x", 0, TRUE },
                { "refused", "", 0, FALSE },
                { "answered", "/x", PST_ANSWER_DENY, TRUE },
                { "answered", "/x", PST_ANSWER_HIDE, TRUE },
                { "answered", "/x", PST_ANSWER_ALLOW, FALSE },
                { "asked", "/x", 0, FALSE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gboolean is_refusal;
      g_autofree char *words = NULL;

      g_free (json_of (cases[i].what, cases[i].resource, cases[i].answer, "text", &is_refusal, &words));
      g_assert_cmpint (is_refusal, ==, cases[i].is_refusal);
      g_assert_cmpstr (words, ==, "text");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/history-row/json", test_json);
  g_test_add_func ("/history-row/refusals", test_refusals);
  return g_test_run ();
}
