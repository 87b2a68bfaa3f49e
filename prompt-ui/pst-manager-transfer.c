/* SPDX-License-Identifier: GPL-3.0-or-later */
/* To files and from them: the person's permissions, and the history. A file that is there is replaced when the new one is
 * complete, never before. */
#include "pst-manager-dialogs.h"

#include "postern-ipc.h"
#include "pst-manager-event.h"
#include "pst-manager-history.h"
#include "pst-manager-widgets.h"

#include <glib/gi18n.h>

#define MAX_FILE (16u << 20)
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

/* History */

static void ask_rows (Transfer *transfer, guint64 before);

static void
on_rows (GVariant *reply, const GError *error, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  gboolean more;

  if (error != NULL)
    {
      pst_manager_actions_fail (transfer->actions, error->message);
      transfer_free (transfer);
      return;
    }
  list = g_variant_get_child_value (reply, 0);
  rows = pst_history_rows_parse (list);
  g_variant_get_child (reply, 1, "b", &more);
  for (guint i = 0; i < rows->len; i++)
    pst_history_row_append_json (g_ptr_array_index (rows, i), transfer->text);
  if (more && rows->len > 0 && transfer->text->len < MAX_ROWS_TEXT)
    ask_rows (transfer, ((PstHistoryRow *)g_ptr_array_index (rows, rows->len - 1))->row);
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
  pst_manager_link_call (pst_manager_data_get_link (pst_manager_actions_get_data (transfer->actions)), PST_CONTROL_HISTORY,
                         g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)), PST_CONTROL_HISTORY_OUT, NULL, on_rows,
                         transfer);
}

void
pst_history_export (PstManagerActions *actions, GVariant *filter, const char *path)
{
  Transfer *transfer = transfer_new (actions, path);

  transfer->text = g_string_new (NULL);
  transfer->filter = g_variant_ref (filter);
  transfer->sentence = g_strdup (_ ("The history was exported"));
  ask_rows (transfer, 0);
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

static GtkWidget *
chooser_new (const char *title, GtkWindow *parent, GtkFileChooserAction action, const char *accept)
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

void
pst_export_dialog_run (GtkWindow *parent, PstManagerActions *actions)
{
  GtkWidget *dialog = chooser_new (_ ("Export Permissions"), parent, GTK_FILE_CHOOSER_ACTION_SAVE, _ ("_Export"));

  gtk_file_chooser_set_do_overwrite_confirmation (GTK_FILE_CHOOSER (dialog), TRUE);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), "postern-permissions.json");
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_export_response), actions, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* Permissions, in: read, checked by the broker, told what it would do, done */

typedef struct
{
  PstManagerActions *actions;
  GWeakRef parent;
  char *json;
} Import;

static void
import_free (gpointer data)
{
  Import *import = data;

  g_object_unref (import->actions);
  g_weak_ref_clear (&import->parent);
  g_free (import->json);
  g_free (import);
}

static void
on_confirmed (GtkDialog *dialog, int response, gpointer data)
{
  Import *import = data;

  if (response == GTK_RESPONSE_ACCEPT)
    pst_manager_actions_import (import->actions, import->json, FALSE);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static void
on_checked (GVariant *reply, const GError *error, gpointer data)
{
  Import *import = data;
  g_autoptr (GtkWindow) parent = g_weak_ref_get (&import->parent);
  GtkWidget *dialog, *accept;
  guint32 added, changed, removed;
  g_autofree char *added_text = NULL, *changed_text = NULL;

  if (error != NULL || parent == NULL)
    {
      if (error != NULL)
        pst_manager_actions_fail (import->actions, error->message);
      import_free (import);
      return;
    }
  g_variant_get (reply, "(uuut)", &added, &changed, &removed, NULL);
  added_text = g_strdup_printf (ngettext ("%u permission is new", "%u permissions are new", added), added);
  changed_text = g_strdup_printf (ngettext ("%u takes the place of another", "%u take the place of others", changed), changed);
  dialog = gtk_message_dialog_new (parent, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_QUESTION,
                                   GTK_BUTTONS_NONE, "%s", _ ("Import these permissions?"));
  /* Translators: "3 permissions are new, 1 takes the place of another." */
  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog), _ ("%s, %s."), added_text, changed_text);
  gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  accept = gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Import"), GTK_RESPONSE_ACCEPT);
  gtk_widget_set_sensitive (accept, added + changed > 0);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_CANCEL);
  g_object_set_data_full (G_OBJECT (dialog), "pst-import", import, import_free);
  g_signal_connect (dialog, "response", G_CALLBACK (on_confirmed), import);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer data)
{
  Import *import = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize size = 0;

  if (!g_file_load_contents_finish (G_FILE (source), result, &text, &size, NULL, &error))
    {
      g_autofree char *sentence = g_strdup_printf (_ ("The file could not be read: %s."), error->message);

      pst_manager_actions_fail (import->actions, sentence);
    }
  else if (size > MAX_FILE || !g_utf8_validate (text, (gssize)size, NULL))
    pst_manager_actions_fail (import->actions, _ ("The file is not an export of Postern. Choose one that Postern wrote."));
  else
    {
      import->json = g_steal_pointer (&text);
      pst_manager_link_call (pst_manager_data_get_link (pst_manager_actions_get_data (import->actions)), PST_CONTROL_IMPORT,
                             g_variant_new ("(sbb)", import->json, FALSE, TRUE), PST_CONTROL_IMPORT_OUT, NULL, on_checked,
                             import);
      return;
    }
  import_free (import);
}

static void
on_import_response (GtkDialog *dialog, int response, gpointer data)
{
  PstManagerActions *actions = data;
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));

  if (response == GTK_RESPONSE_ACCEPT && path != NULL)
    {
      g_autoptr (GFile) file = g_file_new_for_path (path);
      Import *import = g_new0 (Import, 1);

      import->actions = g_object_ref (actions);
      g_weak_ref_init (&import->parent, gtk_window_get_transient_for (GTK_WINDOW (dialog)));
      g_file_load_contents_async (file, NULL, on_read, import);
    }
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

void
pst_import_dialog_run (GtkWindow *parent, PstManagerActions *actions)
{
  GtkWidget *dialog = chooser_new (_ ("Import Permissions"), parent, GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Import"));

  g_signal_connect_object (dialog, "response", G_CALLBACK (on_import_response), actions, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}
