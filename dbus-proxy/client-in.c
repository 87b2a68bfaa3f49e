/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-private.h"

#include "build.h"

#include <stdio.h>
#include <string.h>

/* What the bus sends: replies, of which each must have been expected; broadcasts, which are filtered; and what peers write to
 * the client. */

#define BUS "org.freedesktop.DBus"
#define ERROR(name) "org.freedesktop.DBus.Error." name

static void
log_message (const PstHeader *header)
{
  const char *sender = header->sender != NULL ? header->sender : "(no sender)";

  switch (header->type)
    {
    case PST_MESSAGE_CALL:
      printf ("B%u: <- %s call %s.%s at %s\n", header->serial, sender, header->interface != NULL ? header->interface : "",
              header->member, header->path);
      break;
    case PST_MESSAGE_RETURN:
      printf ("B%u: <- %s return from C%u\n", header->serial, sender, header->reply_serial);
      break;
    case PST_MESSAGE_ERROR:
      printf ("B%u: <- %s return error %s from C%u\n", header->serial, sender, header->error_name, header->reply_serial);
      break;
    case PST_MESSAGE_SIGNAL:
      printf ("B%u: <- %s signal %s.%s at %s\n", header->serial, sender, header->interface, header->member, header->path);
      break;
    }
}

static gboolean
is_whole (const PstHeader *header, gsize size)
{
  return size >= (gsize)header->header_length + header->body_length;
}

static const char *
first_string (const PstHeader *header, const guint8 *data)
{
  guint32 offset = 0;

  return header->signature[0] == 's' ? pst_message_get_string (header, data + header->header_length, &offset) : NULL;
}

/* Calls @func for each string of the one array in the body; its bytes, with the length before them, are at @at. FALSE if the
 * body is something else. */
typedef void (*NameFunc) (PstClient *client, const char *name, const guint8 *at, gsize size, gpointer user_data);

static gboolean
for_each_name (PstClient *client, const PstHeader *header, const guint8 *data, NameFunc func, gpointer user_data)
{
  const guint8 *body = data + header->header_length;
  guint32 at = 4, end;

  if (strcmp (header->signature, "as") != 0 || header->body_length < 4)
    return FALSE;
  end = pst_message_read_u32 (header, body);
  if (end > header->body_length - 4)
    return FALSE;
  end += 4;
  while (at < end)
    {
      guint32 start = (at + 3) & ~3u, next = at;
      const char *name = pst_message_get_string (header, body, &next);

      if (name == NULL || next > end)
        return FALSE;
      func (client, name, body + start, next - start, user_data);
      at = next;
    }
  return TRUE;
}

static void
keep_visible (PstClient *client, const char *name, const guint8 *at, gsize size, gpointer user_data)
{
  static const guint8 zeroes[4];
  GByteArray *out = user_data;
  PstBusMatch match = { 0 };

  pst_names_match (client->names, client->bus_config->policy, name, NULL, &match);
  if (match.level < PST_BUS_SEE)
    return;
  g_byte_array_append (out, zeroes, (4 - out->len % 4) % 4);
  g_byte_array_append (out, at, (guint)size);
}

static PstFate
filter_list (PstClient *client, const PstHeader *header, const guint8 *data)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  guint32 length = 0;
  guint8 *message;
  gsize size;

  g_byte_array_append (body, (const guint8 *)&length, sizeof length);
  if (!for_each_name (client, header, data, keep_visible, body))
    return PST_FATE_DROP;
  length = header->big_endian ? GUINT32_TO_BE (body->len - 4) : GUINT32_TO_LE (body->len - 4);
  memcpy (body->data, &length, sizeof length);
  message = pst_build_with_body (header, data, body->data, body->len, &size);
  pst_side_send (&client->client, message, size, NULL, 0);
  return PST_FATE_DROP;
}

/* By a catalogue, what is refused by one name of a connection is so by all, and its owner must be known. A name that no rule
 * speaks of is asked for. */
static gboolean
is_tracked (const PstClient *client, const PstBusMatch *match)
{
  return match->level > PST_BUS_NONE || (client->bus_config->policy->by_catalogue && match->denied);
}

static void
query_if_ours (PstClient *client, const char *name, const guint8 *at, gsize size, gpointer user_data)
{
  PstBusMatch match = { 0 };

  if (client->dead || name[0] == ':' || strcmp (name, BUS) == 0 || !pst_bus_name_is_valid (name, strlen (name)))
    return;
  pst_bus_policy_match (client->bus_config->policy, name, NULL, &match);
  if (is_tracked (client, &match))
    pst_client_query_owner (client, name, FALSE);
}

