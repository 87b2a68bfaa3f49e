/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-question.h"
#include "test-fake-broker.h"

#include <string.h>

static PstQuestion *
parse (const char *text, GError **error)
{
  g_autoptr (GVariant) details = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, error);

  g_assert_nonnull (details);
  return pst_question_new (7, details, error);
}

static PstQuestion *
parse_details (const char *extra)
{
  g_autofree char *text = fake_broker_details ("org.gnome.eog", extra);
  g_autoptr (GVariant) details = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
  PstQuestion *q;

  g_assert_nonnull (details);
  q = pst_question_new (7, details, NULL);
  g_assert_nonnull (q);
  return q;
}

static void
test_whole (void)
{
  g_autoptr (PstQuestion) q = parse_details ("'private_ok': <true>, 'sandbox': <uint64 3>, 'waiting': <['x', 'y']>,");

  g_assert_cmpuint (q->id, ==, 7);
  g_assert_cmpuint (q->sandbox, ==, 3);
  g_assert_cmpuint (q->n_scopes, ==, 3);
  g_assert_cmpuint (q->n_accesses, ==, 2);
  g_assert_cmpuint (q->n_waiting, ==, 2);
  g_assert_true (q->private_ok);
  g_assert_cmpstr (q->scopes[2], ==, "Only holiday.jpg");
  g_assert_cmpint (q->accesses[1].access, ==, PST_ACCESS_CHANGE);
}

static void
test_title_follows_choices (void)
{
  g_autoptr (PstQuestion) q = parse_details ("");
  g_autoptr (PstQuestion) odd = parse ("{'title': <'T'>, 'titles': <['a', 'b']>, 'scopes': <[('x', 'x'), ('y', 'y')]>,"
                                       " 'accesses': <[(@u 1, 'v'), (@u 2, 'c')]>}",
                                       NULL);

  g_assert_cmpstr (pst_question_title (q, 0, 1), ==, "Allow “Image Viewer” to view and change your Pictures?");
  g_assert_cmpstr (pst_question_title (q, 2, 0), ==, "Allow “Image Viewer” to view holiday.jpg?");
  g_assert_cmpstr (pst_question_title (q, 9, 9), ==, q->title);
  /* titles that do not match the choices are never mixed up */
  for (guint i = 0; i < 4; i++)
    g_assert_cmpstr (pst_question_title (odd, i / 2, i % 2), ==, "T");
}

static void
test_hostile_text (void)
{
  g_autoptr (PstQuestion) q =
      parse ("{'title': <'a\\u202eb\\u001b[31m<b>\\n'>, 'scope': <@u 5>, 'access': <@u 9>,"
             " 'scopes': <[('one\\u0007', '')]>, 'accesses': <[(@u 1, 'v\\u200b')]>, 'waiting': <['\\u0085']>}",
             NULL);

  g_assert_nonnull (q);
  g_assert_cmpuint (q->scope, ==, 0);
  g_assert_cmpuint (q->access, ==, 0);
  g_assert_null (strpbrk (q->title, "\033\n"));
  g_assert_null (strstr (q->title, "\u202e"));
  g_assert_nonnull (strstr (q->title, "<b>")); /* shown, not read */
  g_assert_null (strchr (q->scopes[0], '\a'));
  g_assert_null (strstr (q->accesses[0].label, "\u200b"));
  g_assert_null (strstr (q->waiting[0], "\xc2\x85"));
}

