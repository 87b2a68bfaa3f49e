/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A group of radio buttons that is filled anew for each question, with its label; widgets are made once and reused, so that
 * filling costs no more than setting texts. */
typedef struct _PstChoiceGroup PstChoiceGroup;
typedef void (*PstChoiceGroupChanged) (gpointer user_data);

/* @max: most choices there can be. @label: with a mnemonic. Freed with the box. */
PstChoiceGroup *pst_choice_group_new (const char *label, guint max, GtkOrientation orientation, PstChoiceGroupChanged changed,
                                      gpointer user_data);
/* (transfer none) */
GtkWidget *pst_choice_group_get_label (PstChoiceGroup *group);
GtkWidget *pst_choice_group_get_box (PstChoiceGroup *group);

/* Shows @n of @labels (never read as markup or mnemonics), @selected chosen; hides the whole group when there is nothing to
 * choose. */
void pst_choice_group_fill (PstChoiceGroup *group, const char *const *labels, guint n, guint selected);
guint pst_choice_group_get_selected (PstChoiceGroup *group);

G_END_DECLS
