/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-fake-broker.h"

#include <X11/Xlib.h>
#include <X11/keysym.h>

G_BEGIN_DECLS

/* For tests of the dialogs: a display of its own (Xvfb), a window manager, another window that has the keyboard, and real
 * pointer and key events (XTEST). */

#define GUARD_MS 700
#define MARGIN_MS 150

/* One for each test. */
typedef struct
{
  FakeBroker *broker;
  GPid wm;
  GPid agent;
  int status;
  Window holder; /* another application's window, which has the keyboard */
} Desk;

extern Display *desk_x;

/* Once in a process. */
void desk_open (const char *agent, const char *window_manager);
void desk_close (void);

/* The fixture's: @data is not looked at. */
void desk_set_up (Desk *f, gconstpointer data);
void desk_tear_down (Desk *f, gconstpointer data);

/* What is on the screen. Those that take a gpointer are for fake_wait(). */
guint desk_n_dialogs (Window *first);
gboolean desk_has_dialogs (gpointer number);
gboolean desk_holder_has_focus (gpointer desk);
gboolean desk_holder_got_key (gpointer desk);
/* The agent's own end, not by a signal of ours; its status is in the fixture then. */
gboolean desk_agent_ended (gpointer desk);
/* Until there is a dialog with something in it. */
Window desk_wait_dialog (void);
void desk_show (Desk *f, guint64 id, const char *app, const char *extra);

/* The controls stand at the lower edge of the window, 18 px from it. */
typedef enum
{
  DENY,
  ALWAYS,
  ALWAYS_MORE,
  CANCEL = DENY,
  START = ALWAYS_MORE /* of a sheet: as wide as it is, its far end is where that of the other is */
} Button;

void desk_button_position (Window window, Button button, int *left, int *top);
void desk_press_and_release (Window window, Button button);
void desk_key (KeySym symbol, KeySym modifier);
/* Brings the dialog the keyboard, and waits until its keys count. */
void desk_activate_and_wait (Desk *f, Window w);

/* test-agent-gtk-sheet.c and test-agent-gtk-bench.c */
void sheet_tests_add (void);
void bench_tests_add (void);

G_END_DECLS
