/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-widgets.h"

#include "pst-app-icon.h"

#include "pst-prompt-parts.h"

#define COLUMN_WIDTH 680

/* A tooltip says what cannot be read, and nothing twice. */
static gboolean
on_query_tooltip (GtkWidget *label, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer data)
{
  const char *full = g_object_get_data (G_OBJECT (label), "pst-full");
  const char *text = gtk_label_get_text (GTK_LABEL (label));

  if ((full == NULL || g_str_equal (full, text)) && !pango_layout_is_ellipsized (gtk_label_get_layout (GTK_LABEL (label))))
    return FALSE;
  gtk_tooltip_set_text (tooltip, full != NULL ? full : text);
  return TRUE;
}

GtkLabel *
pst_label_new (PangoEllipsizeMode ellipsize, gboolean dim)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (label), ellipsize);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (ellipsize != PANGO_ELLIPSIZE_NONE)
    {
      gtk_widget_set_has_tooltip (label, TRUE);
      g_signal_connect (label, "query-tooltip", G_CALLBACK (on_query_tooltip), NULL);
    }
  if (dim)
    {
      PangoAttrList *attributes = pango_attr_list_new ();

      pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_SMALL));
      gtk_label_set_attributes (GTK_LABEL (label), attributes);
      pango_attr_list_unref (attributes);
      gtk_style_context_add_class (gtk_widget_get_style_context (label), GTK_STYLE_CLASS_DIM_LABEL);
    }
  return GTK_LABEL (label);
}

void
pst_label_set (GtkLabel *label, const char *text, const char *full)
{
  if (g_strcmp0 (gtk_label_get_text (label), text) != 0)
    gtk_label_set_text (label, text);
  if (g_strcmp0 (g_object_get_data (G_OBJECT (label), "pst-full"), full) != 0)
    g_object_set_data_full (G_OBJECT (label), "pst-full", g_strdup (full), g_free);
}

