/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* All about one permission, and all that can be done with it. */
#define PST_TYPE_MANAGER_GRANT_PAGE (pst_manager_grant_page_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerGrantPage, pst_manager_grant_page, PST, MANAGER_GRANT_PAGE, GtkBin)

/* Signal: gone (): there is no such permission any more. */
GtkWidget *pst_manager_grant_page_new (PstManagerActions *actions);
/* NULL: none. */
void pst_manager_grant_page_show (PstManagerGrantPage *self, PstEntry *entry);
/* As the Delete key does. */
void pst_manager_grant_page_revoke (PstManagerGrantPage *self);

G_END_DECLS
