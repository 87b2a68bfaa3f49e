/* SPDX-License-Identifier: GPL-3.0-or-later */
/* To files: the person's permissions, and the history. A file that is there is replaced when the new one is
 * complete, never before. */
#include "pst-manager-dialogs.h"

#include "postern-ipc.h"
#include "pst-history-row.h"
#include "pst-manager-history.h"
#include "pst-manager-transfer.h"

#include <glib/gi18n.h>

#define MAX_ROWS_TEXT (256u << 20)

typedef struct
{
  PstManagerActions *actions;
  char *path;
  GString *text;
  GVariant *filter; /* (nullable): of a history that is being read */
  char *sentence;   /* when it is written */
} Transfer;

static void
transfer_free (Transfer *transfer)
{
  g_object_unref (transfer->actions);
  g_free (transfer->path);
  g_free (transfer->sentence);
  if (transfer->text != NULL)
    g_string_free (transfer->text, TRUE);
  g_clear_pointer (&transfer->filter, g_variant_unref);
  g_free (transfer);
}

static Transfer *
transfer_new (PstManagerActions *actions, const char *path)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->actions = g_object_ref (actions);
  transfer->path = g_strdup (path);
  return transfer;
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GError) error = NULL;

  if (g_file_replace_contents_finish (G_FILE (source), result, NULL, &error))
    pst_manager_actions_tell (transfer->actions, transfer->sentence);
  else
    {
      g_autofree char *full = pst_words_full (PST_KIND_FILES, transfer->path);
      g_autofree char *text = g_strdup_printf (_ ("%s could not be written: %s. Choose another place."), full, error->message);

      pst_manager_actions_fail (transfer->actions, text);
    }
  transfer_free (transfer);
}

/* Consumes @transfer. */
static void
write_text (Transfer *transfer)
{
  g_autoptr (GFile) file = g_file_new_for_path (transfer->path);
  g_autoptr (GBytes) bytes = g_bytes_new (transfer->text->str, transfer->text->len);

  g_file_replace_contents_bytes_async (file, bytes, NULL, FALSE, G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION,
                                       NULL, on_written, transfer);
}

GtkWidget *
pst_transfer_chooser_new (const char *title, GtkWindow *parent, GtkFileChooserAction action, const char *accept)
{
  GtkWidget *dialog = gtk_file_chooser_dialog_new (title, parent, action, _ ("_Cancel"), GTK_RESPONSE_CANCEL, accept,
                                                   GTK_RESPONSE_ACCEPT, NULL);

  gtk_window_set_modal (GTK_WINDOW (dialog), TRUE);
  gtk_window_set_destroy_with_parent (GTK_WINDOW (dialog), TRUE);
  gtk_file_chooser_set_local_only (GTK_FILE_CHOOSER (dialog), TRUE);
  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (dialog), g_get_home_dir ());
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  return dialog;
}

/* @name: of the file, unless the person gives another. */
static GtkWidget *
save_chooser_new (const char *title, GtkWindow *parent, const char *name)
{
  GtkWidget *dialog = pst_transfer_chooser_new (title, parent, GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Export"));

  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (dialog), TRUE);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  return dialog;
}

/* History */

static void ask_rows (Transfer *transfer, guint64 before);

static void
on_rows (GVariant *reply, const GError *error, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *text = NULL;
  PstJson *json;
  guint64 next;

  if (error != NULL)
    {
      pst_manager_actions_fail (transfer->actions, error->message);
      transfer_free (transfer);
      return;
    }
  list = g_variant_get_child_value (reply, 0);
  rows = pst_history_rows_parse (list);
  g_variant_get_child (reply, 1, "t", &next);
  json = pst_json_new_lines ();
  for (guint i = 0; i < rows->len; i++)
    pst_history_row_add_json (g_ptr_array_index (rows, i), json);
  text = pst_json_to_text_free (json);
  g_string_append (transfer->text, text);
  if (next > 0 && transfer->text->len < MAX_ROWS_TEXT)
    ask_rows (transfer, next);
  else
    write_text (transfer);
}

static void
ask_rows (Transfer *transfer, guint64 before)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, transfer->filter);
  if (before > 0)
    g_variant_dict_insert (&dict, "before", "t", before);
  g_variant_dict_insert (&dict, "limit", "u", 1000u);
  pst_manager_link_call (pst_manager_data_get_link (pst_manager_actions_get_data (transfer->actions)), PST_CONTROL_HISTORY,
                         g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)), PST_CONTROL_HISTORY_OUT, NULL, on_rows,
                         transfer);
}

static void
on_export_history (GtkDialog *dialog, int response, gpointer data)
{
  PstManagerActions *actions = data;
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    {
      Transfer *transfer = transfer_new (actions, path);

      transfer->text = g_string_new (NULL);
      transfer->filter = g_variant_ref (g_object_get_data (G_OBJECT (dialog), "pst-filter"));
      transfer->sentence = g_strdup (_ ("The history was exported"));
      ask_rows (transfer, 0);
    }
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

void
pst_history_export_dialog_run (GtkWindow *parent, PstManagerActions *actions, GVariant *filter)
{
  GtkWidget *dialog = save_chooser_new (_ ("Export the History"), parent, "postern-history.jsonl");

  g_object_set_data_full (G_OBJECT (dialog), "pst-filter", g_variant_ref (filter), (GDestroyNotify)g_variant_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_export_history), actions, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Permissions, out */

static void
on_exported (GVariant *reply, const GError *error, gpointer data)
{
  Transfer *transfer = data;
  const char *json;

  if (error != NULL)
    {
      pst_manager_actions_fail (transfer->actions, error->message);
      transfer_free (transfer);
      return;
    }
  g_variant_get (reply, "(&s)", &json);
  transfer->text = g_string_new (json);
  transfer->sentence = g_strdup (_ ("The permissions were exported"));
  write_text (transfer);
}

static void
on_export_response (GtkDialog *dialog, int response, gpointer data)
{
  PstManagerActions *actions = data;
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    pst_manager_link_call (pst_manager_data_get_link (pst_manager_actions_get_data (actions)), PST_CONTROL_EXPORT,
                           g_variant_new ("(s)", ""), PST_CONTROL_EXPORT_OUT, NULL, on_exported, transfer_new (actions, path));
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

void
pst_export_dialog_run (GtkWindow *parent, PstManagerActions *actions)
{
  GtkWidget *dialog = save_chooser_new (_ ("Export Permissions"), parent, "postern-permissions.json");

  g_signal_connect_object (dialog, "response", G_CALLBACK (on_export_response), actions, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}
