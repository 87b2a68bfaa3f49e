/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter.h"

#include <string.h>

/* The contract above pst_filter_decide, line by line. */

static PstBusPolicy *
policy_new (void)
{
  PstBusPolicy *policy = pst_bus_policy_new ();

  policy->filter = TRUE;
  g_assert_true (pst_bus_policy_add (policy, "org.p.see", PST_BUS_SEE, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.p.talk", PST_BUS_TALK, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.p.own", PST_BUS_OWN, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.wild.*", PST_BUS_TALK, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.wild.bad", PST_BUS_NONE, PST_BUS_ANSWER_DENY));
  g_assert_true (pst_bus_policy_add (policy, "org.p.ask", PST_BUS_SEE, PST_BUS_ANSWER_ASK));
  g_assert_true (pst_bus_policy_add_rule (policy, "org.p.call", "org.i.f.M@/a/*", PST_BUS_CALLS));
  g_assert_true (pst_bus_policy_add_rule (policy, "org.p.call", "org.other.*", PST_BUS_CALLS));
  g_assert_true (pst_bus_policy_add_rule (policy, "org.p.call", "*@/exact", PST_BUS_BROADCASTS));
  return policy;
}

typedef struct
{
  PstBusPolicy *policy;
  PstNames *names;
  char ask[64];
} Fixture;

static PstBusVerdict
decide (Fixture *f, gboolean from_bus, const PstHeader *header, const char *arg)
{
  PstBusCase what = { .policy = f->policy, .names = f->names, .header = header, .from_bus = from_bus };
  const char *ask;
  PstBusVerdict verdict = pst_filter_decide (&what, &ask);

  if (verdict == PST_BUS_NEED_BODY)
    {
      what.have_body = TRUE;
      what.arg = arg;
      verdict = pst_filter_decide (&what, &ask);
      g_assert_true (verdict != PST_BUS_NEED_BODY);
    }
  g_assert_true ((verdict == PST_BUS_ASK) == (ask != NULL));
  g_strlcpy (f->ask, ask != NULL ? ask : "", sizeof f->ask);
  return verdict;
}

static PstBusVerdict
call (Fixture *f, const char *destination, const char *path, const char *interface, const char *member)
{
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .destination = destination,
                       .path = path,
                       .interface = interface,
                       .member = member,
                       .signature = "" };

  return decide (f, FALSE, &header, NULL);
}

static PstBusVerdict
bus_call (Fixture *f, const char *member, const char *arg)
{
  PstHeader header = { .type = PST_MESSAGE_CALL,
                       .serial = 1,
                       .destination = "org.freedesktop.DBus",
                       .path = "/",
                       .interface = "org.freedesktop.DBus",
                       .member = member,
                       .signature = "s" };

  return decide (f, FALSE, &header, arg);
}

static PstBusVerdict
broadcast (Fixture *f, const char *sender, const char *path, const char *interface, const char *member, const char *arg)
{
  PstHeader header = { .type = PST_MESSAGE_SIGNAL,
                       .serial = 1,
                       .sender = sender,
                       .path = path,
                       .interface = interface,
                       .member = member,
                       .signature = "sss" };

  return decide (f, TRUE, &header, arg);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->policy = policy_new ();
  f->names = pst_names_new ();
  pst_names_set_self (f->names, ":1.1");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  pst_bus_policy_free (f->policy);
  pst_names_free (f->names);
}

