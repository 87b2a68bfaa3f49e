/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-private.h"

#include "build.h"
#include "notification.h"

#include <stdio.h>
#include <string.h>

/* What the client sends. A call that does not pass is not answered by us at once: a Ping to the bus, of the same serial, goes
 * in its place, and what comes back is replaced by our answer. So answers arrive in the order of the calls, with serials of the
 * bus, whoever made them. Nothing else is made up here, except, after Hello, the questions by which the owners of the policy's
 * names become known. */

#define BUS "org.freedesktop.DBus"
#define DO_NOT_QUEUE 4 /* of RequestName */
#define SOFT_LIMIT (PST_EXPECTED_MAX - 1024)
/* Of an application. For each call and each answer of anybody dbus-daemon goes through all calls that are not answered yet:
 * with 100,000 of them, which it takes of two connections, everybody's take 2 ms instead of 0.2. */
#define MAX_UNANSWERED 4096      /* of one connection */
#define MAX_ALL_UNANSWERED 8192u /* of all */

static void
log_message (const PstHeader *header)
{
  const char *destination = header->destination != NULL ? header->destination : "(no dest)";

  switch (header->type)
    {
    case PST_MESSAGE_CALL:
      printf ("C%u: -> %s call %s.%s at %s\n", header->serial, destination, header->interface != NULL ? header->interface : "",
              header->member, header->path);
      break;
    case PST_MESSAGE_RETURN:
      printf ("C%u: -> %s return from B%u\n", header->serial, destination, header->reply_serial);
      break;
    case PST_MESSAGE_ERROR:
      printf ("C%u: -> %s return error %s from B%u\n", header->serial, destination, header->error_name, header->reply_serial);
      break;
    case PST_MESSAGE_SIGNAL:
      printf ("C%u: -> %s signal %s.%s at %s\n", header->serial, header->destination != NULL ? header->destination : "all",
              header->interface, header->member, header->path);
      break;
    }
}

static gboolean
expect (PstClient *client, guint32 serial, PstReplyKind kind)
{
  if (pst_expected_add (&client->calls, 0, serial, kind))
    return TRUE;
  /* Two calls of one serial would get each other's answers, and each other's filter. */
  pst_client_close (client, "a serial is used twice, or too many calls are unanswered");
  return FALSE;
}

static void
send_call (PstClient *client, guint32 serial, const char *interface, const char *member, const char *arg)
{
  gsize size;
  guint8 *data = pst_build_bus_call (serial, interface, member, arg, &size);

  pst_side_send (&client->bus, data, size, NULL, 0);
}

void
pst_client_refuse (PstClient *client, const PstHeader *header, PstReplyKind kind)
{
  if (client->bus_config->policy->log)
    printf ("*%s*%s\n", kind == PST_REPLY_DENIED || kind == PST_REPLY_LIMIT ? "DENIED" : "HIDDEN",
            pst_header_wants_reply (header) ? " (ping)" : "");
  if (!pst_header_wants_reply (header) || !expect (client, header->serial, kind))
    return;
  send_call (client, header->serial, BUS ".Peer", "Ping", NULL);
}

/* They go round; those that are not answered yet are passed over. */
static guint32
own_serial (PstClient *client, PstReplyKind kind)
{
  if (client->calls.n < PST_EXPECTED_MAX)
    for (guint i = 0; i < G_MAXUINT32 - PST_MAX_CLIENT_SERIAL; i++)
      {
        if (++client->last_own_serial == 0)
          client->last_own_serial = PST_MAX_CLIENT_SERIAL + 1;
        if (pst_expected_add (&client->calls, 0, client->last_own_serial, kind))
          return client->last_own_serial;
      }
  pst_client_close (client, "too many calls are unanswered");
  return 0;
}

/* The path makes it a rule that no library has, and that the client cannot strike out: see filter.c. */
static void
watch_owner (PstClient *client, const char *key, const char *name)
{
  guint32 serial = own_serial (client, PST_REPLY_WATCHED);
  g_autofree char *match = g_strdup_printf ("type='signal',sender='" BUS "',interface='" BUS "',member='NameOwnerChanged',"
                                            "path_namespace='/org/freedesktop/DBus',%s='%s'",
                                            key, name);

  if (serial != 0)
    send_call (client, serial, BUS, "AddMatch", match);
}

