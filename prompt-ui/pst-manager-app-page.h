/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Everything that one application may do, and what is done about it as a whole. */
#define PST_TYPE_MANAGER_APP_PAGE (pst_manager_app_page_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerAppPage, pst_manager_app_page, PST, MANAGER_APP_PAGE, GtkBin)

/* Signals:
 *   activated (gpointer entry): the person wants to see more of a PstEntry
 *   history (const char *app)
 */
GtkWidget *pst_manager_app_page_new (PstManagerActions *actions);
/* @needle: shows only the permissions that a search found, if it found any of them; NULL or "": all. */
void pst_manager_app_page_show (PstManagerAppPage *self, const char *app, const char *needle);

G_END_DECLS
