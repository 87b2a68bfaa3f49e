/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The subcommands of `postern`. Each gets its own name as argv[0] and returns the exit status; each answers --help itself. */
typedef struct
{
  const char *name;
  int (*run) (int argc, char **argv);
  const char *synopsis; /* what follows the name in the usage */
  const char *summary;  /* one line */
} PstCommand;

int pst_cli_run_main (int argc, char **argv);

/* Statuses of Postern's own failures, where the application's own status is not the answer (as env(1) and sudo have them). */
#define PST_EXIT_USAGE 2
#define PST_EXIT_CANCELLED 123 /* the person did not let it start */
#define PST_EXIT_FAILED 125
#define PST_EXIT_NOT_EXECUTABLE 126
#define PST_EXIT_NOT_FOUND 127

G_END_DECLS
