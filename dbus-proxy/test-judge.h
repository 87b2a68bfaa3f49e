/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "filter.h"

G_BEGIN_DECLS

/* What the tests of verdicts have in common. */

/* A catalogue with one service of each kind. */
extern const char judge_text[];

typedef enum
{
  ALLOW,
  ASK,
  DENY,
} Outcome;

PstHeader judge_new_call (const char *destination, const char *interface, const char *member);
PstHeader judge_new_signal (const char *interface, const char *member);
/* To the bus itself; with the signature of RequestName and StartServiceByName. */
PstHeader judge_new_bus_call (const char *member);

/* A call by a client that knows @names. *ask_name: whom the question is about. */
Outcome judge_for (const PstBusPolicy *policy, const PstNames *names, const char *name, const char *interface,
                   const char *member, const char **ask_name);
/* By one that knows only that nobody has @name. */
Outcome judge (const PstBusPolicy *policy, const char *name, const char *interface, const char *member);

G_END_DECLS