static void
test_calls (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (call (f, "org.p.none", "/", "a.b", "C"), ==, PST_BUS_HIDE);
  g_assert_cmpint (call (f, "org.p.see", "/", "a.b", "C"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, "org.p.talk", "/", "a.b", "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, "org.p.talk.below", "/", "a.b", "C"), ==, PST_BUS_HIDE);
  g_assert_cmpint (call (f, "org.p.own", "/", NULL, "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, "org.wild", "/", "a.b", "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, "org.wild.x.y", "/", "a.b", "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, "org.wilder", "/", "a.b", "C"), ==, PST_BUS_HIDE);
  g_assert_cmpint (call (f, "org.wild.bad", "/", "a.b", "C"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, ":1.1", "/", "a.b", "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, ":1.2", "/", "a.b", "C"), ==, PST_BUS_HIDE);

  g_assert_cmpint (call (f, "org.p.call", "/a", "org.i.f", "M"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, "org.p.call", "/a/b", "org.i.f", "M"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, "org.p.call", "/ab", "org.i.f", "M"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, "org.p.call", "/a", "org.i.f", "N"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, "org.p.call", "/a", NULL, "M"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, "org.p.call", "/z", "org.other", "Any"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, "org.p.call", "/exact", "x.y", "Z"), ==, PST_BUS_DENY);
}

static void
test_unique (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (call (f, ":1.9", "/", "a.b", "C"), ==, PST_BUS_HIDE);
  pst_names_saw (f->names, ":1.9");
  g_assert_cmpint (call (f, ":1.9", "/", "a.b", "C"), ==, PST_BUS_DENY);
  pst_names_add_owner (f->names, ":1.9", "org.p.talk");
  g_assert_cmpint (call (f, ":1.9", "/", "a.b", "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (broadcast (f, ":1.9", "/", "a.b", "C", NULL), ==, PST_BUS_PASS);
  pst_names_forget (f->names, ":1.9");
  g_assert_cmpint (call (f, ":1.9", "/", "a.b", "C"), ==, PST_BUS_HIDE);
  pst_names_add_owner (f->names, ":1.8", "org.p.call");
  g_assert_cmpint (call (f, ":1.8", "/a", "org.i.f", "M"), ==, PST_BUS_PASS);
  g_assert_cmpint (broadcast (f, ":1.8", "/a", "a.b", "C", NULL), ==, PST_BUS_DROP);
  g_assert_cmpint (broadcast (f, ":1.8", "/exact", "a.b", "C", NULL), ==, PST_BUS_PASS);
}

static void
test_bus (Fixture *f, gconstpointer data)
{
  static const char *const eavesdrops[] = { "eavesdrop=true", "type='signal',eavesdrop='true'", "eavesdrop \t=true",
                                            "eavesdrop\n='true'", "eavesdropeavesdrop=1" };

  g_assert_cmpint (bus_call (f, "Hello", NULL), ==, PST_BUS_HELLO);
  g_assert_cmpint (bus_call (f, "GetId", NULL), ==, PST_BUS_PASS);
  g_assert_cmpint (bus_call (f, "ListNames", NULL), ==, PST_BUS_LIST);
  g_assert_cmpint (bus_call (f, "BecomeMonitor", NULL), ==, PST_BUS_DENY);
  g_assert_cmpint (bus_call (f, "UpdateActivationEnvironment", NULL), ==, PST_BUS_DENY);
  g_assert_cmpint (bus_call (f, "Unheard", NULL), ==, PST_BUS_DENY);
  g_assert_cmpint (bus_call (f, "GetNameOwner", "org.p.see"), ==, PST_BUS_PASS);
  g_assert_cmpint (bus_call (f, "GetNameOwner", "org.p.none"), ==, PST_BUS_NO_OWNER);
  g_assert_cmpint (bus_call (f, "GetNameOwner", "no name"), ==, PST_BUS_NO_OWNER);
  g_assert_cmpint (bus_call (f, "GetNameOwner", NULL), ==, PST_BUS_NO_OWNER);
  g_assert_cmpint (bus_call (f, "NameHasOwner", "org.p.none"), ==, PST_BUS_SAY_FALSE);
  g_assert_cmpint (bus_call (f, "GetConnectionCredentials", "org.p.none"), ==, PST_BUS_HIDE);
  g_assert_cmpint (bus_call (f, "GetConnectionUnixProcessID", "org.p.see"), ==, PST_BUS_PASS);
  g_assert_cmpint (bus_call (f, "StartServiceByName", "org.p.see"), ==, PST_BUS_DENY);
  g_assert_cmpint (bus_call (f, "StartServiceByName", "org.p.talk"), ==, PST_BUS_PASS);
  g_assert_cmpint (bus_call (f, "RequestName", "org.p.talk"), ==, PST_BUS_DENY);
  g_assert_cmpint (bus_call (f, "RequestName", "org.p.own"), ==, PST_BUS_PASS);
  g_assert_cmpint (bus_call (f, "RequestName", "org.p.none"), ==, PST_BUS_HIDE);
  g_assert_cmpint (bus_call (f, "AddMatch", "type='signal'"), ==, PST_BUS_ADD_MATCH);
  g_assert_cmpint (bus_call (f, "AddMatch", "arg0='eavesdrop'"), ==, PST_BUS_ADD_MATCH);
  for (gsize i = 0; i < G_N_ELEMENTS (eavesdrops); i++)
    g_assert_cmpint (bus_call (f, "AddMatch", eavesdrops[i]), ==, PST_BUS_DENY);

  /* without an interface the daemon would take it for its own method */
  g_assert_cmpint (call (f, "org.freedesktop.DBus", "/", NULL, "ListNames"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, "org.freedesktop.DBus", "/", "org.freedesktop.DBus.Monitoring", "BecomeMonitor"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, NULL, "/", "org.freedesktop.DBus", "BecomeMonitor"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, NULL, "/", NULL, "ListNames"), ==, PST_BUS_DENY);
}

static void
test_from_bus (Fixture *f, gconstpointer data)
{
  PstHeader header = {
    .type = PST_MESSAGE_CALL, .serial = 1, .sender = ":1.77", .destination = ":1.1", .path = "/", .member = "M", .signature = ""
  };
#define CHANGED "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged"

  g_assert_cmpint (decide (f, TRUE, &header, NULL), ==, PST_BUS_PASS);
  g_assert_cmpint (broadcast (f, ":1.77", "/", "a.b", "C", NULL), ==, PST_BUS_DROP);
  g_assert_cmpint (broadcast (f, CHANGED, "org.p.see"), ==, PST_BUS_PASS);
  g_assert_cmpint (broadcast (f, CHANGED, "org.p.none"), ==, PST_BUS_DROP);
  g_assert_cmpint (broadcast (f, CHANGED, ":1.77"), ==, PST_BUS_DROP);
  g_assert_cmpint (broadcast (f, CHANGED, NULL), ==, PST_BUS_DROP);
  f->policy->sloppy_names = TRUE;
  g_assert_cmpint (broadcast (f, CHANGED, ":1.77"), ==, PST_BUS_PASS);
  g_assert_cmpint (broadcast (f, CHANGED, "org.p.none"), ==, PST_BUS_DROP);
}

static void
test_ask (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (call (f, "org.p.ask", "/", "a.b", "C"), ==, PST_BUS_ASK);
  g_assert_cmpstr (f->ask, ==, "org.p.ask");
  g_assert_cmpint (bus_call (f, "StartServiceByName", "org.p.ask"), ==, PST_BUS_ASK);
  g_assert_cmpint (bus_call (f, "GetNameOwner", "org.p.ask"), ==, PST_BUS_PASS);
  g_assert_cmpint (bus_call (f, "RequestName", "org.p.ask"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, "org.p.none", "/", "a.b", "C"), ==, PST_BUS_HIDE);
  pst_names_add_owner (f->names, ":1.5", "org.p.ask");
  g_assert_cmpint (call (f, ":1.5", "/", "a.b", "C"), ==, PST_BUS_ASK);
  g_assert_cmpstr (f->ask, ==, "org.p.ask");
  g_assert_cmpint (broadcast (f, ":1.5", "/", "a.b", "C", NULL), ==, PST_BUS_DROP);

  pst_names_set_answer (f->names, "org.p.ask", TRUE);
  g_assert_cmpint (call (f, "org.p.ask", "/", "a.b", "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (call (f, ":1.5", "/", "a.b", "C"), ==, PST_BUS_PASS);
  g_assert_cmpint (broadcast (f, ":1.5", "/", "a.b", "C", NULL), ==, PST_BUS_PASS);
  pst_names_set_answer (f->names, "org.p.ask", FALSE);
  g_assert_cmpint (call (f, "org.p.ask", "/", "a.b", "C"), ==, PST_BUS_DENY);

  f->policy->ask_undecided = TRUE;
  g_assert_cmpint (call (f, "org.p.none", "/", "a.b", "C"), ==, PST_BUS_ASK);
  g_assert_cmpint (call (f, "org.wild.bad", "/", "a.b", "C"), ==, PST_BUS_DENY);
  g_assert_cmpint (call (f, "org.p.see", "/", "a.b", "C"), ==, PST_BUS_DENY);
  g_assert_cmpint (bus_call (f, "GetNameOwner", "org.p.none"), ==, PST_BUS_NO_OWNER);
  g_assert_cmpint (call (f, ":1.99", "/", "a.b", "C"), ==, PST_BUS_HIDE);
}

static void
test_replies (Fixture *f, gconstpointer data)
{
  PstHeader header = {
    .type = PST_MESSAGE_RETURN, .serial = 1, .reply_serial = 4, .destination = "org.p.talk", .signature = ""
  };
  PstBusCase what = { .policy = f->policy, .names = f->names, .header = &header };
  const char *ask;

  for (int from_bus = 0; from_bus <= 1; from_bus++)
    {
      what.from_bus = from_bus;
      what.is_expected = FALSE;
      g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_DROP);
      what.is_expected = TRUE;
      g_assert_cmpint (pst_filter_decide (&what, &ask), ==, PST_BUS_PASS);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/dbus/filter/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("calls", test_calls);
  ADD ("unique", test_unique);
  ADD ("bus", test_bus);
  ADD ("from-bus", test_from_bus);
  ADD ("ask", test_ask);
  ADD ("replies", test_replies);
  return g_test_run ();
}
