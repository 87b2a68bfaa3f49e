/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* A client of the proxy: how it begins and ends, and what its two sockets are waited for. What flows between them is in
 * client-stream.c. */

static GQueue dead = G_QUEUE_INIT;
static GQueue waiting = G_QUEUE_INIT; /* for a bus whose queue of connections is full */
static GPtrArray *clients;            /* all */
static guint32 n_unanswered;          /* calls of all */

#define RETRY_MS 20

/* ---- the end ------------------------------------------------------------------ */

static void
side_close (PstSide *side)
{
  if (side->source.fd < 0)
    return;
  pst_source_watch (&side->source, 0);
  close (side->source.fd);
  side->source.fd = -1;
}

void
pst_client_close (PstClient *client, const char *why)
{
  if (client->dead)
    return;
  if (why != NULL)
    fprintf (stderr, "postern-dbus-proxy: a connection was closed: %s\n", why);
  client->dead = TRUE;
  pst_client_drop_asks (client);
  side_close (&client->client);
  side_close (&client->bus);
  g_queue_remove (&waiting, client);
  if (client->connecting && client->bus_config->forget != NULL)
    client->bus_config->forget (client);
  g_queue_push_tail (&dead, client);
}

static void
side_clear (PstSide *side)
{
  PstSegment *segment;

  pst_out_clear (&side->out);
  while ((segment = g_queue_pop_head (&side->inject)) != NULL)
    {
      g_free (segment->owned);
      pst_fds_close (segment->fds, segment->n_fds);
      g_free (segment);
    }
  g_free (side->carry);
  pst_fds_close (side->fds, side->n_fds);
}

static void
client_free (PstClient *client)
{
  side_clear (&client->client);
  side_clear (&client->bus);
  pst_names_free (client->names);
  pst_expected_clear (&client->calls);
  pst_expected_clear (&client->bus_calls);
  pst_match_rules_clear (&client->match_rules);
  g_clear_pointer (&client->owner_queries, g_hash_table_unref);
  g_ptr_array_remove_fast (clients, client);
  g_free (client);
}

/* ---- turns -------------------------------------------------------------------- */

static void
update_side (PstSide *side)
{
  guint32 events = 0;

  if (!side->eof && pst_side_may_consume (side))
    events |= EPOLLIN;
  if (!pst_out_is_empty (&side->out) && !side->client->connecting)
    events |= EPOLLOUT;
  /* Of an empty socket only what comes from now on is news. Else the kernel would look into it once more, to find it empty,
   * whenever it has told us of something: a twentieth of what a call costs. */
  if (events == EPOLLIN && side->drained)
    events |= EPOLLET | EPOLLRDHUP;
  pst_source_watch (&side->source, events);
}

static void
update (PstClient *client)
{
  /* An end is passed on when what came before it has been. */
  if (!client->dead && ((client->client.eof && pst_out_is_empty (&client->bus.out)) ||
                        (client->bus.eof && pst_out_is_empty (&client->client.out))))
    pst_client_close (client, NULL);
  if (client->dead)
    return;
  update_side (&client->client);
  if (!client->connecting)
    update_side (&client->bus);
}

void
pst_client_continue (PstClient *client)
{
  if (client->dead || client->connecting)
    return;
  pst_client_try_begin (client);
  pst_side_flush (&client->bus);
  pst_side_flush (&client->client);
  pst_side_resume (&client->client);
  pst_side_resume (&client->bus);
  if (!client->dead)
    {
      pst_side_flush (&client->bus);
      pst_side_flush (&client->client);
    }
  update (client);
}

static void
on_ready (PstSource *source, guint32 events)
{
  PstSide *side = (PstSide *)source;
  PstClient *client = side->client;

  if ((events & EPOLLOUT) != 0)
    {
      side->blocked = FALSE;
      pst_side_flush (side);
      /* The rest of a body that did not fit: it is most likely there. */
      if (!client->dead && pst_side_other (side)->remaining > 0 && pst_side_may_consume (pst_side_other (side)))
        pst_side_pass_body (pst_side_other (side));
    }
  if (!client->dead && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && (source->events & EPOLLIN) != 0 &&
      pst_side_may_consume (side))
    {
      pst_side_read (side);
      /* an end that came together with the last bytes is not told of again */
      if ((events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0)
        side->drained = FALSE;
    }
  else if ((events & (EPOLLHUP | EPOLLERR)) != 0 && (source->events & EPOLLIN) == 0)
    {
      /* It takes nothing any more. What it has sent is read when the other side lets us. */
      side->gone = TRUE;
      pst_out_clear (&side->out);
    }
  if (!client->dead)
    pst_client_continue (client);
}

/* ---- the beginning ------------------------------------------------------------ */

void
pst_client_connected (PstClient *client, int fd)
{
  client->bus.source.fd = fd;
  client->connecting = FALSE;
  if (fd >= 0)
    pst_client_continue (client);
  else
    pst_client_close (client, "the bus cannot be reached");
}

static void
connect_bus (PstClient *client)
{
  const GArray *addresses = client->bus_config->addresses;

  if (client->bus_config->connect != NULL)
    {
      client->bus_config->connect (client->bus_config, client);
      return;
    }
  for (; client->next_address < addresses->len; client->next_address++)
    {
      const PstBusAddress *one = &g_array_index (addresses, PstBusAddress, client->next_address);
      int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

      if (fd < 0)
        break;
      if (connect (fd, (const struct sockaddr *)&one->address, one->length) == 0)
        {
          pst_client_connected (client, fd);
          return;
        }
      close (fd);
      if (errno == EAGAIN)
        {
          g_queue_push_tail (&waiting, client);
          pst_loop_set_timeout (RETRY_MS);
          return;
        }
    }
  pst_client_close (client, "the bus cannot be reached");
}

PstClient *
pst_client_new_take_fd (int fd, const PstBus *bus)
{
  PstClient *client = g_new0 (PstClient, 1);

  client->bus_config = bus;
  client->client.client = client->bus.client = client;
  client->client.source = (PstSource){ .fd = fd, .ready = on_ready };
  client->bus.source = (PstSource){ .fd = -1, .ready = on_ready };
  client->connecting = TRUE;
  client->names = pst_names_new ();
  client->calls.total = &n_unanswered;
  client->last_own_serial = PST_MAX_CLIENT_SERIAL;
  if (clients == NULL)
    clients = g_ptr_array_new ();
  g_ptr_array_add (clients, client);
  connect_bus (client);
  return client;
}

void
pst_clients_on_idle (void)
{
  PstClient *client;
  guint n = waiting.length;

  while (n-- > 0 && (client = g_queue_pop_head (&waiting)) != NULL)
    connect_bus (client);
  if (g_queue_is_empty (&waiting))
    pst_loop_set_timeout (-1);
  while ((client = g_queue_pop_head (&dead)) != NULL)
    client_free (client);
}

guint
pst_clients_get_n (void)
{
  return clients != NULL ? clients->len : 0;
}

void
pst_clients_learn_owners (const PstBus *bus)
{
  for (guint i = 0; i < pst_clients_get_n (); i++)
    {
      PstClient *client = g_ptr_array_index (clients, i);

      if (client->bus_config != bus || client->dead || !client->said_hello)
        continue;
      pst_client_learn_owners (client);
      pst_client_continue (client);
    }
}
