/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-actions.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What needs a choice before it is done. Each returns at once; the person's answer goes to the actions. */

/* @size: (nullable): of the private home; NULL when there is none. */
void pst_reset_dialog_run (GtkWindow *parent, PstManagerActions *actions, const PstApp *app, const char *size);
/* A permission by hand. */
void pst_add_dialog_run (GtkWindow *parent, PstManagerActions *actions, const PstApp *app);
/* A folder below that of @entry. */
void pst_narrow_dialog_run (GtkWindow *parent, PstManagerActions *actions, PstEntry *entry);
/* How long: a menu at @widget; a day is chosen from a calendar. */
void pst_lifetime_menu_popup (GtkWidget *widget, PstManagerActions *actions, PstEntry *entry);

/* The person's permissions to a file, and from one. */
void pst_export_dialog_run (GtkWindow *parent, PstManagerActions *actions);
void pst_import_dialog_run (GtkWindow *parent, PstManagerActions *actions);

/* How long things are kept, for all applications. */
void pst_preferences_dialog_run (GtkWindow *parent, PstManagerActions *actions);

/* The end of a day of the calendar, local time, in seconds since 1970. Pure. */
gint64 pst_end_of_day (int year, int month, int day);
/* Is @path below @above, and not it? Both as a file chooser gives them. Pure. */
gboolean pst_is_part_of (const char *path, const char *above);

G_END_DECLS
