/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-question.h"
#include "pst-sheet.h"

G_BEGIN_DECLS

/* An agent's connection to the broker. It is made again by itself when it breaks: first after 50 ms, then ever more slowly,
 * for PST_AGENT_LINK_PATIENCE seconds; after that gave_up() is called (a broker that starts later starts its own agents).
 *
 * Everything is called back from the main loop. After lost() every question and sheet that was shown is void: the broker shows
 * again what is still open. */
#define PST_AGENT_LINK_PATIENCE 60

typedef struct _PstAgentLink PstAgentLink;

typedef struct
{
  /* (transfer full): the question is the callee's. */
  void (*show) (PstQuestion *question, gpointer user_data);
  void (*withdraw) (guint64 id, gpointer user_data);
  /* (transfer full): the sheet is the callee's. */
  void (*show_sheet) (PstSheet *sheet, gpointer user_data);
  void (*withdraw_sheet) (guint64 id, gpointer user_data);
  void (*lost) (gpointer user_data);
  /* The broker will not have this agent, because it has one: @message is for a person. */
  void (*turned_away) (const char *message, gpointer user_data);
  void (*gave_up) (const char *message, gpointer user_data);
} PstAgentLinkEvents;

/* @kind, @target: as RegisterAgent in ipc/org.postern.Agent1.xml has them. @events must outlive the link. */
PstAgentLink *pst_agent_link_new (const char *kind, const char *target, const PstAgentLinkEvents *events, gpointer user_data);
void pst_agent_link_free (PstAgentLink *link);
void pst_agent_link_start (PstAgentLink *link);

/* Lost quietly when the connection is down: the question comes again. */
void pst_agent_link_answer (PstAgentLink *link, guint64 question, const PstVerdict *verdict, guint scope, guint access);

/* The same. @on: one for each line. */
void pst_agent_link_answer_sheet (PstAgentLink *link, guint64 sheet, gboolean start, const gboolean *on, guint n_on,
                                  const char *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstAgentLink, pst_agent_link_free)

G_END_DECLS
