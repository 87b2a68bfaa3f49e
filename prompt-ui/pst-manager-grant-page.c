/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-grant-page.h"

#include "pst-app-icon.h"
#include "pst-manager-dialogs.h"
#include "pst-manager-row.h"
#include "pst-manager-widgets.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_SOURCE 300

struct _PstManagerGrantPage
{
  GtkBin parent_instance;
  PstManagerActions *actions;
  PstManagerData *data;
  PstEntry *entry; /* (nullable) */

  GtkWidget *page;
  GtkImage *icon;
  GtkLabel *name, *app;
  GtkWidget *note; /* what decides instead */
  GtkLabel *note_text;
  GtkWidget *access, *lifetime, *narrow, *revoke;
  GtkLabel *access_value, *lifetime_value;
  GtkWidget *narrow_row;
  GtkLabel *path, *given, *used, *source;
  GtkWidget *source_row;
};

G_DEFINE_TYPE (PstManagerGrantPage, pst_manager_grant_page, GTK_TYPE_BIN)

static guint gone_signal;

/* "24 November, in answer to a question" */
static char *
given_text (const PstEntry *entry, gint64 now)
{
  const char *origin = pst_words_origin (entry->origin);
  g_autofree char *when = entry->created > 0 ? pst_words_when (entry->created, now) : NULL, *text = NULL;

  if (when != NULL && origin != NULL)
    /* Translators: when, and how: "24 November, in answer to a question" */
    text = g_strdup_printf (_ ("%s, %s"), when, origin);
  return pst_words_capital (text != NULL ? text : when != NULL ? when : origin != NULL ? origin : _ ("Not known"));
}

static char *
note_of (const PstEntry *entry)
{
  const char *effective = pst_words_answer (entry->kind, entry->access, entry->effective);

  if (entry->flags & PST_ENTRY_OVERRULED)
    return g_strdup_printf (entry->flags & PST_ENTRY_LOCKED
                                ? _ ("This is not in effect: your administrator decides. What holds is: %s.")
                                : _ ("This is not in effect: a stronger or more specific rule decides. What holds is: %s."),
                            effective);
  if (entry->tier == PST_TIER_LOCK)
    return g_strdup (_ ("This was set by your administrator, and cannot be changed here."));
  if (entry->tier == PST_TIER_DEFAULT)
    return g_strdup (_ ("This was set by your administrator, as long as you say nothing else. A change makes it your own."));
  if (entry->tier == PST_TIER_PROFILE)
    return g_strdup (_ ("This was set by the application’s packager. A change makes it your own."));
  if (entry->flags & PST_ENTRY_PROTECTED)
    return g_strdup (
        _ ("This is one of the places that hold passwords, keys, or what is started by itself. Allow it with care."));
  return NULL;
}

static void
fill (PstManagerGrantPage *self)
{
  const PstEntry *entry = self->entry;
  const PstPlaces *places = pst_manager_data_get_places (self->data);
  const PstApp *app = pst_manager_data_find (self->data, entry->app);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gboolean fixed = entry->tier == PST_TIER_LOCK, own = pst_entry_is_own (entry);
  g_autofree char *title = pst_words_resource (places, entry->kind, entry->resource);
  g_autofree char *full = pst_words_full (entry->kind, entry->resource);
  g_autofree char *lifetime = pst_words_lifetime (entry->lifetime, entry->until, now);
  g_autofree char *given = given_text (entry, now), *when = pst_words_when (entry->used, now), *note = note_of (entry);
  g_autofree char *used = pst_words_capital (when);
  g_autofree char *place = pst_words_place (places, entry->kind, entry->resource);
  g_autofree char *source = pst_text_for_display (entry->source, MAX_SOURCE);
  const char *value = pst_words_answer (entry->kind, entry->access, entry->answer);

  pst_app_icon_set (self->icon, pst_words_icon (places, entry->kind, entry->resource, entry->scope));
  pst_label_set (self->name, title, full);
  pst_label_set (self->app, app != NULL ? app->name : entry->app, NULL);
  gtk_label_set_text (self->note_text, note != NULL ? note : "");
  gtk_widget_set_visible (self->note, note != NULL);
  gtk_label_set_text (self->access_value, value);
  gtk_label_set_text (self->lifetime_value, lifetime);
  {
    g_autofree char *access_name = g_strdup_printf (_ ("Access: %s"), value);
    g_autofree char *lifetime_name = g_strdup_printf (_ ("How long: %s"), lifetime);

    pst_widget_set_described (self->access, access_name, NULL);
    pst_widget_set_described (self->lifetime, lifetime_name, NULL);
  }
  gtk_widget_set_sensitive (self->access, !fixed);
  gtk_widget_set_sensitive (self->lifetime, own);
  gtk_widget_set_visible (self->narrow_row, own && entry->kind == PST_KIND_FILES && entry->scope == PST_SCOPE_TREE);
  gtk_widget_set_visible (self->revoke, own);
  pst_label_set (self->path, place, full);
  gtk_label_set_text (self->given, given);
  gtk_label_set_text (self->used, entry->flags & PST_ENTRY_IN_USE ? _ ("In use now") : used);
  gtk_label_set_text (self->source, source);
  gtk_widget_set_visible (self->source_row, *source != '\0');
}

