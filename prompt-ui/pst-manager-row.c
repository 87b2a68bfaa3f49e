/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-row.h"

#include "pst-app-icon.h"
#include "pst-manager-widgets.h"

#include <glib/gi18n.h>

#define ICON_SIZE 32

struct _PstGrantRow
{
  GtkListBoxRow parent_instance;
  PstManagerActions *actions;
  PstRowNaming naming;
  PstEntry *entry; /* (nullable) */
  GtkImage *icon;
  GtkLabel *title, *subtitle, *value, *fixed;
  GtkWidget *in_use, *button, *arrow;
};

G_DEFINE_TYPE (PstGrantRow, pst_grant_row, GTK_TYPE_LIST_BOX_ROW)

static void
on_button (GtkButton *button, gpointer data)
{
  PstGrantRow *self = data;

  if (self->entry != NULL)
    pst_access_menu_popup (GTK_WIDGET (button), self->actions, self->entry);
}

static void
add_part (GString *text, const char *part)
{
  if (part == NULL || *part == '\0')
    return;
  if (text->len > 0)
    g_string_append (text, " · ");
  g_string_append (text, part);
}

char *
pst_grant_row_subtitle (const PstEntry *entry, gint64 now)
{
  GString *text = g_string_new (NULL);
  g_autofree char *lifetime = pst_words_lifetime (entry->lifetime, entry->until, now);
  g_autofree char *used = NULL;

  if (entry->flags & PST_ENTRY_OVERRULED)
    {
      g_autofree char *instead = g_strdup_printf (entry->flags & PST_ENTRY_LOCKED ? _ ("Your administrator decides: %s")
                                                                                  : _ ("A stronger rule decides: %s"),
                                                  pst_words_answer (entry->kind, entry->access, entry->effective));
      add_part (text, instead);
    }
  if (entry->tier == PST_TIER_LOCK)
    add_part (text, _ ("Set by your administrator"));
  else if (entry->tier == PST_TIER_DEFAULT)
    add_part (text, _ ("Set by your administrator, until you change it"));
  else if (entry->tier == PST_TIER_PROFILE)
    add_part (text, _ ("Set by its packager"));
  else
    add_part (text, lifetime);
  if (entry->flags & PST_ENTRY_MISSING)
    add_part (text, _ ("Does not exist any more"));
  if (entry->flags & PST_ENTRY_IN_USE)
    add_part (text, _ ("In use now"));
  else if (entry->used > 0)
    {
      g_autofree char *when = pst_words_when (entry->used, now);

      used = g_strdup_printf (_ ("Last used %s"), when);
      add_part (text, used);
    }
  else if (entry->tier == PST_TIER_USER)
    add_part (text, _ ("Never used"));
  return g_string_free (text, FALSE);
}

static void
set_icon (PstGrantRow *self, const char *icon)
{
  GdkWindow *window = gtk_widget_get_window (gtk_widget_get_toplevel (GTK_WIDGET (self)));
  cairo_surface_t *surface = pst_app_icon_get (icon, ICON_SIZE, gtk_widget_get_scale_factor (GTK_WIDGET (self)), window);

  if (surface != NULL)
    gtk_image_set_from_surface (self->icon, surface);
}

/* What is not in effect is not shown as if it were. */
static void
set_faint (GtkWidget *widget, gboolean faint)
{
  GtkStyleContext *context = gtk_widget_get_style_context (widget);

  if (faint)
    gtk_style_context_add_class (context, GTK_STYLE_CLASS_DIM_LABEL);
  else
    gtk_style_context_remove_class (context, GTK_STYLE_CLASS_DIM_LABEL);
}

void
pst_grant_row_fill (PstGrantRow *self, PstEntry *entry)
{
  const PstManagerData *data = pst_manager_actions_get_data (self->actions);
  const PstPlaces *places = pst_manager_data_get_places ((PstManagerData *)data);
  const PstApp *app = pst_manager_data_find ((PstManagerData *)data, entry->app);
  gboolean fixed = entry->tier == PST_TIER_LOCK;
  g_autofree char *title = NULL, *subtitle = NULL, *full = NULL, *name = NULL;
  const char *value = pst_words_answer (entry->kind, entry->access, entry->answer);

  if (self->entry != NULL && pst_entry_same (self->entry, entry))
    {
      if (self->entry != entry)
        {
          pst_entry_unref (self->entry);
          self->entry = pst_entry_ref (entry);
        }
      return;
    }
  g_clear_pointer (&self->entry, pst_entry_unref);
  self->entry = pst_entry_ref (entry);

  title = pst_words_resource (places, entry->kind, entry->resource);
  full = pst_words_full (entry->kind, entry->resource);
  subtitle = pst_grant_row_subtitle (entry, g_get_real_time () / G_USEC_PER_SEC);
  if (self->naming == PST_ROW_BY_APP_AND_PLACE)
    {
      char *both = g_strconcat (title, " · ", subtitle, NULL);

      g_free (subtitle);
      subtitle = both;
    }
  if (self->naming != PST_ROW_BY_PLACE)
    {
      const char *app_name = app != NULL ? app->name : entry->app;

      set_icon (self, app != NULL ? app->icon : "");
      pst_label_set (self->title, app_name, full);
      name = g_strdup_printf ("%s, %s", app_name, title);
    }
  else
    {
      set_icon (self, pst_words_icon (places, entry->kind, entry->resource, entry->scope));
      pst_label_set (self->title, title, full);
      name = g_strdup (title);
    }
  pst_label_set (self->subtitle, subtitle, NULL);
  gtk_widget_set_visible (self->in_use, (entry->flags & PST_ENTRY_IN_USE) != 0);
  gtk_label_set_text (self->value, value);
  gtk_label_set_text (self->fixed, value);
  set_faint (GTK_WIDGET (self->title), (entry->flags & PST_ENTRY_OVERRULED) != 0);
  set_faint (GTK_WIDGET (self->value), (entry->flags & PST_ENTRY_OVERRULED) != 0);
  gtk_widget_set_visible (self->button, !fixed);
  gtk_widget_set_visible (gtk_widget_get_parent (GTK_WIDGET (self->fixed)), fixed);
  pst_widget_set_described (GTK_WIDGET (self), name, full);
  {
    /* Translators: what a button changes, and what it says now: "Access to Pictures: View" */
    g_autofree char *button_name = g_strdup_printf (_ ("Access to %s: %s"), name, value);
    pst_widget_set_described (self->button, button_name, NULL);
  }
}

