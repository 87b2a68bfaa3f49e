/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-link.h"

#include "postern-ipc.h"
#include "pst-broker-socket.h"
#include "pst-peer.h"
#include "pst-programs.h"

#include <glib/gi18n.h>

#define FIRST_DELAY_MS 50
#define LONGEST_DELAY_MS 2000

struct _PstManagerLink
{
  GObject parent_instance;
  PstPeer *peer;      /* (nullable): NULL while there is no connection */
  gboolean greeted;   /* the broker took Hello and Watch */
  gboolean starting;  /* the command line is at work */
  gboolean may_start; /* once between two connections: a broker that does not come up is not started for ever */
  guint retry_source; /* 0 for none */
  guint delay_ms;
  GHashTable *calls; /* of Call: those that have not been called back */
};

G_DEFINE_TYPE (PstManagerLink, pst_manager_link, G_TYPE_OBJECT)

enum
{
  CONNECTED,
  LOST,
  CHANGED,
  EVENTS,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static void attempt (PstManagerLink *self);

static gboolean
on_retry (gpointer data)
{
  PstManagerLink *self = data;

  self->retry_source = 0;
  attempt (self);
  return G_SOURCE_REMOVE;
}

static void
try_again_later (PstManagerLink *self, const char *why)
{
  if (self->retry_source == 0)
    self->retry_source = g_timeout_add (self->delay_ms, on_retry, self);
  self->delay_ms = MIN (self->delay_ms * 2, LONGEST_DELAY_MS);
  g_signal_emit (self, signals[LOST], 0, why);
}

static void
drop_peer (PstManagerLink *self)
{
  if (self->peer != NULL)
    pst_peer_close (self->peer);
  g_clear_pointer (&self->peer, pst_peer_unref);
  self->greeted = FALSE;
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  PstManagerLink *self = data;

  if (peer != self->peer)
    return;
  drop_peer (self);
  try_again_later (self, _ ("Postern’s broker ended the connection. It is asked again in a moment."));
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  PstManagerLink *self = data;

  if (g_str_equal (message->member, PST_CONTROL_CHANGED) && pst_message_check (message, PST_CONTROL_CHANGED_IN, NULL))
    {
      guint32 topics;
      g_autofree const char **apps = NULL;

      g_variant_get (message->args, "(u^a&s)", &topics, &apps);
      g_signal_emit (self, signals[CHANGED], 0, topics, apps);
    }
  else if (g_str_equal (message->member, PST_CONTROL_EVENT) && pst_message_check (message, PST_CONTROL_EVENT_IN, NULL))
    {
      g_autoptr (GVariant) rows = g_variant_get_child_value (message->args, 0);

      g_signal_emit (self, signals[EVENTS], 0, rows);
    }
  else
    g_warning ("The broker sent “%s”, which the manager does not understand", message->member);
}

static void
on_greeted (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  PstManagerLink *self = data;

  if (peer != self->peer)
    return;
  if (error == NULL)
    {
      self->greeted = self->may_start = TRUE;
      self->delay_ms = FIRST_DELAY_MS;
      g_signal_emit (self, signals[CONNECTED], 0);
    }
  else if (g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
    {
      drop_peer (self);
      try_again_later (self, error->message);
    }
  /* else: the connection broke, and on_closed() follows */
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (PstManagerLink) self = data;

  self->starting = FALSE;
  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  pst_manager_link_retry (self);
}

/* The command line starts a broker that nobody has to wait for, with a guard that is a small process. What it prints is of no
 * use to a window: whether it worked shows when the connection is tried again. */
static gboolean
start_broker (PstManagerLink *self)
{
  g_autofree char *postern = pst_program_find ("postern");
  g_autoptr (GSubprocess) process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, NULL, postern, "ps", NULL);

  self->may_start = FALSE;
  if (process == NULL)
    return FALSE;
  self->starting = TRUE;
  g_subprocess_wait_async (process, NULL, on_started, g_object_ref (self));
  return TRUE;
}

static void
attempt (PstManagerLink *self)
{
  g_autoptr (GError) error = NULL;
  int fd;

  if (self->peer != NULL || self->starting)
    return;
  fd = pst_broker_socket_connect (&error);
  if (fd < 0)
    {
      if (!self->may_start || !start_broker (self))
        try_again_later (self, error->message);
      return;
    }
  self->peer = pst_peer_new_take_fd (fd);
  pst_peer_start (self->peer, on_message, on_closed, self);
  pst_peer_call (self->peer, "Hello", g_variant_new ("(us)", PST_BROKER_PROTOCOL, "control"), NULL, 0, NULL, NULL);
  pst_peer_call (self->peer, PST_CONTROL_WATCH, g_variant_new ("(b)", TRUE), NULL, 0, on_greeted, self);
}

void
pst_manager_link_start (PstManagerLink *self)
{
  attempt (self);
}

void
pst_manager_link_retry (PstManagerLink *self)
{
  g_clear_handle_id (&self->retry_source, g_source_remove);
  self->delay_ms = FIRST_DELAY_MS;
  attempt (self);
}

gboolean
pst_manager_link_is_connected (PstManagerLink *self)
{
  return self->greeted;
}

typedef struct
{
  PstManagerLink *link; /* not owned: the table of calls goes with it */
  PstManagerReply callback;
  gpointer user_data;
  char *out;
  GCancellable *cancellable; /* (nullable) */
  guint idle;                /* 0 for none */
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_handle_id (&call->idle, g_source_remove);
  g_clear_object (&call->cancellable);
  g_free (call->out);
  g_free (call);
}

static void
on_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  Call *call = data;
  PstManagerLink *self = g_object_ref (call->link);
  g_autoptr (GError) own = NULL;

