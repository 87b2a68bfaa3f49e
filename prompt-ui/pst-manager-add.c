/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A permission by hand: a folder, a file, or a service of the catalogue. */
#include "pst-manager-dialogs.h"

#include "pst-manager-widgets.h"
#include "pst-path.h"

#include <glib/gi18n.h>
#include <string.h>

#define DAY (24 * 60 * 60)

typedef enum
{
  WHAT_FOLDER,
  WHAT_FILE,
  WHAT_SERVICE,
  N_WHATS,
} What;

typedef struct
{
  PstManagerActions *actions;
  char *app;
  GtkDialog *dialog;
  GtkComboBoxText *what, *access, *lifetime;
  GtkWidget *place[N_WHATS]; /* two file chooser buttons and a combo box */
} Add;

static const struct
{
  PstAccess access;
  PstAnswer answer;
} choices[] = {
  { PST_ACCESS_VIEW, PST_ANSWER_ALLOW }, { PST_ACCESS_CHANGE, PST_ANSWER_ALLOW }, { PST_ACCESS_SAVE, PST_ANSWER_ALLOW },
  { PST_ACCESS_VIEW, PST_ANSWER_DENY },  { PST_ACCESS_VIEW, PST_ANSWER_HIDE },
};
static const struct
{
  PstLifetime lifetime;
  gint64 span;
} lifetimes[] = {
  { PST_LIFETIME_ALWAYS, 0 },      { PST_LIFETIME_SESSION, 0 },      { PST_LIFETIME_UNTIL, DAY },
  { PST_LIFETIME_UNTIL, 7 * DAY }, { PST_LIFETIME_UNTIL, 30 * DAY },
};

static void
add_free (gpointer data)
{
  Add *add = data;

  g_object_unref (add->actions);
  g_free (add->app);
  g_free (add);
}

static What
chosen_what (Add *add)
{
  return (What)MAX (gtk_combo_box_get_active (GTK_COMBO_BOX (add->what)), 0);
}

/* (transfer full) (nullable) */
static char *
chosen_place (Add *add)
{
  What what = chosen_what (add);
  g_autofree char *name = NULL;

  if (what == WHAT_SERVICE)
    return g_strdup (gtk_combo_box_get_active_id (GTK_COMBO_BOX (add->place[what])));
  name = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (add->place[what]));
  return name != NULL ? pst_path_normalise (name, "/", NULL) : NULL;
}

static void
on_changed (Add *add)
{
  g_autofree char *place = chosen_place (add);

  gtk_dialog_set_response_sensitive (add->dialog, GTK_RESPONSE_ACCEPT, place != NULL);
}

static void
on_what (Add *add)
{
  What what = chosen_what (add);

  for (guint i = 0; i < N_WHATS; i++)
    gtk_widget_set_visible (add->place[i], i == what);
  gtk_combo_box_text_remove_all (add->access);
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);

      if ((what == WHAT_SERVICE && (choices[i].access != PST_ACCESS_VIEW || choices[i].answer == PST_ANSWER_HIDE)) ||
          (what == WHAT_FILE && choices[i].access == PST_ACCESS_SAVE))
        continue;
      gtk_combo_box_text_append (
          add->access, id,
          pst_words_answer (what == WHAT_SERVICE ? PST_KIND_BUS : PST_KIND_FILES, choices[i].access, choices[i].answer));
    }
  gtk_combo_box_set_active (GTK_COMBO_BOX (add->access), 0);
  on_changed (add);
}

static void
on_response (GtkDialog *dialog, int response, gpointer data)
{
  Add *add = data;
  g_autofree char *place = chosen_place (add);
  const char *access_id = gtk_combo_box_get_active_id (GTK_COMBO_BOX (add->access));
  int lifetime = gtk_combo_box_get_active (GTK_COMBO_BOX (add->lifetime));

  if (response == GTK_RESPONSE_ACCEPT && place != NULL && access_id != NULL && lifetime >= 0)
    {
      guint64 choice = g_ascii_strtoull (access_id, NULL, 10);
      gboolean service = chosen_what (add) == WHAT_SERVICE;
      gint64 span = lifetimes[lifetime].span;

      pst_manager_actions_add (add->actions, add->app, service ? PST_KIND_BUS : PST_KIND_FILES, place,
                               service ? PST_ACCESS_TALK : choices[choice].access, choices[choice].answer,
                               lifetimes[lifetime].lifetime, span > 0 ? g_get_real_time () / G_USEC_PER_SEC + span : 0);
    }
  gtk_widget_destroy (GTK_WIDGET (dialog));
}

static GtkWidget *
file_button (const char *title, GtkFileChooserAction action, Add *add)
{
  GtkWidget *button = gtk_file_chooser_button_new (title, action);

  gtk_file_chooser_set_local_only (GTK_FILE_CHOOSER (button), TRUE);
  gtk_file_chooser_set_current_folder (GTK_FILE_CHOOSER (button), g_get_home_dir ());
  gtk_file_chooser_unselect_all (GTK_FILE_CHOOSER (button));
  g_signal_connect_swapped (button, "selection-changed", G_CALLBACK (on_changed), add);
  return button;
}

typedef struct
{
  char *id, *title;
} Service;

static int
compare_services (gconstpointer a, gconstpointer b)
{
  return g_utf8_collate (((const Service *)a)->title, ((const Service *)b)->title);
}

