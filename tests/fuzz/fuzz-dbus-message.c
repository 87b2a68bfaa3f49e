/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "auth.h"
#include "catalogue.h"
#include "filter.h"

#include <string.h>

/* The pure half of the D-Bus proxy: lines of authentication, headers, the verdict. What is parsed keeps within its bytes and
 * its syntax; what passes is what the contract of pst_filter_decide lets pass. */

static PstBusPolicy *policy, *catalogue, *accessibility;
static PstNames *names;

/* One connection, ":1.4", owns the names of the last two. */
static const char rules[] = "session org.t * * allow\n"
                            "session org.t org.t.Part Halt deny\n"
                            "session org.n * * deny\n"
                            "session org.n a.b M allow\n"
                            "own session org.m.*\n"
                            "a11y org.a11y.atspi.Registry * * deny\n"
                            "a11y org.a11y.atspi.Registry org.a11y.atspi.Socket Embed@/root allow\n";

static void
set_up (void)
{
  policy = pst_bus_policy_new ();
  policy->filter = TRUE;
  g_assert_true (pst_bus_policy_add (policy, "org.t.*", PST_BUS_TALK, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.s", PST_BUS_SEE, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.a", PST_BUS_SEE, PST_BUS_ANSWER_ASK));
  g_assert_true (pst_bus_policy_add_rule (policy, "org.c", "a.b.M@/x/*", PST_BUS_CALLS));
  catalogue = pst_catalogue_parse (rules, "session");
  accessibility = pst_catalogue_parse (rules, "a11y");
  g_assert_true (catalogue != NULL && accessibility != NULL);
  catalogue->address = g_strdup ("unix:path=/inside");
  names = pst_names_new ();
  pst_names_set_self (names, ":1.1");
  pst_names_saw (names, ":1.2");
  pst_names_add_owner (names, ":1.3", "org.t.x");
  pst_names_add_owner (names, ":1.4", "org.n");
  pst_names_add_owner (names, ":1.4", "org.a11y.atspi.Registry");
  pst_names_set_known (names, "org.n");
  pst_names_set_known (names, "org.a11y.atspi.Registry");
}

static void
check_auth (const uint8_t *data, size_t size)
{
  PstAuth auth = { 0 };
  size_t at = 0;

  while (at < size && !auth.got_begin)
    {
      gssize used = pst_auth_from_client (&auth, data + at, size - at);

      g_assert_true (used >= -1 && used <= (gssize)(size - at));
      if (used <= 0)
        break;
      for (gssize i = at == 0 ? 1 : 0; i < used; i++)
        g_assert_true (data[at + i] >= ' ' || strchr ("\r\n\t", data[at + i]) != NULL);
      at += used;
    }
  if (auth.got_begin)
    g_assert_true (size - at >= 7 && memcmp (data + at, "BEGIN", 5) == 0);
  auth = (PstAuth){ .n_requests = 3 };
  g_assert_true (pst_auth_from_bus (&auth, data, size) <= (gssize)size);
  g_assert_true (auth.n_replies <= 4);
}

/* The verdict, and in *@arg the string that it was made with. FALSE: the body that it takes is not there. */
static gboolean
decide (const PstBusPolicy *by, const PstHeader *header, const uint8_t *body, gboolean whole, gboolean from_bus,
        PstBusVerdict *verdict, const char **ask, const char **arg)
{
  PstBusCase what = { .policy = by, .names = names, .header = header, .from_bus = from_bus };
  guint32 offset = 0;

  *verdict = pst_filter_decide (&what, ask);
  *arg = NULL;
  if (*verdict != PST_BUS_NEED_BODY)
    return TRUE;
  if (!whole)
    return FALSE;
  what.have_body = TRUE;
  what.arg = *arg = pst_message_get_string (header, body, &offset);
  if (what.arg != NULL)
    g_assert_true ((const uint8_t *)what.arg + strlen (what.arg) < body + header->body_length);
  *verdict = pst_filter_decide (&what, ask);
  g_assert_true (*verdict != PST_BUS_NEED_BODY);
  return TRUE;
}

