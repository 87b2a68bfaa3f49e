/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-sheet-rows.h"

#include "pst-input-guard.h"
#include "pst-path.h"
#include "pst-prompt-frame.h"
#include "pst-text.h"

#include <glib/gi18n.h>

#define MAX_SHOWN 120

struct _PstSheetRows
{
  const PstSheet *sheet;
  void (*changed) (gpointer user_data);
  gpointer user_data;
  GtkWidget *frame;
  GtkWidget *switches[PST_SHEET_MAX_LINES];
  GtkLabel *folder_shown;
  GtkWidget *chooser; /* (nullable): open */
  char *folder;       /* (nullable) */
};

/* A click anywhere in the row is one on its switch. */
static void
on_row_clicked (GtkGestureMultiPress *gesture, int n_press, double x, double y, gpointer data)
{
  GtkWidget *toggle = data;

  if (pst_input_guard_permits (GTK_WINDOW (gtk_widget_get_toplevel (toggle))))
    gtk_switch_set_active (GTK_SWITCH (toggle), !gtk_switch_get_active (GTK_SWITCH (toggle)));
}

static GtkLabel *
detail_label_new (const char *text)
{
  GtkLabel *label = pst_prompt_label_new ();
  PangoAttrList *attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_insert_hyphens_new (FALSE));
  pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_SMALL));
  gtk_label_set_attributes (label, attributes);
  pango_attr_list_unref (attributes);
  gtk_label_set_max_width_chars (label, 24);
  gtk_label_set_text (label, text);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (label)), GTK_STYLE_CLASS_DIM_LABEL);
  return label;
}

/* Picture, what it is, and a control at the far end. */
static GtkWidget *
row_new (const char *icon, const char *text, const char *detail, GtkWidget *control, GtkLabel **detail_label)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12), *words = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *image = gtk_image_new_from_icon_name (icon, GTK_ICON_SIZE_DND);
  GtkLabel *label = pst_prompt_label_new (), *below = detail_label_new (detail);

  gtk_image_set_pixel_size (GTK_IMAGE (image), 32);
  gtk_label_set_text (label, text);
  gtk_label_set_max_width_chars (label, 24);
  gtk_widget_set_valign (words, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
  gtk_container_add (GTK_CONTAINER (words), GTK_WIDGET (label));
  if (*detail != '\0')
    gtk_container_add (GTK_CONTAINER (words), GTK_WIDGET (below));
  else
    g_object_ref_sink (below), gtk_widget_destroy (GTK_WIDGET (below)), g_object_unref (below);
  gtk_box_pack_start (GTK_BOX (row), image, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), words, TRUE, TRUE, 0);
  gtk_box_pack_end (GTK_BOX (row), control, FALSE, FALSE, 0);
  gtk_widget_set_margin_start (row, 12);
  gtk_widget_set_margin_end (row, 12);
  gtk_widget_set_margin_top (row, 9);
  gtk_widget_set_margin_bottom (row, 9);
  atk_object_add_relationship (gtk_widget_get_accessible (control), ATK_RELATION_LABELLED_BY,
                               gtk_widget_get_accessible (GTK_WIDGET (label)));
  atk_object_set_description (gtk_widget_get_accessible (control), detail);
  if (detail_label != NULL)
    *detail_label = below;
  return row;
}

static void
on_toggled (GtkSwitch *toggle, GParamSpec *pspec, gpointer data)
{
  PstSheetRows *rows = data;

  rows->changed (rows->user_data);
}

static GtkWidget *
line_new (PstSheetRows *rows, guint i)
{
  const PstSheetLine *line = &rows->sheet->lines[i];
  GtkWidget *all = gtk_event_box_new (), *toggle = gtk_switch_new ();
  GtkGesture *gesture = gtk_gesture_multi_press_new (all);

  gtk_switch_set_active (GTK_SWITCH (toggle), line->on);
  /* Enter on it turns it, and does not press the default button. */
  gtk_widget_set_receives_default (toggle, TRUE);
  atk_object_set_name (gtk_widget_get_accessible (toggle), line->label);
  gtk_event_box_set_visible_window (GTK_EVENT_BOX (all), FALSE);
  gtk_container_add (GTK_CONTAINER (all), row_new (line->icon, line->label, line->detail, toggle, NULL));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (gesture), GDK_BUTTON_PRIMARY);
  g_signal_connect (gesture, "released", G_CALLBACK (on_row_clicked), toggle);
  g_object_set_data_full (G_OBJECT (all), "pst-gesture", gesture, g_object_unref);
  g_signal_connect (toggle, "notify::active", G_CALLBACK (on_toggled), rows);
  rows->switches[i] = toggle;
  return all;
}

