/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-prompt-parts.h"

#include "pst-input-guard.h"
#include "pst-programs.h"
#include "pst-text.h"

#include <glib/gi18n.h>

PangoAttrList *
pst_prompt_text_attributes (void)
{
  PangoAttrList *attributes = pango_attr_list_new ();

  pango_attr_list_insert (attributes, pango_attr_insert_hyphens_new (FALSE));
  return attributes;
}

/* A path can be thousands of characters long. The dialog shows both its ends, and must not push the buttons off the screen. */
#define MAX_VALUE_CHARS 300

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
  GtkWidget *box;
  GtkWidget *expander;
  GtkWidget *names[N_ROWS];
  GtkWidget *values[N_ROWS];
  char *app; /* (nullable): the id */
};

static void
details_free (gpointer data)
{
  PstPromptDetails *details = data;

  g_free (details->app);
  g_free (details);
}

/* The manager, beside the question: that stays open. */
static void
on_all_permissions (GtkButton *button, gpointer data)
{
  PstPromptDetails *details = data;
  g_autofree char *program = pst_program_find ("postern-settings");
  const char *argv[] = { program, "--", details->app, NULL };
  g_autoptr (GError) error = NULL;

  if (details->app == NULL || !pst_input_guard_permits (GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (button)))))
    return;
  if (!g_spawn_async ("/", (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &error))
    g_warning ("The manager could not be started: %s", error->message);
}

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
  PangoAttrList *attributes = pst_prompt_text_attributes ();
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *all = gtk_button_new_with_mnemonic (_ ("All _permissions of this application"));

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
      gtk_label_set_attributes (GTK_LABEL (value), attributes);
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

  pango_attr_list_unref (attributes);
  gtk_widget_set_halign (all, GTK_ALIGN_START);
  gtk_widget_set_margin_top (all, 6);
  g_signal_connect (all, "clicked", G_CALLBACK (on_all_permissions), details);
  gtk_grid_attach (GTK_GRID (grid), all, 1, N_ROWS, 1, 1);
  gtk_widget_show_all (grid);
  gtk_widget_hide (grid);
  gtk_widget_set_no_show_all (grid, TRUE);

  /* The grid is not the expander's child: an expander that is as wide as its child puts its own label at the wrong end of the
   * line where one reads from the right, and leaves what is folded away on the path of the Tab key. */
  details->expander = gtk_expander_new_with_mnemonic (_ ("D_etails"));
  gtk_widget_set_halign (details->expander, GTK_ALIGN_START);
  /* Enter on it opens it, and does not press the default button. */
  gtk_widget_set_receives_default (details->expander, TRUE);
  g_signal_connect (details->expander, "notify::expanded", G_CALLBACK (on_expanded), grid);
  atk_object_add_relationship (gtk_widget_get_accessible (details->expander), ATK_RELATION_CONTROLLER_FOR,
                               gtk_widget_get_accessible (grid));
  details->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  gtk_container_add (GTK_CONTAINER (details->box), details->expander);
  gtk_container_add (GTK_CONTAINER (details->box), grid);
  g_object_set_data_full (G_OBJECT (details->box), "pst-details", details, details_free);
  return details;
}

GtkWidget *
pst_prompt_details_get_widget (PstPromptDetails *details)
{
  return details->box;
}

static void
set_row (PstPromptDetails *details, Row row, const char *text)
{
  g_autofree char *fitting = pst_text_for_display (text, MAX_VALUE_CHARS);

  if (!g_str_equal (gtk_label_get_text (GTK_LABEL (details->values[row])), fitting)) /* keeps what is selected in it */
    gtk_label_set_text (GTK_LABEL (details->values[row]), fitting);
  gtk_widget_set_tooltip_text (details->values[row], g_str_equal (text, fitting) ? NULL : text);
  gtk_widget_set_visible (details->names[row], *text != '\0');
  gtk_widget_set_visible (details->values[row], *text != '\0');
}

void
pst_prompt_details_fold (PstPromptDetails *details)
{
  gtk_expander_set_expanded (GTK_EXPANDER (details->expander), FALSE);
}

gboolean
pst_prompt_details_is_open (PstPromptDetails *details)
{
  return gtk_expander_get_expanded (GTK_EXPANDER (details->expander));
}

void
pst_prompt_details_fill (PstPromptDetails *details, const PstQuestion *question)
{
  g_free (details->app);
  details->app = g_strdup (question->app_id);
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
