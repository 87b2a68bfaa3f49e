/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <glib-unix.h>

#include "credentials.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "sandbox-table.h"

#define HELLO "Hello"
#define HELLO_IN "(us)"
#define HELLO_TIMEOUT_MS 10000

void
pst_connection_refuse (PstConnection *connection, const char *why)
{
  g_warning ("connection of process %d closed: %s", (int)connection->pid, why);
  pst_peer_close (connection->peer);
}

static gboolean
on_hello_timeout (gpointer data)
{
  PstConnection *connection = data;

  connection->hello_source = 0;
  pst_connection_refuse (connection, "it said nothing");
  return G_SOURCE_REMOVE;
}

static void
handle_hello (PstConnection *connection, PstMessage *message)
{
  static const struct
  {
    const char *name;
    PstRole role;
  } roles[] = { { "launcher", PST_ROLE_LAUNCHER }, { "agent", PST_ROLE_AGENT }, { "control", PST_ROLE_CONTROL } };
  guint32 protocol;
  const char *name;

  if (strcmp (message->member, HELLO) != 0 || !pst_message_check (message, HELLO_IN, NULL))
    {
      pst_connection_refuse (connection, "its first message is not Hello");
      return;
    }
  g_variant_get (message->args, "(u&s)", &protocol, &name);
  for (gsize i = 0; protocol == PST_PROTOCOL && i < G_N_ELEMENTS (roles); i++)
    if (strcmp (name, roles[i].name) == 0)
      connection->role = roles[i].role;
  if (connection->role == PST_ROLE_NONE)
    {
      if (message->serial)
        pst_peer_reply_error (
            connection->peer, message->serial,
            "This program and the broker are of different versions of Postern; log out and in again, or end postern-broker.");
      pst_connection_refuse (connection, "it speaks another protocol");
      return;
    }
  g_clear_handle_id (&connection->hello_source, g_source_remove);
  if (message->serial)
    pst_peer_reply (connection->peer, message->serial, NULL, NULL, 0);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  PstConnection *connection = user_data;

  switch (connection->role)
    {
    case PST_ROLE_NONE:
      handle_hello (connection, message);
      break;
    case PST_ROLE_LAUNCHER:
      pst_peer_launcher_handle (connection, message);
      break;
    case PST_ROLE_AGENT:
      pst_peer_agent_handle (connection, message);
      break;
    case PST_ROLE_CONTROL:
      pst_peer_control_handle (connection, message);
      break;
    }
}

static void
on_closed (PstPeer *peer, gpointer user_data)
{
  PstConnection *connection = user_data;

  connection->broker->n_connections--;
  g_clear_handle_id (&connection->hello_source, g_source_remove);
  if (connection->role == PST_ROLE_AGENT && connection->agent.kind)
    pst_screen_agent_gone (&connection->agent);
  if (connection->client)
    {
      pst_control_client_gone (connection->client);
      pst_control_client_unref (connection->client);
    }
  g_free (connection->agent.kind);
  g_free (connection->agent.target);
  g_free (connection->agent.screen);
  pst_peer_launcher_gone (connection);
  if (connection->sandbox)
    {
      pst_sandbox_end (connection->sandbox);
      pst_sandbox_unref (connection->sandbox);
    }
  pst_peer_unref (connection->peer);
  g_free (connection);
}

static gboolean
on_listener (int listener, GIOCondition condition, gpointer data)
{
  PstBroker *broker = data;
  pst_autofd fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  PstConnection *connection;
  const char *why;
  pid_t pid;

  if (fd < 0)
    {
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        g_warning ("accept: %s", g_strerror (errno));
      return G_SOURCE_CONTINUE;
    }
  if (!pst_credentials_check (fd, &pid, &why))
    {
      g_warning ("a connection was refused: %s", why);
      return G_SOURCE_CONTINUE;
    }
  if (broker->n_connections >= PST_MAX_CONNECTIONS)
    {
      g_warning ("too many connections");
      return G_SOURCE_CONTINUE;
    }
  broker->n_connections++;
  connection = g_new0 (PstConnection, 1);
  connection->broker = broker;
  connection->pid = pid;
  connection->peer = pst_peer_new_take_fd (pst_fd_steal (&fd));
  connection->agent.broker = broker;
  connection->agent.peer = connection->peer;
  connection->agent.pid = pid;
  connection->hello_source = g_timeout_add (HELLO_TIMEOUT_MS, on_hello_timeout, connection);
  pst_peer_start (connection->peer, on_message, on_closed, connection);
  return G_SOURCE_CONTINUE;
}

void
pst_connection_listen (PstBroker *broker, int listener)
{
  g_unix_set_fd_nonblocking (listener, TRUE, NULL);
  g_unix_fd_add (listener, G_IO_IN, on_listener, broker);
}
