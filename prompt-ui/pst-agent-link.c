/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-agent-link.h"

#include "postern-ipc.h"
#include "pst-broker-socket.h"
#include "pst-peer.h"

#define FIRST_DELAY_MS 50
#define LONGEST_DELAY_MS 2000

struct _PstAgentLink
{
  char *kind;
  char *target;
  const PstAgentLinkEvents *events;
  gpointer user_data;
  PstPeer *peer;      /* NULL while there is no connection */
  gboolean ready;     /* the broker took RegisterAgent */
  guint retry_source; /* 0 for none */
  guint delay_ms;
  gint64 missing_since; /* monotonic; 0 while connected */
  char *trouble;        /* (nullable): why the last attempt failed */
};

static void attempt (PstAgentLink *link);

static gboolean
on_retry (gpointer data)
{
  PstAgentLink *link = data;

  link->retry_source = 0;
  attempt (link);
  return G_SOURCE_REMOVE;
}

static void
drop_peer (PstAgentLink *link)
{
  g_clear_pointer (&link->peer, pst_peer_unref);
  link->ready = FALSE;
  link->events->lost (link->user_data);
}

/* @why: (transfer full) */
static void
try_again_later (PstAgentLink *link, char *why)
{
  gint64 now = g_get_monotonic_time ();

  g_free (link->trouble);
  link->trouble = why;
  if (link->missing_since == 0)
    link->missing_since = now;
  if (now - link->missing_since > PST_AGENT_LINK_PATIENCE * G_USEC_PER_SEC)
    {
      link->events->gave_up (link->trouble, link->user_data);
      return;
    }
  if (link->retry_source == 0)
    link->retry_source = g_timeout_add (link->delay_ms, on_retry, link);
  link->delay_ms = MIN (link->delay_ms * 2, LONGEST_DELAY_MS);
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  PstAgentLink *link = data;

  drop_peer (link);
  try_again_later (link, g_strdup ("the broker closed the connection"));
}

static void
on_show (PstAgentLink *link, PstMessage *message)
{
  g_autoptr (GVariant) details = NULL;
  g_autoptr (GError) error = NULL;
  guint64 id;
  PstQuestion *question;

  g_variant_get (message->args, "(t@a{sv})", &id, &details);
  question = pst_question_new (id, details, &error);
  if (question != NULL)
    link->events->show (question, link->user_data);
  else
    g_warning ("Question %" G_GUINT64_FORMAT " from the broker cannot be shown: %s", id, error->message);
}

static void
on_show_sheet (PstAgentLink *link, PstMessage *message)
{
  g_autoptr (GVariant) details = NULL;
  g_autoptr (GError) error = NULL;
  guint64 id;
  PstSheet *sheet;

  g_variant_get (message->args, "(t@a{sv})", &id, &details);
  sheet = pst_sheet_new (id, details, &error);
  if (sheet != NULL)
    link->events->show_sheet (sheet, link->user_data);
  else
    g_warning ("Sheet %" G_GUINT64_FORMAT " from the broker cannot be shown: %s", id, error->message);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  PstAgentLink *link = data;
  g_autoptr (GError) error = NULL;

  if (g_str_equal (message->member, PST_AGENT_SHOW))
    {
      if (pst_message_check (message, PST_AGENT_SHOW_IN, &error))
        {
          on_show (link, message);
          return;
        }
    }
  else if (g_str_equal (message->member, PST_AGENT_WITHDRAW_QUESTION))
    {
      if (pst_message_check (message, PST_AGENT_WITHDRAW_QUESTION_IN, &error))
        {
          guint64 id;
          g_variant_get (message->args, "(t)", &id);
          link->events->withdraw (id, link->user_data);
          return;
        }
    }
  else if (g_str_equal (message->member, PST_AGENT_SHOW_SHEET))
    {
      if (pst_message_check (message, PST_AGENT_SHOW_SHEET_IN, &error))
        {
          on_show_sheet (link, message);
          return;
        }
    }
  else if (g_str_equal (message->member, PST_AGENT_WITHDRAW_SHEET))
    {
      if (pst_message_check (message, PST_AGENT_WITHDRAW_SHEET_IN, &error))
        {
          guint64 id;
          g_variant_get (message->args, "(t)", &id);
          link->events->withdraw_sheet (id, link->user_data);
          return;
        }
    }

  g_warning ("The broker sent “%s”, which an agent does not understand%s%s", message->member, error != NULL ? ": " : "",
             error != NULL ? error->message : "");
  if (message->serial != 0)
    pst_peer_reply_error (peer, message->serial, "an agent does not understand this");
}

