/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-world.h"

G_BEGIN_DECLS

/* What the parts of the world of test-world.h need of each other: the supervisor (test-world-supervisor.c), the broker
 * (test-world-broker.c), and the world around both (test-world.c). A test includes test-world.h alone. */

/* Of what the tests' threads and the one of supervisor and broker both use. */
extern GMutex world_lock;
/* A counter of events, which a test can wait for. */
void world_count (guint *counter);
guint world_counted (guint *counter);
void world_wait_for (guint *counter, guint n);
/* Calls @func in the thread of supervisor and broker. */
void world_in_thread (GSourceFunc func, gpointer data);
int world_clone_tree (const char *path, gboolean read_only);

/* Those that connect and disconnect: in the thread of supervisor and broker. */
extern PstPeer *world_link;
void world_supervisor_start (void);
void world_supervisor_connect (int fd);
void world_supervisor_disconnect (void);
void world_supervisor_stop (void);
/* Unless there is one of this number. */
void world_add_tree (guint64 id, PstTreeKind kind, PstAccess access, const char *relative, gboolean live);
void world_send_tree (guint64 id, PstPeerReply done, gpointer data);

void world_broker_start (WorldAskFunc func, gpointer data);
void world_broker_connect (int fd);
void world_broker_disconnect (void);
void world_broker_stop (void);

G_END_DECLS