static void
is_there (PstClient *client, const char *name, const guint8 *at, gsize size, gpointer user_data)
{
  pst_names_is_there (client->names, name);
}

static void
forget_others (PstClient *client)
{
  g_autoptr (GHashTable) numbers = pst_names_sweep (client->names);

  pst_expected_keep (&client->bus_calls, numbers);
}

static void
learn_owner (PstClient *client, const PstHeader *header, const guint8 *data)
{
  gpointer key = GUINT_TO_POINTER (header->reply_serial);
  const char *name = client->owner_queries != NULL ? g_hash_table_lookup (client->owner_queries, key) : NULL;
  const char *owner = header->type == PST_MESSAGE_RETURN ? first_string (header, data) : NULL;

  if (name == NULL)
    return;
  if (owner != NULL && owner[0] == ':' && pst_bus_name_is_valid (owner, strlen (owner)))
    pst_names_add_owner (client->names, owner, name);
  pst_names_set_known (client->names, name);
  pst_client_owner_known (client, name);
  g_hash_table_remove (client->owner_queries, key);
}

/* Our answer instead of the bus's to the Ping that it got. */
static void
answer (PstClient *client, const PstHeader *header, PstReplyKind kind)
{
  const char *self = pst_names_get_self (client->names);
  guint8 *data;
  gsize size;

  switch (kind)
    {
    case PST_REPLY_FALSE:
      data = pst_build_false (header->serial, header->reply_serial, self, &size);
      break;
    case PST_REPLY_ONE:
    case PST_REPLY_TWO:
      data = pst_build_number (header->serial, header->reply_serial, self, kind == PST_REPLY_ONE ? 1 : 2, &size);
      break;
    case PST_REPLY_ADDRESS:
      data = pst_build_string (header->serial, header->reply_serial, self, TRUE, client->bus_config->policy->address, &size);
      break;
    case PST_REPLY_UNKNOWN:
      data = pst_build_error (header->serial, header->reply_serial, self, ERROR ("ServiceUnknown"), "The name is not known",
                              &size);
      break;
    case PST_REPLY_NO_OWNER:
      data = pst_build_error (header->serial, header->reply_serial, self, ERROR ("NameHasNoOwner"), "The name has no owner",
                              &size);
      break;
    case PST_REPLY_LIMIT:
      data = pst_build_error (header->serial, header->reply_serial, self, ERROR ("LimitsExceeded"),
                              "Too much is waiting already", &size);
      break;
    default:
      data = pst_build_error (header->serial, header->reply_serial, self, ERROR ("AccessDenied"),
                              "The application may not do this", &size);
    }
  pst_side_send (&client->client, data, size, NULL, 0);
  if (client->bus_config->policy->log)
    printf ("*REWRITTEN*\n");
}

static PstFate
reply (PstClient *client, const PstHeader *header, const guint8 *data, gsize size)
{
  PstReplyKind kind = pst_expected_peek (&client->calls, 0, header->reply_serial);
  PstFate fate = PST_FATE_DROP;

  switch (kind)
    {
    case PST_REPLY_HELLO:
    case PST_REPLY_LIST:
    case PST_REPLY_LIST_OWN:
    case PST_REPLY_WHO_IS_THERE:
    case PST_REPLY_OWNER:
      if (!is_whole (header, size))
        return PST_FATE_WHOLE;
      break;
    default:
      break;
    }
  pst_expected_take (&client->calls, 0, header->reply_serial);
  switch (kind)
    {
    case PST_REPLY_PASS:
      fate = PST_FATE_PASS;
      break;
    case PST_REPLY_HELLO:
      if (header->type == PST_MESSAGE_RETURN && first_string (header, data) != NULL)
        pst_names_set_self (client->names, first_string (header, data));
      fate = PST_FATE_PASS;
      break;
    case PST_REPLY_LIST:
      fate = header->type == PST_MESSAGE_RETURN ? filter_list (client, header, data) : PST_FATE_PASS;
      break;
    case PST_REPLY_LIST_OWN:
      if (header->type == PST_MESSAGE_RETURN)
        for_each_name (client, header, data, query_if_ours, NULL);
      pst_client_await_owners (client);
      break;
    case PST_REPLY_WHO_IS_THERE:
      client->awaits_who = FALSE;
      if (header->type == PST_MESSAGE_RETURN && for_each_name (client, header, data, is_there, NULL))
        forget_others (client);
      break;
    case PST_REPLY_GO_ON:
      client->awaits_owners = FALSE;
      break;
    case PST_REPLY_OWNER:
      learn_owner (client, header, data);
      break;
    case PST_REPLY_DENIED:
    case PST_REPLY_UNKNOWN:
    case PST_REPLY_NO_OWNER:
    case PST_REPLY_FALSE:
    case PST_REPLY_ONE:
    case PST_REPLY_TWO:
    case PST_REPLY_ADDRESS:
    case PST_REPLY_LIMIT:
      answer (client, header, kind);
      break;
    case PST_REPLY_WATCHED:
      /* It may have taken all the room that there is for rules, for this very reason. */
      if (header->type == PST_MESSAGE_ERROR && client->bus_config->policy->by_catalogue)
        pst_client_close (client, "the bus has no room for its match rules");
      break;
    default:
      break;
    }
  if (fate == PST_FATE_PASS && header->sender != NULL && header->sender[0] == ':')
    {
      pst_names_saw (client->names, header->sender);
      pst_client_look_around (client);
    }
  if (client->dead)
    return PST_FATE_CLOSED;
  if (client->bus_config->policy->log && fate == PST_FATE_DROP)
    printf (kind == 0 ? "*Unexpected reply*\n" : "*SKIPPED*\n");
  return fate;
}

