/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "history-db.h"

G_BEGIN_DECLS

/* The history: what was asked, answered, granted, refused and used, kept beside the rules in a file of its own.
 *
 * A file of its own, for three reasons. Applications bring about most of what is in it, in any number and with any bytes, and
 * the file that decides should hold nothing of theirs but what a person has said yes or no to. It is large: checking it as a
 * whole, as is done with the rules before anything is started, would take seconds. And it may be lost: one that is damaged is
 * set aside, and nobody is kept from working.
 *
 * A thread of its own is the only one that ever opens that file. It writes, searches, trims and makes room, one after another,
 * as long as the disk takes; the main loop hands it jobs and is told what came of them, and never waits. So the lock on the
 * file can stay exclusive.
 *
 * What belongs to a change of the rules is committed together with it, in the grants database (its table "events" is an
 * outbox), handed over from there, and deleted when it is in the history. A crash between the two repeats the handing over;
 * the history keeps the last number that it has had, so that nothing is there twice. What else happens is handed over within a
 * quarter of a second: SIGKILL may lose that. */
typedef struct _PstHistory PstHistory;

/* From the main loop, once for each batch: @events have their numbers; all are 0 if @error, and then none is in the history. */
typedef void (*PstHistoryWritten) (GPtrArray *events, const GError *error, gpointer user_data);
/* As pst_history_db_query(); @rows NULL with @error. */
typedef void (*PstHistoryAnswer) (GPtrArray *rows, guint64 next, const GError *error, gpointer user_data);

/* Errors of opening are told with what is written or asked then. */
PstHistory *pst_history_new (const char *path, guint64 outbox, PstHistoryWritten written, gpointer user_data);
/* Does what it has been given, tells it, and ends. */
void pst_history_free (PstHistory *history);

/* (transfer full) of PstEvent */
void pst_history_write (PstHistory *history, GPtrArray *events_take);
/* How many events have been given, and are not told of yet. */
guint pst_history_get_backlog (PstHistory *history);
void pst_history_set_bounds (PstHistory *history, const PstHistoryBounds *bounds);
void pst_history_query (PstHistory *history, PstHistoryFilter *filter_take, PstHistoryAnswer answer, gpointer user_data);
/* Waits until all that was given before has been done, and told. */
void pst_history_settle (PstHistory *history);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstHistory, pst_history_free)

G_END_DECLS
