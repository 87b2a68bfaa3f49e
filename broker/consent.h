/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "attach.h"
#include "broker.h"

G_BEGIN_DECLS

/* From an ask to its outcome. */

/* A new ask, or one whose circumstances have changed: answers it, attaches what it needs, or makes it part of a question. */
void pst_consent_consider (PstAsk *ask, const PstShown *shown);

/* Makes @ask part of a question, whatever the rules say. */
void pst_consent_question (PstAsk *ask);

/* Settles every ask of @app (NULL: of all) in an open question that the rules now decide. */
void pst_consent_resettle (PstBroker *broker, const char *app, const PstShown *shown);

/* An agent's answer. Numbers that are out of range are refused. */
void pst_consent_answer (PstBroker *broker, PstAgent *agent, guint64 id, PstAnswer answer, guint scope, guint access,
                         PstLifetime lifetime, gint64 until);

/* Nobody can be, or has been, asked: refuses all asks of the question, for this once. */
void pst_consent_refuse (PstBroker *broker, PstQuestion *question, const char *reason);

/* Takes an ask out of its question, and the question off the screen if that was the last. */
void pst_consent_leave (PstAsk *ask);

/* Makes the screens show what the queue says, soon. */
void pst_consent_schedule_show (PstBroker *broker);

/* A look at every interrupted ask now, and each 20 ms while there are such. */
void pst_consent_watch_killed (PstBroker *broker);

G_END_DECLS