GtkLabel *
pst_paragraph_new (const char *text, gboolean dim)
{
  GtkLabel *label = pst_label_new (PANGO_ELLIPSIZE_NONE, dim);

  gtk_label_set_text (label, text);
  gtk_label_set_line_wrap (label, TRUE);
  gtk_label_set_line_wrap_mode (label, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (label, 20);
  gtk_label_set_max_width_chars (label, 60);
  return label;
}

GtkWidget *
pst_heading_new (const char *text)
{
  GtkLabel *label = pst_label_new (PANGO_ELLIPSIZE_END, FALSE);
  PangoAttrList *attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  gtk_label_set_attributes (label, attributes);
  pango_attr_list_unref (attributes);
  gtk_label_set_text (label, text);
  atk_object_set_role (gtk_widget_get_accessible (GTK_WIDGET (label)), ATK_ROLE_HEADING);
  return GTK_WIDGET (label);
}

void
pst_widget_set_described (GtkWidget *widget, const char *name, const char *description)
{
  AtkObject *accessible = gtk_widget_get_accessible (widget);

  atk_object_set_name (accessible, name);
  if (description != NULL)
    atk_object_set_description (accessible, description);
}

void
pst_widget_set_margins (GtkWidget *widget, int horizontal, int vertical)
{
  gtk_widget_set_margin_start (widget, horizontal);
  gtk_widget_set_margin_end (widget, horizontal);
  gtk_widget_set_margin_top (widget, vertical);
  gtk_widget_set_margin_bottom (widget, vertical);
}

static void
set_header (GtkListBoxRow *row, GtkListBoxRow *before, gpointer data)
{
  if (before == NULL)
    gtk_list_box_row_set_header (row, NULL);
  else if (gtk_list_box_row_get_header (row) == NULL)
    {
      GtkWidget *line = gtk_separator_new (GTK_ORIENTATION_HORIZONTAL);

      gtk_widget_show (line);
      gtk_list_box_row_set_header (row, line);
    }
}

/* The keyboard leaves a list at its ends, for the one above or below. */
static gboolean
on_keynav_failed (GtkWidget *list, GtkDirectionType direction, gpointer data)
{
  GtkWidget *toplevel = gtk_widget_get_toplevel (list);

  if (direction != GTK_DIR_UP && direction != GTK_DIR_DOWN)
    return FALSE;
  return gtk_widget_child_focus (toplevel, direction == GTK_DIR_DOWN ? GTK_DIR_TAB_FORWARD : GTK_DIR_TAB_BACKWARD);
}

GtkListBox *
pst_boxed_list_new (const char *title)
{
  GtkWidget *frame = gtk_frame_new (NULL);
  GtkWidget *list = gtk_list_box_new ();

  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_list_box_set_header_func (GTK_LIST_BOX (list), set_header, NULL, NULL);
  g_signal_connect (list, "keynav-failed", G_CALLBACK (on_keynav_failed), NULL);
  pst_widget_set_described (list, title, NULL);
  gtk_container_add (GTK_CONTAINER (frame), list);
  return GTK_LIST_BOX (list);
}

GtkWidget *
pst_boxed_row_new (const char *title, const char *subtitle, GtkWidget *widget)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkLabel *label = pst_label_new (PANGO_ELLIPSIZE_END, FALSE);

  gtk_label_set_text (label, title);
  gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (label));
  if (subtitle != NULL)
    gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (pst_paragraph_new (subtitle, TRUE)));
  gtk_widget_set_valign (texts, GTK_ALIGN_CENTER);
  gtk_box_pack_start (GTK_BOX (box), texts, TRUE, TRUE, 0);
  if (widget != NULL)
    {
      gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
      gtk_box_pack_end (GTK_BOX (box), widget, FALSE, FALSE, 0);
      if (!GTK_IS_BUTTON (widget))
        pst_widget_set_described (widget, title, subtitle);
    }
  pst_widget_set_margins (box, 12, subtitle == NULL && GTK_IS_BUTTON (widget) ? 4 : 10); /* a button has air of its own */
  gtk_container_add (GTK_CONTAINER (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  pst_widget_set_described (row, title, subtitle);
  gtk_widget_show_all (row);
  return row;
}

GtkWidget *
pst_boxed_rows_new (const char *title, ...)
{
  GtkListBox *list = pst_boxed_list_new (title);
  GtkWidget *row;
  va_list rows;

  va_start (rows, title);
  while ((row = va_arg (rows, GtkWidget *)) != NULL)
    {
      gtk_list_box_insert (list, row, -1);
      gtk_widget_set_no_show_all (row, TRUE); /* one that says nothing is hidden, and stays so */
    }
  va_end (rows);
  return gtk_widget_get_parent (GTK_WIDGET (list));
}

GtkWidget *
pst_section_new (const char *title, GtkWidget *content)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 9);

  gtk_container_add (GTK_CONTAINER (box), pst_heading_new (title));
  gtk_container_add (GTK_CONTAINER (box), content);
  return box;
}

GtkWidget *
pst_fact_row_new (const char *title, GtkLabel **value)
{
  GtkWidget *row = gtk_list_box_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 24);
  GtkWidget *name = gtk_label_new (title);
  PangoAttrList *attributes = pst_prompt_text_attributes ();

  *value = pst_label_new (PANGO_ELLIPSIZE_NONE, FALSE);
  gtk_label_set_attributes (*value, attributes);
  pango_attr_list_unref (attributes);
  gtk_label_set_line_wrap (*value, TRUE);
  gtk_label_set_line_wrap_mode (*value, PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (*value, 40);
  gtk_label_set_xalign (*value, 1);
  gtk_label_set_selectable (*value, TRUE);
  gtk_widget_set_can_focus (GTK_WIDGET (*value), FALSE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (*value)), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_label_set_xalign (GTK_LABEL (name), 0);
  gtk_widget_set_valign (name, GTK_ALIGN_START);
  atk_object_add_relationship (gtk_widget_get_accessible (GTK_WIDGET (*value)), ATK_RELATION_LABELLED_BY,
                               gtk_widget_get_accessible (name));
  gtk_box_pack_start (GTK_BOX (box), name, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (box), GTK_WIDGET (*value), TRUE, TRUE, 0);
  pst_widget_set_margins (box, 12, 10);
  gtk_container_add (GTK_CONTAINER (row), box);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  pst_widget_set_described (row, title, NULL);
  gtk_widget_show_all (row);
  return row;
}

