/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A revocation closes the way to a file, and not the file that is open already. So it is said which those are, for as long as
 * it is so, and the application can be stopped. */
#include "pst-manager-bar.h"

#include "pst-manager-widgets.h"
#include "pst-sentence.h"
#include "postern-ipc.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_NAMES 5
#define MAX_NAME 80
#define STOP 1

typedef struct
{
  PstManagerActions *actions;
  PstManagerData *data;
  GCancellable *cancellable;
  GtkWidget *info;
  GtkLabel *heading, *names;
  char *app; /* (nullable) */
} Held;

static void
held_free (gpointer data)
{
  Held *held = data;

  g_cancellable_cancel (held->cancellable);
  g_object_unref (held->cancellable);
  g_signal_handlers_disconnect_by_data (held->actions, held);
  g_signal_handlers_disconnect_by_data (held->data, held);
  g_object_unref (held->actions);
  g_object_unref (held->data);
  g_free (held->app);
  g_free (held);
}

static void
show (Held *held, GVariant *rows)
{
  const PstApp *app = pst_manager_data_find (held->data, held->app);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) names = g_string_new (NULL), all = g_string_new (NULL);
  g_autofree char *heading = NULL;
  GVariantIter iter;
  guint32 pid;
  const char *comm, *path;
  guint n = 0;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(u&s^&ay)", &pid, &comm, &path))
    {
      const char *slash = strrchr (path, '/');
      g_autofree char *name = NULL, *full = NULL;

      if (!g_hash_table_add (seen, g_strdup (path)))
        continue;
      name = pst_text_for_display (slash != NULL && slash[1] != '\0' ? slash + 1 : path, MAX_NAME);
      full = pst_text_for_display (path, 1000);
      if (n < MAX_NAMES)
        g_string_append_printf (names, "%s%s", n > 0 ? ", " : "", name);
      g_string_append_printf (all, "%s%s", n > 0 ? "\n" : "", full);
      n++;
    }
  gtk_widget_set_visible (held->info, n > 0);
  if (n == 0)
    return;
  if (n > MAX_NAMES)
    g_string_append_printf (names, ngettext (" and %u more", " and %u more", n - MAX_NAMES), n - MAX_NAMES);
  heading = g_strdup_printf (ngettext ("%s still holds a file open that it may not reach any more:",
                                       "%s still holds files open that it may not reach any more:", n),
                             app != NULL ? app->name : held->app);
  pst_label_set_sentence (held->heading, heading);
  pst_label_set (held->names, names->str, all->str);
  pst_widget_set_described (held->info, heading, all->str);
}

static void
on_listed (GVariant *reply, const GError *error, gpointer data)
{
  Held *held = data;
  g_autoptr (GVariant) rows = NULL;

  if (error != NULL)
    return;
  rows = g_variant_get_child_value (reply, 0);
  show (held, rows);
}

static void
look_again (Held *held)
{
  if (held->app == NULL || !gtk_widget_get_visible (held->info))
    return;
  pst_manager_link_call (pst_manager_data_get_link (held->data), PST_CONTROL_LIST_HELD, g_variant_new ("(s)", held->app),
                         PST_CONTROL_LIST_HELD_OUT, held->cancellable, on_listed, held);
}

static void
on_held (Held *held, const char *app, GVariant *rows)
{
  if (g_variant_n_children (rows) == 0 && g_strcmp0 (held->app, app) != 0)
    return;
  g_free (held->app);
  held->app = g_strdup (app);
  show (held, rows);
}

static void
on_response (GtkInfoBar *info, int response, gpointer data)
{
  Held *held = data;

  if (response == STOP)
    pst_manager_actions_stop (held->actions, held->app, FALSE);
  gtk_widget_hide (held->info);
}

GtkWidget *
pst_manager_held_new (PstManagerActions *actions)
{
  Held *held = g_new0 (Held, 1);
  GtkWidget *info = gtk_info_bar_new ();
  GtkWidget *content = gtk_info_bar_get_content_area (GTK_INFO_BAR (info));
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);

  held->actions = g_object_ref (actions);
  held->data = g_object_ref (pst_manager_actions_get_data (actions));
  held->cancellable = g_cancellable_new ();
  held->info = info;
  held->heading = pst_paragraph_new ("", FALSE);
  held->names = pst_label_new (PANGO_ELLIPSIZE_END, FALSE);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (held->names)), GTK_STYLE_CLASS_DIM_LABEL);
  gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (held->heading));
  gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (held->names));
  gtk_box_pack_start (GTK_BOX (content), texts, TRUE, TRUE, 0);
  gtk_info_bar_set_message_type (GTK_INFO_BAR (info), GTK_MESSAGE_WARNING);
  gtk_info_bar_add_button (GTK_INFO_BAR (info), _ ("_Stop Application"), STOP);
  gtk_info_bar_set_show_close_button (GTK_INFO_BAR (info), TRUE);
  gtk_widget_show_all (info);
  gtk_widget_set_no_show_all (info, TRUE);
  gtk_widget_hide (info);
  g_object_set_data_full (G_OBJECT (info), "pst-held", held, held_free);
  g_signal_connect (info, "response", G_CALLBACK (on_response), held);
  g_signal_connect_swapped (actions, "held", G_CALLBACK (on_held), held);
  g_signal_connect_swapped (held->data, "apps", G_CALLBACK (look_again), held);
  return info;
}
