/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue.h"
#include "filter.h"

static const char text[] = "session org.example.Quiet * * allow\n"
                           "session org.example.Quiet org.example.Quiet Lock ask\n"
                           "session org.example.Quiet org.example.Quiet Halt deny\n"
                           "session org.example.Quiet org.example.Admin * deny\n"
                           "session org.example.Keys * * ask\n"
                           "session org.example.Keys org.example.Keys Count allow\n"
                           "session org.example.Never * * deny\n"
                           "session org.example.Family.* * * ask\n"
                           "session org.example.Family.One * * allow\n"
                           "system org.example.System * * allow\n";

typedef enum
{
  ALLOW,
  ASK,
  DENY,
} Outcome;

static Outcome
judge (const PstBusPolicy *policy, const char *name, const char *interface, const char *member)
{
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/",
                       .interface = interface,
                       .member = member,
                       .destination = name,
                       .signature = "" };
  PstBusCase what = { .policy = policy, .names = names, .header = &header };
  const char *ask_name;

  switch (pst_filter_decide (&what, &ask_name))
    {
    case PST_BUS_PASS:
      return ALLOW;
    case PST_BUS_ASK:
      g_assert_cmpstr (ask_name, ==, name);
      return ASK;
    default:
      return DENY;
    }
}

static void
test_calls (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");

  g_assert_nonnull (policy);
  g_assert_cmpint (judge (policy, "org.example.Quiet", "org.example.Quiet", "Inhibit"), ==, ALLOW);
  g_assert_cmpint (judge (policy, "org.example.Quiet", "org.example.Quiet", "Lock"), ==, ASK);
  g_assert_cmpint (judge (policy, "org.example.Quiet", "org.example.Quiet", "Halt"), ==, DENY);
  g_assert_cmpint (judge (policy, "org.example.Quiet", "org.example.Admin", "Anything"), ==, DENY);
  g_assert_cmpint (judge (policy, "org.example.Keys", "org.example.Keys", "Get"), ==, ASK);
  g_assert_cmpint (judge (policy, "org.example.Keys", "org.example.Keys", "Count"), ==, ALLOW);
  g_assert_cmpint (judge (policy, "org.example.Never", "org.example.Never", "Any"), ==, DENY);
  g_assert_cmpint (judge (policy, "org.example.Family", "a.b", "C"), ==, ASK);
  g_assert_cmpint (judge (policy, "org.example.Family.Two", "a.b", "C"), ==, ASK);
  g_assert_cmpint (judge (policy, "org.example.Family.One", "a.b", "C"), ==, ALLOW);
  g_assert_cmpint (judge (policy, "org.example.Family.One.Below", "a.b", "C"), ==, ASK);
  g_assert_cmpint (judge (policy, "org.unknown.Name", "a.b", "C"), ==, ASK);
  /* of the other bus */
  g_assert_cmpint (judge (policy, "org.example.System", "a.b", "C"), ==, ASK);
}

/* The way around every exception, if it were judged by the service's own rule. */
static void
test_no_interface (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");

  g_assert_cmpint (judge (policy, "org.example.Quiet", NULL, "Halt"), ==, DENY);
  g_assert_cmpint (judge (policy, "org.example.Quiet", NULL, "Lock"), ==, DENY); /* may be that of Admin */
  g_assert_cmpint (judge (policy, "org.example.Keys", NULL, "Count"), ==, ASK);
  g_assert_cmpint (judge (policy, "org.example.Family.One", NULL, "C"), ==, ALLOW);
}

static void
test_visible (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  static const struct
  {
    const char *name;
    PstBusLevel level;
  } cases[] = {
    { "org.example.Quiet", PST_BUS_TALK }, { "org.example.Keys", PST_BUS_TALK },      { "org.example.Never", PST_BUS_NONE },
    { "org.unknown.Name", PST_BUS_NONE },  { "org.example.Family.Two", PST_BUS_SEE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PstBusMatch match = { 0 };

      pst_bus_policy_match (policy, cases[i].name, NULL, &match);
      g_assert_cmpint (match.level, ==, cases[i].level);
    }
}

static void
test_signals (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  PstBusQuery query = { PST_BUS_BROADCASTS, "/", "org.example.Quiet", "Halt" };
  PstBusMatch quiet = { 0 }, keys = { 0 };

  pst_bus_policy_match (policy, "org.example.Quiet", &query, &quiet);
  g_assert_true (quiet.matched);
  query.interface = "org.example.Keys";
  query.member = "Count";
  pst_bus_policy_match (policy, "org.example.Keys", &query, &keys);
  g_assert_false (keys.matched);
  {
    g_autoptr (PstBusPolicy) narrow = pst_catalogue_parse ("session org.example.Shell * * deny\n"
                                                           "session org.example.Shell org.example.Shell * allow\n",
                                                           "session");
    PstBusMatch own = { 0 }, other = { 0 };

    query.interface = "org.example.Shell";
    pst_bus_policy_match (narrow, "org.example.Shell", &query, &own);
    g_assert_true (own.matched);
    g_assert_false (own.denied);
    query.interface = "org.example.Other";
    pst_bus_policy_match (narrow, "org.example.Shell", &query, &other);
    g_assert_false (other.matched);
  }
}

static void
test_malformed (void)
{
  static const char *const bad[] = { "x\n",
                                     "session org.a * * maybe\n",
                                     "session org.a * *\n",
                                     "session org.a * * allow more\n",
                                     "session org..a * * allow\n",
                                     "session :1.5 * * allow\n",
                                     "session org.a * Member allow\n",
                                     "elsewhere org.a * * allow\n",
                                     NULL };

  for (const char *const *one = bad; *one; one++)
    g_assert_null (pst_catalogue_parse (*one, "session"));
  {
    g_autoptr (PstBusPolicy) nothing = pst_catalogue_parse ("", "session");

    g_assert_cmpint (judge (nothing, "org.example.Quiet", "a.b", "C"), ==, ASK);
  }
}

/* Owning a name is pretended: the application goes on, and nobody outside is talked to or can be mistaken for. */
static void
test_own (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/org/freedesktop/DBus",
                       .interface = "org.freedesktop.DBus",
                       .member = "RequestName",
                       .destination = "org.freedesktop.DBus",
                       .signature = "su" };
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .have_body = TRUE, .arg = "org.example.Quiet" };
  const char *ask_name;

  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_SAY_OWNED);
  header.member = "ReleaseName";
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_SAY_OWNED);
  header.member = "ListQueuedOwners";
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_DENY);
  header.member = "RequestName";
  what.arg = ":1.7";
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_DENY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/catalogue/calls", test_calls);
  g_test_add_func ("/catalogue/no-interface", test_no_interface);
  g_test_add_func ("/catalogue/visible", test_visible);
  g_test_add_func ("/catalogue/signals", test_signals);
  g_test_add_func ("/catalogue/malformed", test_malformed);
  g_test_add_func ("/catalogue/own", test_own);
  return g_test_run ();
}
