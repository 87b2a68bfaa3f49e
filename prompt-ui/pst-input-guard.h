/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Keeps a person from answering a question that they have not read. See the essay in pst-input-guard.c. */

#define PST_INPUT_GUARD_MS 700

/* Once, before the first window: all events of this process go through the guard from now on. */
void pst_input_guard_init (void);

/* From now on @window is guarded; it starts disarmed. Its class calls pst_guarded_accessible_use(). */
void pst_input_guard_add (GtkWindow *window);

/* What @window shows is new: no input until it has been drawn and PST_INPUT_GUARD_MS have passed. A press that is under way
 * will not count. */
void pst_input_guard_disarm (GtkWindow *window);

/* May something that @window's controls report now be taken for the person's will? Every handler that answers asks this first;
 * it holds for what arrives without an event as well (assistive technology). */
gboolean pst_input_guard_permits (GtkWindow *window);

/* Does @window wait until something that reaches it counts? FALSE for a window without a guard. */
gboolean pst_input_guard_waits (GtkWindow *window);

G_END_DECLS
