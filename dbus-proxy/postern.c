/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proxy in a sandbox.
 *
 *   supervisor ──Serve(listening sockets, broker's socket)──► here ──Connect(bus)──► supervisor ──a connection──► here
 *   broker ──SetPolicy──► here ──Ask──► broker ──retry | deny──► here
 *
 * Nobody is accepted before the first policy is there: who connects earlier waits in the kernel's list. A question outlives a
 * broker that is started again: it is sent anew over the new socket. What is said wrongly on either socket ends the process,
 * and with it the sandbox.
 *
 * Packets are those of pst-peer.h, moved by hand: a PstPeer lives in a GMainLoop, which is not here. */
#include "postern.h"

#include "catalogue.h"
#include "client.h"
#include "loop.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-packet.h"
#include "pst-types.h"
#include "server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_POLICY (16u << 20)
#define MAX_QUEUED 65536u
#define MAX_BUSES 3
/* A use is told once in so many seconds; what counts are days. */
#define USE_TOLD_FOR (60 * 60)
#define MAX_USES 4096u
/* The system bus takes 64 connections that have not said who they are yet, from everybody together, and 256 of one user: one
 * application must not take them all. */
#define MAX_CLIENTS 48

/* One of the two sockets. */
typedef struct
{
  PstSource source;
  GQueue out; /* of GBytes: nothing with descriptors is sent from here */
  guint32 last_serial;
  void (*handle) (PstPacket *packet);
} Wire;

typedef struct
{
  PstBus bus; /* first: a PstBus of ours is cast to it */
  const char *name;
  int listener;
  gboolean serving;
} Served;

static Wire link_wire, broker_wire;
static Served served[MAX_BUSES];
static guint n_served;
static char *accessibility_address; /* (nullable): where that bus is for the application */
static GHashTable *connecting;      /* serial of a Connect → PstClient, NULL for one that is gone */
static GHashTable *asks;            /* id → PstAsk: those that are open */
static GHashTable *ask_serials;     /* serial of an Ask → id, as pointers */
static GHashTable *uses;            /* number of a rule → when its use was told, in seconds since the start of the machine */

G_NORETURN static void
give_up (const char *why)
{
  fprintf (stderr, "postern-dbus-proxy: %s\n", why);
  _exit (1);
}

/* ---- wires -------------------------------------------------------------------- */

static void
wire_update (Wire *wire)
{
  pst_source_watch (&wire->source, EPOLLIN | (g_queue_is_empty (&wire->out) ? 0 : EPOLLOUT));
}

/* TRUE if the other end is there. */
static gboolean
wire_flush (Wire *wire)
{
  GBytes *bytes;

  while ((bytes = g_queue_peek_head (&wire->out)) != NULL)
    {
      PstPacketIo io = pst_packet_send (wire->source.fd, bytes, NULL, 0);

      if (io == PST_PACKET_IO_AGAIN || io == PST_PACKET_IO_BUSY)
        break;
      if (io != PST_PACKET_IO_OK)
        return FALSE;
      g_bytes_unref (g_queue_pop_head (&wire->out));
    }
  return TRUE;
}

static void
wire_send (Wire *wire, PstPacketType type, guint32 serial, const char *member, GVariant *args)
{
  if (wire->source.fd < 0)
    {
      g_variant_unref (g_variant_ref_sink (args));
      return;
    }
  if (wire->out.length >= MAX_QUEUED)
    give_up ("what is said here is not read");
  g_queue_push_tail (&wire->out, pst_packet_encode (type, serial, member, args));
  wire_flush (wire); /* an end is noticed when reading */
  wire_update (wire);
}

static guint32
wire_call (Wire *wire, const char *member, GVariant *args)
{
  if (++wire->last_serial == 0)
    wire->last_serial = 1;
  wire_send (wire, PST_PACKET_CALL, wire->last_serial, member, args);
  return wire->last_serial;
}

static void
wire_close (Wire *wire)
{
  if (wire->source.fd < 0)
    return;
  pst_source_watch (&wire->source, 0);
  close (wire->source.fd);
  wire->source.fd = -1;
  g_queue_clear_full (&wire->out, (GDestroyNotify)g_bytes_unref);
}

static void
on_wire (PstSource *source, guint32 events)
{
  Wire *wire = (Wire *)source;
  PstPacket *packet = NULL;
  PstPacketIo io = PST_PACKET_IO_AGAIN;
  int fd = source->fd;

  if ((events & EPOLLOUT) != 0)
    wire_flush (wire);
  /* A handler may have put another socket in the place of this one. */
  while (wire->source.fd == fd && (io = pst_packet_receive (fd, &packet)) == PST_PACKET_IO_OK)
    {
      wire->handle (packet);
      pst_packet_free (packet);
    }
  if (wire->source.fd != fd)
    return;
  if (io == PST_PACKET_IO_BAD)
    give_up (wire == &link_wire ? "the supervisor sent nonsense" : "the broker sent nonsense");
  if (io == PST_PACKET_IO_GONE && wire == &link_wire)
    _exit (0);
  if (io == PST_PACKET_IO_GONE)
    wire_close (wire);
  else
    wire_update (wire);
}

static void
wire_open_take_fd (Wire *wire, int fd, void (*handle) (PstPacket *packet))
{
  wire_close (wire);
  wire->source = (PstSource){ .fd = fd, .ready = on_wire };
  wire->handle = handle;
  wire_update (wire);
}

/* ---- questions ---------------------------------------------------------------- */

static const char *
text_or_empty (const char *text)
{
  /* What is longer than D-Bus allows, or no text, never comes this far: the header has been checked. */
  return text != NULL ? text : "";
}

static void
send_ask (guint64 id, PstAsk *ask)
{
  guint32 serial;

  if (broker_wire.source.fd < 0)
    return; /* when the broker is back */
  serial = wire_call (&broker_wire, PST_BUS_ASK,
                      g_variant_new ("(tssss)", id, served[pst_ask_get_bus (ask)].name, pst_ask_get_name (ask),
                                     text_or_empty (pst_ask_get_interface (ask)), text_or_empty (pst_ask_get_member (ask))));
  g_hash_table_insert (ask_serials, GUINT_TO_POINTER (serial), GSIZE_TO_POINTER (id));
}

static void
on_ask (PstAsk *ask, gpointer user_data)
{
  guint64 id = pst_ask_get_id (ask);

  g_hash_table_insert (asks, GSIZE_TO_POINTER (id), ask);
  send_ask (id, ask);
}

static void
on_withdraw (PstAsk *ask, gpointer user_data)
{
  guint64 id = pst_ask_get_id (ask);

  if (g_hash_table_remove (asks, GSIZE_TO_POINTER (id)))
    wire_send (&broker_wire, PST_PACKET_NOTIFY, 0, PST_BUS_WITHDRAW, g_variant_new ("(t)", id));
}

static void
on_used (guint64 number, gpointer user_data)
{
  struct timespec now;
  gint64 *told = g_hash_table_lookup (uses, &number);

  clock_gettime (CLOCK_MONOTONIC_COARSE, &now);
  if (broker_wire.source.fd < 0 || (told != NULL && now.tv_sec - *told < USE_TOLD_FOR))
    return;
  if (g_hash_table_size (uses) >= MAX_USES)
    g_hash_table_remove_all (uses); /* of policies that there were */
  g_hash_table_replace (uses, g_memdup2 (&number, sizeof number), g_memdup2 (&(gint64){ now.tv_sec }, sizeof (gint64)));
  wire_send (&broker_wire, PST_PACKET_NOTIFY, 0, PST_BUS_USED, g_variant_new ("(t)", number));
}

static const PstDecider decider = { .ask = on_ask, .withdraw = on_withdraw, .used = on_used };

static void
take_outcome (PstPacket *packet)
{
  gpointer key = GUINT_TO_POINTER (packet->serial), id, ask;
  guint32 outcome = PST_OUTCOME_DENY;

  if (!g_hash_table_steal_extended (ask_serials, key, NULL, &id))
    give_up ("the broker answered what was not asked");
  if (packet->type == PST_PACKET_REPLY)
    {
      if (!pst_message_check (&packet->message, PST_BUS_ASK_OUT, NULL))
        give_up ("the broker's answer makes no sense");
      g_variant_get (packet->message.args, "(u)", &outcome);
    }
  /* withdrawn meanwhile, or asked anew of another broker */
  if (g_hash_table_steal_extended (asks, id, NULL, &ask))
    pst_ask_answer (ask, outcome == PST_OUTCOME_RETRY ? PST_ASK_RETRY : PST_ASK_DENY);
}

/* ---- the policy --------------------------------------------------------------- */

/* (transfer full) (nullable) */
static char *
read_policy (int fd)
{
  struct stat st;
  char *text;
  gsize done = 0;

  if (fd < 0 || fstat (fd, &st) < 0 || st.st_size < 0 || st.st_size > (off_t)MAX_POLICY)
    return NULL;
  text = g_malloc ((gsize)st.st_size + 1);
  while (done < (gsize)st.st_size)
    {
      ssize_t n = pread (fd, text + done, (gsize)st.st_size - done, (off_t)done);

      if (n <= 0)
        {
          g_free (text);
          return NULL;
        }
      done += (gsize)n;
    }
  text[done] = '\0';
  if (strlen (text) == done)
    return text;
  g_free (text);
  return NULL;
}

static void
set_policy (PstPacket *packet)
{
  pst_autofd fd = pst_message_steal_fd (&packet->message, 0);
  g_autofree char *text = read_policy (fd);

  for (guint i = 0; i < n_served; i++)
    {
      PstBusPolicy *policy = text != NULL ? pst_catalogue_parse (text, served[i].name) : NULL;

      if (policy == NULL)
        give_up ("the broker's policy cannot be understood");
      if (strcmp (served[i].name, "session") == 0)
        policy->address = g_strdup (accessibility_address);
      g_clear_pointer (&served[i].bus.policy, pst_bus_policy_free);
      served[i].bus.policy = policy;
      pst_clients_learn_owners (&served[i].bus);
      if (!served[i].serving)
        pst_server_start_take_fd (served[i].listener, &served[i].bus);
      served[i].serving = TRUE;
    }
  wire_send (&broker_wire, PST_PACKET_REPLY, packet->serial, "", g_variant_new ("()"));
}

static void
on_broker (PstPacket *packet)
{
  if (packet->type == PST_PACKET_REPLY || packet->type == PST_PACKET_ERROR)
    take_outcome (packet);
  else if (packet->type == PST_PACKET_CALL && strcmp (packet->message.member, PST_BUS_SET_POLICY) == 0 &&
           pst_message_check (&packet->message, PST_BUS_SET_POLICY_IN, NULL))
    set_policy (packet);
  else
    give_up ("the broker said what is none of Bus1");
}

static void
open_broker (int fd)
{
  GHashTableIter iter;
  gpointer id, ask;

  if (fd < 0)
    give_up ("there is no socket to the broker");
  g_hash_table_remove_all (ask_serials);
  g_hash_table_remove_all (uses); /* this one may not know */
  wire_open_take_fd (&broker_wire, fd, on_broker);
  g_hash_table_iter_init (&iter, asks);
  while (g_hash_table_iter_next (&iter, &id, &ask))
    send_ask (GPOINTER_TO_SIZE (id), ask);
}

/* ---- the supervisor ----------------------------------------------------------- */

static void
on_connect (const PstBus *bus, PstClient *client)
{
  guint32 serial = wire_call (&link_wire, PST_BUS_LINK_CONNECT, g_variant_new ("(s)", served[bus->number].name));

  g_hash_table_insert (connecting, GUINT_TO_POINTER (serial), client);
}

static void
on_forget (PstClient *client)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, connecting);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (value == client)
      g_hash_table_iter_replace (&iter, NULL);
}