PstEntry *
pst_grant_row_get_entry (PstGrantRow *self)
{
  return self->entry;
}

GtkWidget *
pst_value_button_new (GtkLabel **label)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  *label = GTK_LABEL (gtk_label_new (NULL));
  gtk_label_set_ellipsize (*label, PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (*label, 24);
  gtk_box_pack_start (GTK_BOX (box), GTK_WIDGET (*label), TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), gtk_image_new_from_icon_name ("pan-down-symbolic", GTK_ICON_SIZE_BUTTON), FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (button), box);
  gtk_button_set_relief (GTK_BUTTON (button), GTK_RELIEF_NONE);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_show_all (button);
  return button;
}

static void
pst_grant_row_init (PstGrantRow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  GtkWidget *fixed = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->icon = GTK_IMAGE (gtk_image_new ());
  gtk_image_set_pixel_size (self->icon, ICON_SIZE);
  gtk_widget_set_size_request (GTK_WIDGET (self->icon), ICON_SIZE, ICON_SIZE);
  self->title = pst_label_new (PANGO_ELLIPSIZE_MIDDLE, FALSE);
  self->subtitle = pst_label_new (PANGO_ELLIPSIZE_END, TRUE);
  gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (self->title));
  gtk_container_add (GTK_CONTAINER (texts), GTK_WIDGET (self->subtitle));
  gtk_widget_set_valign (texts, GTK_ALIGN_CENTER);

  self->in_use = gtk_image_new_from_icon_name ("view-reveal-symbolic", GTK_ICON_SIZE_MENU);
  gtk_widget_set_tooltip_text (self->in_use, _ ("In use now"));
  pst_widget_set_described (self->in_use, _ ("In use now"), NULL);
  self->button = pst_value_button_new (&self->value);
  g_signal_connect (self->button, "clicked", G_CALLBACK (on_button), self);
  self->fixed = GTK_LABEL (gtk_label_new (NULL));
  gtk_container_add (GTK_CONTAINER (fixed), GTK_WIDGET (self->fixed));
  gtk_container_add (GTK_CONTAINER (fixed), gtk_image_new_from_icon_name ("changes-prevent-symbolic", GTK_ICON_SIZE_MENU));
  gtk_widget_set_margin_end (fixed, 10);
  self->arrow = gtk_image_new_from_icon_name ("go-next-symbolic", GTK_ICON_SIZE_MENU);
  gtk_style_context_add_class (gtk_widget_get_style_context (self->arrow), GTK_STYLE_CLASS_DIM_LABEL);

  gtk_box_pack_start (GTK_BOX (box), GTK_WIDGET (self->icon), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), texts, TRUE, TRUE, 0);
  gtk_box_pack_end (GTK_BOX (box), self->arrow, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (box), self->button, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (box), fixed, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (box), self->in_use, FALSE, FALSE, 0);
  pst_widget_set_margins (box, 12, 8);
  gtk_widget_show_all (box);
  gtk_container_add (GTK_CONTAINER (self), box);
}

static void
pst_grant_row_finalize (GObject *object)
{
  PstGrantRow *self = PST_GRANT_ROW (object);

  g_clear_pointer (&self->entry, pst_entry_unref);
  g_object_unref (self->actions);
  G_OBJECT_CLASS (pst_grant_row_parent_class)->finalize (object);
}

static void
pst_grant_row_class_init (PstGrantRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pst_grant_row_finalize;
}

GtkWidget *
pst_grant_row_new (PstManagerActions *actions, PstRowNaming naming)
{
  PstGrantRow *self = g_object_new (PST_TYPE_GRANT_ROW, "visible", TRUE, NULL);

  self->actions = g_object_ref (actions);
  self->naming = naming;
  return GTK_WIDGET (self);
}
