/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdarg.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* `postern run` whole, with the real gate and a broker that says yes (test-fake-broker). Each wait is for an event, with a
 * limit. Needs to be an ordinary user. */

typedef struct
{
  char *dir;
  char *home;
  char *private_home;
  char *socket;
  pid_t broker;
} World;

typedef struct
{
  pid_t pid;
  int in;
  int out;
  int err;
} Run;

typedef struct
{
  const char *name;
  void (*test) (World *w, gconstpointer data);
} RunTest;

void world_start_broker (World *w);
void world_stop_broker (World *w);

/* The words of `postern run` with those of @args, which NULL ends. (transfer full) */
char **run_command (va_list args);
/* @first is NULL: the words follow it, and NULL ends them. */
Run run_start (const char *first, ...);
/* Reads until @until has come, or the end. (transfer full) */
char *run_read_until (int fd, const char *until);
int run_wait_for (pid_t pid, int options);
/* Reads all that there is, and waits for the end. */
int run_finish (Run *r, char **out, char **err);
int run_exit_status (int status);
/* That it ended with the status @wanted, and said one line that has @sentence. */
void run_expect_failure (Run r, int wanted, const char *sentence);

/* The whole of a program with these tests, each in a world of its own. */
int run_main (int argc, char **argv, const RunTest *tests, gsize n_tests);

G_END_DECLS
