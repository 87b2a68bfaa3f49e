/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-dialogs.h"

#include "pst-manager-widgets.h"
#include "pst-path.h"

#include <glib/gi18n.h>
#include <string.h>

/* What a dialog is about; goes with it. */
typedef struct
{
  PstManagerActions *actions;
  char *app;
  PstEntry *entry; /* (nullable) */
  GtkWidget *home; /* (nullable): a check button */
} Subject;

static void
subject_free (gpointer data)
{
  Subject *subject = data;

  g_object_unref (subject->actions);
  pst_entry_unref (subject->entry);
  g_free (subject->app);
  g_free (subject);
}

static Subject *
subject_new (GObject *dialog, PstManagerActions *actions, const char *app)
{
  Subject *subject = g_new0 (Subject, 1);

  subject->actions = g_object_ref (actions);
  subject->app = g_strdup (app);
  g_object_set_data_full (dialog, "pst-subject", subject, subject_free);
  return subject;
}

/* Reset */

static void
on_reset (GtkDialog *dialog, int response, gpointer data)
{
  Subject *subject = data;

  if (response == GTK_RESPONSE_ACCEPT)
    pst_manager_actions_reset (subject->actions, subject->app,
                               subject->home != NULL && gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (subject->home)));
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

void
pst_reset_dialog_run (GtkWindow *parent, PstManagerActions *actions, const PstApp *app, const char *size)
{
  GtkWidget *dialog = gtk_message_dialog_new (parent, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_QUESTION,
                                              GTK_BUTTONS_NONE, _ ("Reset “%s”?"), app->name);
  GtkWidget *area = gtk_message_dialog_get_message_area (GTK_MESSAGE_DIALOG (dialog));
  Subject *subject = subject_new (G_OBJECT (dialog), actions, app->id);
  GtkWidget *reset;

  gtk_message_dialog_format_secondary_text (
      GTK_MESSAGE_DIALOG (dialog), "%s",
      _ ("All that was allowed and forbidden is forgotten, and it asks again like a new application. Your own files stay."));
  if (size != NULL)
    {
      /* Translators: a size: "1.2 MB in 35 files" */
      g_autofree char *text = g_strdup_printf (_ ("Remove its _private files as well (%s)"), size);

      subject->home = gtk_check_button_new_with_mnemonic (text);
      gtk_widget_set_sensitive (subject->home, !app->running);
      if (app->running)
        gtk_widget_set_tooltip_text (subject->home, _ ("Close the application first"));
      gtk_widget_show (subject->home);
      gtk_container_add (GTK_CONTAINER (area), subject->home);
    }
  gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  reset = gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Reset"), GTK_RESPONSE_ACCEPT);
  gtk_style_context_add_class (gtk_widget_get_style_context (reset), GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  g_signal_connect (dialog, "response", G_CALLBACK (on_reset), subject);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Narrow */

gboolean
pst_is_part_of (const char *path, const char *above)
{
  return path != NULL && strcmp (path, above) != 0 && pst_path_is_below_or_equal (path, above);
}

static void
on_narrow (GtkDialog *dialog, int response, gpointer data)
{
  Subject *subject = data;
  g_autofree char *chosen = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));
  g_autofree char *path = chosen != NULL ? pst_path_normalise (chosen, "/", NULL) : NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    {
      if (pst_is_part_of (path, subject->entry->resource))
        pst_manager_actions_narrow (subject->actions, subject->entry, path, PST_SCOPE_TREE);
      else
        {
          g_autofree char *full = pst_words_full (PST_KIND_FILES, subject->entry->resource);
          g_autofree char *text = g_strdup_printf (_ ("That is not a part of %s. Choose a folder inside it."), full);

          pst_manager_actions_fail (subject->actions, text);
        }
    }
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

void
pst_narrow_dialog_run (GtkWindow *parent, PstManagerActions *actions, PstEntry *entry)
{
  GtkWidget *dialog =
      gtk_file_chooser_dialog_new (_ ("Choose the Part"), parent, GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, _ ("_Cancel"),
                                   GTK_RESPONSE_CANCEL, _ ("_Only This Folder"), GTK_RESPONSE_ACCEPT, NULL);
  Subject *subject = subject_new (G_OBJECT (dialog), actions, entry->app);

  subject->entry = pst_entry_ref (entry);
  gtk_window_set_modal (GTK_WINDOW (dialog), TRUE);
  gtk_window_set_destroy_with_parent (GTK_WINDOW (dialog), TRUE);
  gtk_file_chooser_set_local_only (GTK_FILE_CHOOSER (dialog), TRUE);
  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (dialog), entry->resource);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  g_signal_connect (dialog, "response", G_CALLBACK (on_narrow), subject);
  gtk_window_present (GTK_WINDOW (dialog));
}
