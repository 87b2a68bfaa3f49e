/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who owns which names, and what follows for messages to them. */
#include "catalogue.h"
#include "expected.h"
#include "test-judge.h"

/* A connection with two names, one of which is asked about, and one refused. */
static void
test_shared (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = judge_new_call (":1.5", "org.example.Keys", "Get");
  PstBusCase what = { .policy = policy, .names = names, .header = &header };
  const char *ask_name;

  pst_names_add_owner (names, ":1.5", "org.example.Never");
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_DENY);
  pst_names_add_owner (names, ":1.5", "org.example.Keys");
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_ASK);
  g_assert_cmpstr (ask_name, ==, "org.example.Keys");
  header.member = "Count";
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_PASS);
}

/* Names and peers that come and go are forgotten in the end; what is there is not. */
static void
test_bounds (void)
{
  g_autoptr (PstNames) names = pst_names_new ();
  g_autoptr (GHashTable) numbers = NULL;
  char name[64], unique[64];

  pst_names_add_owner (names, ":1.1", "org.example.Stays");
  for (int i = 0; i < 1000; i++)
    {
      g_snprintf (name, sizeof name, "org.example.Family.n%d", i);
      pst_names_add_owner (names, ":1.1", name);
      pst_names_lost_owner (names, ":1.1", name);
    }
  g_assert_true (pst_names_owns (names, ":1.1", "org.example.Stays"));
  g_assert_true (pst_names_owns (names, ":1.1", name));
  g_assert_false (pst_names_owns (names, ":1.1", "org.example.Family.n0"));
  g_assert_true (pst_names_owns (names, ":1.1", "org.example.Family.n936"));
  g_assert_false (pst_names_owns (names, ":1.1", "org.example.Family.n935"));

  g_assert_false (pst_names_is_crowded (names));
  for (int i = 2; !pst_names_is_crowded (names); i++)
    {
      g_snprintf (unique, sizeof unique, ":1.%d", i);
      pst_names_add_owner (names, unique, "org.example.Family");
      pst_names_saw (names, unique);
    }
  g_assert_cmpuint (pst_names_get_n_peers (names), ==, PST_NAMES_CROWD);
  pst_names_is_there (names, ":1.1");
  pst_names_is_there (names, ":1.9");
  pst_names_is_there (names, "org.example.Family");
  numbers = pst_names_sweep (names);
  g_assert_cmpuint (g_hash_table_size (numbers), ==, 2);
  g_assert_true (g_hash_table_contains (numbers, GUINT_TO_POINTER (pst_names_get_number (names, ":1.9"))));
  g_assert_false (pst_names_is_crowded (names));
  g_assert_true (pst_names_owns (names, ":1.1", "org.example.Stays") && pst_names_owns (names, ":1.9", "org.example.Family"));
  g_assert_cmpuint (pst_names_get_number (names, unique), ==, 0);
  g_assert_false (pst_names_has_owner (names, "org.example.Family")); /* it was the last that came */
}

/* Calls of peers that have left are not waited for. */
static void
test_expected_keep (void)
{
  g_autoptr (GHashTable) peers = g_hash_table_new (NULL, NULL);
  PstExpected expected = { 0 };

  for (guint32 peer = 1; peer <= 200; peer++)
    for (guint32 serial = 1; serial <= 3; serial++)
      g_assert_true (pst_expected_add (&expected, peer, serial, 1));
  g_hash_table_add (peers, GUINT_TO_POINTER (7));
  g_hash_table_add (peers, GUINT_TO_POINTER (70));
  pst_expected_keep (&expected, peers);
  g_assert_cmpuint (expected.n, ==, 6);
  g_assert_cmpuint (pst_expected_take (&expected, 7, 3), ==, 1);
  g_assert_cmpuint (pst_expected_take (&expected, 8, 3), ==, 0);
  pst_expected_clear (&expected);
}