  g_hash_table_steal (self->calls, call);
  if (call->callback != NULL && (call->cancellable == NULL || !g_cancellable_is_cancelled (call->cancellable)))
    {
      if (error != NULL && !g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
        g_set_error_literal (&own, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED,
                             _ ("Postern’s broker ended before it answered. Look whether the change was made, and try again."));
      else if (reply != NULL && !pst_message_check (reply, call->out, &own))
        reply = NULL;
      call->callback (reply != NULL ? reply->args : NULL, own != NULL ? own : error, call->user_data);
    }
  call_free (call);
  g_object_unref (self);
}

static gboolean
on_no_connection (gpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (PST_PEER_ERROR, PST_PEER_ERROR_REMOTE,
                                                  _ ("Postern’s broker cannot be reached. Try again in a moment."));

  ((Call *)data)->idle = 0;
  on_reply (NULL, NULL, error, data);
  return G_SOURCE_REMOVE;
}

void
pst_manager_link_call (PstManagerLink *self, const char *member, GVariant *args, const char *out, GCancellable *cancellable,
                       PstManagerReply callback, gpointer user_data)
{
  g_autoptr (GVariant) sunk = args != NULL ? g_variant_ref_sink (args) : NULL;
  Call *call = g_new0 (Call, 1);

  call->link = self;
  call->callback = callback;
  call->user_data = user_data;
  call->out = g_strdup (out);
  call->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  g_hash_table_add (self->calls, call);
  if (self->greeted)
    pst_peer_call (self->peer, member, sunk, NULL, 0, on_reply, call);
  else
    call->idle = g_idle_add (on_no_connection, call);
}

static void
pst_manager_link_dispose (GObject *object)
{
  PstManagerLink *self = PST_MANAGER_LINK (object);

  g_clear_handle_id (&self->retry_source, g_source_remove);
  g_clear_pointer (&self->peer, pst_peer_unref);
  g_clear_pointer (&self->calls, g_hash_table_unref);
  G_OBJECT_CLASS (pst_manager_link_parent_class)->dispose (object);
}

static void
pst_manager_link_class_init (PstManagerLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = pst_manager_link_dispose;
  signals[CONNECTED] =
      g_signal_new ("connected", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[LOST] =
      g_signal_new ("lost", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                   G_TYPE_UINT, G_TYPE_STRV);
  signals[EVENTS] = g_signal_new ("events", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                  G_TYPE_VARIANT);
}

static void
pst_manager_link_init (PstManagerLink *self)
{
  self->delay_ms = FIRST_DELAY_MS;
  self->may_start = TRUE;
  self->calls = g_hash_table_new_full (NULL, NULL, call_free, NULL);
}

PstManagerLink *
pst_manager_link_new (void)
{
  return g_object_new (PST_TYPE_MANAGER_LINK, NULL);
}
