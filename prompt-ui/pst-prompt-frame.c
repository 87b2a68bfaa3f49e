/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-prompt-frame.h"

#include "pst-app-icon.h"
#include "pst-input-guard.h"
#include "pst-prompt-parts.h"
#include "pst-style.h"

#ifdef HAVE_LAYER_SHELL
#include <gtk-layer-shell.h>
#endif

#define WIDTH 520
#define BORDER 18

/* The dialog is meant to be read while another window has the keyboard: it is never drawn as one of the background. */
static void
stay_in_front (GtkWidget *widget)
{
  gtk_widget_unset_state_flags (widget, GTK_STATE_FLAG_BACKDROP);
}

static gboolean
on_window_state (GtkWidget *widget, GdkEvent *event, gpointer data)
{
  stay_in_front (widget);
  return GDK_EVENT_PROPAGATE;
}

void
pst_prompt_frame_set_up (GtkWindow *window, const char *role)
{
  pst_style_add ();
  gtk_window_set_type_hint (window, GDK_WINDOW_TYPE_HINT_DIALOG);
  gtk_window_set_resizable (window, FALSE);
  gtk_window_set_position (window, GTK_WIN_POS_CENTER);
  gtk_window_set_focus_on_map (window, FALSE);
  gtk_window_set_keep_above (window, TRUE);
  gtk_window_set_urgency_hint (window, FALSE);
  gtk_window_set_role (window, role);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (window)), "postern-question");
  atk_object_set_role (gtk_widget_get_accessible (GTK_WIDGET (window)), ATK_ROLE_ALERT);
#ifdef HAVE_LAYER_SHELL
  if (gtk_layer_is_supported ())
    {
      gtk_layer_init_for_window (window);
      gtk_layer_set_namespace (window, role);
      gtk_layer_set_layer (window, GTK_LAYER_SHELL_LAYER_TOP);
      gtk_layer_set_keyboard_mode (window, GTK_LAYER_SHELL_KEYBOARD_MODE_ON_DEMAND);
    }
#endif
  pst_input_guard_add (window);
  g_signal_connect_after (window, "realize", G_CALLBACK (stay_in_front), NULL);
  g_signal_connect_after (window, "map", G_CALLBACK (stay_in_front), NULL);
  g_signal_connect_after (window, "window-state-event", G_CALLBACK (on_window_state), NULL);
}

GtkLabel *
pst_prompt_label_new (void)
{
  GtkWidget *label = gtk_label_new (NULL);
  PangoAttrList *attributes = pst_prompt_text_attributes ();

  gtk_label_set_attributes (GTK_LABEL (label), attributes);
  pango_attr_list_unref (attributes);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_line_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 36); /* the grid is wider: this keeps it from growing */
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_set_halign (label, GTK_ALIGN_FILL);
  return GTK_LABEL (label);
}

static GtkWidget *
build_heading (GtkLabel **title, GtkLabel **text)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  PangoAttrList *attributes = pst_prompt_text_attributes ();

  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_LARGE));
  *title = pst_prompt_label_new ();
  gtk_label_set_attributes (*title, attributes);
  pango_attr_list_unref (attributes);
  *text = pst_prompt_label_new ();
  gtk_box_pack_start (GTK_BOX (box), GTK_WIDGET (*title), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), GTK_WIDGET (*text), FALSE, FALSE, 0);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_widget_set_hexpand (box, TRUE);
  return box;
}

GtkWidget *
pst_prompt_grid_new (GtkImage **icon, GtkLabel **title, GtkLabel **text)
{
  GtkWidget *grid = gtk_grid_new (), *image = gtk_image_new ();

  gtk_widget_set_size_request (image, PST_APP_ICON_SIZE, PST_APP_ICON_SIZE);
  gtk_widget_set_halign (image, GTK_ALIGN_END);
  gtk_widget_set_valign (image, GTK_ALIGN_START);
  atk_object_set_role (gtk_widget_get_accessible (image), ATK_ROLE_ICON);
  *icon = GTK_IMAGE (image);

  gtk_grid_set_row_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_container_set_border_width (GTK_CONTAINER (grid), BORDER);
  gtk_grid_attach (GTK_GRID (grid), image, 0, 0, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), build_heading (title, text), 1, 0, 1, 1);
  gtk_widget_set_size_request (grid, WIDTH, -1);
  return grid;
}

GtkWidget *
pst_prompt_warning_new (GtkLabel **text)
{
  GtkWidget *bar = gtk_info_bar_new ();
  GtkWidget *content = gtk_info_bar_get_content_area (GTK_INFO_BAR (bar));
  GtkWidget *image = gtk_image_new_from_icon_name ("dialog-warning-symbolic", GTK_ICON_SIZE_MENU);

  gtk_info_bar_set_message_type (GTK_INFO_BAR (bar), GTK_MESSAGE_WARNING);
  gtk_widget_set_valign (image, GTK_ALIGN_START);
  *text = pst_prompt_label_new ();
  gtk_box_pack_start (GTK_BOX (content), image, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (content), GTK_WIDGET (*text), TRUE, TRUE, 0);
  gtk_widget_show_all (content);
  return bar;
}