void
pst_client_query_owner (PstClient *client, const char *name, gboolean watch)
{
  guint32 serial;

  /* Watched first: no change can slip in between. */
  if (watch)
    watch_owner (client, "arg0", name);
  serial = client->dead ? 0 : own_serial (client, PST_REPLY_OWNER);
  if (serial == 0)
    return;
  if (client->owner_queries == NULL)
    client->owner_queries = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
  g_hash_table_insert (client->owner_queries, GUINT_TO_POINTER (serial), g_strdup (name));
  pst_names_expect_owner (client->names, name);
  send_call (client, serial, BUS, "GetNameOwner", name);
}

/* The bus answers in order. */
void
pst_client_await_owners (PstClient *client)
{
  guint32 serial = client->dead ? 0 : own_serial (client, PST_REPLY_GO_ON);

  if (serial == 0)
    return;
  send_call (client, serial, BUS ".Peer", "Ping", NULL);
  client->awaits_owners = TRUE;
}

void
pst_client_look_around (PstClient *client)
{
  guint32 serial;

  if (client->awaits_who || !pst_names_is_crowded (client->names))
    return;
  serial = own_serial (client, PST_REPLY_WHO_IS_THERE);
  if (serial == 0)
    return;
  send_call (client, serial, BUS, "ListNames", NULL);
  client->awaits_who = TRUE;
}

/* Called when Hello has been put into the queue, and when the policy is another one. */
void
pst_client_learn_owners (PstClient *client)
{
  const PstBusPolicy *policy = client->bus_config->policy;
  gboolean families = FALSE, any = FALSE;
  GHashTableIter iter;
  gpointer key, rules;
  guint32 serial;

  g_hash_table_iter_init (&iter, policy->names);
  while (!client->dead && g_hash_table_iter_next (&iter, &key, &rules))
    {
      const char *name = key;
      gboolean is_family = pst_bus_rules_have_subtree (rules);
      g_autofree char *pattern = is_family ? g_strconcat (name, ".*", NULL) : NULL;

      if (strcmp (name, BUS) == 0 || pst_names_is_watched (client->names, is_family ? pattern : name))
        continue;
      any = TRUE;
      if (!is_family)
        {
          pst_client_query_owner (client, name, TRUE);
          continue;
        }
      families = TRUE;
      pst_names_set_known (client->names, pattern);
      watch_owner (client, "arg0namespace", name);
    }
  if (client->dead || !any)
    return;
  /* Which names there are below a name, only the list says; then their owners are asked for. */
  if (families && (serial = own_serial (client, PST_REPLY_LIST_OWN)) != 0)
    {
      send_call (client, serial, BUS, "ListNames", NULL);
      client->awaits_owners = TRUE;
    }
  else if (policy->by_catalogue)
    {
      pst_client_await_owners (client);
    }
}

static gboolean
has_too_many (const PstClient *client)
{
  if (!client->bus_config->policy->by_catalogue)
    return client->calls.n >= SOFT_LIMIT;
  return client->calls.n >= MAX_UNANSWERED || *client->calls.total >= MAX_ALL_UNANSWERED;
}

static PstFate
pass (PstClient *client, const PstHeader *header, PstReplyKind kind)
{
  if (!pst_header_wants_reply (header))
    return PST_FATE_PASS;
  if (has_too_many (client))
    {
      pst_client_refuse (client, header, PST_REPLY_LIMIT);
      return client->dead ? PST_FATE_CLOSED : PST_FATE_DROP;
    }
  return expect (client, header->serial, kind) ? PST_FATE_PASS : PST_FATE_CLOSED;
}

static PstFate
refuse (PstClient *client, const PstHeader *header, PstReplyKind kind)
{
  pst_client_refuse (client, header, kind);
  return client->dead ? PST_FATE_CLOSED : PST_FATE_DROP;
}

void
pst_client_send_held (PstClient *client, guint8 *take_data, gsize size, int *take_fds, guint n_fds)
{
  PstSide *side = &client->client;
  guint32 header_length = 0, body_length = 0;
  guint before = side->n_fds;
  PstHeader header;
  PstFate fate = PST_FATE_DROP;
  int *fds;

  if (n_fds > 0)
    {
      /* Back to where they were when it was first judged: before all others. */
      side->fds = g_renew (int, side->fds, before + n_fds);
      memmove (side->fds + n_fds, side->fds, before * sizeof (int));
      memcpy (side->fds, take_fds, n_fds * sizeof (int));
      side->n_fds += n_fds;
      g_free (take_fds);
    }
  if (!client->dead && pst_header_frame (take_data, &header_length, &body_length) &&
      pst_header_parse (take_data, header_length, &header) == NULL)
    fate = pst_client_from_client (client, &header, take_data, size);
  pst_side_take_fds (side, side->n_fds - before, &fds);
  if (fate == PST_FATE_PASS)
    {
      pst_side_send (&client->bus, take_data, size, fds, n_fds);
      return;
    }
  g_free (take_data);
  if (fds != NULL)
    pst_fds_close (fds, n_fds);
}

