/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "auth.h"
#include "filter.h"

#include <string.h>

/* The pure half of the D-Bus proxy: lines of authentication, headers, the verdict. What is parsed keeps within its bytes and
 * its syntax; what passes is what the contract of pst_filter_decide lets pass. */

static PstBusPolicy *policy;
static PstNames *names;

static void
set_up (void)
{
  policy = pst_bus_policy_new ();
  policy->filter = TRUE;
  g_assert_true (pst_bus_policy_add (policy, "org.t.*", PST_BUS_TALK, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.s", PST_BUS_SEE, PST_BUS_ANSWER_ALLOW));
  g_assert_true (pst_bus_policy_add (policy, "org.a", PST_BUS_SEE, PST_BUS_ANSWER_ASK));
  g_assert_true (pst_bus_policy_add_rule (policy, "org.c", "a.b.M@/x/*", PST_BUS_CALLS));
  names = pst_names_new ();
  pst_names_set_self (names, ":1.1");
  pst_names_saw (names, ":1.2");
  pst_names_add_owner (names, ":1.3", "org.t.x");
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

static void
check_verdict (const PstHeader *header, const uint8_t *body, gboolean whole)
{
  for (int from_bus = 0; from_bus <= 1; from_bus++)
    {
      PstBusCase what = { .policy = policy, .names = names, .header = header, .from_bus = from_bus };
      const char *ask, *destination = header->destination;
      PstBusVerdict verdict = pst_filter_decide (&what, &ask);
      guint32 offset = 0;

      if (verdict == PST_BUS_NEED_BODY)
        {
          if (!whole)
            continue;
          what.have_body = TRUE;
          what.arg = pst_message_get_string (header, body, &offset);
          if (what.arg != NULL)
            g_assert_true ((const uint8_t *)what.arg + strlen (what.arg) < body + header->body_length);
          verdict = pst_filter_decide (&what, &ask);
          g_assert_true (verdict != PST_BUS_NEED_BODY);
        }
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
