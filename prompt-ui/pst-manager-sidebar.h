/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The list at the side of a view: icon, title and a line below it. A tree view of fixed row height, so that its length costs
 * nothing. */
#define PST_TYPE_MANAGER_SIDEBAR (pst_manager_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerSidebar, pst_manager_sidebar, PST, MANAGER_SIDEBAR, GtkScrolledWindow)

typedef struct
{
  const char *key;   /* by which it is found again */
  const char *icon;  /* themed name or absolute path */
  const char *title; /* fit to show */
  char *subtitle;    /* (transfer full) */
} PstSidebarItem;

typedef void (*PstSidebarDescribe) (gpointer item, PstSidebarItem *out);

/* Signal: selected (const char *key), by the person or by select(). */
GtkWidget *pst_manager_sidebar_new (const char *title, PstSidebarDescribe describe);
/* Other items; keeps what is selected, if it is among them. */
void pst_manager_sidebar_set_items_take (PstManagerSidebar *self, GPtrArray *items);
/* FALSE if there is no such item. */
gboolean pst_manager_sidebar_select (PstManagerSidebar *self, const char *key);
void pst_manager_sidebar_select_first (PstManagerSidebar *self);
/* Nothing is selected from now on; says nothing. */
void pst_manager_sidebar_select_none (PstManagerSidebar *self);
/* Is what was selected last in the list? */
gboolean pst_manager_sidebar_has_selection (PstManagerSidebar *self);
/* (nullable) */
const char *pst_manager_sidebar_get_selected (PstManagerSidebar *self);

G_END_DECLS