static void
on_chosen (GtkDialog *chooser, int response, gpointer data)
{
  PstSheetRows *rows = data;
  g_autofree char *folder = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser)) : NULL;

  rows->chooser = NULL;
  gtk_widget_destroy (GTK_WIDGET (chooser));
  if (folder != NULL)
    {
      g_autofree char *shown = pst_path_abbreviate (folder, g_get_home_dir ());
      g_autofree char *text = pst_text_for_display (shown, MAX_SHOWN);

      g_free (rows->folder);
      rows->folder = g_steal_pointer (&folder);
      gtk_label_set_text (rows->folder_shown, text);
      rows->changed (rows->user_data);
    }
}

/* It looks at the person's files as the person does: it is this process that reads them, not the application. */
static void
on_choose (GtkButton *button, gpointer data)
{
  PstSheetRows *rows = data;
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (button));
  GtkFileChooser *chooser;

  if (rows->chooser != NULL || !pst_input_guard_permits (GTK_WINDOW (window)))
    return;
  rows->chooser = gtk_file_chooser_dialog_new (pst_sheet_folder_label (rows->sheet), GTK_WINDOW (window),
                                               GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("_Cancel"), GTK_RESPONSE_CANCEL,
                                               _ ("_Select"), GTK_RESPONSE_ACCEPT, NULL);
  chooser = GTK_FILE_CHOOSER (rows->chooser);
  gtk_file_chooser_set_local_only (chooser, TRUE);
  gtk_file_chooser_set_current_folder (chooser, rows->folder != NULL ? rows->folder : rows->sheet->folder_start);
  gtk_window_set_modal (GTK_WINDOW (rows->chooser), TRUE);
  gtk_window_set_keep_above (GTK_WINDOW (rows->chooser), TRUE);
  gtk_dialog_set_default_response (GTK_DIALOG (rows->chooser), GTK_RESPONSE_ACCEPT);
  g_signal_connect (chooser, "response", G_CALLBACK (on_chosen), rows);
  gtk_widget_show (rows->chooser);
}

static GtkWidget *
folder_row_new (PstSheetRows *rows)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (_ ("C_hoose…"));

  g_signal_connect (button, "clicked", G_CALLBACK (on_choose), rows);
  return row_new ("folder", pst_sheet_folder_label (rows->sheet), _ ("Not chosen yet"), button, &rows->folder_shown);
}

static void
rows_free (gpointer data)
{
  PstSheetRows *rows = data;

  g_free (rows->folder);
  g_free (rows);
}

PstSheetRows *
pst_sheet_rows_new (const PstSheet *sheet, void (*changed) (gpointer user_data), gpointer user_data)
{
  PstSheetRows *rows = g_new0 (PstSheetRows, 1);
  GtkWidget *list = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  rows->sheet = sheet;
  rows->changed = changed;
  rows->user_data = user_data;
  rows->frame = gtk_frame_new (NULL);
  gtk_style_context_add_class (gtk_widget_get_style_context (rows->frame), GTK_STYLE_CLASS_VIEW);
  if (sheet->folder != 0)
    gtk_container_add (GTK_CONTAINER (list), folder_row_new (rows));
  for (guint i = 0; i < sheet->n_lines; i++)
    {
      if (i > 0 || sheet->folder != 0)
        gtk_container_add (GTK_CONTAINER (list), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
      gtk_container_add (GTK_CONTAINER (list), line_new (rows, i));
    }
  gtk_container_add (GTK_CONTAINER (rows->frame), list);
  atk_object_set_role (gtk_widget_get_accessible (list), ATK_ROLE_LIST);
  g_object_set_data_full (G_OBJECT (rows->frame), "pst-rows", rows, rows_free);
  gtk_widget_show_all (rows->frame);
  return rows;
}

GtkWidget *
pst_sheet_rows_get_widget (PstSheetRows *rows)
{
  return rows->frame;
}

gboolean
pst_sheet_rows_is_on (PstSheetRows *rows, guint line)
{
  return gtk_switch_get_active (GTK_SWITCH (rows->switches[line]));
}

const char *
pst_sheet_rows_get_folder (PstSheetRows *rows)
{
  return rows->folder != NULL ? rows->folder : "";
}

void
pst_sheet_rows_set_sheet (PstSheetRows *rows, const PstSheet *sheet)
{
  rows->sheet = sheet;
}

void
pst_sheet_rows_close (PstSheetRows *rows)
{
  if (rows->chooser != NULL)
    gtk_widget_destroy (g_steal_pointer (&rows->chooser));
}
