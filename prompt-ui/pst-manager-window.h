/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define PST_TYPE_MANAGER_WINDOW (pst_manager_window_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerWindow, pst_manager_window, PST, MANAGER_WINDOW, GtkApplicationWindow)

GtkWidget *pst_manager_window_new (GtkApplication *application);
/* Turns to the page of an application (an id, or a word by which the broker knows it), as soon as it can. */
void pst_manager_window_show_app (PstManagerWindow *self, const char *app);

G_END_DECLS
