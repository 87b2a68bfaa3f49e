/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-harness.h"

G_BEGIN_DECLS

/* A broker, a person at a screen, and one sandbox, as most tests of the broker begin: a fixture for g_test_add(). */

#define TEST_DISPLAY ":test"

typedef struct
{
  TestBroker *broker;
  TestAgent *agent;
  TestSandbox *sandbox; /* of @program, or cat */
} TestWorld;

void test_world_set_up (TestWorld *f, gconstpointer program);
void test_world_tear_down (TestWorld *f, gconstpointer program);

G_END_DECLS