static GtkWidget *
service_box (Add *add)
{
  const PstPlaces *places = pst_manager_data_get_places (pst_manager_actions_get_data (add->actions));
  const GPtrArray *entries = places->services != NULL ? pst_services_entries (places->services) : NULL;
  g_autoptr (GArray) services = g_array_new (FALSE, FALSE, sizeof (Service));
  GtkWidget *box = gtk_combo_box_text_new ();
  GtkCellRenderer *cell;

  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      const PstServiceEntry *entry = g_ptr_array_index (entries, i);
      const char *bus = entry->buses & (1u << PST_SERVICE_BUS_SESSION)  ? "session"
                        : entry->buses & (1u << PST_SERVICE_BUS_SYSTEM) ? "system"
                                                                        : NULL;
      Service service;

      if (bus == NULL || entry->family || entry->verdict == PST_SERVICE_QUIET)
        continue;
      service.id = g_strdup_printf ("%s:%s%s%s", bus, entry->name, entry->part != NULL ? "/" : "",
                                    entry->part != NULL ? entry->part : "");
      service.title = pst_words_resource (places, PST_KIND_BUS, service.id);
      g_array_append_val (services, service);
    }
  g_array_sort (services, compare_services);
  for (guint i = 0; i < services->len; i++)
    {
      Service *service = &g_array_index (services, Service, i);

      gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (box), service->id, service->title);
      g_free (service->id);
      g_free (service->title);
    }
  gtk_combo_box_set_active (GTK_COMBO_BOX (box), 0);
  cell = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (box))->data;
  g_object_set (cell, "ellipsize", PANGO_ELLIPSIZE_END, "width-chars", 30, NULL);
  return box;
}

static void
attach (GtkWidget *grid, int line, const char *text, GtkWidget *widget)
{
  GtkWidget *label;

  gtk_widget_set_hexpand (widget, TRUE);
  gtk_grid_attach (GTK_GRID (grid), widget, 1, line, 1, 1);
  if (text == NULL)
    return;
  label = gtk_label_new_with_mnemonic (text);
  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), widget);
  gtk_style_context_add_class (gtk_widget_get_style_context (label), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_widget_show (label);
  gtk_grid_attach (GTK_GRID (grid), label, 0, line, 1, 1);
}

void
pst_add_dialog_run (GtkWindow *parent, PstManagerActions *actions, const PstApp *app)
{
  GtkWidget *dialog = g_object_new (GTK_TYPE_DIALOG, "use-header-bar", 1, "title", _ ("Add a Permission"), "transient-for",
                                    parent, "modal", TRUE, "destroy-with-parent", TRUE, "resizable", FALSE, NULL);
  GtkWidget *grid = gtk_grid_new (), *add_button;
  GtkLabel *intro;
  Add *add = g_new0 (Add, 1);
  g_autofree char *text = g_strdup_printf (_ ("What “%s” may reach from now on, without a question:"), app->name);

  add->actions = g_object_ref (actions);
  add->app = g_strdup (app->id);
  add->dialog = GTK_DIALOG (dialog);
  g_object_set_data_full (G_OBJECT (dialog), "pst-add", add, add_free);

  add->what = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  gtk_combo_box_text_append_text (add->what, _ ("A folder and all in it"));
  gtk_combo_box_text_append_text (add->what, _ ("A file"));
  gtk_combo_box_text_append_text (add->what, _ ("A service"));
  add->place[WHAT_FOLDER] = file_button (_ ("Choose a Folder"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, add);
  add->place[WHAT_FILE] = file_button (_ ("Choose a File"), GTK_FILE_CHOOSER_ACTION_OPEN, add);
  add->place[WHAT_SERVICE] = service_box (add);
  add->access = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  add->lifetime = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  gtk_combo_box_text_append_text (add->lifetime, _ ("Always"));
  gtk_combo_box_text_append_text (add->lifetime, _ ("Until you log out"));
  gtk_combo_box_text_append_text (add->lifetime, _ ("For a day"));
  gtk_combo_box_text_append_text (add->lifetime, _ ("For a week"));
  gtk_combo_box_text_append_text (add->lifetime, _ ("For 30 days"));
  gtk_combo_box_set_active (GTK_COMBO_BOX (add->lifetime), 0);

  intro = pst_paragraph_new (text, FALSE);
  gtk_label_set_max_width_chars (intro, 44);
  gtk_grid_set_row_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_grid_attach (GTK_GRID (grid), GTK_WIDGET (intro), 0, 0, 2, 1);
  attach (grid, 1, _ ("_What"), GTK_WIDGET (add->what));
  for (guint i = 0; i < N_WHATS; i++)
    attach (grid, 2 + (int)i, NULL, add->place[i]);
  attach (grid, 5, _ ("A_ccess"), GTK_WIDGET (add->access));
  attach (grid, 6, _ ("How _long"), GTK_WIDGET (add->lifetime));
  pst_widget_set_margins (grid, 18, 18);
  gtk_widget_set_size_request (grid, 420, -1);
  gtk_widget_show_all (grid);
  gtk_container_add (GTK_CONTAINER (gtk_dialog_get_content_area (GTK_DIALOG (dialog))), grid);
  pst_widget_set_described (add->place[WHAT_FOLDER], _ ("Folder"), NULL);
  pst_widget_set_described (add->place[WHAT_FILE], _ ("File"), NULL);
  pst_widget_set_described (add->place[WHAT_SERVICE], _ ("Service"), NULL);

  gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Cancel"), GTK_RESPONSE_CANCEL);
  add_button = gtk_dialog_add_button (GTK_DIALOG (dialog), _ ("_Add"), GTK_RESPONSE_ACCEPT);
  gtk_style_context_add_class (gtk_widget_get_style_context (add_button), GTK_STYLE_CLASS_SUGGESTED_ACTION);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  g_signal_connect_swapped (add->what, "changed", G_CALLBACK (on_what), add);
  g_signal_connect (dialog, "response", G_CALLBACK (on_response), add);
  gtk_combo_box_set_active (GTK_COMBO_BOX (add->what), 0);
  gtk_window_present (GTK_WINDOW (dialog));
}
