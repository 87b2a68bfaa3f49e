/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One epoll, one thread. GMainLoop would do the same with two more system calls a turn, and at every turn asks all its sources.
 */

typedef struct _PstSource PstSource;
struct _PstSource
{
  int fd;
  guint32 events; /* in the set with these; 0: not in the set, so that a hang-up does not wake us again and again */
  void (*ready) (PstSource *source, guint32 events);
};

void pst_loop_init (void);
void pst_source_watch (PstSource *source, guint32 events);
/* @func is called after each turn, with nobody's callback on the stack, and at least every @ms milliseconds (-1: no hurry). */
void pst_loop_set_idle (void (*func) (void));
void pst_loop_set_timeout (int ms);
void pst_loop_run (void) G_GNUC_NORETURN;
void pst_loop_turn (void);

G_END_DECLS
