/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Callers that are being killed: the kernel says that a wait was interrupted, but not for what. */
#include "consent.h"

#include "ask-refs.h"
#include "killed.h"
#include "sandbox-table.h"

#define KILLED_POLL_MS 20

static gboolean
look_at_interrupted (PstBroker *broker)
{
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, NULL);
  gboolean more = FALSE;

  for (guint i = 0; i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];
      g_autoptr (GArray) refs = pst_ask_refs_new ();
      GHashTableIter iter;
      gpointer value;

      g_hash_table_iter_init (&iter, sandbox->asks);
      while (g_hash_table_iter_next (&iter, NULL, &value))
        if (((PstAsk *)value)->interrupted)
          pst_ask_refs_add (refs, value);
      for (guint k = 0; k < refs->len; k++)
        {
          PstAsk *ask = pst_ask_refs_get (refs, k);

          if (ask && pst_killed (ask->tid))
            pst_ask_finish (ask, PST_OUTCOME_KILLED);
          else if (ask)
            more = TRUE;
        }
    }
  return more;
}

static gboolean
on_look (gpointer data)
{
  PstBroker *broker = data;

  if (look_at_interrupted (broker))
    return G_SOURCE_CONTINUE;
  broker->killed_source = 0;
  return G_SOURCE_REMOVE;
}

void
pst_consent_watch_killed (PstBroker *broker)
{
  if (look_at_interrupted (broker) && !broker->killed_source)
    broker->killed_source = g_timeout_add (KILLED_POLL_MS, on_look, broker);
}