static void
take_connection (PstPacket *packet)
{
  pst_autofd fd = pst_message_steal_fd (&packet->message, 0);
  gpointer client;

  if (!g_hash_table_steal_extended (connecting, GUINT_TO_POINTER (packet->serial), NULL, &client))
    give_up ("the supervisor answered what was not asked");
  if (client != NULL)
    pst_client_connected (client, pst_fd_steal (&fd));
}

static void
serve (PstPacket *packet)
{
  static const char *const buses[] = { "session", "system", "a11y" };
  g_autoptr (GVariantIter) names = NULL;
  const char *name, *address;

  if (n_served > 0)
    give_up ("the supervisor said Serve twice");
  g_variant_get (packet->message.args, "(as&s)", &names, &address);
  if (address[0] != '\0')
    accessibility_address = g_strdup (address);
  while (g_variant_iter_next (names, "&s", &name))
    {
      Served *one = &served[n_served];

      if (n_served == MAX_BUSES)
        give_up ("the supervisor names more buses than there are");
      one->name = NULL;
      for (gsize i = 0; i < G_N_ELEMENTS (buses); i++)
        if (strcmp (name, buses[i]) == 0)
          one->name = buses[i];
      if (one->name == NULL)
        give_up ("the supervisor names a bus that is none");
      one->listener = pst_message_steal_fd (&packet->message, n_served + 1);
      one->bus = (PstBus){
        .number = n_served, .decider = &decider, .connect = on_connect, .forget = on_forget, .max_clients = MAX_CLIENTS
      };
      if (one->listener < 0)
        give_up ("the supervisor sent too few sockets");
      n_served++;
    }
  open_broker (pst_message_steal_fd (&packet->message, 0));
}

static void
on_link (PstPacket *packet)
{
  if (packet->type == PST_PACKET_REPLY || packet->type == PST_PACKET_ERROR)
    take_connection (packet);
  else if (strcmp (packet->message.member, PST_BUS_LINK_SERVE) == 0 &&
           pst_message_check (&packet->message, PST_BUS_LINK_SERVE_IN, NULL))
    serve (packet);
  else if (strcmp (packet->message.member, PST_BUS_LINK_BROKER) == 0 && n_served > 0 &&
           pst_message_check (&packet->message, PST_BUS_LINK_BROKER_IN, NULL))
    open_broker (pst_message_steal_fd (&packet->message, 0));
  else
    give_up ("the supervisor said what is none of BusLink1");
}

void
pst_postern_start (int link)
{
  link_wire.source.fd = broker_wire.source.fd = -1;
  connecting = g_hash_table_new (NULL, NULL);
  asks = g_hash_table_new (NULL, NULL);
  ask_serials = g_hash_table_new (NULL, NULL);
  uses = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  wire_open_take_fd (&link_wire, link, on_link);
}
