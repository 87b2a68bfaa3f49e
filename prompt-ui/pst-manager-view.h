/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* One of the two views: a list at the side, the page of what is selected in it, and the page of one permission behind that. */
#define PST_TYPE_MANAGER_VIEW (pst_manager_view_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerView, pst_manager_view, PST, MANAGER_VIEW, GtkBox)

typedef enum
{
  PST_VIEW_APPS,
  PST_VIEW_RESOURCES,
} PstViewKind;

/* Signals:
 *   depth (): whether back() leads anywhere has changed
 *   history (const char *app)
 */
GtkWidget *pst_manager_view_new (PstManagerActions *actions, PstViewKind kind);
/* @text: what the person searches for; "" for everything. */
void pst_manager_view_search (PstManagerView *self, const char *text);
/* By application only. FALSE if it is not known. */
gboolean pst_manager_view_show_app (PstManagerView *self, const char *app);
/* By application only: instead of a page of one, why there is none, until the person turns to another. @awaited: (nullable):
 * the one whose page comes up when it becomes known. */
void pst_manager_view_show_missing (PstManagerView *self, const char *sentence, const char *awaited);
gboolean pst_manager_view_is_deep (PstManagerView *self);
void pst_manager_view_back (PstManagerView *self);
/* The Delete key, where no list had it. FALSE: there is nothing to revoke. */
gboolean pst_manager_view_revoke (PstManagerView *self);

G_END_DECLS
