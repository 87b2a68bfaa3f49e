/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-question.h"
#include "pst-sheet.h"
#include "tty-terminal.h"

G_BEGIN_DECLS

/* Asks questions on a terminal that it shares with a supervisor, one after another. See the essay in tty-asker.c. */
typedef struct _PstAsker PstAsker;

typedef struct
{
  void (*answered) (guint64 question, PstChoice choice, guint scope, guint access, gpointer user_data);
  PstSheetAnswered sheet_answered;
  /* The terminal, or the supervisor, is gone: there is nothing more to ask on. */
  void (*gone) (gpointer user_data);
} PstAskerEvents;

/* Consumes @terminal, and @supervisor, which is -1 where nobody else uses the terminal. */
PstAsker *pst_asker_new_take (PstTerminal *terminal, int supervisor, const PstAskerEvents *events, gpointer user_data);
void pst_asker_free (PstAsker *asker);

/* Consumes @question. */
void pst_asker_show_take (PstAsker *asker, PstQuestion *question);
void pst_asker_withdraw (PstAsker *asker, guint64 id);
/* The sheet of a first start goes before questions. Consumes @sheet. */
void pst_asker_show_sheet_take (PstAsker *asker, PstSheet *sheet);
void pst_asker_withdraw_sheet (PstAsker *asker, guint64 id);
void pst_asker_withdraw_all (PstAsker *asker);
/* As if Ctrl-C had been typed. */
void pst_asker_interrupt (PstAsker *asker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstAsker, pst_asker_free)

G_END_DECLS
