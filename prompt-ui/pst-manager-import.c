/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Permissions from a file: read, checked by the broker, told what it would do in each of the two ways, done in the one that the
 * person chooses. */
#include "pst-manager-dialogs.h"

#include "postern-ipc.h"
#include "pst-manager-transfer.h"
#include "pst-manager-widgets.h"

#include <glib/gi18n.h>

#define MAX_FILE (16u << 20)

typedef struct
{
  guint added, changed, removed;
} Effect;

typedef enum
{
  MERGE,
  REPLACE,
} Way;

typedef struct
{
  PstManagerActions *actions;
  GWeakRef parent;
  char *shown; /* the file, as people read it */
  char *json;
  Effect effects[2]; /* of each Way */
  Way way;
  GtkDialog *dialog;
} Import;

static void
import_free (gpointer data)
{
  Import *import = data;

  g_object_unref (import->actions);
  g_weak_ref_clear (&import->parent);
  g_free (import->shown);
  g_free (import->json);
  g_free (import);
}

/* What it would do */

static gboolean
does_anything (const Effect *effect)
{
  return effect->added + effect->changed + effect->removed > 0;
}

static char *
describe (const Effect *effect)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  if (effect->added > 0)
    g_ptr_array_add (parts, g_strdup_printf (ngettext ("%u is added", "%u are added", effect->added), effect->added));
  if (effect->changed > 0)
    g_ptr_array_add (parts, g_strdup_printf (ngettext ("%u is changed", "%u are changed", effect->changed), effect->changed));
  if (effect->removed > 0)
    g_ptr_array_add (parts, g_strdup_printf (ngettext ("%u is removed", "%u are removed", effect->removed), effect->removed));
  if (parts->len == 0)
    return g_strdup (_ ("Nothing would change."));
  g_ptr_array_add (parts, NULL);
  {
    /* Translators: between the parts of "3 are added, 1 is changed, 2 are removed". */
    g_autofree char *list = g_strjoinv (_ (", "), (char **)parts->pdata);

    /* Translators: what an import does: "Permissions: 3 are added, 1 is changed, 2 are removed." */
    return g_strdup_printf (_ ("Permissions: %s."), list);
  }
}

static void
on_way (GtkToggleButton *button, gpointer data)
{
  Import *import = data;
  const Effect *effect;
  GtkStyleContext *style;

  if (gtk_toggle_button_get_active (button))
    import->way = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "pst-way"));
  effect = &import->effects[import->way];
  gtk_dialog_set_response_sensitive (import->dialog, GTK_RESPONSE_ACCEPT, does_anything (effect));
  style = gtk_widget_get_style_context (gtk_dialog_get_widget_for_response (import->dialog, GTK_RESPONSE_ACCEPT));
  if (effect->removed > 0)
    gtk_style_context_add_class (style, GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
  else
    gtk_style_context_remove_class (style, GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
}

/* A round button, and below it what this way comes to, on one edge with the button's text. */
static GtkWidget *
build_way (Import *import, GtkBox *box, Way way, const char *label, const char *what, GtkWidget *group)
{
  g_autofree char *effect = describe (&import->effects[way]);
  g_autofree char *text = g_strconcat (what, "\n", effect, NULL);
  GtkWidget *button = gtk_radio_button_new_with_mnemonic_from_widget (group != NULL ? GTK_RADIO_BUTTON (group) : NULL, label);
  GtkWidget *said = GTK_WIDGET (pst_paragraph_new (text, TRUE));

  g_object_set_data (G_OBJECT (button), "pst-way", GUINT_TO_POINTER (way));
  atk_object_set_description (gtk_widget_get_accessible (button), text);
  gtk_label_set_max_width_chars (GTK_LABEL (said), 48);
  gtk_widget_set_margin_start (said, 24);
  gtk_widget_set_margin_bottom (said, way == MERGE ? 12 : 0);
  gtk_container_add (GTK_CONTAINER (box), button);
  gtk_container_add (GTK_CONTAINER (box), said);
  g_signal_connect (button, "toggled", G_CALLBACK (on_way), import);
  return button;
}

static void
on_confirmed (GtkDialog *dialog, int response, gpointer data)
{
  Import *import = data;

  if (response == GTK_RESPONSE_ACCEPT)
    pst_manager_actions_import (import->actions, import->json, import->way == REPLACE);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

/* Consumes @import. */
static void
ask (Import *import, GtkWindow *parent)
{
  GtkWidget *dialog = gtk_message_dialog_new (parent, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_QUESTION,
                                              GTK_BUTTONS_NONE, "%s", _ ("Import these permissions?"));
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *merge;

  gtk_widget_set_margin_top (box, 12);

  gtk_message_dialog_format_secondary_text (GTK_MESSAGE_DIALOG (dialog), "%s", import->shown);
  import->dialog = GTK_DIALOG (dialog);
  gtk_dialog_add_button (import->dialog, _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  gtk_dialog_add_button (import->dialog, _ ("_Import"), GTK_RESPONSE_ACCEPT);
  gtk_dialog_set_default_response (import->dialog, GTK_RESPONSE_CANCEL);
  merge = build_way (import, GTK_BOX (box), MERGE, _ ("_Add them to yours"),
                     _ ("Yours stay. Where both speak of the same, the file’s holds."), NULL);
  build_way (import, GTK_BOX (box), REPLACE, _ ("_Replace yours with them"),
             _ ("What is not in the file is removed, for all applications."), merge);
  on_way (GTK_TOGGLE_BUTTON (merge), import);
  gtk_widget_show_all (box);
  gtk_container_add (GTK_CONTAINER (gtk_message_dialog_get_message_area (GTK_MESSAGE_DIALOG (dialog))), box);
  g_object_set_data_full (G_OBJECT (dialog), "pst-import", import, import_free);
  g_signal_connect (dialog, "response", G_CALLBACK (on_confirmed), import);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void check (Import *import);

static void
on_checked (GVariant *reply, const GError *error, gpointer data)
{
  Import *import = data;
  g_autoptr (GtkWindow) parent = g_weak_ref_get (&import->parent);
  Effect *effect = &import->effects[import->way];

  if (error != NULL || parent == NULL)
    {
      if (error != NULL)
        pst_manager_actions_fail (import->actions, error->message);
      import_free (import);
      return;
    }
  g_variant_get (reply, "(uuut)", &effect->added, &effect->changed, &effect->removed, NULL);
  if (import->way == REPLACE)
    {
      import->way = MERGE;
      ask (import, parent);
      return;
    }
  import->way = REPLACE;
  check (import);
}

/* What it would do in one way, and then in the other. */
static void
check (Import *import)
{
  pst_manager_link_call (pst_manager_data_get_link (pst_manager_actions_get_data (import->actions)), PST_CONTROL_IMPORT,
                         g_variant_new ("(sbb)", import->json, import->way == REPLACE, TRUE), PST_CONTROL_IMPORT_OUT, NULL,
                         on_checked, import);
}

/* The file */

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
      check (import);
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
      import->shown = pst_words_full (PST_KIND_FILES, path);
      g_weak_ref_init (&import->parent, gtk_window_get_transient_for (GTK_WINDOW (dialog)));
      g_file_load_contents_async (file, NULL, on_read, import);
    }
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

void
pst_import_dialog_run (GtkWindow *parent, PstManagerActions *actions)
{
  GtkWidget *dialog = pst_transfer_chooser_new (_ ("Import Permissions"), parent, GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Import"));

  g_signal_connect_object (dialog, "response", G_CALLBACK (on_import_response), actions, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}
