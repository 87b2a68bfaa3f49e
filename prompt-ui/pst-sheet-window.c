/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-sheet-window.h"

#include "pst-app-icon.h"
#include "pst-guarded-accessible.h"
#include "pst-input-guard.h"
#include "pst-prompt-frame.h"
#include "pst-prompt-parts.h"
#include "pst-sentence.h"
#include "pst-sheet-rows.h"

#include <glib/gi18n.h>

/* The layout is that of a question (pst-prompt-frame.h), so that the two are known for the same thing:
 *
 *       [icon]  “Image Viewer” starts for the first time
 *               It would like to have this. …
 *               [! why the last answer was not taken]
 *               ┌──────────────────────────────┐
 *               │ View your Pictures      (  ) │
 *               └──────────────────────────────┘
 *               │ Image Viewer says: “…”
 *               ▸ Details
 *       [Cancel]                         [Start]
 *
 * Like a question it does not take the keyboard, and takes no input before it can have been read. Cancel has the focus at first
 * and is the default: who goes on typing starts nothing and switches nothing on. The words of the packager are the only ones on
 * it that are not ours, and stand apart.
 *
 * After an answer the window only hides: the broker may not take it (a folder that cannot be given), and shows it again. */

struct _PstSheetWindow
{
  GtkWindow parent_instance;
  PstSheetAnswered answered;
  gpointer user_data;
  PstSheet *sheet; /* (nullable) */
  GtkImage *icon;
  GtkLabel *title, *text;
  GtkWidget *problem;
  GtkLabel *problem_text;
  GtkWidget *rows_box;
  PstSheetRows *rows; /* (nullable), owned by its widget */
  GtkLabel *says;
  PstPromptDetails *details;
  GtkWidget *cancel, *start;
};

G_DEFINE_TYPE (PstSheetWindow, pst_sheet_window, GTK_TYPE_WINDOW)

static void
answer (PstSheetWindow *self, gboolean start)
{
  gboolean on[PST_SHEET_MAX_LINES] = { FALSE };

  if (self->sheet == NULL || !pst_input_guard_permits (GTK_WINDOW (self)))
    return;
  for (guint i = 0; i < self->sheet->n_lines; i++)
    on[i] = start && pst_sheet_rows_is_on (self->rows, i);
  pst_sheet_rows_close (self->rows);
  gtk_widget_hide (GTK_WIDGET (self));
  self->answered (self->sheet->id, start, on, self->sheet->n_lines, start ? pst_sheet_rows_get_folder (self->rows) : "",
                  self->user_data);
}

static void
on_start (GtkButton *button, gpointer data)
{
  answer (data, TRUE);
}

static void
on_cancel (GtkButton *button, gpointer data)
{
  answer (data, FALSE);
}

static gboolean
on_key_press (GtkWidget *widget, GdkEventKey *event, gpointer data)
{
  if (event->keyval != GDK_KEY_Escape)
    return GDK_EVENT_PROPAGATE;
  answer (PST_SHEET_WINDOW (widget), FALSE);
  return GDK_EVENT_STOP;
}

static gboolean
on_delete (GtkWidget *widget, GdkEvent *event, gpointer data)
{
  answer (PST_SHEET_WINDOW (widget), FALSE);
  return GDK_EVENT_STOP;
}

static void
on_changed (gpointer data)
{
  PstSheetWindow *self = data;

  gtk_widget_set_sensitive (self->start, self->sheet->folder == 0 || *pst_sheet_rows_get_folder (self->rows) != '\0');
}

static GtkWidget *
build_buttons (PstSheetWindow *self)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  self->cancel = gtk_button_new_with_mnemonic (_ ("_Cancel"));
  self->start = gtk_button_new_with_mnemonic (_ ("_Start"));
  gtk_widget_set_can_default (self->cancel, TRUE);
  gtk_widget_set_size_request (self->cancel, 90, -1);
  gtk_widget_set_size_request (self->start, 90, -1);
  g_signal_connect (self->cancel, "clicked", G_CALLBACK (on_cancel), self);
  g_signal_connect (self->start, "clicked", G_CALLBACK (on_start), self);
  gtk_box_pack_start (GTK_BOX (row), self->cancel, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (row), self->start, FALSE, FALSE, 0);
  gtk_widget_set_margin_top (row, 12);
  return row;
}

