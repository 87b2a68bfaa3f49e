/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-judge.h"

const char judge_text[] = "session org.example.Quiet * * allow\n"
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

PstHeader
judge_new_call (const char *destination, const char *interface, const char *member)
{
  return (PstHeader){ .type = PST_MESSAGE_CALL,
                      .serial = 1,
                      .path = "/",
                      .interface = interface,
                      .member = member,
                      .destination = destination,
                      .signature = "" };
}

PstHeader
judge_new_signal (const char *interface, const char *member)
{
  PstHeader header = judge_new_call (NULL, interface, member);

  header.type = PST_MESSAGE_SIGNAL;
  return header;
}

PstHeader
judge_new_bus_call (const char *member)
{
  PstHeader header = judge_new_call ("org.freedesktop.DBus", "org.freedesktop.DBus", member);

  header.path = "/org/freedesktop/DBus";
  header.signature = "su";
  return header;
}

Outcome
judge_for (const PstBusPolicy *policy, const PstNames *names, const char *name, const char *interface, const char *member,
           const char **ask_name)
{
  PstHeader header = judge_new_call (name, interface, member);
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

Outcome
judge (const PstBusPolicy *policy, const char *name, const char *interface, const char *member)
{
  g_autoptr (PstNames) names = pst_names_new ();
  const char *ask_name;
  Outcome outcome;

  pst_names_set_known (names, name);
  outcome = judge_for (policy, names, name, interface, member, &ask_name);
  if (outcome == ASK)
    g_assert_cmpstr (ask_name, ==, name);
  return outcome;
}