static gboolean
may_ask (const PstClient *client)
{
  return client->bus_config->decider != NULL && !client->bus_config->decider->is_gone;
}

/* @name NULL without an @ask: until the owner of the destination is known. */
static PstFate
hold (PstClient *client, PstAsk *ask, const char *name, const PstHeader *header, const guint8 *data, gsize size)
{
  if (size < (gsize)header->header_length + header->body_length)
    {
      /* What is too long to be held is not asked about. */
      if (header->body_length > PST_MAX_WHOLE / 2)
        return refuse (client, header, PST_REPLY_LIMIT);
      return PST_FATE_WHOLE;
    }
  pst_client_hold (client, ask, name, header, data, size);
  return client->dead ? PST_FATE_CLOSED : PST_FATE_DROP;
}

/* RequestName or ReleaseName of a name that is the application's on the bus as well. Whoever owned it is left alone, nobody is
 * queued behind or made room for: of the flags only DO_NOT_QUEUE. Whatever the bus answers, the application is told that it
 * owns the name: it would otherwise talk to who does. */
static PstFate
own_outside (PstClient *client, const PstHeader *header, const guint8 *data, const char *name)
{
  const guint8 *body = data + header->header_length;
  guint32 offset = 0;
  guint8 *copy;
  gsize size;

  if (strcmp (header->member, "ReleaseName") == 0)
    {
      if (strcmp (header->signature, "s") != 0 || !pst_names_unclaim (client->names, name))
        return refuse (client, header, PST_REPLY_ONE);
      return pass (client, header, PST_REPLY_ONE);
    }
  if (strcmp (header->signature, "su") != 0 || header->n_fds > 0 || pst_message_get_string (header, body, &offset) == NULL ||
      ((offset + 3) & ~3u) + 4 != header->body_length || !pst_names_claim (client->names, name))
    return refuse (client, header, PST_REPLY_ONE);
  if (pst_header_wants_reply (header) && !expect (client, header->serial, PST_REPLY_ONE))
    return PST_FATE_CLOSED;
  copy = pst_build_with_last_u32 (header, data, DO_NOT_QUEUE, &size);
  pst_side_send (&client->bus, copy, size, NULL, 0);
  return PST_FATE_DROP;
}

static gboolean
is_expected (PstClient *client, const PstHeader *header)
{
  guint32 peer;

  /* Only to who has called; serials are the caller's, and two may use the same. */
  if (header->reply_serial == 0 || header->destination == NULL)
    return FALSE;
  peer = pst_names_get_number (client->names, header->destination);
  return peer != 0 && pst_expected_take (&client->bus_calls, peer, header->reply_serial) != 0;
}

static void
tell_used (PstClient *client, guint64 number)
{
  const PstDecider *decider = client->bus_config->decider;

  if (decider != NULL && decider->used != NULL)
    decider->used (number, decider->user_data);
}

/* Without a catalogue it is not known whose connections are one application's: as xdg-dbus-proxy has it. */
static PstFate
add_match (PstClient *client, const PstHeader *header, const char *rule)
{
  PstFate fate;

  if (!client->bus_config->policy->by_catalogue)
    return pass (client, header, PST_REPLY_PASS);
  if (!pst_match_rules_add (&client->match_rules, rule))
    return refuse (client, header, PST_REPLY_LIMIT);
  fate = pass (client, header, PST_REPLY_PASS);
  if (fate != PST_FATE_PASS)
    pst_match_rules_remove (&client->match_rules, rule);
  return fate;
}

/* One is less only if the bus takes it for one: what it refuses, or is not told, takes no rule away there. */
static PstFate
remove_match (PstClient *client, const PstHeader *header, const char *rule)
{
  PstFate fate = pass (client, header, PST_REPLY_PASS);

  if (fate == PST_FATE_PASS && header->destination != NULL && rule != NULL && strcmp (header->signature, "s") == 0)
    pst_match_rules_remove (&client->match_rules, rule);
  return fate;
}

