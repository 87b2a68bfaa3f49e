/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "agent-start.h"
#include "broker.h"
#include "changes.h"

G_BEGIN_DECLS

/* One connection to the listening socket. What it may say depends on the role that its first message names, and on nothing
 * else. */
typedef enum
{
  PST_ROLE_NONE = 0,
  PST_ROLE_LAUNCHER,
  PST_ROLE_AGENT,
  PST_ROLE_CONTROL,
} PstRole;

/* Who calls methods of Control1: a connection of the private socket, or a name on the session bus. Reference counted, since
 * calls outlive it. */
typedef struct
{
  guint refs;
  PstBroker *broker;
  PstWatcher *watcher; /* (nullable) */
  PstWatcherTell tell; /* how it is told what it watches */
  gpointer target;     /* of tell: the owner's, valid until pst_control_client_gone() */
  GCancellable *gone;  /* what is done for it alone need not be done any more */
  gboolean on_bus;
} PstControlClient;

typedef struct
{
  PstBroker *broker;
  PstPeer *peer;
  pid_t pid;
  PstRole role;
  guint hello_source;
  PstSandbox *sandbox;      /* of a launcher that has registered: a reference */
  struct _PstStart *start;  /* (nullable): of a launcher that waits for a person before that, owned */
  PstAgent agent;           /* of an agent */
  PstControlClient *client; /* (nullable): of one that controls */
} PstConnection;

/* Serves @listener (taken) from the main loop. */
void pst_connection_listen (PstBroker *broker, int listener);

/* One handler for each role; anything unexpected closes the connection. */
void pst_peer_launcher_handle (PstConnection *connection, PstMessage *message);
/* The launcher is gone: what it waited for is taken back. */
void pst_peer_launcher_gone (PstConnection *connection);
void pst_peer_agent_handle (PstConnection *connection, PstMessage *message);
void pst_peer_control_handle (PstConnection *connection, PstMessage *message);
/* The gate's socket came with Register. */
void pst_peer_gate_start (PstSandbox *sandbox, int fd);
/* The same for the message bus proxy. */
void pst_peer_bus_start (PstSandbox *sandbox, int fd);
/* Started has come: asks that were quicker are considered. */
void pst_peer_gate_started (PstSandbox *sandbox);

/* Bad input: says why in the log, and closes. */
void pst_connection_refuse (PstConnection *connection, const char *why);

PstControlClient *pst_control_client_new (PstBroker *broker, gboolean on_bus, PstWatcherTell tell, gpointer target);
PstControlClient *pst_control_client_ref (PstControlClient *client);
void pst_control_client_unref (PstControlClient *client);
/* FALSE: too many do. */
gboolean pst_control_client_watch (PstControlClient *client, gboolean history);
/* It will not be told anything any more. */
void pst_control_client_gone (PstControlClient *client);

/* The methods of Control1, for the private socket and for the session bus. @args has been checked. @answer is called once,
 * maybe at once: result (consumed if floating) or a sentence. */
typedef void (*PstControlAnswer) (GVariant *result, const char *error, gpointer user_data);
void
pst_control_call (PstControlClient *client, const char *method, GVariant *args, PstControlAnswer answer, gpointer user_data);
/* The signature of @method's arguments, NULL for none such. */
const char *pst_control_signature (const char *method);

/* Exports Control1 on the session bus, if there is one, without waiting for it. */
void pst_bus_export (PstBroker *broker);
void pst_bus_unexport (void);

G_END_DECLS
