/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broker-again.h"

#include "broker-connect.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-programs.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

/* Attempts while nobody listens on a socket that is there. */
#define MIN_RETRY_MS 5
#define MAX_RETRY_MS 1000
/* A broker that takes the connection and drops it again is not asked more often than this. */
#define RETRY_MS 200

struct _PstBrokerAgain
{
  PstSupervisorSetup *setup;
  PstPeerHandler handler;
  PstPeerClosed closed;
  PstBrokerBack back;
  gpointer data;
  int inotify; /* -1: not waiting */
  guint source;
  guint timer;
  guint delay; /* of the next attempt, in ms */
  gint64 last; /* when the last connection was made */
};

static void try_again (PstBrokerAgain *again);

PstBrokerAgain *
pst_broker_again_new (PstSupervisorSetup *setup, PstPeerHandler handler, PstPeerClosed closed, PstBrokerBack back,
                      gpointer data)
{
  PstBrokerAgain *again = g_new0 (PstBrokerAgain, 1);

  again->setup = setup;
  again->handler = handler;
  again->closed = closed;
  again->back = back;
  again->data = data;
  again->inotify = -1;
  return again;
}

static void
stop_waiting (PstBrokerAgain *again)
{
  if (again->source != 0)
    g_source_remove (again->source);
  if (again->timer != 0)
    g_source_remove (again->timer);
  again->source = again->timer = 0;
  pst_fd_clear (&again->inotify);
}

static gboolean
on_directory (int fd, GIOCondition condition, gpointer data)
{
  PstBrokerAgain *again = data;
  char events[4096];

  (void)!read (fd, events, sizeof events);
  again->delay = MIN_RETRY_MS;
  try_again (again);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_timer (gpointer data)
{
  PstBrokerAgain *again = data;

  again->timer = 0;
  try_again (again);
  return G_SOURCE_REMOVE;
}

static void
try_later (PstBrokerAgain *again)
{
  if (again->timer != 0)
    return;
  again->timer = g_timeout_add (again->delay, on_timer, again);
  again->delay = MIN (again->delay * 2, MAX_RETRY_MS);
}

/* Nobody listens. As long as the socket has no name, its coming is awaited; while it has one it may be about to listen, or be
 * left from a broker that died, which nothing tells apart but trying. */
static void
wait_for_socket (PstBrokerAgain *again)
{
  g_autofree char *path = pst_broker_socket_path (NULL);
  g_autofree char *directory = path ? g_path_get_dirname (path) : NULL;

  if (again->inotify < 0 && directory)
    {
      again->inotify = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
      if (again->inotify >= 0 && inotify_add_watch (again->inotify, directory, IN_CREATE | IN_MOVED_TO) < 0)
        pst_fd_clear (&again->inotify);
      if (again->inotify >= 0)
        again->source = g_unix_fd_add (again->inotify, G_IO_IN, on_directory, again);
    }
  if (again->inotify < 0 || access (path, F_OK) == 0)
    try_later (again);
}

static void
on_registered (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  if (error && g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
    pst_supervisor_say (error->message);
}

static GVariant *
request_again (PstBrokerAgain *again)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, again->setup->request);
  g_variant_dict_insert (&dict, "sandbox", "t", again->setup->sandbox);
  g_variant_dict_insert (&dict, "app_id", "s", again->setup->app_id);
  g_variant_dict_insert_value (&dict, "trees", pst_trees_list (again->setup->trees));
  return g_variant_new ("(@a{sv})", g_variant_dict_end (&dict));
}

static void
try_again (PstBrokerAgain *again)
{
  g_autoptr (PstPeer) peer = pst_broker_connect ("launcher", FALSE, NULL);
  gsize n = again->setup->bus ? 2 : 1; /* gates: of files, of buses */
  int brokers[2] = { -1, -1 }, gates[2] = { -1, -1 };

  for (gsize i = 0; peer && i < n; i++)
    {
      int pair[2];

      if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        g_clear_pointer (&peer, pst_peer_unref);
      else
        brokers[i] = pair[0], gates[i] = pair[1];
    }
  if (!peer)
    {
      for (gsize i = 0; i < n; i++)
        pst_fd_clear (&brokers[i]), pst_fd_clear (&gates[i]);
      wait_for_socket (again);
      return;
    }
  stop_waiting (again);
  again->last = g_get_monotonic_time ();
  pst_peer_start (peer, again->handler, again->closed, again->data);
  pst_peer_call (peer, PST_LAUNCHER_REGISTER, request_again (again), brokers, n, on_registered, again);
  pst_peer_notify (again->setup->gate, PST_LINK_GATE, NULL, &gates[0], 1);
  if (again->setup->bus)
    pst_peer_notify (again->setup->bus, PST_BUS_LINK_BROKER, NULL, &gates[1], 1);
  pst_peer_notify (peer, PST_LAUNCHER_STARTED, g_variant_new ("(u)", (guint32)again->setup->init), NULL, 0);
  for (gsize i = 0; i < n; i++)
    close (brokers[i]), close (gates[i]);
  again->back (peer, again->data);
}

void
pst_broker_again_lost (PstBrokerAgain *again)
{
  if (again->source != 0 || again->timer != 0)
    return;
  again->delay = MIN_RETRY_MS;
  if (again->last != 0 && g_get_monotonic_time () - again->last < RETRY_MS * 1000)
    again->timer = g_timeout_add (RETRY_MS, on_timer, again);
  else
    try_again (again);
}
