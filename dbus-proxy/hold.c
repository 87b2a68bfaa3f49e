/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-private.h"

#include <string.h>

/* Messages that wait for an answer. Each question holds, in order, every message of its client that is for the name it is
 * about: the one that made us ask, and all later ones, so that none overtakes another, whatever its own verdict would have
 * been. Everything else flows, replies of the client above all. What is held has left the stream: a copy of the bytes, with its
 * descriptors. When the answer has come, each message is judged again by the same function, and now takes its way; if it is
 * refused, its answer comes where it would have come then.
 *
 * How much may be held is limited; what goes beyond is refused with LimitsExceeded. */

#define MAX_HELD 512
#define MAX_HELD_BYTES (16u * 1024 * 1024)
#define MAX_HELD_FDS 256 /* all clients together may have fewer than the process */

typedef struct
{
  guint8 *data;
  gsize size;
  int *fds;
  guint n_fds;
} Held;

struct _PstAsk
{
  guint64 id;
  PstClient *client;
  char *name, *interface, *member, *path;
  gboolean for_owner; /* no question: the bus is asked who owns the name */
  GQueue messages;
};

static guint64 last_id;

static void
held_free (Held *held)
{
  g_free (held->data);
  pst_fds_close (held->fds, held->n_fds);
  g_free (held);
}

static void
ask_free (PstAsk *ask)
{
  Held *held;

  while ((held = g_queue_pop_head (&ask->messages)) != NULL)
    held_free (held);
  g_free (ask->name);
  g_free (ask->interface);
  g_free (ask->member);
  g_free (ask->path);
  g_free (ask);
}

guint64
pst_ask_get_id (const PstAsk *ask)
{
  return ask->id;
}

guint
pst_ask_get_bus (const PstAsk *ask)
{
  return ask->client->bus_config->number;
}

const char *
pst_ask_get_name (const PstAsk *ask)
{
  return ask->name;
}

const char *
pst_ask_get_interface (const PstAsk *ask)
{
  return ask->interface;
}

const char *
pst_ask_get_member (const PstAsk *ask)
{
  return ask->member;
}

const char *
pst_ask_get_path (const PstAsk *ask)
{
  return ask->path;
}

gboolean
pst_ask_is_for_owner (const PstAsk *ask)
{
  return ask->for_owner;
}

PstAsk *
pst_client_find_ask (PstClient *client, const PstHeader *header)
{
  if (header->destination == NULL || header->reply_serial != 0)
    return NULL;
  for (GList *l = client->held.head; l != NULL; l = l->next)
    {
      PstAsk *ask = l->data;

      if (strcmp (ask->name, header->destination) == 0 || pst_names_owns (client->names, header->destination, ask->name))
        return ask;
    }
  return NULL;
}

static PstAsk *
find_by_name (PstClient *client, const char *name, gboolean for_owner)
{
  for (GList *l = client->held.head; l != NULL; l = l->next)
    {
      PstAsk *ask = l->data;

      if (ask->for_owner == for_owner && strcmp (ask->name, name) == 0)
        return ask;
    }
  return NULL;
}

/* Has just this been asked? By a catalogue, the broker may allow what it was asked for, and the rules still ask: of a call
 * without an interface, say, which may be one of another part. It would be asked again and again. And what was refused for this
 * once is refused; the rest of what waits for the name may be of another part, and has its own question. */
static gboolean
was_asked (const PstAsk *ask, const char *name, const PstHeader *header)
{
  return ask != NULL && strcmp (ask->name, name) == 0 && strcmp (ask->member, header->member) == 0 &&
         strcmp (ask->interface, header->interface != NULL ? header->interface : "") == 0;
}

void
pst_client_hold (PstClient *client, PstAsk *ask, const char *name, const PstHeader *header, const guint8 *data, gsize size)
{
  const PstDecider *decider = client->bus_config->decider;
  gboolean is_new = FALSE, for_owner = ask == NULL && name == NULL;
  Held *held;

  if (client->n_held >= MAX_HELD || size > MAX_HELD_BYTES - client->held_bytes ||
      header->n_fds > MAX_HELD_FDS - client->n_held_fds)
    {
      pst_client_refuse (client, header, PST_REPLY_LIMIT);
      return;
    }
  if (for_owner)
    {
      name = header->destination;
    }
  else if (ask == NULL && was_asked (client->retried, name, header))
    {
      pst_client_refuse (client, header, PST_REPLY_DENIED);
      return;
    }
  if (ask == NULL)
    ask = find_by_name (client, name, for_owner);
  if (ask == NULL)
    {
      is_new = TRUE;
      ask = g_new0 (PstAsk, 1);
      ask->id = ++last_id;
      ask->for_owner = for_owner;
      ask->client = client;
      ask->name = g_strdup (name);
      ask->interface = g_strdup (header->interface != NULL ? header->interface : "");
      ask->member = g_strdup (header->member);
      ask->path = g_strdup (header->path);
      g_queue_push_tail (&client->held, ask);
    }
  held = g_new0 (Held, 1);
  held->data = g_memdup2 (data, size);
  held->size = size;
  held->n_fds = header->n_fds;
  pst_side_take_fds (&client->client, header->n_fds, &held->fds);
  g_queue_push_tail (&ask->messages, held);
  client->n_held++;
  client->held_bytes += size;
  client->n_held_fds += held->n_fds;
  if (is_new && !for_owner)
    decider->ask (ask, decider->user_data);
  else if (is_new && !pst_names_is_watched (client->names, name))
    pst_client_query_owner (client, name, TRUE);
}

/* Judges what was held anew. @ask is not among those of the client any more, which may end meanwhile, and they with it. */
static void
release (PstAsk *ask, gboolean is_answered)
{
  PstClient *client = ask->client;
  Held *held;

  client->retried = is_answered ? ask : NULL;
  while ((held = g_queue_pop_head (&ask->messages)) != NULL)
    {
      client->n_held--;
      client->held_bytes -= held->size;
      client->n_held_fds -= held->n_fds;
      pst_client_send_held (client, held->data, held->size, held->fds, held->n_fds);
      g_free (held);
    }
  client->retried = NULL;
  ask_free (ask);
}

void
pst_client_owner_known (PstClient *client, const char *name)
{
  PstAsk *ask = find_by_name (client, name, TRUE);

  if (ask == NULL)
    return;
  g_queue_remove (&client->held, ask);
  release (ask, FALSE);
}

void
pst_ask_answer (PstAsk *ask, PstAskAnswer answer)
{
  PstClient *client = ask->client;
  const PstBusPolicy *policy = client->bus_config->policy;

  if (answer != PST_ASK_RETRY && !policy->by_catalogue)
    pst_names_set_answer (client->names, ask->name, answer == PST_ASK_ALLOW);
  g_queue_remove (&client->held, ask);
  /* Its signals are let in, and its unique name may be written to, as soon as we know who it is. */
  if ((answer == PST_ASK_RETRY || answer == PST_ASK_ALLOW) && !pst_names_is_watched (client->names, ask->name) &&
      !pst_names_is_known (client->names, ask->name))
    pst_client_query_owner (client, ask->name, TRUE);
  release (ask, policy->by_catalogue);
  pst_client_continue (client);
}

void
pst_client_drop_asks (PstClient *client)
{
  const PstDecider *decider = client->bus_config->decider;
  PstAsk *ask;

  while ((ask = g_queue_pop_head (&client->held)) != NULL)
    {
      if (!ask->for_owner)
        decider->withdraw (ask, decider->user_data);
      ask_free (ask);
    }
}