/* A name has changed hands: remember the new owner, and forget who is gone. */
static void
owner_changed (PstClient *client, const PstHeader *header, const guint8 *data)
{
  const guint8 *body = data + header->header_length;
  guint32 offset = 0;
  const char *name = pst_message_get_string (header, body, &offset);
  const char *old = name != NULL ? pst_message_get_string (header, body, &offset) : NULL;
  const char *new = old != NULL ? pst_message_get_string (header, body, &offset) : NULL;
  PstBusMatch match = { 0 };

  if (new == NULL || strcmp (header->signature, "sss") != 0)
    return;
  if (name[0] == ':')
    {
      if (new[0] == '\0')
        pst_names_forget (client->names, name);
      return;
    }
  if (old[0] == ':')
    pst_names_lost_owner (client->names, old, name);
  pst_names_match (client->names, client->bus_config->policy, name, NULL, &match);
  if (is_tracked (client, &match) && new[0] == ':' && pst_bus_name_is_valid (new, strlen (new)))
    pst_names_add_owner (client->names, new, name);
}

/* In the client's name. Nothing answers a reply, so its serial may be one for all. */
static void
say_nothing (PstClient *client, const PstHeader *header)
{
  gsize size;
  guint8 *data;

  if (!pst_header_wants_reply (header) || header->sender == NULL)
    return;
  data = pst_build_string (G_MAXUINT32, header->serial, header->sender, FALSE, "", &size);
  pst_side_send (&client->bus, data, size, NULL, 0);
}

PstFate
pst_client_from_bus (PstClient *client, const PstHeader *header, const guint8 *data, gsize size)
{
  PstBusCase what = { .policy = client->bus_config->policy, .names = client->names, .header = header, .from_bus = TRUE };
  const char *ask_name;
  PstBusVerdict verdict;
  guint32 peer = 0;

  if (header->reply_serial != 0)
    {
      if (client->bus_config->policy->log)
        log_message (header);
      return reply (client, header, data, size);
    }
  verdict = pst_filter_decide (&what, &ask_name);
  if (verdict == PST_BUS_NEED_BODY)
    {
      if (!is_whole (header, size))
        return PST_FATE_WHOLE;
      what.have_body = TRUE;
      what.arg = first_string (header, data);
      verdict = pst_filter_decide (&what, &ask_name);
      owner_changed (client, header, data);
      pst_client_look_around (client);
      if (client->dead)
        return PST_FATE_CLOSED;
    }
  if (client->bus_config->policy->log)
    {
      log_message (header);
      if (verdict != PST_BUS_PASS)
        printf ("*FILTERED IN*\n");
    }
  if (verdict == PST_BUS_SAY_NOTHING)
    say_nothing (client, header);
  if (verdict != PST_BUS_PASS)
    return PST_FATE_DROP;
  if (header->sender != NULL && header->sender[0] == ':')
    peer = pst_names_saw (client->names, header->sender);
  pst_client_look_around (client);
  if (client->dead)
    return PST_FATE_CLOSED;
  if (pst_header_wants_reply (header) && peer != 0)
    pst_expected_add (&client->bus_calls, peer, header->serial, PST_REPLY_PASS);
  return PST_FATE_PASS;
}
