/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-data.h"
#include "pst-history-row.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* How rows of the history are shown: when, which application, what. Its model is a PstManagerList of PstHistoryRow. */

/* @data: lives as long as the view; names of applications and places come from it. */
GtkTreeView *pst_history_table_new (PstManagerData *data);
/* (nullable) */
const PstHistoryRow *pst_history_table_get_selected (GtkTreeView *view);
/* The row of this number, if it is there; 0: none. */
void pst_history_table_select (GtkTreeView *view, guint64 number);

G_END_DECLS
