/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A window as assistive technology has it, that is *busy* as long as its input guard waits (pst-input-guard.h): "not ready to
 * take input", which is what that state is for. Screen readers do not interrupt what they say for it. */

/* In the class_init of such a window. */
void pst_guarded_accessible_use (GtkWidgetClass *window_class);

G_END_DECLS
