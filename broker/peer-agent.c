/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker's side of Agent1. */
#include "connection.h"

#include <string.h>

#include "consent.h"
#include "postern-ipc.h"
#include "sheet.h"

void
pst_peer_agent_handle (PstConnection *connection, PstMessage *message)
{
  PstBroker *broker = connection->broker;

  if (strcmp (message->member, PST_AGENT_REGISTER_AGENT) == 0 &&
      pst_message_check (message, PST_AGENT_REGISTER_AGENT_IN, NULL) && !connection->agent.kind)
    {
      const char *kind, *target;

      g_variant_get (message->args, "(&s&s)", &kind, &target);
      if (strcmp (kind, "gtk") != 0 && strcmp (kind, "tty") != 0)
        {
          pst_connection_refuse (connection, "an agent of no known kind");
          return;
        }
      if (message->serial)
        pst_peer_reply (connection->peer, message->serial, NULL, NULL, 0);
      pst_screen_agent_ready (&connection->agent, kind, target);
      return;
    }
  if (strcmp (message->member, PST_AGENT_ANSWER) == 0 && pst_message_check (message, PST_AGENT_ANSWER_IN, NULL) &&
      connection->agent.kind)
    {
      guint64 question;
      guint32 answer, scope, access, lifetime;
      gint64 until;

      g_variant_get (message->args, "(tuuuux)", &question, &answer, &scope, &access, &lifetime, &until);
      pst_consent_answer (broker, &connection->agent, question, answer, scope, access, lifetime, until);
      if (message->serial && pst_peer_is_open (connection->peer))
        pst_peer_reply (connection->peer, message->serial, NULL, NULL, 0);
      return;
    }
  if (strcmp (message->member, PST_AGENT_ANSWER_SHEET) == 0 && pst_message_check (message, PST_AGENT_ANSWER_SHEET_IN, NULL) &&
      connection->agent.kind)
    {
      g_autoptr (GVariant) on = NULL, bytes = NULL;
      g_autofree char *folder = NULL;
      guint64 sheet;
      gboolean start;

      g_variant_get (message->args, "(tb@ab@ay)", &sheet, &start, &on, &bytes);
      folder = pst_dup_bytes (bytes);
      if (!folder || !pst_sheet_answer (broker, &connection->agent, sheet, start, on, folder))
        pst_connection_refuse (connection, "an answer to a sheet that makes no sense");
      else if (message->serial && pst_peer_is_open (connection->peer))
        pst_peer_reply (connection->peer, message->serial, NULL, NULL, 0);
      return;
    }
  pst_connection_refuse (connection, "a message that is none of Agent1");
}
