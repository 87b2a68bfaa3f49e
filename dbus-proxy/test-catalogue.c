/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the catalogue says of messages to services. */
#include "catalogue.h"
#include "test-judge.h"

static void
test_calls (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");

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
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");

  g_assert_cmpint (judge (policy, "org.example.Quiet", NULL, "Halt"), ==, DENY);
  g_assert_cmpint (judge (policy, "org.example.Quiet", NULL, "Lock"), ==, DENY); /* may be that of Admin */
  g_assert_cmpint (judge (policy, "org.example.Keys", NULL, "Count"), ==, ASK);
  g_assert_cmpint (judge (policy, "org.example.Family.One", NULL, "C"), ==, ALLOW);
}

/* The number of the person's rule by which a call goes out; 0: it goes without one; -1: it does not go. */
static gint64
used_by (const PstBusPolicy *policy, const PstNames *names, const char *name, const char *interface, const char *member)
{
  PstHeader header = judge_new_call (name, interface, member);
  guint64 number = 0;
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .used = &number };
  const char *ask_name;
  PstBusVerdict verdict = pst_filter_decide (&what, &ask_name);

  g_assert_true (verdict == PST_BUS_PASS || number == 0);
  return verdict == PST_BUS_PASS ? (gint64)number : -1;
}

static void
test_used (void)
{
  static const char text[] = "session org.t.Keys * * allow 7\n"
                             "session org.t.Keys org.t.Keys Count allow\n"
                             "session org.t.Keys org.t.Keys Read allow 8\n"
                             "session org.t.Keys org.t.Keys Drop ask\n"
                             "session org.t.Other org.t.Other * allow 9\n"
                             "session org.t.Other * * ask\n";
  static const char *const bad[] = { "session a.b * * ask 1\n",     "session a.b * * deny 1\n",
                                     "session a.b * * allow 0\n",   "session a.b * * allow -1\n",
                                     "session a.b * * allow 1x\n",  "session a.b * * allow \n",
                                     "session a.b * * allow 1 2\n", "session a.b * * allow 18446744073709551616\n" };
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  const char *keys = "org.t.Keys", *other = "org.t.Other";

  g_assert_nonnull (policy);
  pst_names_set_known (names, keys);
  pst_names_set_known (names, other);
  g_assert_cmpint (used_by (policy, names, keys, keys, "Any"), ==, 7);
  g_assert_cmpint (used_by (policy, names, keys, "a.b", "Any"), ==, 7);
  g_assert_cmpint (used_by (policy, names, keys, keys, "Count"), ==, 0);
  g_assert_cmpint (used_by (policy, names, keys, keys, "Read"), ==, 8);
  g_assert_cmpint (used_by (policy, names, keys, keys, "Drop"), ==, -1);
  /* Both names are of one connection: whose rule decides is who is used, also when it is called by its number. */
  pst_names_add_owner (names, ":1.5", keys);
  pst_names_add_owner (names, ":1.5", other);
  g_assert_cmpint (used_by (policy, names, keys, other, "Any"), ==, 9);
  g_assert_cmpint (used_by (policy, names, ":1.5", other, "Any"), ==, 9);
  g_assert_cmpint (used_by (policy, names, ":1.5", keys, "Read"), ==, 8);
  g_assert_cmpint (used_by (policy, names, "org.freedesktop.DBus", "org.freedesktop.DBus", "GetId"), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (pst_catalogue_parse (bad[i], "session"));
}

static PstBusVerdict
judge_notify (const PstBusPolicy *policy, const char *interface, const char *signature, gboolean have_body, gboolean no_actions)
{
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = judge_new_call ("org.example.Notes", interface, "Notify");
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .have_body = have_body, .no_actions = no_actions };
  const char *ask_name;

  header.signature = signature;
  pst_names_set_known (names, "org.example.Notes");
  return pst_filter_decide (&what, &ask_name);
}

/* By what is in it, and never before that is known. */
static void
test_actions (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  const char *signature = "susssasa{sv}i";

  g_assert_cmpint (judge_notify (policy, "org.example.Notes", signature, FALSE, TRUE), ==, PST_BUS_NEED_BODY);
  g_assert_cmpint (judge_notify (policy, "org.example.Notes", signature, TRUE, TRUE), ==, PST_BUS_PASS);
  g_assert_cmpint (judge_notify (policy, "org.example.Notes", signature, TRUE, FALSE), ==, PST_BUS_ASK);
  /* of other arguments nobody says that they have no buttons */
  g_assert_cmpint (judge_notify (policy, "org.example.Notes", "susssas", FALSE, FALSE), ==, PST_BUS_ASK);
  g_assert_cmpint (judge_notify (policy, NULL, signature, TRUE, TRUE), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_notify (policy, NULL, signature, TRUE, FALSE), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_notify (policy, "org.example.Other", signature, TRUE, TRUE), ==, PST_BUS_DENY);
}

