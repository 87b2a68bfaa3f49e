/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-prompt-parts.h"

#include <glib/gi18n.h>

typedef enum
{
  ROW_PROGRAM,
  ROW_PACKAGE,
  ROW_PATH,
  ROW_REASON,
  N_ROWS,
} Row;

struct _PstPromptDetails
{
  GtkWidget *expander;
  GtkWidget *names[N_ROWS];
  GtkWidget *values[N_ROWS];
};

/* What is folded away must not be on the way of the Tab key. */
static void
on_expanded (GtkExpander *expander, GParamSpec *pspec, gpointer data)
{
  gtk_widget_set_visible (data, gtk_expander_get_expanded (expander));
}

PstPromptDetails *
pst_prompt_details_new (void)
{
  static const char *const names[N_ROWS] = {
    [ROW_PROGRAM] = N_ ("Program"),
    [ROW_PACKAGE] = N_ ("Package"),
    [ROW_PATH] = N_ ("Path"),
    [ROW_REASON] = N_ ("Its packager says"),
  };
  PstPromptDetails *details = g_new0 (PstPromptDetails, 1);
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);

  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 6);
  for (int i = 0; i < N_ROWS; i++)
    {
      GtkWidget *name = gtk_label_new (_ (names[i]));
      GtkWidget *value = gtk_label_new (NULL);

      gtk_widget_set_halign (name, GTK_ALIGN_END);
      gtk_widget_set_valign (name, GTK_ALIGN_START);
      gtk_style_context_add_class (gtk_widget_get_style_context (name), GTK_STYLE_CLASS_DIM_LABEL);
      gtk_label_set_xalign (GTK_LABEL (value), 0);
      gtk_label_set_selectable (GTK_LABEL (value), TRUE);
      gtk_label_set_line_wrap (GTK_LABEL (value), TRUE);
      gtk_label_set_line_wrap_mode (GTK_LABEL (value), i == ROW_REASON ? PANGO_WRAP_WORD_CHAR : PANGO_WRAP_CHAR);
      gtk_label_set_max_width_chars (GTK_LABEL (value), 36);
      gtk_widget_set_hexpand (value, TRUE);
      atk_object_add_relationship (gtk_widget_get_accessible (value), ATK_RELATION_LABELLED_BY,
                                   gtk_widget_get_accessible (name));
      gtk_grid_attach (GTK_GRID (grid), name, 0, i, 1, 1);
      gtk_grid_attach (GTK_GRID (grid), value, 1, i, 1, 1);
      details->names[i] = name;
      details->values[i] = value;
    }

  /* a path can be thousands of characters: it scrolls, rather than pushing the buttons off the screen */
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scrolled), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (GTK_SCROLLED_WINDOW (scrolled), TRUE);
  gtk_scrolled_window_set_max_content_height (GTK_SCROLLED_WINDOW (scrolled), 160);
  gtk_scrolled_window_set_shadow_type (GTK_SCROLLED_WINDOW (scrolled), GTK_SHADOW_NONE);
  gtk_container_add (GTK_CONTAINER (scrolled), grid);
  gtk_widget_set_margin_top (scrolled, 6);

  details->expander = gtk_expander_new_with_mnemonic (_ ("D_etails"));
  gtk_expander_set_resize_toplevel (GTK_EXPANDER (details->expander), TRUE);
  gtk_container_add (GTK_CONTAINER (details->expander), scrolled);
  gtk_widget_show_all (grid);
  gtk_widget_set_no_show_all (scrolled, TRUE);
  g_signal_connect (details->expander, "notify::expanded", G_CALLBACK (on_expanded), scrolled);
  g_object_set_data_full (G_OBJECT (details->expander), "pst-details", details, g_free);
  return details;
}

GtkWidget *
pst_prompt_details_get_widget (PstPromptDetails *details)
{
  return details->expander;
}

static void
set_row (PstPromptDetails *details, Row row, const char *text)
{
  gtk_label_set_text (GTK_LABEL (details->values[row]), text);
  gtk_widget_set_visible (details->names[row], *text != '\0');
  gtk_widget_set_visible (details->values[row], *text != '\0');
}

void
pst_prompt_details_fill (PstPromptDetails *details, const PstQuestion *question)
{
  gtk_expander_set_expanded (GTK_EXPANDER (details->expander), FALSE);
  set_row (details, ROW_PROGRAM, question->executable);
  set_row (details, ROW_PACKAGE, *question->package != '\0' ? question->package : _ ("Not from a package"));
  set_row (details, ROW_PATH, question->resource);
  set_row (details, ROW_REASON, question->reason);
}

#define MAX_LINES 3

struct _PstPromptWaiting
{
  GtkWidget *box;
  GtkWidget *heading;
  GtkWidget *lines[MAX_LINES];
};

PstPromptWaiting *
pst_prompt_waiting_new (void)
{
  PstPromptWaiting *waiting = g_new0 (PstPromptWaiting, 1);
  GtkWidget *list = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  waiting->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  waiting->heading = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (waiting->heading), 0);
  gtk_container_add (GTK_CONTAINER (list), waiting->heading);
  for (int i = 0; i < MAX_LINES; i++)
    {
      GtkWidget *line = gtk_label_new (NULL);

      gtk_label_set_xalign (GTK_LABEL (line), 0);
      gtk_label_set_ellipsize (GTK_LABEL (line), PANGO_ELLIPSIZE_MIDDLE);
      gtk_style_context_add_class (gtk_widget_get_style_context (line), GTK_STYLE_CLASS_DIM_LABEL);
      gtk_container_add (GTK_CONTAINER (list), line);
      waiting->lines[i] = line;
    }
  gtk_widget_set_margin_start (list, 18 + 48 + 12);
  gtk_widget_set_margin_end (list, 18);
  gtk_widget_set_margin_top (list, 12);
  gtk_widget_set_margin_bottom (list, 12);
  gtk_container_add (GTK_CONTAINER (waiting->box), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_container_add (GTK_CONTAINER (waiting->box), list);
  atk_object_set_role (gtk_widget_get_accessible (list), ATK_ROLE_LIST);
  g_object_set_data_full (G_OBJECT (waiting->box), "pst-waiting", waiting, g_free);
  return waiting;
}

GtkWidget *
pst_prompt_waiting_get_widget (PstPromptWaiting *waiting)
{
  return waiting->box;
}

void
pst_prompt_waiting_fill (PstPromptWaiting *waiting, const char *const *lines, guint n)
{
  g_autofree char *heading =
      g_strdup_printf (ngettext ("%u more question from this application", "%u more questions from this application", n), n);

  gtk_label_set_text (GTK_LABEL (waiting->heading), heading);
  for (guint i = 0; i < MAX_LINES; i++)
    {
      gtk_widget_set_visible (waiting->lines[i], i < n);
      if (i >= n)
        continue;
      if (i == MAX_LINES - 1 && n > MAX_LINES)
        {
          g_autofree char *rest = g_strdup_printf (ngettext ("and %u more", "and %u more", n - i), n - i);
          gtk_label_set_text (GTK_LABEL (waiting->lines[i]), rest);
        }
      else
        gtk_label_set_text (GTK_LABEL (waiting->lines[i]), lines[i]);
    }
  gtk_widget_set_visible (waiting->box, n > 0);
}
