/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"
#include "pst-ruleset.h"

G_BEGIN_DECLS

/* A world for component tests: a real home directory, a private home, a FUSE mount with a real postern-fusefs behind it, and in
 * a thread of its own a supervisor and a broker that do what the test says. Everything is below world_dir(). */

/* g_test_init() in a user and a mount namespace of its own: once, first thing in main(). FALSE: not possible here, which is
 * said as a skip; main() returns 0. */
gboolean world_test_init (int *argc, char ***argv);

typedef struct
{
  guint64 number;
  char *path;
  guint access, op, tid;
  guint32 serial;
} WorldAsk;

/* Called in the broker's thread for each question. It answers later or now with the world_… functions below. */
typedef void (*WorldAskFunc) (WorldAsk *ask, gpointer data);

void world_start (WorldAskFunc func, gpointer data, gboolean strict);
void world_stop (void);
int world_gate_pid (void);

/* As the application sees it, through FUSE; and as it is. Both valid for ever (interned). */
const char *world_seen (const char *relative);
const char *world_real (const char *relative);
const char *world_private (const char *relative);
/* The path that rules speak of: the same as world_seen(). */
#define world_path world_seen

/* From any thread. Rules are kept; each call pushes the whole policy and waits until the gate has it. */
void world_rule (const char *relative, PstScope scope, PstAccess access, PstAnswer answer);
void world_no_rule (const char *relative);
void world_door (const char *relative, gboolean listed);
/* From any thread but the broker's: waits. */
void world_push_policy (void);
void world_attach (guint64 id, PstTreeKind kind, PstAccess access, const char *relative, gboolean live);
void world_drop (guint64 id);
void world_kill_broker (void);
void world_new_broker (void);

/* In the broker's thread: */
void world_answer (WorldAsk *ask, PstOutcome outcome);
/* Adds the rule, pushes the policy, attaches the tree (0: none), then answers "retry". */
void world_grant (WorldAsk *ask, const char *relative, PstScope scope, PstAccess access, PstAnswer answer, guint64 tree,
                  PstTreeKind kind, gboolean live);

/* The same answer settles @others (WorldAsk) too. */
void world_grant_with (WorldAsk *ask, GPtrArray *others, const char *relative, PstScope scope, PstAccess access,
                       PstAnswer answer, guint64 tree, PstTreeKind kind, gboolean live);

guint world_n_asks (void);
guint world_n_interrupted (void);
guint world_n_withdrawn (void);
guint world_n_mounts (void);
/* Waits until there have been so many. */
void world_wait_asks (guint n);
void world_wait_interrupted (guint n);
/* The last question */
char *world_last_ask (void);
guint64 world_last_number (void);

G_END_DECLS
