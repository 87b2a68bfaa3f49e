/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue.h"

#include "expected.h"
#include "filter.h"

static const char text[] = "session org.example.Quiet * * allow\n"
                           "session org.example.Quiet org.example.Quiet Lock ask\n"
                           "session org.example.Quiet org.example.Quiet Halt deny\n"
                           "session org.example.Quiet org.example.Admin * deny\n"
                           "session org.example.Keys * * ask\n"
                           "session org.example.Keys org.example.Keys Count allow\n"
                           "session org.example.Notes org.example.Notes * allow\n"
                           "session org.example.Notes org.example.Notes Notify! ask\n"
                           "session org.example.Notes * * deny\n"
                           "session org.example.Lazy * * ask\n"
                           "session org.example.Lazy org.freedesktop.DBus StartServiceByName deny\n"
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

  pst_names_set_known (names, name);
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

/* A connection with two names, one of which is asked about, and one refused. */
static void
test_shared (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/",
                       .interface = "org.example.Keys",
                       .member = "Get",
                       .destination = ":1.5",
                       .signature = "" };
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

static PstBusVerdict
judge_notify (const PstBusPolicy *policy, const char *interface, const char *signature, gboolean have_body, gboolean no_actions)
{
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/",
                       .interface = interface,
                       .member = "Notify",
                       .destination = "org.example.Notes",
                       .signature = signature };
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .have_body = have_body, .no_actions = no_actions };
  const char *ask_name;

  pst_names_set_known (names, "org.example.Notes");
  return pst_filter_decide (&what, &ask_name);
}

/* By what is in it, and never before that is known. */
static void
test_actions (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
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

static PstBusVerdict
judge_bus (const PstBusPolicy *policy, const char *interface, const char *member, const char *arg)
{
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/org/freedesktop/DBus",
                       .interface = interface,
                       .member = member,
                       .destination = "org.freedesktop.DBus",
                       .signature = "su" };
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .have_body = TRUE, .arg = arg };
  const char *ask_name;

  return pst_filter_decide (&what, &ask_name);
}

static void
test_start_or_not (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  const char *bus = "org.freedesktop.DBus", *start = "StartServiceByName";

  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Keys"), ==, PST_BUS_PASS); /* a part of it is quiet */
  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Family"), ==, PST_BUS_ASK);
  g_assert_cmpint (judge_bus (policy, bus, start, "org.unknown.Name"), ==, PST_BUS_ASK);
  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Lazy"), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Never"), ==, PST_BUS_DENY);
}

/* What runs is not started; what is asked about or refused as a whole is still seen or not. */
static void
test_start_running (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/org/freedesktop/DBus",
                       .interface = "org.freedesktop.DBus",
                       .member = "StartServiceByName",
                       .destination = "org.freedesktop.DBus",
                       .signature = "su" };
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .have_body = TRUE, .arg = "org.example.Family" };
  const char *ask_name;

  pst_names_add_owner (names, ":1.5", "org.example.Family");
  pst_names_add_owner (names, ":1.6", "org.example.Never");
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_SAY_RUNS);
  what.arg = "org.example.Never";
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_DENY);
  what.arg = "org.example.Family";
  pst_names_lost_owner (names, ":1.5", "org.example.Family");
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_ASK);
  pst_names_add_owner (names, ":1.5", "org.example.Family");
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_SAY_RUNS);
  /* lost late: another has it */
  pst_names_add_owner (names, ":1.7", "org.example.Family");
  pst_names_lost_owner (names, ":1.5", "org.example.Family");
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_SAY_RUNS);
  pst_names_forget (names, ":1.7");
  g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_ASK);
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

/* Which match rules could be the proxy's own. */
static void
test_watch_rules (void)
{
  g_assert_true (pst_filter_is_watch ("type='signal',path_namespace='/a',arg0='b'"));
  g_assert_true (pst_filter_is_watch ("arg0namespace='b',path_namespace='/a'"));
  g_assert_true (pst_filter_is_watch ("path_namespace='/a', arg00='b'"));
  g_assert_true (pst_filter_is_watch ("path_namespace\t=\n'/a',\narg0 ='b'"));
  g_assert_false (pst_filter_is_watch ("type='signal',path_namespace='/org/target'"));
  g_assert_false (pst_filter_is_watch ("type='signal',arg0='b',path='/a'"));
  g_assert_false (pst_filter_is_watch (""));
}

