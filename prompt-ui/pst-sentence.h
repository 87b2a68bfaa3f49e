/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @text, made to run as the language of the interface runs, whatever word it begins with: a toolkit goes by the first word, and
 * “%s was reset” with a Hebrew name would be read from its end. Not for what is a name or a path alone. (transfer full) */
char *pst_sentence (const char *text);

void pst_label_set_sentence (GtkLabel *label, const char *text);

G_END_DECLS
