/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* The sheet of a first start: what an application says that it wants, with a switch for each, before it is started; and the one
 * folder of those that are kept to one. See the essay in sheet.c. */

/* One start that waits. */
typedef struct _PstSheetWaiter PstSheetWaiter;

typedef enum
{
  PST_SHEET_ANSWERED = 1, /* the person let it start; look whether it has to wait for something else */
  PST_SHEET_SKIPPED,      /* nobody can be asked: it starts, and nothing is allowed by that */
  PST_SHEET_CANCELLED,    /* the person does not want it to start */
  PST_SHEET_REFUSED,      /* it cannot be started */
} PstSheetOutcome;

/* Once, from the main loop; the waiter is gone by then. @sentence: (nullable) for the person. */
typedef void (*PstSheetDone) (PstSheetOutcome outcome, const char *sentence, gpointer user_data);

/* Has this start to wait for a person? NULL: no. @sandbox is not registered yet; @has_bus: it is going to have message buses.
 */
PstSheetWaiter *pst_sheet_wait (PstSandbox *sandbox, gboolean has_bus, PstSheetDone done, gpointer user_data);
/* Does a start of @app wait? */
gboolean pst_sheet_is_open (PstBroker *broker, const char *app);
/* Its launcher is gone; @done is not called. */
void pst_sheet_leave (PstSheetWaiter *waiter);

/* Makes the screens show what there is to show; part of what pst_consent_schedule_show() does. */
void pst_sheets_show (PstBroker *broker);
void pst_sheets_agent_gone (PstBroker *broker, PstAgent *agent);

/* An agent's answer. @on: ab, one for each line. FALSE: it makes no sense, and whoever sent it is no agent of ours. */
gboolean pst_sheet_answer (PstBroker *broker, PstAgent *agent, guint64 id, gboolean start, GVariant *on, const char *folder);

G_END_DECLS