void
pst_manager_grant_page_show (PstManagerGrantPage *self, PstEntry *entry)
{
  PstEntry *new = entry != NULL ? pst_entry_ref (entry) : NULL;

  g_clear_pointer (&self->entry, pst_entry_unref);
  self->entry = new;
  if (new != NULL)
    fill (self);
}

void
pst_manager_grant_page_revoke (PstManagerGrantPage *self)
{
  g_autoptr (GPtrArray) one = g_ptr_array_new ();

  if (self->entry == NULL)
    return;
  g_ptr_array_add (one, self->entry);
  pst_manager_actions_revoke (self->actions, one);
}

/* The same rule after a change: by its number, else by what it is about. (nullable) */
static PstEntry *
find_again (PstManagerGrantPage *self)
{
  const PstApp *app = pst_manager_data_find (self->data, self->entry->app);
  PstEntry *alike = NULL;

  for (guint i = 0; app != NULL && app->entries != NULL && i < app->entries->len; i++)
    {
      PstEntry *each = g_ptr_array_index (app->entries, i);

      if (each->id != 0 && each->id == self->entry->id)
        return each;
      if (each->kind == self->entry->kind && strcmp (each->resource, self->entry->resource) == 0 &&
          (each->tier == self->entry->tier || each->tier == PST_TIER_USER) && alike == NULL)
        alike = each;
    }
  return alike;
}

static void
on_entries (PstManagerGrantPage *self, const char *app)
{
  PstEntry *entry;

  if (self->entry == NULL || (app != NULL && !g_str_equal (app, self->entry->app)))
    return;
  entry = find_again (self);
  if (entry != NULL)
    pst_manager_grant_page_show (self, entry);
  else
    {
      pst_manager_grant_page_show (self, NULL);
      g_signal_emit (self, gone_signal, 0);
    }
}

static void
on_access (PstManagerGrantPage *self)
{
  if (self->entry != NULL)
    pst_access_menu_popup (self->access, self->actions, self->entry);
}

static void
on_lifetime (PstManagerGrantPage *self)
{
  if (self->entry != NULL)
    pst_lifetime_menu_popup (self->lifetime, self->actions, self->entry);
}

static void
on_narrow (PstManagerGrantPage *self)
{
  if (self->entry != NULL)
    pst_narrow_dialog_run (GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self))), self->actions, self->entry);
}

static GtkWidget *
build_note (PstManagerGrantPage *self)
{
  GtkWidget *content;
  GtkWidget *image = gtk_image_new_from_icon_name ("dialog-information-symbolic", GTK_ICON_SIZE_MENU);

  self->note = gtk_info_bar_new ();
  gtk_info_bar_set_message_type (GTK_INFO_BAR (self->note), GTK_MESSAGE_INFO);
  content = gtk_info_bar_get_content_area (GTK_INFO_BAR (self->note));
  self->note_text = pst_paragraph_new ("", FALSE);
  gtk_widget_set_valign (image, GTK_ALIGN_START);
  gtk_box_pack_start (GTK_BOX (content), image, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (content), GTK_WIDGET (self->note_text), TRUE, TRUE, 0);
  gtk_widget_show_all (self->note);
  gtk_widget_set_no_show_all (self->note, TRUE);
  return self->note;
}

