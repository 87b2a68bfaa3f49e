/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker's side of Bus1. As with the file gate: the proxy parses what a hostile program writes, so whatever comes from it
 * is checked as if that program had sent it, and what it may keep open is bounded. */
#include "connection.h"

#include <string.h>

#include "bus-rules.h"
#include "consent.h"
#include "postern-ipc.h"
#include "sandbox-table.h"

#define MAX_WORD 255u /* of the D-Bus specification, for interfaces and members */

/* The asks of both gates are in one table. */
#define OURS (G_GUINT64_CONSTANT (1) << 63)

static void
refuse_proxy (PstSandbox *sandbox, const char *why)
{
  g_warning ("the message bus proxy of sandbox %" G_GUINT64_FORMAT " is closed: %s", sandbox->number, why);
  pst_sandbox_terminate (sandbox);
}

static void
handle_ask (PstSandbox *sandbox, PstMessage *message)
{
  const char *bus, *name, *interface, *member;
  g_autofree char *whole = NULL;
  guint64 id;
  PstAsk *ask;

  g_variant_get (message->args, "(t&s&s&s&s)", &id, &bus, &name, &interface, &member);
  whole = g_strconcat (bus, ":", name, NULL);
  if (!message->serial || (id & OURS) || strchr (name, '/') || !pst_bus_rules_is_resource (whole) ||
      strlen (interface) > MAX_WORD || strlen (member) > MAX_WORD)
    {
      refuse_proxy (sandbox, "an ask that makes no sense");
      return;
    }
  id |= OURS;
  if (g_hash_table_contains (sandbox->asks, &id))
    {
      refuse_proxy (sandbox, "an ask with the number of another");
      return;
    }
  if (g_hash_table_size (sandbox->asks) >= PST_MAX_ASKS)
    {
      pst_peer_reply (sandbox->bus, message->serial, g_variant_new ("(u)", PST_OUTCOME_DENY), NULL, 0);
      return;
    }
  ask = pst_ask_new (sandbox, id);
  ask->serial = message->serial;
  ask->path = pst_bus_rules_resource (sandbox->broker->services, bus, name, interface, member);
  ask->access = ask->wanted = PST_ACCESS_TALK;
  ask->bus = g_new0 (PstBusAsk, 1);
  ask->bus->interface = g_strdup (interface);
  ask->bus->member = g_strdup (member);
  pst_consent_consider (ask, NULL);
}

/* A rule of somebody else's is not what it was told of. One that has gone meanwhile is no mistake. */
static void
handle_used (PstSandbox *sandbox, PstMessage *message)
{
  const PstStoredRule *rule;
  guint64 number;

  g_variant_get (message->args, "(t)", &number);
  rule = sandbox->broker->store ? pst_store_get_rule (sandbox->broker->store, number) : NULL;
  if (rule && rule->kind == PST_KIND_BUS && strcmp (rule->app, sandbox->app->id) == 0)
    pst_sandbox_note_use (sandbox, number);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  PstSandbox *sandbox = user_data;

  if (sandbox->ended)
    return;
  if (strcmp (message->member, PST_BUS_ASK) == 0 && pst_message_check (message, PST_BUS_ASK_IN, NULL))
    {
      handle_ask (sandbox, message);
      return;
    }
  if (strcmp (message->member, PST_BUS_USED) == 0 && pst_message_check (message, PST_BUS_USED_IN, NULL))
    {
      handle_used (sandbox, message);
      return;
    }
  if (strcmp (message->member, PST_BUS_WITHDRAW) == 0 && pst_message_check (message, PST_BUS_WITHDRAW_IN, NULL))
    {
      guint64 id;
      PstAsk *ask;

      g_variant_get (message->args, "(t)", &id);
      id |= OURS;
      ask = g_hash_table_lookup (sandbox->asks, &id);
      /* Answered all the same: the proxy keeps the number of each call until then. */
      if (ask)
        pst_ask_finish (ask, PST_OUTCOME_DENY);
      return;
    }
  refuse_proxy (sandbox, "a message that is none of Bus1");
}

static void
on_closed (PstPeer *peer, gpointer user_data)
{
  PstSandbox *sandbox = user_data;

  pst_sandbox_drop_asks (sandbox, TRUE);
  if (!sandbox->ended)
    pst_sandbox_terminate (sandbox);
  pst_sandbox_unref (sandbox);
}

void
pst_peer_bus_start (PstSandbox *sandbox, int fd)
{
  sandbox->bus = pst_peer_new_take_fd (fd);
  pst_peer_start (sandbox->bus, on_message, on_closed, pst_sandbox_ref (sandbox));
}
