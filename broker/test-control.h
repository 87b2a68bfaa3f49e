/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-harness.h"

G_BEGIN_DECLS

/* A real postern-broker, two connections of the role control of which one watches, a scripted agent and sandbox: a fixture. */

#define DISPLAY ":test"

typedef struct
{
  TestBroker *broker;
  TestAgent *agent;
  TestSandbox *sandbox;
  PstPeer *control, *watcher;
  guint n_changed, topics;
  GPtrArray *apps; /* of char *, of all Changed since it was emptied */
} TestControl;

void test_control_set_up (TestControl *f, gconstpointer data);
void test_control_tear_down (TestControl *f, gconstpointer data);
#define TEST_CONTROL_ADD(name, function)                                                                                       \
  g_test_add ("/control/" name, TestControl, NULL, test_control_set_up, function, test_control_tear_down)

guint64 test_control_grant (TestControl *f, const char *app, const char *path, PstAccess access, PstAnswer answer,
                            PstLifetime lifetime);
void test_control_undo (TestControl *f, guint64 number);
/* What a watching connection does with each Changed: @data is the TestControl that counts. */
void test_control_on_watched (PstPeer *peer, PstMessage *message, gpointer data);
/* Runs the loop until a Changed about @topics has come since the last call. */
void test_control_await (TestControl *f, guint topics);

typedef struct
{
  guint64 id;
  char *app, *resource, *source;
  guint32 kind, scope, access, answer, lifetime, tier, origin, effective, flags;
  gint64 until, created, used;
} TestEntry;

/* Of ListEntries. (transfer full): of TestEntry */
GPtrArray *test_control_entries (TestControl *f, const char *app);
/* (transfer none): NULL if there is none. */
const TestEntry *test_control_find (GPtrArray *list, guint64 id);

G_END_DECLS