PstFate
pst_client_from_client (PstClient *client, const PstHeader *header, const guint8 *data, gsize size)
{
  PstBusCase what = { .policy = client->bus_config->policy, .names = client->names, .header = header };
  const char *ask_name;
  guint32 offset = 0;
  guint64 used = 0;
  PstBusVerdict verdict;
  PstAsk *ask;

  if (header->serial > PST_MAX_CLIENT_SERIAL)
    {
      pst_client_close (client, "a serial that is too high");
      return PST_FATE_CLOSED;
    }
  ask = g_queue_is_empty (&client->held) ? NULL : pst_client_find_ask (client, header);
  if (ask != NULL)
    return may_ask (client) || pst_ask_is_for_owner (ask) ? hold (client, ask, NULL, header, data, size)
                                                          : refuse (client, header, PST_REPLY_DENIED);
  what.is_expected = is_expected (client, header);
  what.used = &used;
  verdict = pst_filter_decide (&what, &ask_name);
  if (verdict == PST_BUS_NEED_BODY)
    {
      if (size < (gsize)header->header_length + header->body_length)
        return PST_FATE_WHOLE;
      what.have_body = TRUE;
      /* A structure begins where its first member does: "(so)" is an accessible object, the first string its application. */
      if (header->signature[strspn (header->signature, "(")] == 's')
        what.arg = pst_message_get_string (header, data + header->header_length, &offset);
      what.no_actions = !pst_notification_has_actions (header, data + header->header_length);
      verdict = pst_filter_decide (&what, &ask_name);
    }
  if (client->bus_config->policy->log)
    log_message (header);

  switch (verdict)
    {
    case PST_BUS_PASS:
      if (used != 0)
        tell_used (client, used);
      return pass (client, header, PST_REPLY_PASS);
    case PST_BUS_ADD_MATCH:
      return add_match (client, header, what.arg);
    case PST_BUS_REMOVE_MATCH:
      return remove_match (client, header, what.arg);
    case PST_BUS_LIST:
      return pass (client, header, PST_REPLY_LIST);
    case PST_BUS_HELLO:
      {
        PstFate fate = pass (client, header, PST_REPLY_HELLO);

        if (fate == PST_FATE_PASS && !client->said_hello)
          {
            /* The questions come after the Hello, whole: it has no body. */
            if (header->body_length > 0 || header->n_fds > 0)
              {
                pst_client_close (client, "a Hello with arguments");
                return PST_FATE_CLOSED;
              }
            client->said_hello = TRUE;
            pst_out_add (&client->bus.out, data, size, NULL, 0);
            pst_client_learn_owners (client);
            return client->dead ? PST_FATE_CLOSED : PST_FATE_DROP;
          }
        return fate;
      }
    case PST_BUS_SAY_FALSE:
      return refuse (client, header, PST_REPLY_FALSE);
    case PST_BUS_SAY_OWNED:
      return refuse (client, header, PST_REPLY_ONE);
    case PST_BUS_SAY_RUNS:
      return refuse (client, header, PST_REPLY_TWO);
    case PST_BUS_SAY_DONE:
      return refuse (client, header, PST_REPLY_PASS);
    case PST_BUS_SAY_ADDRESS:
      return refuse (client, header, PST_REPLY_ADDRESS);
    case PST_BUS_OWN_OUTSIDE:
      return own_outside (client, header, data, what.arg);
    case PST_BUS_NO_OWNER:
      return refuse (client, header, PST_REPLY_NO_OWNER);
    case PST_BUS_HIDE:
      return refuse (client, header,
                     (header->destination != NULL && header->destination[0] == ':') ||
                             (header->flags & PST_MESSAGE_NO_AUTO_START) != 0
                         ? PST_REPLY_NO_OWNER
                         : PST_REPLY_UNKNOWN);
    case PST_BUS_ASK:
      return may_ask (client) ? hold (client, NULL, ask_name, header, data, size) : refuse (client, header, PST_REPLY_DENIED);
    case PST_BUS_WATCH:
      return hold (client, NULL, NULL, header, data, size);
    case PST_BUS_DROP:
      return PST_FATE_DROP;
    default:
      return refuse (client, header, PST_REPLY_DENIED);
    }
}