static void
on_registered (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  PstAgentLink *link = data;

  if (error == NULL)
    {
      link->ready = TRUE;
      link->missing_since = 0;
      link->delay_ms = FIRST_DELAY_MS;
    }
  else if (g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
    link->events->turned_away (error->message, link->user_data);
  /* else: the connection broke, and on_closed() follows */
}

static void
on_greeted (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  PstAgentLink *link = data;

  if (error != NULL && g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
    link->events->turned_away (error->message, link->user_data);
}

static void
attempt (PstAgentLink *link)
{
  g_autoptr (GError) error = NULL;
  int fd = pst_broker_socket_connect (&error);

  if (fd < 0)
    {
      try_again_later (link, g_strdup (error->message));
      return;
    }
  link->peer = pst_peer_new_take_fd (fd);
  pst_peer_start (link->peer, on_message, on_closed, link);
  pst_peer_call (link->peer, "Hello", g_variant_new ("(us)", PST_BROKER_PROTOCOL, "agent"), NULL, 0, on_greeted, link);
  pst_peer_call (link->peer, PST_AGENT_REGISTER_AGENT, g_variant_new ("(ss)", link->kind, link->target), NULL, 0, on_registered,
                 link);
}

PstAgentLink *
pst_agent_link_new (const char *kind, const char *target, const PstAgentLinkEvents *events, gpointer user_data)
{
  PstAgentLink *link = g_new0 (PstAgentLink, 1);

  link->kind = g_strdup (kind);
  link->target = g_strdup (target);
  link->events = events;
  link->user_data = user_data;
  link->delay_ms = FIRST_DELAY_MS;
  return link;
}

void
pst_agent_link_start (PstAgentLink *link)
{
  g_return_if_fail (link->peer == NULL && link->retry_source == 0);
  attempt (link);
}

void
pst_agent_link_free (PstAgentLink *link)
{
  if (link == NULL)
    return;
  if (link->retry_source != 0)
    g_source_remove (link->retry_source);
  g_clear_pointer (&link->peer, pst_peer_unref);
  g_free (link->kind);
  g_free (link->target);
  g_free (link->trouble);
  g_free (link);
}

/* The question is off the screen already; the broker shows it again if the answer did not settle it (a full disk, a lock). */
static void
on_answered (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  if (error != NULL && g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
    g_warning ("The broker did not take the answer: %s", error->message);
}

void
pst_agent_link_answer (PstAgentLink *link, guint64 question, const PstVerdict *verdict, guint scope, guint access)
{
  if (link->peer == NULL || !link->ready)
    return;
  pst_peer_call (link->peer, PST_AGENT_ANSWER,
                 g_variant_new ("(tuuuux)", question, (guint32)verdict->answer, (guint32)scope, (guint32)access,
                                (guint32)verdict->lifetime, verdict->until),
                 NULL, 0, on_answered, link);
}

void
pst_agent_link_answer_sheet (PstAgentLink *link, guint64 sheet, gboolean start, const gboolean *on, guint n_on,
                             const char *folder)
{
  GVariantBuilder switches;

  if (link->peer == NULL || !link->ready)
    return;
  g_variant_builder_init (&switches, G_VARIANT_TYPE ("ab"));
  for (guint i = 0; i < n_on; i++)
    g_variant_builder_add (&switches, "b", on[i]);
  pst_peer_call (link->peer, PST_AGENT_ANSWER_SHEET, g_variant_new ("(tbab^ay)", sheet, start, &switches, folder), NULL, 0,
                 on_answered, link);
}
