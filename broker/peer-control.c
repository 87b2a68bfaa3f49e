/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control1: what the command line and the manager ask. One table for the private socket and for the session bus; the methods
 * are in control-*.c. */
#include <string.h>

#include <glib/gi18n.h>

#include "control.h"
#include "postern-ipc.h"

/* Clients */

PstControlClient *
pst_control_client_new (PstBroker *broker, gboolean on_bus, PstWatcherTell tell, gpointer target)
{
  PstControlClient *client = g_new0 (PstControlClient, 1);

  client->refs = 1;
  client->broker = broker;
  client->on_bus = on_bus;
  client->tell = tell;
  client->target = target;
  client->gone = g_cancellable_new ();
  return client;
}

PstControlClient *
pst_control_client_ref (PstControlClient *client)
{
  client->refs++;
  return client;
}

void
pst_control_client_unref (PstControlClient *client)
{
  if (--client->refs > 0)
    return;
  g_object_unref (client->gone);
  g_free (client);
}

gboolean
pst_control_client_watch (PstControlClient *client, gboolean history)
{
  if (g_cancellable_is_cancelled (client->gone))
    return TRUE;
  if (client->watcher)
    pst_watcher_set_history (client->watcher, history);
  else
    client->watcher = pst_changes_watch (client->broker, history, client->tell, client->target);
  return client->watcher != NULL;
}

void
pst_control_client_gone (PstControlClient *client)
{
  pst_changes_unwatch (client->broker, g_steal_pointer (&client->watcher));
  g_cancellable_cancel (client->gone);
}

/* Calls */

static void
answer (PstControlCall *call, GVariant *result, const char *sentence)
{
  call->answer (result, sentence, call->user_data);
  pst_control_client_unref (call->client);
  g_variant_unref (call->args);
  g_free (call);
}

void
pst_control_reply (PstControlCall *call, GVariant *result)
{
  answer (call, result ? result : g_variant_new ("()"), NULL);
}

void
pst_control_fail (PstControlCall *call, const char *sentence)
{
  answer (call, NULL, sentence);
}

char *
pst_control_resolve_app (PstBroker *broker, const char *word)
{
  g_autoptr (PstAppInfo) info = NULL;

  if (!*word)
    return g_strdup ("");
  /* What has rules, or has been started, is known by its id even if its desktop file has gone. */
  if (broker->store && pst_app_id_is_valid (word))
    {
      g_autoptr (GPtrArray) rules = pst_store_list_rules (broker->store, word);

      if (rules->len > 0 || pst_store_get_app (broker->store, word))
        return g_strdup (word);
    }
  info = pst_identity_for_word (broker->identity, word);
  return info ? g_strdup (info->id) : NULL;
}

char *
pst_control_take_app (PstControlCall *call, const char *word)
{
  char *app = *word ? pst_control_resolve_app (call->broker, word) : NULL;

  if (!app)
    pst_control_fail (call, _ ("This is neither an application nor a program; check how it is written."));
  return app;
}

char *
pst_control_text (const char *text)
{
  return g_utf8_make_valid (text ? text : "", -1);
}

/* Dispatch */

/* One line for each method: M (LIST_APPS, list_apps, TRUE) is ListApps, done by pst_control_list_apps(). */
#define M(name, function, needs_store)                                                                                         \
  {                                                                                                                            \
    PST_CONTROL_##name, PST_CONTROL_##name##_IN, pst_control_##function, needs_store                                           \
  }

static const struct
{
  const char *name, *signature;
  void (*handle) (PstControlCall *call);
  gboolean needs_store;
} methods[] = {
  M (LIST_APPS, list_apps, TRUE),
  M (LIST_GRANTS, list_grants, TRUE),
  M (LIST_ENTRIES, list_entries, TRUE),
  M (GRANT, grant, TRUE),
  M (CHANGE_GRANT, change_grant, TRUE),
  M (REVOKE, revoke, TRUE),
  M (REMOVE_GRANTS, remove_grants, TRUE),
  M (UNDO, take_back, TRUE),
  M (WHY, why, TRUE),
  M (LIST_SANDBOXES, list_sandboxes, FALSE),
  M (EXPORT, export, TRUE),
  M (IMPORT, import, TRUE),
  M (IMPORT_PROTECTED, import_protected, TRUE),
  M (LIST_EVENTS, list_events, TRUE),
  M (GET_STATUS, get_status, FALSE),
  M (ENSURE_AGENT, ensure_agent, FALSE),
  M (WATCH, watch, FALSE),
  M (GET_APP, get_app, TRUE),
  M (SET_APP, set_app, TRUE),
  M (HISTORY, history, TRUE),
  M (RESET_APP, reset_app, TRUE),
  M (HOME_SIZE, home_size, FALSE),
  M (LIST_HELD, list_held, FALSE),
  M (STOP_APP, stop_app, FALSE),
  M (ALLOW_REFUSED, allow_refused, TRUE),
  M (GET_SETTINGS, get_settings, TRUE),
  M (SET_SETTINGS, set_settings, TRUE),
};

const char *
pst_control_signature (const char *method)
{
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, method) == 0)
      return methods[i].signature;
  return NULL;
}

void
pst_control_call (PstControlClient *client, const char *method, GVariant *args, PstControlAnswer answer_func,
                  gpointer user_data)
{
  PstControlCall *call = g_new (PstControlCall, 1);
  const char *sentence = NULL;

  *call =
      (PstControlCall){ client->broker, pst_control_client_ref (client), g_variant_ref_sink (args), answer_func, user_data };
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, method) == 0)
      {
        if (methods[i].needs_store && !pst_broker_ready (client->broker, &sentence))
          pst_control_fail (call, sentence);
        else
          methods[i].handle (call);
        return;
      }
  pst_control_fail (call, _ ("There is no such method."));
}

/* The private socket */

typedef struct
{
  PstPeer *peer;
  guint32 serial;
} SocketCall;

static void
answer_on_socket (GVariant *result, const char *error, gpointer user_data)
{
  SocketCall *call = user_data;
  g_autoptr (GVariant) owned = result ? g_variant_ref_sink (result) : NULL;

  if (call->serial && pst_peer_is_open (call->peer))
    {
      if (error)
        pst_peer_reply_error (call->peer, call->serial, error);
      else
        pst_peer_reply (call->peer, call->serial, owned, NULL, 0);
    }
  pst_peer_unref (call->peer);
  g_free (call);
}

static void
tell_on_socket (const char *member, GVariant *args, gpointer target)
{
  PstPeer *peer = target;

  if (pst_peer_is_open (peer))
    pst_peer_notify (peer, member, args, NULL, 0);
}

void
pst_peer_control_handle (PstConnection *connection, PstMessage *message)
{
  const char *signature = pst_control_signature (message->member);
  SocketCall *call;

  /* A newer manager or command asks for what this broker does not know yet: it is to be told, and not to connect for ever. */
  if (!signature && message->serial)
    {
      pst_peer_reply_error (
          connection->peer, message->serial,
          _ ("This program is newer than the broker that runs. Log out and in again, or end postern-broker, and "
             "try again."));
      return;
    }
  if (!signature || !pst_message_check (message, signature, NULL))
    {
      pst_connection_refuse (connection, "a message that is none of Control1");
      return;
    }
  if (!connection->client)
    connection->client = pst_control_client_new (connection->broker, FALSE, tell_on_socket, connection->peer);
  call = g_new (SocketCall, 1);
  *call = (SocketCall){ pst_peer_ref (connection->peer), message->serial };
  pst_control_call (connection->client, message->member, message->args, answer_on_socket, call);
}
