/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The manager's connection to the broker (role "control"): made again by itself for as long as the object lives, and never
 * waited for. Starts the broker, by way of the command line, when nobody listens. */
#define PST_TYPE_MANAGER_LINK (pst_manager_link_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerLink, pst_manager_link, PST, MANAGER_LINK, GObject)

/* What is different, of Changed in ipc/org.postern.Control1.xml. */
typedef enum
{
  PST_TOPIC_GRANTS = 1,
  PST_TOPIC_APPS = 2,
  PST_TOPIC_SANDBOXES = 4,
  PST_TOPIC_HISTORY = 8,
  PST_TOPIC_ADMINISTRATOR = 16,
  PST_TOPIC_SETTINGS = 32,
} PstTopic;

/* Signals:
 *   connected ()
 *   lost (const char *sentence): once for each connection, and for each attempt that failed; the next one follows by itself
 *   changed (guint topics, const char *const *apps): apps empty: any
 *   events (GVariant *rows): a(txstsayuuus), oldest first
 */
PstManagerLink *pst_manager_link_new (void);
void pst_manager_link_start (PstManagerLink *self);
/* Tries now instead of a little later. */
void pst_manager_link_retry (PstManagerLink *self);
gboolean pst_manager_link_is_connected (PstManagerLink *self);

/* @reply: (nullable): the arguments, of the type that was asked for; NULL when @error is set, whose text is a sentence. */
typedef void (*PstManagerReply) (GVariant *reply, const GError *error, gpointer user_data);

/* Calls back once, always later, with an error when there is no connection. @args is consumed if floating; NULL means "()".
 * @cancellable: (nullable): when it is cancelled, nothing is called back. */
void pst_manager_link_call (PstManagerLink *self, const char *member, GVariant *args, const char *out,
                            GCancellable *cancellable, PstManagerReply callback, gpointer user_data);

G_END_DECLS