/* One connection has four names: a permission for one of them is none for what the others refuse. */
static void
test_connection (void)
{
  static const char shared[] = "session org.a.Files * * allow\n"
                               "session org.a.Files org.x.Listed * allow\n"
                               "session org.a.Shell * * deny\n"
                               "session org.a.Notes * * deny\n"
                               "session org.a.Notes org.a.Notes * allow\n"
                               "session org.a.Notes org.freedesktop.DBus.Properties Get allow\n"
                               "session org.a.Keys * * ask\n"
                               "session org.a.Keys org.x.Keys Read deny\n";
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (shared, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  const char *const ways[] = { "org.a.Files", ":1.7" };
  const char *ask;

  g_assert_nonnull (policy);
  pst_names_set_known (names, "org.a.Files");
  /* alone */
  g_assert_cmpint (judge_for (policy, names, "org.a.Files", "org.x.Script", "Run", &ask), ==, ALLOW);
  pst_names_add_owner (names, ":1.7", "org.a.Files");
  g_assert_cmpint (judge_for (policy, names, ":1.7", "org.x.Script", "Run", &ask), ==, ALLOW);
  /* the same with others on the connection */
  pst_names_add_owner (names, ":1.7", "org.a.Shell");
  pst_names_add_owner (names, ":1.7", "org.a.Notes");
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_assert_cmpint (judge_for (policy, names, ways[i], "org.x.Script", "Run", &ask), ==, DENY);
      g_assert_cmpint (judge_for (policy, names, ways[i], "org.a.Shell", "Eval", &ask), ==, DENY);
      g_assert_cmpint (judge_for (policy, names, ways[i], "org.a.Files.Of", "Open", &ask), ==, ALLOW);
      g_assert_cmpint (judge_for (policy, names, ways[i], "org.x.Listed", "Open", &ask), ==, ALLOW);
      g_assert_cmpint (judge_for (policy, names, ways[i], "org.a.Notes", "Notify", &ask), ==, ALLOW);
      g_assert_cmpint (judge_for (policy, names, ways[i], "org.freedesktop.DBus.Properties", "Get", &ask), ==, ALLOW);
      g_assert_cmpint (judge_for (policy, names, ways[i], "org.freedesktop.DBus.Properties", "Set", &ask), ==, DENY);
      g_assert_cmpint (judge_for (policy, names, ways[i], NULL, "Notify", &ask), ==, DENY);
    }
  /* a part that is refused stays so, whatever is allowed elsewhere */
  pst_names_add_owner (names, ":1.8", "org.a.Files");
  pst_names_add_owner (names, ":1.8", "org.a.Keys");
  g_assert_cmpint (judge_for (policy, names, ":1.8", "org.x.Keys", "Read", &ask), ==, DENY);
  g_assert_cmpint (judge_for (policy, names, ":1.8", "org.x.Keys", "List", &ask), ==, ASK);
  g_assert_cmpstr (ask, ==, "org.a.Keys");
  /* when it has left the bus, it has no say */
  pst_names_forget (names, ":1.7");
  pst_names_forget (names, ":1.8");
  g_assert_cmpint (judge_for (policy, names, "org.a.Files", "org.x.Script", "Run", &ask), ==, ALLOW);
  /* what is named after a service is its own, also when it is not known yet who owns what: a service that is started by the
   * call */
  g_assert_cmpint (judge_for (policy, names, "org.a.Files", "org.a.Shell.Screenshot", "Take", &ask), ==, DENY);
  g_assert_cmpint (judge_for (policy, names, "org.a.Files", "org.a.Keys", "List", &ask), ==, ASK);
  g_assert_cmpstr (ask, ==, "org.a.Keys");
  g_assert_cmpint (judge_for (policy, names, "org.a.Files", "org.a.Shellfish", "Take", &ask), ==, ALLOW);
}

