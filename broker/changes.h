/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Telling whoever watches that something is different from what they were told before.
 *
 * Whoever changes something says so with pst_changes_note(), from anywhere and as often as it likes: the watchers are told at
 * most once in 50 ms, of everything together, and the last change is never left out. A change of the store need not be noted:
 * the store says it itself. */

/* The topics of Control1.Changed. */
typedef enum
{
  PST_TOPIC_GRANTS = 1,
  PST_TOPIC_APPS = 2,
  PST_TOPIC_SANDBOXES = 4,
  PST_TOPIC_HISTORY = 8,
  PST_TOPIC_ADMINISTRATOR = 16,
  PST_TOPIC_SETTINGS = 32,
} PstTopic;

typedef struct _PstWatcher PstWatcher;

/* @member: "Changed" or "Event"; @args: a tuple, not floating. */
typedef void (*PstWatcherTell) (const char *member, GVariant *args, gpointer target);

/* @topics: of PstTopic, or-ed. @app: (nullable): any, or several. */
void pst_changes_note (PstBroker *broker, guint topics, const char *app);

/* Does anybody want to have new rows of the history? */
gboolean pst_changes_has_history_watcher (PstBroker *broker);
/* Tells those the rows at once: the arguments of Event, consumed if floating. */
void pst_changes_tell_history (PstBroker *broker, GVariant *rows);

/* NULL: too many watch. @target is the caller's until pst_changes_unwatch(). */
PstWatcher *pst_changes_watch (PstBroker *broker, gboolean history, PstWatcherTell tell, gpointer target);
void pst_watcher_set_history (PstWatcher *watcher, gboolean history);
/* NULL is nobody. */
void pst_changes_unwatch (PstBroker *broker, PstWatcher *watcher);

PstChanges *pst_changes_new (void);
void pst_changes_free (PstChanges *changes);

G_END_DECLS
