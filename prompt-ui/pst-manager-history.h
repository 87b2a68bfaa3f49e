/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What was asked, answered, given and refused: newest first, read a page at a time as one scrolls. */
#define PST_TYPE_MANAGER_HISTORY (pst_manager_history_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerHistory, pst_manager_history, PST, MANAGER_HISTORY, GtkBox)

GtkWidget *pst_manager_history_new (PstManagerActions *actions);
/* Only what concerns this application; NULL: all. */
void pst_manager_history_set_app (PstManagerHistory *self, const char *app);
void pst_manager_history_search (PstManagerHistory *self, const char *text);

/* Asks where to, and writes there all that @filter (a{sv}, as for History) finds, a JSON object a line. */
void pst_history_export_dialog_run (GtkWindow *parent, PstManagerActions *actions, GVariant *filter);

G_END_DECLS