/* Keeps the column at COLUMN_WIDTH in the middle of a wider page. */
static void
on_page_size (GtkWidget *scrolled, GtkAllocation *allocation, gpointer column)
{
  int margin = MAX ((allocation->width - COLUMN_WIDTH) / 2, 18);

  if (gtk_widget_get_margin_start (column) == margin)
    return;
  gtk_widget_set_margin_start (column, margin);
  gtk_widget_set_margin_end (column, margin);
}

GtkWidget *
pst_page_new (GtkBox **column)
{
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);

  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  pst_widget_set_margins (box, 18, 24);
  gtk_widget_set_margin_bottom (box, 78); /* the last of it can be scrolled clear of what is told at the lower end */
  g_signal_connect (scrolled, "size-allocate", G_CALLBACK (on_page_size), box);
  gtk_container_add (GTK_CONTAINER (scrolled), box);
  /* what has the keyboard is on the screen */
  gtk_container_set_focus_vadjustment (GTK_CONTAINER (gtk_bin_get_child (GTK_BIN (scrolled))),
                                       gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled)));
  *column = GTK_BOX (box);
  return scrolled;
}

GtkWidget *
pst_page_heading_new (GtkImage **icon, GtkLabel **name, GtkLabel **below, PangoEllipsizeMode ellipsize)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  PangoAttrList *attributes = pango_attr_list_new ();

  *icon = GTK_IMAGE (gtk_image_new ());
  gtk_widget_set_size_request (GTK_WIDGET (*icon), PST_APP_ICON_SIZE, PST_APP_ICON_SIZE);
  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_X_LARGE));
  *name = pst_label_new (ellipsize, FALSE);
  gtk_label_set_attributes (*name, attributes);
  pango_attr_list_unref (attributes);
  atk_object_set_role (gtk_widget_get_accessible (GTK_WIDGET (*name)), ATK_ROLE_HEADING);
  *below = pst_label_new (ellipsize, FALSE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (*below)), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (*name));
  gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (*below));
  gtk_widget_set_valign (texts, GTK_ALIGN_CENTER);
  gtk_box_pack_start (GTK_BOX (box), GTK_WIDGET (*icon), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), texts, TRUE, TRUE, 0);
  return box;
}

GtkWidget *
pst_status_page_new (const char *icon, const char *title, GtkLabel **text, const char *button, GtkWidget **made)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *image = gtk_image_new_from_icon_name (icon, GTK_ICON_SIZE_DIALOG);
  GtkWidget *heading = pst_heading_new (title);
  PangoAttrList *attributes = pango_attr_list_new ();

  gtk_image_set_pixel_size (GTK_IMAGE (image), 96);
  gtk_style_context_add_class (gtk_widget_get_style_context (image), GTK_STYLE_CLASS_DIM_LABEL);
  pango_attr_list_insert (attributes, pango_attr_weight_new (PANGO_WEIGHT_BOLD));
  pango_attr_list_insert (attributes, pango_attr_scale_new (PANGO_SCALE_X_LARGE));
  gtk_label_set_attributes (GTK_LABEL (heading), attributes);
  pango_attr_list_unref (attributes);
  gtk_label_set_xalign (GTK_LABEL (heading), 0.5f);
  *text = pst_paragraph_new ("", FALSE);
  gtk_label_set_xalign (*text, 0.5f);
  gtk_label_set_justify (*text, GTK_JUSTIFY_CENTER);
  gtk_container_add (GTK_CONTAINER (box), image);
  gtk_container_add (GTK_CONTAINER (box), heading);
  gtk_container_add (GTK_CONTAINER (box), GTK_WIDGET (*text));
  if (button != NULL)
    {
      *made = gtk_button_new_with_mnemonic (button);
      gtk_widget_set_halign (*made, GTK_ALIGN_CENTER);
      gtk_widget_set_margin_top (*made, 12);
      gtk_container_add (GTK_CONTAINER (box), *made);
    }
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  gtk_widget_set_halign (box, GTK_ALIGN_CENTER);
  pst_widget_set_margins (box, 24, 24);
  gtk_widget_show_all (box);
  return box;
}
