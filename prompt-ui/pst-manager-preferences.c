/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for all applications: how long the history is kept, and when a permission that nobody uses ends. */
#include "pst-manager-dialogs.h"

#include "postern-ipc.h"
#include "pst-manager-widgets.h"

#include <glib/gi18n.h>
#include <string.h>

/* The bounds of the broker, which has the last word: see postern(1), "settings". */
static const struct
{
  const char *key, *label;
  double min, max, step;
  const char *zero; /* (nullable): what 0 means */
} settings[] = {
  { "unused_days", N_ ("Take back permissions that are not _used for (days)"), 0, 36500, 10, N_ ("Never") },
  { "history_days", N_ ("Keep the history for (da_ys)"), 0, 36500, 10, N_ ("For ever") },
  { "history_rows", N_ ("Keep at most (_entries)"), 1000, 1000000, 1000, NULL },
};

typedef struct
{
  PstManagerActions *actions;
  GtkDialog *dialog; /* NULL when it is closed */
  GCancellable *gone;
  GtkSpinButton *spins[G_N_ELEMENTS (settings)];
  guint values[G_N_ELEMENTS (settings)]; /* as the broker has them */
} Preferences;

static void
preferences_free (gpointer data)
{
  Preferences *preferences = data;

  g_cancellable_cancel (preferences->gone);
  g_object_unref (preferences->gone);
  g_object_unref (preferences->actions);
  g_free (preferences);
}

static PstManagerLink *
link_of (PstManagerActions *actions)
{
  return pst_manager_data_get_link (pst_manager_actions_get_data (actions));
}

static void
on_settings (GVariant *reply, const GError *error, gpointer data)
{
  Preferences *preferences = data;
  g_autoptr (GVariant) dict = NULL;

  if (error != NULL)
    {
      pst_manager_actions_fail (preferences->actions, error->message);
      gtk_widget_destroy (GTK_WIDGET (preferences->dialog));
      return;
    }
  dict = g_variant_get_child_value (reply, 0);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      g_variant_lookup (dict, settings[i].key, "u", &preferences->values[i]);
      gtk_spin_button_set_value (preferences->spins[i], preferences->values[i]);
      gtk_widget_set_sensitive (GTK_WIDGET (preferences->spins[i]), TRUE);
    }
  gtk_dialog_set_response_sensitive (preferences->dialog, GTK_RESPONSE_ACCEPT, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (preferences->spins[0]));
}

static void
on_set (GVariant *reply, const GError *error, gpointer data)
{
  g_autoptr (PstManagerActions) actions = data;

  if (error != NULL)
    pst_manager_actions_fail (actions, error->message);
  else
    pst_manager_actions_tell (actions, _ ("The preferences were saved"));
}

static void
on_response (GtkDialog *dialog, int response, gpointer data)
{
  Preferences *preferences = data;
  GVariantBuilder changes;
  guint n = 0;

  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      guint value;

      gtk_spin_button_update (preferences->spins[i]);
      value = (guint)gtk_spin_button_get_value_as_int (preferences->spins[i]);
      /* What is left alone stays with the administrator. */
      if (value != preferences->values[i])
        {
          g_variant_builder_add (&changes, "{sv}", settings[i].key, g_variant_new_uint32 (value));
          n++;
        }
    }
  if (response == GTK_RESPONSE_ACCEPT && n > 0)
    pst_manager_link_call (link_of (preferences->actions), PST_CONTROL_SET_SETTINGS, g_variant_new ("(a{sv})", &changes),
                           PST_CONTROL_SET_SETTINGS_OUT, NULL, on_set, g_object_ref (preferences->actions));
  else
    g_variant_builder_clear (&changes);
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static gboolean
on_output (GtkSpinButton *spin, gpointer zero)
{
  if (gtk_spin_button_get_value_as_int (spin) != 0)
    return FALSE;
  gtk_entry_set_text (GTK_ENTRY (spin), zero);
  return TRUE;
}

static int
on_input (GtkSpinButton *spin, double *value, gpointer zero)
{
  if (strcmp (gtk_entry_get_text (GTK_ENTRY (spin)), zero) != 0)
    return FALSE;
  *value = 0;
  return TRUE;
}

static GtkSpinButton *
spin_new (guint i)
{
  GtkWidget *spin = gtk_spin_button_new_with_range (settings[i].min, settings[i].max, settings[i].step);

  gtk_entry_set_width_chars (GTK_ENTRY (spin), 10);
  gtk_entry_set_activates_default (GTK_ENTRY (spin), TRUE);
  gtk_widget_set_sensitive (spin, FALSE); /* before it is known what holds */
  if (settings[i].zero != NULL)
    {
      char *zero = g_strdup (_ (settings[i].zero));

      gtk_spin_button_set_numeric (GTK_SPIN_BUTTON (spin), FALSE); /* the word is taken too */
      g_object_set_data_full (G_OBJECT (spin), "pst-zero", zero, g_free);
      g_signal_connect (spin, "output", G_CALLBACK (on_output), zero);
      g_signal_connect (spin, "input", G_CALLBACK (on_input), zero);
    }
  return GTK_SPIN_BUTTON (spin);
}

void
pst_preferences_dialog_run (GtkWindow *parent, PstManagerActions *actions)
{
  GtkWidget *dialog = g_object_new (GTK_TYPE_DIALOG, "use-header-bar", 1, "title", _ ("Preferences"), "transient-for", parent,
                                    "modal", TRUE, "destroy-with-parent", TRUE, "resizable", FALSE, NULL);
  GtkWidget *grid = gtk_grid_new (), *save;
  Preferences *preferences = g_new0 (Preferences, 1);

  preferences->actions = g_object_ref (actions);
  preferences->dialog = GTK_DIALOG (dialog);
  preferences->gone = g_cancellable_new ();
  g_object_set_data_full (G_OBJECT (dialog), "pst-preferences", preferences, preferences_free);

  gtk_grid_set_row_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 24);
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      GtkWidget *label = gtk_label_new_with_mnemonic (_ (settings[i].label));

      preferences->spins[i] = spin_new (i);
      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_widget_set_hexpand (label, TRUE);
      gtk_label_set_mnemonic_widget (GTK_LABEL (label), GTK_WIDGET (preferences->spins[i]));
      gtk_grid_attach (GTK_GRID (grid), label, 0, (int)i, 1, 1);
      gtk_grid_attach (GTK_GRID (grid), GTK_WIDGET (preferences->spins[i]), 1, (int)i, 1, 1);
    }
  pst_widget_set_margins (grid, 18, 18);
  gtk_widget_show_all (grid);
  gtk_container_add (GTK_CONTAINER (gtk_dialog_get_content_area (GTK_DIALOG (dialog))), grid);

  gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  save = gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Save"), GTK_RESPONSE_ACCEPT);
  gtk_style_context_add_class (gtk_widget_get_style_context (save), GTK_STYLE_CLASS_SUGGESTED_ACTION);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT, FALSE);
  g_signal_connect (dialog, "response", G_CALLBACK (on_response), preferences);
  gtk_window_present (GTK_WINDOW (dialog));
  pst_manager_link_call (link_of (actions), PST_CONTROL_GET_SETTINGS, NULL, PST_CONTROL_GET_SETTINGS_OUT, preferences->gone,
                         on_settings, preferences);
}
