/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module for GTK_MODULES: windows as where lines are read from the right, without a translation into such a language. */

#include <gtk/gtk.h>

G_MODULE_EXPORT void gtk_module_init (int *argc, char ***argv);

void
gtk_module_init (int *argc, char ***argv)
{
  gtk_widget_set_default_direction (GTK_TEXT_DIR_RTL);
}