static GtkWidget *
build_choices (PstManagerGrantPage *self)
{
  self->access = pst_value_button_new (&self->access_value);
  self->lifetime = pst_value_button_new (&self->lifetime_value);
  self->narrow = gtk_button_new_with_mnemonic (_ ("_Narrow…"));
  g_signal_connect_swapped (self->access, "clicked", G_CALLBACK (on_access), self);
  g_signal_connect_swapped (self->lifetime, "clicked", G_CALLBACK (on_lifetime), self);
  g_signal_connect_swapped (self->narrow, "clicked", G_CALLBACK (on_narrow), self);
  self->narrow_row =
      pst_boxed_row_new (_ ("Only a part of it"), _ ("Choose a folder inside; the rest is asked for again."), self->narrow);
  return pst_boxed_rows_new (_ ("What may be changed"), pst_boxed_row_new (_ ("Access"), NULL, self->access),
                             pst_boxed_row_new (_ ("How long"), NULL, self->lifetime), self->narrow_row, NULL);
}

static GtkWidget *
build_facts (PstManagerGrantPage *self)
{
  self->source_row = pst_fact_row_new (_ ("Set in"), &self->source);
  return pst_boxed_rows_new (_ ("Details"), pst_fact_row_new (_ ("Place"), &self->path),
                             pst_fact_row_new (_ ("Given"), &self->given), pst_fact_row_new (_ ("Last used"), &self->used),
                             self->source_row, NULL);
}

static void
pst_manager_grant_page_dispose (GObject *object)
{
  PstManagerGrantPage *self = PST_MANAGER_GRANT_PAGE (object);

  if (self->data != NULL)
    g_signal_handlers_disconnect_by_data (self->data, self);
  g_clear_object (&self->data);
  g_clear_object (&self->actions);
  g_clear_pointer (&self->entry, pst_entry_unref);
  G_OBJECT_CLASS (pst_manager_grant_page_parent_class)->dispose (object);
}

static void
pst_manager_grant_page_class_init (PstManagerGrantPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = pst_manager_grant_page_dispose;
  gone_signal = g_signal_new ("gone", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
pst_manager_grant_page_init (PstManagerGrantPage *self)
{
}

GtkWidget *
pst_manager_grant_page_new (PstManagerActions *actions)
{
  PstManagerGrantPage *self = g_object_new (PST_TYPE_MANAGER_GRANT_PAGE, "visible", TRUE, NULL);
  GtkBox *column;

  self->actions = g_object_ref (actions);
  self->data = g_object_ref (pst_manager_actions_get_data (actions));
  self->page = pst_page_new (&column);
  gtk_container_add (GTK_CONTAINER (column),
                     pst_page_heading_new (&self->icon, &self->name, &self->app, PANGO_ELLIPSIZE_MIDDLE));
  gtk_container_add (GTK_CONTAINER (column), build_note (self));
  gtk_container_add (GTK_CONTAINER (column), build_choices (self));
  gtk_container_add (GTK_CONTAINER (column), build_facts (self));
  self->revoke = gtk_button_new_with_mnemonic (_ ("_Revoke"));
  gtk_style_context_add_class (gtk_widget_get_style_context (self->revoke), GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
  gtk_widget_set_halign (self->revoke, GTK_ALIGN_END);
  g_signal_connect_swapped (self->revoke, "clicked", G_CALLBACK (pst_manager_grant_page_revoke), self);
  gtk_container_add (GTK_CONTAINER (column), self->revoke);
  gtk_container_add (GTK_CONTAINER (self), self->page);
  gtk_widget_show_all (self->page);
  g_signal_connect_swapped (self->data, "entries", G_CALLBACK (on_entries), self);
  return GTK_WIDGET (self);
}