/* dbus-python leaves the interface out; the bus takes its own. */
static void
test_bus_without_interface (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");

  g_assert_cmpint (judge_bus (policy, NULL, "RequestName", "org.example.Own"), ==, PST_BUS_SAY_OWNED);
  g_assert_cmpint (judge_bus (policy, NULL, "ListNames", NULL), ==, PST_BUS_LIST);
  g_assert_cmpint (judge_bus (policy, NULL, "GetNameOwner", "org.example.Never"), ==, PST_BUS_NO_OWNER);
  g_assert_cmpint (judge_bus (policy, NULL, "AddMatch", "eavesdrop=true"), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_bus (policy, NULL, "BecomeMonitor", NULL), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_bus (policy, NULL, "UpdateActivationEnvironment", NULL), ==, PST_BUS_DENY);
  policy->by_catalogue = FALSE;
  g_assert_cmpint (judge_bus (policy, NULL, "RequestName", "org.example.Own"), ==, PST_BUS_DENY);
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

static Outcome
judge_for (const PstBusPolicy *policy, const PstNames *names, const char *name, const char *interface, const char *member,
           const char **ask_name)
{
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/",
                       .interface = interface,
                       .member = member,
                       .destination = name,
                       .signature = "" };
  PstBusCase what = { .policy = policy, .names = names, .header = &header };

  switch (pst_filter_decide (&what, ask_name))
    {
    case PST_BUS_PASS:
      return ALLOW;
    case PST_BUS_ASK:
      return ASK;
    default:
      return DENY;
    }
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

static void
test_address (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse ("session org.a11y.Bus * * deny\n"
                                                         "session org.a11y.Bus org.a11y.Status * allow\n",
                                                         "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/org/a11y/bus",
                       .interface = "org.a11y.Bus",
                       .member = "GetAddress",
                       .destination = "org.a11y.Bus",
                       .signature = "" };
  PstBusCase what = { .policy = policy, .names = names, .header = &header };
  const char *ask;

  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_DENY);
  policy->address = g_strdup ("unix:path=/inside");
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_SAY_ADDRESS);
  header.type = PST_MESSAGE_SIGNAL;
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_DENY);
  header.type = PST_MESSAGE_CALL;
  header.destination = "org.other.Name";
  g_assert_cmpint (pst_filter_decide (&what, &ask), !=, PST_BUS_SAY_ADDRESS);
}

/* To start a service takes the mildest of what is said under its name. */
static void
test_start (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse ("session org.a.Listed * * deny\n"
                                                         "session org.a.Listed org.a.Listed * ask\n"
                                                         "session org.a.Quiet * * deny\n"
                                                         "session org.a.Quiet org.a.Quiet * allow\n"
                                                         "session org.a.Never * * deny\n"
                                                         "session org.a.Never org.a.Never * deny\n",
                                                         "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .path = "/org/freedesktop/DBus",
                       .interface = "org.freedesktop.DBus",
                       .member = "StartServiceByName",
                       .destination = "org.freedesktop.DBus",
                       .signature = "su" };
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .have_body = TRUE };
  static const struct
  {
    const char *name;
    PstBusVerdict verdict;
  } cases[] = {
    { "org.a.Listed", PST_BUS_ASK },
    { "org.a.Quiet", PST_BUS_PASS },
    { "org.a.Never", PST_BUS_DENY },
    { "org.a.Unknown", PST_BUS_ASK },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *ask;

      what.arg = cases[i].name;
      g_assert_cmpint (pst_filter_decide (&what, &ask), ==, cases[i].verdict);
    }
}

/* What would pass waits until it is known whose name it is. */
static void
test_known (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = { .type = PST_MESSAGE_CALL, .serial = 1, .path = "/", .interface = "a.b", .member = "C", .signature = "" };
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
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (text, "session");
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
  PstHeader call = { .type = PST_MESSAGE_CALL,
                     .serial = 1,
                     .path = "/root",
                     .interface = "org.a11y.atspi.Socket",
                     .member = "Embed",
                     .destination = "org.a11y.atspi.Registry",
                     .signature = "(so)" };
  PstHeader said = { .type = PST_MESSAGE_SIGNAL,
                     .serial = 1,
                     .path = "/a",
                     .interface = "org.a11y.atspi.Event.Object",
                     .member = "StateChanged",
                     .signature = "" };
  PstHeader asked = { .type = PST_MESSAGE_CALL,
                      .serial = 1,
                      .path = "/root",
                      .interface = "org.a11y.atspi.Application",
                      .member = "GetApplicationBusAddress",
                      .sender = ":1.9",
                      .destination = ":1.2",
                      .signature = "" };
  PstHeader heard = { .type = PST_MESSAGE_SIGNAL,
                      .serial = 1,
                      .path = "/a",
                      .interface = "org.a11y.atspi.Registry",
                      .member = "EventListenerRegistered",
                      .sender = ":1.1",
                      .signature = "" };

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
  {
    g_autoptr (PstBusPolicy) outside = pst_catalogue_parse ("own session org.example.Quiet\n", "session");

    what.policy = outside;
    g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_OWN_OUTSIDE);
    what.arg = "org.example.Quieter";
    g_assert_cmpint (pst_filter_decide (&what, &ask_name), ==, PST_BUS_SAY_OWNED);
    what.arg = "org.example.Quiet";
    what.policy = policy;
  }
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
  g_test_add_func ("/catalogue/shared", test_shared);
  g_test_add_func ("/catalogue/actions", test_actions);
  g_test_add_func ("/catalogue/start-or-not", test_start_or_not);
  g_test_add_func ("/catalogue/start-running", test_start_running);
  g_test_add_func ("/catalogue/bus-without-interface", test_bus_without_interface);
  g_test_add_func ("/catalogue/visible", test_visible);
  g_test_add_func ("/catalogue/signals", test_signals);
  g_test_add_func ("/catalogue/malformed", test_malformed);
  g_test_add_func ("/catalogue/own", test_own);
  g_test_add_func ("/catalogue/connection", test_connection);
  g_test_add_func ("/catalogue/address", test_address);
  g_test_add_func ("/catalogue/start", test_start);
  g_test_add_func ("/catalogue/known", test_known);
  g_test_add_func ("/catalogue/hidden-owner", test_hidden_owner);
  g_test_add_func ("/catalogue/outside", test_outside);
  g_test_add_func ("/catalogue/accessibility", test_accessibility);
  g_test_add_func ("/catalogue/bounds", test_bounds);
  g_test_add_func ("/catalogue/expected-keep", test_expected_keep);
  g_test_add_func ("/catalogue/watch-rules", test_watch_rules);
  return g_test_run ();
}