static void
pst_sheet_window_init (PstSheetWindow *self)
{
  GtkWindow *window = GTK_WINDOW (self);
  GtkWidget *grid = pst_prompt_grid_new (&self->icon, &self->title, &self->text);

  pst_prompt_frame_set_up (window, "postern-sheet");
  gtk_window_set_icon_name (window, "dialog-question");
  self->problem = pst_prompt_warning_new (&self->problem_text);
  self->rows_box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  self->says = pst_prompt_label_new ();
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (self->says)), "postern-quotation");
  self->details = pst_prompt_details_new ();
  gtk_grid_attach (GTK_GRID (grid), self->problem, 1, 1, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), self->rows_box, 1, 2, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), GTK_WIDGET (self->says), 1, 3, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), pst_prompt_details_get_widget (self->details), 1, 4, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), build_buttons (self), 0, 5, 2, 1);
  gtk_widget_show_all (grid);
  gtk_container_add (GTK_CONTAINER (self), grid);
  g_signal_connect (self, "key-press-event", G_CALLBACK (on_key_press), NULL);
  g_signal_connect (self, "delete-event", G_CALLBACK (on_delete), NULL);
  gtk_widget_grab_default (self->cancel);
}

static void
pst_sheet_window_dispose (GObject *object)
{
  PstSheetWindow *self = PST_SHEET_WINDOW (object);

  if (self->rows != NULL)
    pst_sheet_rows_close (self->rows);
  self->rows = NULL;
  G_OBJECT_CLASS (pst_sheet_window_parent_class)->dispose (object);
}

static void
pst_sheet_window_finalize (GObject *object)
{
  pst_sheet_free (PST_SHEET_WINDOW (object)->sheet);
  G_OBJECT_CLASS (pst_sheet_window_parent_class)->finalize (object);
}

static void
pst_sheet_window_class_init (PstSheetWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = pst_sheet_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = pst_sheet_window_finalize;
  pst_guarded_accessible_use (GTK_WIDGET_CLASS (klass));
}

PstSheetWindow *
pst_sheet_window_new (PstSheetAnswered answered, gpointer user_data)
{
  PstSheetWindow *self = g_object_new (PST_TYPE_SHEET_WINDOW, "type", GTK_WINDOW_TOPLEVEL, NULL);

  self->answered = answered;
  self->user_data = user_data;
  return self;
}

static void
fill (PstSheetWindow *self)
{
  const PstSheet *sheet = self->sheet;
  const PstQuestion details = {
    .executable = sheet->executable, .package = sheet->package, .resource = (char *)"", .reason = (char *)""
  };
  AtkObject *accessible = gtk_widget_get_accessible (GTK_WIDGET (self));
  /* Translators: the title of a window; the name of an application */
  g_autofree char *window_title = g_strdup_printf (_ ("First start of %s"), sheet->app_name);

  gtk_window_set_title (GTK_WINDOW (self), window_title);
  pst_app_icon_set (self->icon, sheet->app_icon);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self->icon)), sheet->app_name);
  pst_label_set_sentence (self->title, sheet->title);
  pst_label_set_sentence (self->text, sheet->text);
  pst_label_set_sentence (self->problem_text, sheet->problem);
  gtk_widget_set_visible (self->problem, *sheet->problem != '\0');
  pst_label_set_sentence (self->says, sheet->says);
  gtk_widget_set_visible (GTK_WIDGET (self->says), *sheet->says != '\0');
  pst_prompt_details_fill (self->details, &details);
  atk_object_set_name (accessible, sheet->title);
  atk_object_set_description (accessible, *sheet->problem != '\0' ? sheet->problem : sheet->text);
}

void
pst_sheet_window_show_take (PstSheetWindow *self, PstSheet *sheet)
{
  g_autoptr (PstSheet) old = self->sheet;

  if (old == NULL || !pst_sheet_same_lines (old, sheet))
    {
      if (self->rows != NULL)
        {
          pst_sheet_rows_close (self->rows);
          gtk_widget_destroy (pst_sheet_rows_get_widget (self->rows));
        }
      self->rows = pst_sheet_rows_new (sheet, on_changed, self);
      gtk_container_add (GTK_CONTAINER (self->rows_box), pst_sheet_rows_get_widget (self->rows));
    }
  else
    pst_sheet_rows_set_sheet (self->rows, sheet);
  self->sheet = sheet;
  fill (self);
  on_changed (self);
  pst_input_guard_disarm (GTK_WINDOW (self));
  gtk_widget_show (GTK_WIDGET (self));
  gtk_window_set_focus (GTK_WINDOW (self), self->cancel);
}