/* What leaves the client by the rules above. */
static void
check_catalogue (const PstHeader *header, const uint8_t *body, gboolean whole)
{
  const char *ask, *arg, *to = header->destination;
  PstBusVerdict verdict;

  if (decide (catalogue, header, body, whole, FALSE, &verdict, &ask, &arg))
    {
      g_assert_true ((ask != NULL) == (verdict == PST_BUS_ASK));
      if (verdict == PST_BUS_OWN_OUTSIDE)
        g_assert_true (g_ascii_strncasecmp (arg, "org.m", 5) == 0 && (arg[5] == '\0' || arg[5] == '.'));
      if (verdict == PST_BUS_PASS && to != NULL && (strcmp (to, "org.n") == 0 || strcmp (to, ":1.4") == 0))
        g_assert_true (strcmp (header->interface, "a.b") == 0 && strcmp (header->member, "M") == 0);
    }
  if (!decide (accessibility, header, body, whole, FALSE, &verdict, &ask, &arg))
    return;
  g_assert_true (verdict != PST_BUS_ASK && verdict != PST_BUS_OWN_OUTSIDE);
  if (verdict != PST_BUS_PASS)
    return;
  if (to == NULL && header->type == PST_MESSAGE_SIGNAL)
    g_assert_true (g_str_has_prefix (header->interface, "org.a11y.atspi.Event.") || g_strcmp0 (arg, ":1.1") == 0);
  else if (to != NULL && strcmp (to, "org.freedesktop.DBus") != 0 && strcmp (to, ":1.1") != 0)
    g_assert_true ((strcmp (to, ":1.4") == 0 || strcmp (to, "org.a11y.atspi.Registry") == 0) &&
                   strcmp (header->member, "Embed") == 0 && g_strcmp0 (arg, ":1.1") == 0);
}

static void
check_verdict (const PstHeader *header, const uint8_t *body, gboolean whole)
{
  check_catalogue (header, body, whole);
  for (int from_bus = 0; from_bus <= 1; from_bus++)
    {
      const char *ask, *arg, *destination = header->destination;
      PstBusVerdict verdict;

      decide (catalogue, header, body, whole, from_bus, &verdict, &ask, &arg);
      decide (accessibility, header, body, whole, from_bus, &verdict, &ask, &arg);
      if (!decide (policy, header, body, whole, from_bus, &verdict, &ask, &arg))
        continue;
      g_assert_true ((ask != NULL) == (verdict == PST_BUS_ASK));
      if (header->reply_serial != 0)
        g_assert_true (verdict == PST_BUS_DROP);
      if (verdict != PST_BUS_PASS || from_bus || destination == NULL || strcmp (destination, "org.freedesktop.DBus") == 0)
        continue;
      g_assert_true (strcmp (destination, ":1.1") == 0 || strcmp (destination, ":1.3") == 0 ||
                     strcmp (destination, "org.c") == 0 || strcmp (destination, "org.t") == 0 ||
                     g_str_has_prefix (destination, "org.t."));
      if (strcmp (destination, "org.c") == 0)
        g_assert_true (strcmp (header->interface, "a.b") == 0 && strcmp (header->member, "M") == 0);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  size_t at = 0;

  if (policy == NULL)
    set_up ();
  check_auth (data, size);
  while (size - at >= PST_MESSAGE_FIXED)
    {
      guint32 header_length, body_length;
      PstHeader header;

      if (!pst_header_frame (data + at, &header_length, &body_length) || header_length > size - at)
        break;
      g_assert_true (header_length >= PST_MESSAGE_FIXED && header_length + body_length <= PST_MESSAGE_MAX);
      if (pst_header_parse (data + at, header_length, &header) != NULL)
        break;
      g_assert_true (header.serial != 0 && header.type >= PST_MESSAGE_CALL && header.type <= PST_MESSAGE_SIGNAL);
      if (header.destination != NULL)
        g_assert_true (pst_bus_name_is_valid (header.destination, strlen (header.destination)));
      check_verdict (&header, data + at + header_length, size - at - header_length >= body_length);
      if (body_length > size - at - header_length)
        break;
      at += header_length + body_length;
    }
  return 0;
}
