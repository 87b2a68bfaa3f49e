/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"
#include "pst-manager-groups.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Who may reach one place: all of it, and parts of it. */
#define PST_TYPE_MANAGER_RESOURCE_PAGE (pst_manager_resource_page_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerResourcePage, pst_manager_resource_page, PST, MANAGER_RESOURCE_PAGE, GtkBin)

/* Signal: activated (gpointer entry) */
GtkWidget *pst_manager_resource_page_new (PstManagerActions *actions);
/* @group: of @groups. @from_top: another one than before. */
void pst_manager_resource_page_show (PstManagerResourcePage *self, const PstPlaces *places, const GPtrArray *groups,
                                     const PstGroup *group, gboolean from_top);

G_END_DECLS