static void
test_bounded (void)
{
  g_autoptr (GString) long_text = g_string_new (NULL);
  GVariantBuilder details, scopes, waiting;
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (PstQuestion) q = NULL;

  for (int i = 0; i < 5000; i++)
    g_string_append (long_text, "å");
  g_variant_builder_init (&details, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_init (&scopes, G_VARIANT_TYPE ("a(ss)"));
  g_variant_builder_init (&waiting, G_VARIANT_TYPE_STRING_ARRAY);
  for (int i = 0; i < 1000; i++)
    {
      g_variant_builder_add (&scopes, "(ss)", long_text->str, "");
      g_variant_builder_add (&waiting, "s", long_text->str);
    }
  g_variant_builder_add (&details, "{sv}", "title", g_variant_new_string (long_text->str));
  g_variant_builder_add (&details, "{sv}", "scopes", g_variant_builder_end (&scopes));
  g_variant_builder_add (&details, "{sv}", "waiting", g_variant_builder_end (&waiting));
  variant = g_variant_ref_sink (g_variant_builder_end (&details));
  q = pst_question_new (1, variant, NULL);
  g_assert_nonnull (q);
  g_assert_cmpint (g_utf8_strlen (q->title, -1), <=, 260);
  g_assert_cmpuint (q->n_scopes, <=, 6);
  g_assert_cmpuint (q->n_waiting, <=, 64);
  g_assert_cmpint (g_utf8_strlen (q->scopes[0], -1), <=, 160);
}

static void
test_refused (void)
{
  static const char *const bad[] = {
    "@a{sv} {}",
    "{'title': <''>}",
    "{'title': <@u 1>}",
    "{'title': <'T'>, 'scopes': <['x']>}",
    "{'title': <'T'>, 'access': <'x'>}",
    "{'title': <'T'>, 'private_ok': <@u 1>}",
    "{'title': <'T'>, 'waiting': <'x'>}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (parse (bad[i], &error));
      g_assert_nonnull (error);
    }
}

static void
test_same (void)
{
  g_autoptr (PstQuestion) a = parse_details ("");
  g_autoptr (PstQuestion) b = parse_details ("'waiting': <['further']>,");
  g_autoptr (PstQuestion) c = parse_details ("'warning': <'careful'>,");
  g_autoptr (PstQuestion) d = parse_details ("'private_ok': <true>,");

  g_assert_true (pst_question_same (a, b));
  b->package[0] = 'E';
  g_assert_true (pst_question_same (a, b));
  g_assert_false (pst_question_same (a, c));
  g_assert_false (pst_question_same (a, d));
}

static void
test_verdicts (void)
{
  static const struct
  {
    PstChoice choice;
    PstAnswer answer;
    PstLifetime lifetime;
    gint64 until;
  } rows[] = {
    { PST_CHOICE_DENY, PST_ANSWER_DENY, PST_LIFETIME_ONCE, 0 },
    { PST_CHOICE_DENY_ALWAYS, PST_ANSWER_DENY, PST_LIFETIME_ALWAYS, 0 },
    { PST_CHOICE_HIDE, PST_ANSWER_HIDE, PST_LIFETIME_ONCE, 0 },
    { PST_CHOICE_HIDE_ALWAYS, PST_ANSWER_HIDE, PST_LIFETIME_ALWAYS, 0 },
    { PST_CHOICE_PRIVATE, PST_ANSWER_PRIVATE, PST_LIFETIME_ALWAYS, 0 },
    { PST_CHOICE_ALLOW_ONCE, PST_ANSWER_ALLOW, PST_LIFETIME_ONCE, 0 },
    { PST_CHOICE_ALLOW_SESSION, PST_ANSWER_ALLOW, PST_LIFETIME_SESSION, 0 },
    { PST_CHOICE_ALLOW_DAY, PST_ANSWER_ALLOW, PST_LIFETIME_UNTIL, 1000 + 86400 },
    { PST_CHOICE_ALLOW_WEEK, PST_ANSWER_ALLOW, PST_LIFETIME_UNTIL, 1000 + 7 * 86400 },
    { PST_CHOICE_ALLOW_MONTH, PST_ANSWER_ALLOW, PST_LIFETIME_UNTIL, 1000 + 30 * 86400 },
    { PST_CHOICE_ALLOW_ALWAYS, PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS, 0 },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (rows) == PST_N_CHOICES);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      PstVerdict v = pst_choice_verdict (rows[i].choice, 1000);
      g_autofree char *plain = pst_choice_label_plain (rows[i].choice);

      g_assert_cmpint (v.answer, ==, rows[i].answer);
      g_assert_cmpint (v.lifetime, ==, rows[i].lifetime);
      g_assert_cmpint (v.until, ==, rows[i].until);
      g_assert_null (strchr (plain, '_'));
      g_assert_nonnull (strchr (pst_choice_label (rows[i].choice), '_'));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/question/whole", test_whole);
  g_test_add_func ("/question/title-follows-choices", test_title_follows_choices);
  g_test_add_func ("/question/hostile-text", test_hostile_text);
  g_test_add_func ("/question/bounded", test_bounded);
  g_test_add_func ("/question/refused", test_refused);
  g_test_add_func ("/question/same", test_same);
  g_test_add_func ("/question/verdicts", test_verdicts);
  return g_test_run ();
}
