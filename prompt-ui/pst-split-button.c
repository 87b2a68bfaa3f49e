/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-split-button.h"

/* What a button or a menu item stands for; freed with the widget. */
typedef struct
{
  PstChoice choice;
  PstChoiceFunc func;
  gpointer user_data;
} Target;

static void
on_chosen (GtkWidget *widget, gpointer data)
{
  Target *target = data;

  target->func (target->choice, target->user_data);
}

static void
target_free (gpointer data, GClosure *closure)
{
  g_free (data);
}

static void
connect_choice (GtkWidget *widget, const char *signal, PstChoice choice, PstChoiceFunc func, gpointer user_data)
{
  Target *target = g_new (Target, 1);

  *target = (Target){ choice, func, user_data };
  g_signal_connect_data (widget, signal, G_CALLBACK (on_chosen), target, target_free, 0);
}

GtkWidget *
pst_choice_button_new (PstChoice choice, PstChoiceFunc func, gpointer user_data)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (pst_choice_label (choice));

  connect_choice (button, "clicked", choice, func, user_data);
  return button;
}

/* A popover would be cut off at the edge of the window: a menu is not. */
GtkWidget *
pst_split_button_new (PstChoice choice, const PstChoice *more, gsize n_more, const char *more_name, PstChoiceFunc func,
                      gpointer user_data, GtkWidget **button, GtkWidget **arrow)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);
  GtkWidget *menu = gtk_menu_new ();

  gtk_style_context_add_class (gtk_widget_get_style_context (box), GTK_STYLE_CLASS_LINKED);

  *button = pst_choice_button_new (choice, func, user_data);
  gtk_box_pack_start (GTK_BOX (box), *button, TRUE, TRUE, 0);

  for (gsize i = 0; i < n_more; i++)
    {
      GtkWidget *item = gtk_menu_item_new_with_mnemonic (pst_choice_label (more[i]));
      connect_choice (item, "activate", more[i], func, user_data);
      gtk_menu_shell_append (GTK_MENU_SHELL (menu), item);
    }
  gtk_widget_show_all (menu);

  *arrow = gtk_menu_button_new ();
  gtk_menu_button_set_popup (GTK_MENU_BUTTON (*arrow), menu);
  gtk_widget_set_halign (menu, GTK_ALIGN_END);
  gtk_widget_set_tooltip_text (*arrow, more_name);
  atk_object_set_name (gtk_widget_get_accessible (*arrow), more_name);
  atk_object_set_name (gtk_widget_get_accessible (menu), more_name);
  gtk_box_pack_start (GTK_BOX (box), *arrow, FALSE, FALSE, 0);
  return box;
}

void
pst_split_button_close_menu (GtkWidget *arrow)
{
  GtkMenu *menu = gtk_menu_button_get_popup (GTK_MENU_BUTTON (arrow));

  if (menu != NULL && gtk_widget_get_visible (GTK_WIDGET (menu)))
    {
      gtk_menu_shell_deactivate (GTK_MENU_SHELL (menu));
      gtk_menu_popdown (menu);
    }
}