/* What would pass waits until it is known whose name it is. */
static void
test_known (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = judge_new_call (NULL, "a.b", "C");
  PstBusCase what = { .policy = policy, .names = names, .header = &header };
  const char *ask;

  header.destination = "org.example.Quiet";
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_WATCH);
  pst_names_expect_owner (names, header.destination);
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_WATCH);
  g_assert_true (pst_names_expects_owner (names, header.destination));
  pst_names_set_known (names, header.destination);
  g_assert_false (pst_names_expects_owner (names, header.destination));
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_PASS);
  /* of a family that is watched, but for one that is being asked for */
  header.destination = "org.example.Family.One";
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_WATCH);
  pst_names_set_known (names, "org.example.Family.*");
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_PASS);
  pst_names_expect_owner (names, header.destination);
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_WATCH);
  /* what is refused is refused at once */
  header.destination = "org.example.Never";
  g_assert_cmpint (pst_filter_decide (&what, &ask), !=, PST_BUS_WATCH);
}

/* Who owns a name that is refused is known, and not seen. */
static void
test_hidden_owner (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstBusMatch match = { 0 };

  pst_names_add_owner (names, ":1.3", "org.example.Never");
  pst_names_match (names, policy, ":1.3", NULL, &match);
  g_assert_cmpint (match.level, ==, PST_BUS_NONE);
  pst_names_saw (names, ":1.3");
  pst_names_match (names, policy, ":1.3", NULL, &match);
  g_assert_cmpint (match.level, ==, PST_BUS_SEE);
}

static void
test_outside (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse ("own session org.mpris.MediaPlayer2.Totem.*\n"
                                                         "own session org.mpris.MediaPlayer2.vlc-{number}\n",
                                                         "session");
  static const struct
  {
    const char *name;
    gboolean outside;
  } cases[] = {
    { "org.mpris.MediaPlayer2.totem", TRUE },     { "org.mpris.MediaPlayer2.Totem.instance7", TRUE },
    { "org.mpris.MediaPlayer2.totem2", FALSE },   { "org.mpris.MediaPlayer2.tote", FALSE },
    { "org.mpris.MediaPlayer2.vlc-12", TRUE },    { "org.mpris.MediaPlayer2.vlc-", FALSE },
    { "org.mpris.MediaPlayer2.vlc-1x", FALSE },   { "org.mpris.MediaPlayer2.vlc", FALSE },
    { "org.mpris.MediaPlayer2.spotify", FALSE },  { "org.mpris.MediaPlayer2", FALSE },
    { "org.mpris.MediaPlayer2.totemx.y", FALSE },
  };

  g_assert_nonnull (policy);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (pst_catalogue_is_outside (policy, cases[i].name), ==, cases[i].outside);
  {
    g_autoptr (PstNames) names = pst_names_new ();

    for (guint i = 0; i < PST_NAMES_MAX_OUTSIDE; i++)
      {
        g_autofree char *name = g_strdup_printf ("org.mpris.MediaPlayer2.totem.i%u", i);

        g_assert_true (pst_names_claim (names, name));
      }
    g_assert_true (pst_names_claim (names, "org.mpris.MediaPlayer2.totem.i0"));
    g_assert_false (pst_names_claim (names, "org.mpris.MediaPlayer2.totem.other"));
    g_assert_true (pst_names_unclaim (names, "org.mpris.MediaPlayer2.totem.i0"));
    g_assert_false (pst_names_unclaim (names, "org.mpris.MediaPlayer2.totem.i0"));
    g_assert_true (pst_names_claim (names, "org.mpris.MediaPlayer2.totem.other"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/catalogue/shared", test_shared);
  g_test_add_func ("/catalogue/connection", test_connection);
  g_test_add_func ("/catalogue/known", test_known);
  g_test_add_func ("/catalogue/hidden-owner", test_hidden_owner);
  g_test_add_func ("/catalogue/outside", test_outside);
  g_test_add_func ("/catalogue/bounds", test_bounds);
  g_test_add_func ("/catalogue/expected-keep", test_expected_keep);
  return g_test_run ();
}
