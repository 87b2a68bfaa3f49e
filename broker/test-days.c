/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which day it is, and what ends because nobody used it: by a clock that the test holds. */
#include "days.h"
#include "settings.h"
#include "unused.h"

#define DAY (24 * 60 * 60)

static gint64
run_on (PstDays *days, gint64 today)
{
  pst_days_advance (days, today);
  return pst_days_today (days, today);
}

static void
test_every_day (void)
{
  PstDays days = { 0 };

  for (gint64 day = 20000; day < 20400; day++)
    {
      g_assert_cmpint (run_on (&days, day), ==, day);
      g_assert_false (pst_days_advance (&days, day));
    }
  /* every three weeks */
  for (gint64 day = 20400; day < 21000; day += 21)
    g_assert_cmpint (run_on (&days, day), ==, day);
}

static void
test_away (void)
{
  PstDays days = { 0 };

  run_on (&days, 20000);
  for (gint64 day = 20200; day < 20206; day++)
    g_assert_cmpint (run_on (&days, day), ==, 20000);
  /* as often as it likes on one day */
  g_assert_cmpint (run_on (&days, 20205), ==, 20000);
  g_assert_cmpint (run_on (&days, 20206), ==, 20206);
  g_assert_cmpint (run_on (&days, 20207), ==, 20207);
}

/* A clock that is set wrong, and right again, as often as that may be. */
static void
test_wrong_clock (void)
{
  PstDays days = { 0 };

  for (gint64 day = 20000; day < 20050; day++)
    {
      g_assert_cmpint (run_on (&days, day), ==, day);
      g_assert_cmpint (run_on (&days, 30000 + day % 3), ==, day);
      g_assert_cmpint (run_on (&days, 40000 + day * 100), ==, day);
      /* before its time: nothing is older by that */
      g_assert_cmpint (run_on (&days, 0), ==, 0);
    }
}

/* The clock was wrong from the beginning: what was believed is far ahead, and is not gone by. */
static void
test_wrong_from_the_start (void)
{
  PstDays days = { 0 };

  run_on (&days, 40000);
  for (gint64 day = 20000; day < 20040; day++)
    g_assert_cmpint (run_on (&days, day), ==, day);
  g_assert_cmpint (days.believed, ==, 20039);
}

static void
test_extremes (void)
{
  static const gint64 all[] = { 0, 1, -1, 20000, G_MAXINT64 / (24 * 60 * 60), G_MININT64 / (24 * 60 * 60) };
  PstDays days = { 0 };

  for (gsize i = 0; i < 1000; i++)
    {
      gint64 today = all[(i * 7 + i / 5) % G_N_ELEMENTS (all)];

      g_assert_cmpint (run_on (&days, today), <=, today);
    }
}

static void
test_unused (void)
{
  PstStoredRule rule = { .app = (char *)"eog",
                         .kind = PST_KIND_FILES,
                         .answer = PST_ANSWER_ALLOW,
                         .access = PST_ACCESS_VIEW,
                         .lifetime = PST_LIFETIME_ALWAYS,
                         .created = 1000 * DAY };
  PstStoredApp app = { .id = (char *)"eog", .used = 1080 * DAY };

  g_assert_false (pst_unused_is (&rule, NULL, 1089, 90));
  g_assert_true (pst_unused_is (&rule, NULL, 1090, 90));
  g_assert_true (pst_unused_is (&rule, &app, 1090, 90));
  g_assert_false (pst_unused_is (&rule, &app, 5000, 0));
  rule.used = 1050 * DAY;
  g_assert_false (pst_unused_is (&rule, &app, 1139, 90));
  g_assert_true (pst_unused_is (&rule, &app, 1140, 90));
  /* used by a clock that was ahead: never too early */
  rule.used = 9000 * DAY;
  g_assert_false (pst_unused_is (&rule, &app, 1140, 90));
  rule.used = 0;
  app.locked = TRUE;
  g_assert_false (pst_unused_is (&rule, &app, 5000, 90));
  app.locked = FALSE;
  /* that the application is started every day does not use its services */
  rule.kind = PST_KIND_BUS;
  g_assert_false (pst_unused_is (&rule, &app, 1089, 90));
  g_assert_true (pst_unused_is (&rule, &app, 1090, 90));
  rule.kind = PST_KIND_FILES;
  for (PstAnswer answer = PST_ANSWER_DENY; answer <= PST_ANSWER_ASK; answer++)
    {
      rule.answer = answer;
      g_assert_false (pst_unused_is (&rule, &app, 5000, 90));
    }
  rule.answer = PST_ANSWER_ALLOW;
  rule.lifetime = PST_LIFETIME_UNTIL;
  g_assert_true (pst_unused_is (&rule, &app, 5000, 90));
  rule.lifetime = PST_LIFETIME_SESSION;
  g_assert_false (pst_unused_is (&rule, &app, 5000, 90));
  rule.lifetime = PST_LIFETIME_ONCE;
  g_assert_false (pst_unused_is (&rule, &app, 5000, 90));
}

static void
test_settings (void)
{
  PstSettings settings = { 1, 2, 3 };
  const char *sentence = NULL;

  g_assert_true (pst_settings_put (&settings, "history_rows", 1000, &sentence));
  g_assert_true (pst_settings_put (&settings, "history_days", 0, &sentence));
  g_assert_cmpuint (pst_settings_bounds (&settings, 7).rows, ==, 1000);
  g_assert_null (sentence);
  g_assert_false (pst_settings_put (&settings, "history_rows", 999, &sentence));
  g_assert_nonnull (sentence);
  g_assert_false (pst_settings_put (&settings, "history_rows", 1000001, &sentence));
  g_assert_false (pst_settings_put (&settings, "unused_days", G_MAXUINT, &sentence));
  g_assert_false (pst_settings_put (&settings, "none such", 1, &sentence));
  g_assert_true (pst_settings_put (&settings, "history_rows", 0, &sentence));
  g_assert_cmpuint (pst_settings_bounds (&settings, 7).rows, ==, PST_SETTINGS_MAX_ROWS);
  g_assert_cmpuint (settings.history_days, ==, 0);
  g_assert_cmpuint (settings.unused_days, ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/days/every-day", test_every_day);
  g_test_add_func ("/days/away", test_away);
  g_test_add_func ("/days/wrong-clock", test_wrong_clock);
  g_test_add_func ("/days/wrong-from-the-start", test_wrong_from_the_start);
  g_test_add_func ("/days/extremes", test_extremes);
  g_test_add_func ("/days/unused", test_unused);
  g_test_add_func ("/days/settings", test_settings);
  return g_test_run ();
}
