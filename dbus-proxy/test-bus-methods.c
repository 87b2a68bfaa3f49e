/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is asked of the bus itself, or answered in its place. */
#include "catalogue.h"
#include "test-judge.h"

static PstBusVerdict
judge_bus (const PstBusPolicy *policy, const char *interface, const char *member, const char *arg)
{
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = judge_new_bus_call (member);
  PstBusCase what = { .policy = policy, .names = names, .header = &header, .have_body = TRUE, .arg = arg };
  const char *ask_name;

  header.interface = interface;
  return pst_filter_decide (&what, &ask_name);
}

static void
test_start_or_not (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  const char *bus = "org.freedesktop.DBus", *start = "StartServiceByName";

  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Keys"), ==, PST_BUS_PASS); /* a part of it is quiet */
  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Family"), ==, PST_BUS_ASK);
  g_assert_cmpint (judge_bus (policy, bus, start, "org.unknown.Name"), ==, PST_BUS_ASK);
  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Lazy"), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_bus (policy, bus, start, "org.example.Never"), ==, PST_BUS_DENY);
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
  PstHeader header = judge_new_bus_call ("StartServiceByName");
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

/* What runs is not started; what is asked about or refused as a whole is still seen or not. */
static void
test_start_running (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = judge_new_bus_call ("StartServiceByName");
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

/* dbus-python leaves the interface out; the bus takes its own. */
static void
test_bus_without_interface (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");

  g_assert_cmpint (judge_bus (policy, NULL, "RequestName", "org.example.Own"), ==, PST_BUS_SAY_OWNED);
  g_assert_cmpint (judge_bus (policy, NULL, "ListNames", NULL), ==, PST_BUS_LIST);
  g_assert_cmpint (judge_bus (policy, NULL, "GetNameOwner", "org.example.Never"), ==, PST_BUS_NO_OWNER);
  g_assert_cmpint (judge_bus (policy, NULL, "AddMatch", "eavesdrop=true"), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_bus (policy, NULL, "BecomeMonitor", NULL), ==, PST_BUS_DENY);
  g_assert_cmpint (judge_bus (policy, NULL, "UpdateActivationEnvironment", NULL), ==, PST_BUS_DENY);
  policy->by_catalogue = FALSE;
  g_assert_cmpint (judge_bus (policy, NULL, "RequestName", "org.example.Own"), ==, PST_BUS_DENY);
}

/* Owning a name is pretended: the application goes on, and nobody outside is talked to or can be mistaken for. */
static void
test_own (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse (judge_text, "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = judge_new_bus_call ("RequestName");
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

static void
test_address (void)
{
  g_autoptr (PstBusPolicy) policy = pst_catalogue_parse ("session org.a11y.Bus * * deny\n"
                                                         "session org.a11y.Bus org.a11y.Status * allow\n",
                                                         "session");
  g_autoptr (PstNames) names = pst_names_new ();
  PstHeader header = judge_new_call ("org.a11y.Bus", "org.a11y.Bus", "GetAddress");
  PstBusCase what = { .policy = policy, .names = names, .header = &header };
  const char *ask;

  header.path = "/org/a11y/bus";
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_DENY);
  policy->address = g_strdup ("unix:path=/inside");
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_SAY_ADDRESS);
  header.type = PST_MESSAGE_SIGNAL;
  g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_DENY);
  header.type = PST_MESSAGE_CALL;
  header.destination = "org.other.Name";
  g_assert_cmpint (pst_filter_decide (&what, &ask), !=, PST_BUS_SAY_ADDRESS);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/catalogue/start-or-not", test_start_or_not);
  g_test_add_func ("/catalogue/start-running", test_start_running);
  g_test_add_func ("/catalogue/bus-without-interface", test_bus_without_interface);
  g_test_add_func ("/catalogue/own", test_own);
  g_test_add_func ("/catalogue/address", test_address);
  g_test_add_func ("/catalogue/start", test_start);
  g_test_add_func ("/catalogue/watch-rules", test_watch_rules);
  return g_test_run ();
}
