/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-peer.h"
#include "pst-ruleset.h"

G_BEGIN_DECLS

/* A broker of its own for a test, in a home of its own, and scripted ends of every connection it has. */

typedef struct
{
  char *dir, *home, *run, *data;
  GPid pid;
} TestBroker;

/* A program under test that must not be root: becomes "nobody" if it is. Before anything else. */
void test_drop_root (void);

TestBroker *test_broker_new (void);
/* Starts postern-broker (again), with further arguments. */
void test_broker_start (TestBroker *broker, const char *argument);
/* The same, with an administrator's policy of its own: returns the directory of the files. (transfer full) */
char *test_broker_start_with_policy (TestBroker *broker);
/* Sends @signal and waits for its end. */
void test_broker_stop (TestBroker *broker, int signal);
void test_broker_free (TestBroker *broker);
/* "Pictures/a.jpg" → absolute in the broker's home. (transfer full) */
char *test_path (TestBroker *broker, const char *name);
void test_make_file (TestBroker *broker, const char *name);

/* Connected, Hello said. */
PstPeer *test_connect (TestBroker *broker, const char *role);
/* The same; NULL if the broker ends meanwhile. */
PstPeer *test_try_connect (TestBroker *broker, const char *role);
/* A call of Control1, or of anything, that must succeed; the arguments of the reply: (transfer full) */
GVariant *test_call (PstPeer *peer, const char *member, GVariant *args);
/* One that must fail: its sentence. (transfer full) */
char *test_call_fails (PstPeer *peer, const char *member, GVariant *args);

/* A call of Control1 on a connection of its own, that must succeed, while our scripted ends answer the broker: it may have to
 * wait for them. (transfer full) */
GVariant *test_control_call (TestBroker *broker, const char *member, GVariant *args);
/* One that must fail: its sentence. (transfer full) */
char *test_control_call_fails (TestBroker *broker, const char *member, GVariant *args);
/* Of Control1.Grant: a file or folder with all that is below it. */
GVariant *test_grant_args (const char *app, const char *path, PstAccess access, PstAnswer answer, PstLifetime lifetime);

/* Runs the main loop until *@flag is not zero; fails the test after ten seconds. */
void test_wait (const guint *flag);
/* … until *@counter is at least @value. */
void test_wait_count (const guint *counter, guint value);
/* Lets the main loop run until a round trip to the broker is through, so that all it had to say before has arrived. */
void test_settle (TestBroker *broker);

typedef struct
{
  PstPeer *peer;
  guint n_shown, n_withdrawn;
  guint64 question; /* the last one shown */
  GVariant *details;
  guint n_sheets, n_sheets_withdrawn;
  guint64 sheet; /* the last one shown */
  GVariant *sheet_details;
  guint gone;
} TestAgent;
TestAgent *test_agent_new (TestBroker *broker, const char *kind, const char *target);
void test_agent_answer (TestAgent *agent, PstAnswer answer, guint scope, guint access, PstLifetime lifetime);
const char *test_agent_string (TestAgent *agent, const char *key);
void test_agent_free (TestAgent *agent);

typedef struct
{
  guint64 number;
  guint32 kind, access;
  char *path, *real;
  guint64 device, inode;
  gboolean live, create;
} TestTree;

typedef struct
{
  guint done;
  guint32 outcome;
} TestAsk;

typedef struct
{
  PstPeer *launcher, *gate, *bus; /* bus: the end of the message bus proxy */
  guint64 number;
  char *app_id, *home;
  PstRuleset *ruleset;
  GPtrArray *trees; /* of TestTree: attached now */
  guint n_attached, n_detached, n_policies, n_bus_policies, n_notices, n_terminated, n_text_agents, gate_closed;
  /* The next Attach finds that something else is there: moves @swap to @swap_to, makes a directory in its place, and fails. */
  char *swap, *swap_to;
  guint64 last_ask;
  char *last_notice;
} TestSandbox;
/* @request: (nullable) further keys, a{sv} builder text is not needed: display ":test" unless @display is NULL. */
TestSandbox *test_sandbox_new (TestBroker *broker, const char *executable, const char *display, gboolean tty, guint64 again,
                               const char *again_app);
TestAsk *test_ask (TestSandbox *sandbox, const char *path, PstAccess access, PstOp op);
TestAsk *test_ask_from (TestSandbox *sandbox, const char *path, PstAccess access, PstOp op, guint32 tid);
/* The proxy holds a call of @member to the service @name. */
TestAsk *test_ask_bus (TestSandbox *sandbox, const char *bus, const char *name, const char *interface, const char *member);
/* What its gate would say by the policy that it has. */
PstAnswer test_decide (TestSandbox *sandbox, const char *path, PstAccess access);
/* Waits for the outcome, and frees. */
PstOutcome test_outcome (TestAsk *ask);
void test_sandbox_free (TestSandbox *sandbox);

G_END_DECLS
