/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-world.h"

void
test_world_set_up (TestWorld *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/a.jpg");
  test_make_file (f->broker, "Pictures/2026/b.jpg");
  test_make_file (f->broker, "Documents/x.txt");
  test_make_file (f->broker, ".ssh/id_rsa");
  test_make_file (f->broker, "Projects/p/file");
  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", TEST_DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, data ? data : "/usr/bin/cat", TEST_DISPLAY, FALSE, 0, NULL);
}

void
test_world_tear_down (TestWorld *f, gconstpointer data)
{
  g_clear_pointer (&f->sandbox, test_sandbox_free);
  g_clear_pointer (&f->agent, test_agent_free);
  test_broker_free (f->broker);
}
