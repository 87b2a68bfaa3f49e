/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-services.h"

#include <string.h>

/* What a catalogue under test says, in few words. */

/* "session org.foo.Bar org.foo.Iface.Member" → the verdict, and the part whose question it is. */
G_GNUC_UNUSED static PstServiceMatch
ask (const PstServices *services, const char *const *modules, const char *what, PstServiceTraits traits)
{
  g_auto (GStrv) words = g_strsplit (what, " ", 3);
  char *dot = words[2] ? strrchr (words[2], '.') : NULL;
  PstServiceBus bus = 0;

  g_assert_true (pst_service_bus_from_string (words[0], &bus));
  if (dot)
    *dot = '\0';
  return pst_services_lookup (services, modules, bus, words[1], dot && *words[2] ? words[2] : NULL, dot ? dot + 1 : NULL,
                              traits);
}

G_GNUC_UNUSED static void
check (const PstServices *services, const char *what, PstServiceVerdict verdict, const char *part)
{
  PstServiceMatch match = ask (services, NULL, what, 0);

  g_test_message ("%s", what);
  g_assert_cmpint (match.verdict, ==, verdict);
  g_assert_cmpstr (match.entry ? match.entry->part : NULL, ==, part);
}
