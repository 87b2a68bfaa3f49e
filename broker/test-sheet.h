/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-harness.h"

G_BEGIN_DECLS

/* First starts: a real postern-broker, a scripted supervisor and agent. */

#define DISPLAY ":test"

typedef struct
{
  TestBroker *broker;
  TestAgent *agent;
} TestSheet;

/* A launch, up to where the program would be started. */
typedef struct
{
  PstPeer *launcher, *gate, *bus;
  gboolean sheet; /* what Register said */
  guint answered; /* AwaitSheet has been */
  gboolean admitted, cancelled;
  char *text; /* (nullable): of a refusal */
  PstRuleset *ruleset;
  guint n_policies, closed, n_text_agents;
} TestStart;

void test_sheet_set_up (TestSheet *f, gconstpointer data);
void test_sheet_tear_down (TestSheet *f, gconstpointer data);
#define TEST_SHEET_ADD(name, function)                                                                                         \
  g_test_add ("/sheet/" name, TestSheet, NULL, test_sheet_set_up, function, test_sheet_tear_down)

typedef struct
{
  const char *display, *profile, *only;
  PstAccess only_access;
  gboolean tty;
} TestStartAsk;

/* Registers, and when there is a sheet waits for it without waiting here. Free with test_sheet_end(), which is also the end of
 * the launch. */
TestStart *test_sheet_begin (TestSheet *f, const TestStartAsk *ask);
TestStart *test_sheet_begin_profile (TestSheet *f, const char *profile);
void test_sheet_end (TestStart *start);
PstAnswer test_sheet_decide (TestStart *start, const char *path, PstAccess access);

/* @switches: "101". @folder: "" for none. */
void test_sheet_answer (TestAgent *agent, gboolean start, const char *switches, const char *folder);
/* What the sheet that is shown has under @key. (transfer none) */
const char *test_sheet_said (TestAgent *agent, const char *key);
/* "icon|label|detail|on", one a line. (transfer full) */
char *test_sheet_lines (TestAgent *agent);
/* "path access lifetime" of what is stored. (transfer full): of char * */
GPtrArray *test_sheet_grants (TestSheet *f);

/* A profile that wants two folders and a service. */
extern const char test_sheet_wants[];

G_END_DECLS
