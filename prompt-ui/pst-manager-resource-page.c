/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-resource-page.h"

#include "pst-app-icon.h"
#include "pst-manager-row.h"
#include "pst-manager-widgets.h"

#include <glib/gi18n.h>

struct _PstManagerResourcePage
{
  GtkBin parent_instance;
  PstManagerActions *actions;
  GtkWidget *page;
  GtkImage *icon;
  GtkLabel *name, *full;
  GtkLabel *question;
  PstGrantList *whole, *parts;
  GtkWidget *parts_box;
};

G_DEFINE_TYPE (PstManagerResourcePage, pst_manager_resource_page, GTK_TYPE_BIN)

static guint activated_signal;

void
pst_manager_resource_page_show (PstManagerResourcePage *self, const PstPlaces *places, const GPtrArray *groups,
                                const PstGroup *group, gboolean from_top)
{
  g_autoptr (GPtrArray) whole = pst_group_whole (groups, group), parts = pst_group_parts (group);
  g_autofree char *full = pst_words_full (group->kind, group->resource);
  g_autofree char *place = pst_words_place (places, group->kind, group->resource);
  g_autofree char *question =
      g_strdup_printf (group->kind == PST_KIND_BUS ? _ ("Who may use %s?") : _ ("Who may reach %s?"), group->title);

  pst_app_icon_set (self->icon, group->icon);
  pst_label_set (self->name, question, NULL);
  pst_label_set (self->full, place, full);
  pst_grant_list_fill (self->whole, whole, from_top);
  pst_grant_list_fill (self->parts, parts, from_top);
  gtk_widget_set_visible (self->parts_box, parts->len > 0);
  if (from_top)
    gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->page)), 0);
}

static void
on_activated (PstManagerResourcePage *self, gpointer entry)
{
  g_signal_emit (self, activated_signal, 0, entry);
}

static GtkWidget *
section (PstManagerResourcePage *self, PstRowNaming naming, const char *title, const char *empty, PstGrantList **list)
{
  *list = PST_GRANT_LIST (pst_grant_list_new (self->actions, naming, title, empty));
  g_signal_connect_swapped (*list, "activated", G_CALLBACK (on_activated), self);
  return pst_section_new (title, GTK_WIDGET (*list));
}

static void
pst_manager_resource_page_dispose (GObject *object)
{
  g_clear_object (&PST_MANAGER_RESOURCE_PAGE (object)->actions);
  G_OBJECT_CLASS (pst_manager_resource_page_parent_class)->dispose (object);
}

static void
pst_manager_resource_page_class_init (PstManagerResourcePageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = pst_manager_resource_page_dispose;
  activated_signal = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                   1, G_TYPE_POINTER);
}

static void
pst_manager_resource_page_init (PstManagerResourcePage *self)
{
}

GtkWidget *
pst_manager_resource_page_new (PstManagerActions *actions)
{
  PstManagerResourcePage *self = g_object_new (PST_TYPE_MANAGER_RESOURCE_PAGE, "visible", TRUE, NULL);
  GtkBox *column;

  self->actions = g_object_ref (actions);
  self->page = pst_page_new (&column);
  gtk_container_add (GTK_CONTAINER (column),
                     pst_page_heading_new (&self->icon, &self->name, &self->full, PANGO_ELLIPSIZE_MIDDLE));
  gtk_container_add (GTK_CONTAINER (column), section (self, PST_ROW_BY_APP, _ ("All of it"),
                                                      _ ("No application is let in, or kept out, as a whole."), &self->whole));
  self->parts_box = section (self, PST_ROW_BY_APP_AND_PLACE, _ ("Parts of it"), "", &self->parts);
  gtk_container_add (GTK_CONTAINER (column), self->parts_box);
  gtk_container_add (GTK_CONTAINER (self), self->page);
  gtk_widget_show_all (self->page);
  return GTK_WIDGET (self);
}
