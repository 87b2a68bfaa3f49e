/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The file chooser for what is exported and imported: modal, local files, in the home. @accept: the words of its button, whose
 * response is GTK_RESPONSE_ACCEPT. */
GtkWidget *pst_transfer_chooser_new (const char *title, GtkWindow *parent, GtkFileChooserAction action, const char *accept);

G_END_DECLS
