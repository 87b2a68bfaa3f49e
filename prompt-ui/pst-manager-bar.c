/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-bar.h"

#include "pst-manager-widgets.h"
#include "pst-sentence.h"

#include <glib/gi18n.h>

#define SHOWN_SECONDS 20

/* Done, and Undo */

typedef struct
{
  PstManagerActions *actions;
  GtkRevealer *revealer;
  GtkLabel *text;
  GtkWidget *undo;
  guint timeout; /* 0 for none */
} Bar;

static void
bar_free (gpointer data)
{
  Bar *bar = data;

  g_clear_handle_id (&bar->timeout, g_source_remove);
  g_signal_handlers_disconnect_by_data (bar->actions, bar);
  g_object_unref (bar->actions);
  g_free (bar);
}

static void
hide (Bar *bar)
{
  g_clear_handle_id (&bar->timeout, g_source_remove);
  gtk_revealer_set_reveal_child (bar->revealer, FALSE);
}

static gboolean
on_timeout (gpointer data)
{
  Bar *bar = data;

  bar->timeout = 0;
  gtk_revealer_set_reveal_child (bar->revealer, FALSE);
  return G_SOURCE_REMOVE;
}

static void
on_done (Bar *bar, const char *sentence, gboolean can_undo)
{
  AtkObject *accessible = gtk_widget_get_accessible (GTK_WIDGET (bar->revealer));

  pst_label_set_sentence (bar->text, sentence);
  gtk_widget_set_visible (bar->undo, can_undo);
  atk_object_set_name (accessible, sentence);
  gtk_revealer_set_reveal_child (bar->revealer, TRUE);
  atk_object_notify_state_change (accessible, ATK_STATE_SHOWING, TRUE);
  g_clear_handle_id (&bar->timeout, g_source_remove);
  bar->timeout = g_timeout_add_seconds (SHOWN_SECONDS, on_timeout, bar);
}

static void
on_undo (Bar *bar)
{
  hide (bar);
  pst_manager_actions_undo (bar->actions);
}

GtkWidget *
pst_manager_bar_new (PstManagerActions *actions)
{
  Bar *bar = g_new0 (Bar, 1);
  GtkWidget *revealer = gtk_revealer_new ();
  GtkWidget *frame = gtk_frame_new (NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *close = gtk_button_new_from_icon_name ("window-close-symbolic", GTK_ICON_SIZE_BUTTON);

  bar->actions = g_object_ref (actions);
  bar->revealer = GTK_REVEALER (revealer);
  bar->text = pst_label_new (PANGO_ELLIPSIZE_MIDDLE, FALSE);
  gtk_label_set_max_width_chars (bar->text, 60);
  bar->undo = gtk_button_new_with_mnemonic (_ ("_Undo"));
  gtk_button_set_relief (GTK_BUTTON (close), GTK_RELIEF_NONE);
  pst_widget_set_described (close, _ ("Close"), NULL);
  g_signal_connect_swapped (bar->undo, "clicked", G_CALLBACK (on_undo), bar);
  g_signal_connect_swapped (close, "clicked", G_CALLBACK (hide), bar);
  gtk_container_add (GTK_CONTAINER (box), GTK_WIDGET (bar->text));
  gtk_container_add (GTK_CONTAINER (box), bar->undo);
  gtk_container_add (GTK_CONTAINER (box), close);
  gtk_style_context_add_class (gtk_widget_get_style_context (frame), "app-notification");
  gtk_container_add (GTK_CONTAINER (frame), box);
  gtk_container_add (GTK_CONTAINER (revealer), frame);
  gtk_widget_show_all (revealer);
  gtk_revealer_set_transition_type (GTK_REVEALER (revealer), GTK_REVEALER_TRANSITION_TYPE_SLIDE_UP);
  gtk_widget_set_halign (revealer, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (revealer, GTK_ALIGN_END);
  gtk_widget_set_margin_bottom (revealer, 18);
  atk_object_set_role (gtk_widget_get_accessible (revealer), ATK_ROLE_NOTIFICATION);
  g_object_set_data_full (G_OBJECT (revealer), "pst-bar", bar, bar_free);
  g_signal_connect_swapped (actions, "done", G_CALLBACK (on_done), bar);
  return revealer;
}

/* What did not work */

static GtkWidget *
info_bar_new (GtkMessageType type, const char *icon, GtkLabel **text)
{
  GtkWidget *info = gtk_info_bar_new ();
  GtkWidget *content = gtk_info_bar_get_content_area (GTK_INFO_BAR (info));
  GtkWidget *image = gtk_image_new_from_icon_name (icon, GTK_ICON_SIZE_MENU);

  gtk_info_bar_set_message_type (GTK_INFO_BAR (info), type);
  gtk_info_bar_set_show_close_button (GTK_INFO_BAR (info), TRUE);
  *text = pst_paragraph_new ("", FALSE);
  gtk_box_pack_start (GTK_BOX (content), image, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (content), GTK_WIDGET (*text), TRUE, TRUE, 0);
  gtk_widget_show_all (info);
  gtk_widget_set_no_show_all (info, TRUE);
  gtk_widget_hide (info);
  return info;
}

static void
on_failed (GtkWidget *info, const char *sentence)
{
  pst_label_set_sentence (g_object_get_data (G_OBJECT (info), "pst-text"), sentence);
  atk_object_set_name (gtk_widget_get_accessible (info), sentence);
  gtk_widget_show (info);
}

GtkWidget *
pst_manager_trouble_new (PstManagerActions *actions)
{
  GtkLabel *text;
  GtkWidget *info = info_bar_new (GTK_MESSAGE_WARNING, "dialog-warning-symbolic", &text);

  g_object_set_data (G_OBJECT (info), "pst-text", text);
  g_signal_connect (info, "response", G_CALLBACK (gtk_widget_hide), NULL);
  g_signal_connect_object (actions, "failed", G_CALLBACK (on_failed), info, G_CONNECT_SWAPPED);
  /* what went well after that makes it old */
  g_signal_connect_object (actions, "done", G_CALLBACK (gtk_widget_hide), info, G_CONNECT_SWAPPED);
  return info;
}
