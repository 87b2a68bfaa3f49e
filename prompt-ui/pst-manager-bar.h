/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* "Revoked Pictures — Undo", over the lower end of the window. Put it into an overlay. Goes by itself after a while; Ctrl+Z
 * goes on working. */
GtkWidget *pst_manager_bar_new (PstManagerActions *actions);

/* What did not work, at the top. */
GtkWidget *pst_manager_trouble_new (PstManagerActions *actions);

/* What an application still holds open after a revocation, and Stop; at the top. */
GtkWidget *pst_manager_held_new (PstManagerActions *actions);

G_END_DECLS