static void
test_visible (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
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
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  PstBusQuery query = { PST_BUS_BROADCASTS, "/", "org.example.Quiet", "Halt" };
  PstBusMatch quiet = { 0 }, keys = { 0 };

  pst_bus_policy_match (policy, "org.example.Quiet", &query, &quiet);
  g_assert_true (quiet.matched);
  query.interface = "org.example.Keys";
  query.member = "Changed";
  pst_bus_policy_match (policy, "org.example.Keys", &query, &keys);
  g_assert_false (keys.matched);
  /* listed by its name */
  query.member = "Count";
  pst_bus_policy_match (policy, "org.example.Keys", &query, &keys);
  g_assert_true (keys.matched);
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
                                     "session org.a * *! allow\n",
                                     "session org.a a.b ! allow\n",
                                     "elsewhere org.a * * allow\n",
                                     "session org.a org.b M@x allow\n",
                                     "session org.a * *@/x allow\n",
                                     "own elsewhere org.a\n",
                                     "own session\n",
                                     "own session :1.1\n",
                                     "own session org.a more\n",
                                     NULL };

  for (const char *const *one = bad; *one; one++)
    g_assert_null (pst_catalogue_parse (*one, "session"));
  {
    g_autoptr (PstBusPolicy) nothing = pst_catalogue_parse ("", "session");

    g_assert_cmpint (judge (nothing, "org.example.Quiet", "a.b", "C"), ==, ASK);
  }
}

static PstBusVerdict
on_accessibility_bus (const PstNames *names, PstHeader *header, gboolean from_bus, const char *arg)
{
  static const char rules[] = "a11y org.a11y.atspi.Registry * * deny\n"
                              "a11y org.a11y.atspi.Registry org.a11y.atspi.Socket Embed@/root allow\n"
                              "a11y org.a11y.atspi.Registry org.a11y.atspi.Registry EventListenerRegistered allow\n";
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (rules, "a11y");
  PstBusCase what = { .policy = policy, .names = names, .header = header, .from_bus = from_bus };
  const char *ask;
  PstBusVerdict verdict = pst_filter_decide (&what, &ask);

  if (verdict != PST_BUS_NEED_BODY)
    return verdict;
  what.have_body = TRUE;
  what.arg = arg;
  return pst_filter_decide (&what, &ask);
}

static void
test_accessibility (void)
{
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader call = judge_new_call ("org.a11y.atspi.Registry", "org.a11y.atspi.Socket", "Embed");
  PstHeader said = judge_new_signal ("org.a11y.atspi.Event.Object", "StateChanged");
  PstHeader asked = judge_new_call (":1.2", "org.a11y.atspi.Application", "GetApplicationBusAddress");
  PstHeader heard = judge_new_signal ("org.a11y.atspi.Registry", "EventListenerRegistered");

  call.path = "/root";
  call.signature = "(so)";
  asked.path = "/root";
  asked.sender = ":1.9";
  heard.sender = ":1.1";
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, ":1.2"), ==, PST_BUS_WATCH);
  pst_names_set_known (names, "org.a11y.atspi.Registry");
  pst_names_set_self (names, ":1.2");
  pst_names_add_owner (names, ":1.1", "org.a11y.atspi.Registry");
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, ":1.2"), ==, PST_BUS_PASS);
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, ":1.3"), ==, PST_BUS_DENY);
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, NULL), ==, PST_BUS_DENY);
  call.destination = ":1.1";
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, ":1.2"), ==, PST_BUS_PASS);
  call.path = "/root/2";
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, ":1.2"), ==, PST_BUS_DENY);
  call.path = "/root";
  call.interface = NULL;
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, ":1.2"), ==, PST_BUS_DENY);
  call.interface = "org.a11y.atspi.Accessible";
  call.destination = "org.elsewhere.Name";
  g_assert_cmpint (on_accessibility_bus (names, &call, FALSE, ":1.2"), ==, PST_BUS_DENY);

  g_assert_cmpint (on_accessibility_bus (names, &said, FALSE, NULL), ==, PST_BUS_PASS);
  said.interface = "org.freedesktop.DBus";
  g_assert_cmpint (on_accessibility_bus (names, &said, FALSE, NULL), ==, PST_BUS_DROP);
  said.interface = "org.a11y.atspi.Event.Mouse";
  g_assert_cmpint (on_accessibility_bus (names, &said, FALSE, NULL), ==, PST_BUS_DROP);
  said.interface = "org.a11y.atspi.Registry";
  g_assert_cmpint (on_accessibility_bus (names, &said, FALSE, NULL), ==, PST_BUS_DROP);
  said.interface = "org.a11y.atspi.Cache";
  g_assert_cmpint (on_accessibility_bus (names, &said, FALSE, ":1.2"), ==, PST_BUS_PASS);
  g_assert_cmpint (on_accessibility_bus (names, &said, FALSE, ":1.3"), ==, PST_BUS_DROP);

  g_assert_cmpint (on_accessibility_bus (names, &asked, TRUE, NULL), ==, PST_BUS_SAY_NOTHING);
  asked.interface = NULL;
  g_assert_cmpint (on_accessibility_bus (names, &asked, TRUE, NULL), ==, PST_BUS_SAY_NOTHING);
  asked.member = "GetLocale";
  g_assert_cmpint (on_accessibility_bus (names, &asked, TRUE, NULL), ==, PST_BUS_PASS);

  g_assert_cmpint (on_accessibility_bus (names, &heard, TRUE, NULL), ==, PST_BUS_PASS);
  heard.member = "Other";
  g_assert_cmpint (on_accessibility_bus (names, &heard, TRUE, NULL), ==, PST_BUS_DROP);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/catalogue/calls", test_calls);
  g_test_add_func ("/catalogue/no-interface", test_no_interface);
  g_test_add_func ("/catalogue/used", test_used);
  g_test_add_func ("/catalogue/actions", test_actions);
  g_test_add_func ("/catalogue/visible", test_visible);
  g_test_add_func ("/catalogue/signals", test_signals);
  g_test_add_func ("/catalogue/malformed", test_malformed);
  g_test_add_func ("/catalogue/accessibility", test_accessibility);
  return g_test_run ();
}
