/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "scopes.h"

G_BEGIN_DECLS

/* The questions that are open, and who waits for them. Pure: no message is sent from here and no clock is read; the owner asks
 * what is to be on the screen and makes it so.
 *
 * An ask is one held request of one sandbox. A question is what a person is asked: asks of one application for things below the
 * same base are the same question. Of one application (on one screen) the oldest question is shown, and the others are lines in
 * the same window. */

typedef struct _PstAskQueue PstAskQueue;
typedef struct _PstQuestion PstQuestion;
/* The owner's: the queue only keeps pointers. */
typedef struct _PstAsk PstAsk;

struct _PstQuestion
{
  guint64 id;
  char *app;
  char *screen;           /* where it can be shown; questions of one application on two screens are two queues */
  PstOffer *offer;        /* owned */
  GPtrArray *asks;        /* of PstAsk, borrowed; never empty while it is in the queue */
  gint64 deadline;        /* monotonic microseconds, 0: not on the screen yet */
  gboolean escalated;     /* some ask wants more than is preselected */
  gconstpointer shown_to; /* the owner's: the agent that shows it, NULL for none */
  char *shown_waiting;    /* the owner's: the lines that were shown with it */
};

PstAskQueue *pst_ask_queue_new (void);
/* Questions that are still there are freed; their asks are not called back. */
void pst_ask_queue_free (PstAskQueue *queue);
guint pst_ask_queue_get_n_questions (const PstAskQueue *queue);
/* Those of one application on one screen. */
guint pst_ask_queue_count (PstAskQueue *queue, const char *app, const char *screen);

/* The open question that an ask of @app for @path belongs to, or NULL. @is_protected: the ask is for something protected. */
PstQuestion *
pst_ask_queue_find (PstAskQueue *queue, const char *app, const char *screen, const char *path, gboolean is_protected);
/* A new question, last of its application's. Takes @offer. */
PstQuestion *pst_ask_queue_add (PstAskQueue *queue, const char *app, const char *screen, PstOffer *offer, PstAsk *first);
/* @wanted: what the ask needs. Until the question has been on the screen the preselection follows; after that what a person
 * looks at must not change under their hand. */
void pst_ask_queue_join (PstQuestion *question, PstAsk *ask, PstAccess wanted);

/* Takes @ask out of @question. Returns TRUE if that was the last: the question is then gone from the queue, and freed. */
gboolean pst_ask_queue_leave (PstAskQueue *queue, PstQuestion *question, PstAsk *ask);

PstQuestion *pst_ask_queue_lookup (PstAskQueue *queue, guint64 id);
/* Takes a question out, answered: (transfer full). */
PstQuestion *pst_ask_queue_steal (PstAskQueue *queue, PstQuestion *question);
void pst_question_free (PstQuestion *question);

/* The question of @app to be on @screen now, or NULL; and one line for each that waits behind it (transfer full, at most 20,
 * then "and N more"). */
PstQuestion *pst_ask_queue_head (PstAskQueue *queue, const char *app, const char *screen);
GStrv pst_ask_queue_waiting (PstAskQueue *queue, const char *app, const char *screen);
/* For each pair that has a question. */
typedef void (*PstAskQueueHeadFunc) (PstQuestion *head, gpointer user_data);
void pst_ask_queue_foreach_head (PstAskQueue *queue, PstAskQueueHeadFunc func, gpointer user_data);
/* All questions, oldest first: (transfer container) */
GPtrArray *pst_ask_queue_list (PstAskQueue *queue);

/* It is on the screen since @now. */
void pst_question_shown (PstQuestion *question, gint64 now, gint64 timeout);
/* The earliest deadline, 0: none. */
gint64 pst_ask_queue_next_deadline (PstAskQueue *queue);
/* A question whose deadline has passed, or NULL. */
PstQuestion *pst_ask_queue_expired (PstAskQueue *queue, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstAskQueue, pst_ask_queue_free)

G_END_DECLS
