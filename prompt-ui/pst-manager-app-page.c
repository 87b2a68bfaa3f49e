/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-app-page.h"

#include "postern-ipc.h"
#include "pst-app-icon.h"
#include "pst-manager-dialogs.h"
#include "pst-manager-groups.h"
#include "pst-manager-row.h"
#include "pst-manager-widgets.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_VALUE 300

struct _PstManagerAppPage
{
  GtkBin parent_instance;
  PstManagerActions *actions;
  PstManagerData *data;
  GCancellable *cancellable; /* of what is asked about the application that is shown */
  char *app;                 /* (nullable) */
  char *needle;              /* (nullable) */

  GtkWidget *page;
  GtkImage *icon;
  GtkLabel *name, *status;
  GtkWidget *stop, *revoke_all;
  PstGrantList *grants;
  GtkWidget *locked, *strict; /* switches */
  gboolean setting;           /* the switches are moved by us */
  gboolean locked_is, strict_is;
  GtkLabel *program, *package, *profile, *home;
  GtkWidget *profile_row;
  gboolean has_home;
};

G_DEFINE_TYPE (PstManagerAppPage, pst_manager_app_page, GTK_TYPE_BIN)

enum
{
  ACTIVATED,
  HISTORY,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static const PstApp *
shown_app (PstManagerAppPage *self)
{
  return self->app != NULL ? pst_manager_data_find (self->data, self->app) : NULL;
}

static void
show_grants (PstManagerAppPage *self, gboolean from_top)
{
  const PstApp *app = shown_app (self);
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  const GPtrArray *all = app != NULL && app->entries != NULL ? app->entries : none;
  g_autoptr (GPtrArray) found = pst_filter_entries (all, self->needle);
  gboolean any_own = FALSE;

  for (guint i = 0; i < all->len && !any_own; i++)
    any_own = pst_entry_is_own (g_ptr_array_index (all, i));
  gtk_widget_set_sensitive (self->revoke_all, any_own);
  pst_grant_list_fill (self->grants, found->len > 0 ? found : all, from_top);
}

static void
show_heading (PstManagerAppPage *self)
{
  const PstApp *app = shown_app (self);
  g_autofree char *when = NULL, *status = NULL;

  if (app == NULL)
    return;
  pst_app_icon_set (self->icon, app->icon);
  pst_label_set (self->name, app->name, NULL);
  if (app->running)
    status = g_strdup (_ ("Running"));
  else if (app->used > 0)
    {
      when = pst_words_when (app->used, g_get_real_time () / G_USEC_PER_SEC);
      status = g_strdup_printf (_ ("Last used %s"), when);
    }
  else
    status = g_strdup (_ ("Not started yet"));
  pst_label_set (self->status, status, NULL);
  gtk_widget_set_visible (self->stop, app->running);
}

/* What GetApp tells */

static void
set_switch (PstManagerAppPage *self, GtkWidget *widget, gboolean value)
{
  self->setting = TRUE;
  gtk_switch_set_active (GTK_SWITCH (widget), value);
  self->setting = FALSE;
}

static gboolean
lookup_bool (GVariant *details, const char *key)
{
  gboolean value = FALSE;

  g_variant_lookup (details, key, "b", &value);
  return value;
}

static char *
lookup_text (GVariant *details, const char *key)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (details, key, NULL);

  if (value == NULL)
    return g_strdup ("");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return pst_text_for_display (g_variant_get_bytestring (value), MAX_VALUE);
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
             ? pst_text_for_display (g_variant_get_string (value, NULL), MAX_VALUE)
             : g_strdup ("");
}

static void
on_size (GVariant *reply, const GError *error, gpointer data)
{
  PstManagerAppPage *self = data;
  guint64 size, files;
  g_autofree char *amount = NULL, *text = NULL;

  if (error != NULL)
    return;
  g_variant_get (reply, PST_CONTROL_HOME_SIZE_OUT, &size, &files);
  amount = g_format_size (size);
  /* Translators: a size, and how many files: "1.2 MB in 35 files" */
  text = g_strdup_printf (ngettext ("%s in %u file", "%s in %u files", (gulong)files), amount, (guint)MIN (files, G_MAXUINT));
  gtk_label_set_text (self->home, text);
}

static void
on_details (GVariant *reply, const GError *error, gpointer data)
{
  PstManagerAppPage *self = data;
  g_autoptr (GVariant) details = NULL;
  g_autofree char *executable = NULL, *package = NULL, *profile = NULL;
  gboolean by_administrator, had_home = self->has_home;
  gint64 used = 0;

  if (error != NULL)
    return;
  details = g_variant_get_child_value (reply, 0);
  executable = lookup_text (details, "executable");
  package = lookup_text (details, "package");
  profile = lookup_text (details, "profile");
  by_administrator = lookup_bool (details, "locked_by_administrator");
  self->locked_is = lookup_bool (details, "locked");
  self->strict_is = lookup_bool (details, "strict");
  set_switch (self, self->locked, self->locked_is || by_administrator);
  set_switch (self, self->strict, self->strict_is);
  gtk_widget_set_sensitive (self->locked, !by_administrator);
  gtk_widget_set_tooltip_text (self->locked, by_administrator ? _ ("Set by your administrator") : NULL);
  gtk_label_set_text (self->program, executable);
  g_variant_lookup (details, "used", "x", &used);
  gtk_label_set_text (self->package, *package != '\0' ? package
                                     : used == 0      ? _ ("Known after its first start")
                                                      : _ ("Not from a package"));
  gtk_label_set_text (self->profile, profile);
  gtk_widget_set_visible (self->profile_row, *profile != '\0');
  self->has_home = lookup_bool (details, "has_home");
  if (!self->has_home)
    gtk_label_set_text (self->home, _ ("None"));
  else if (!had_home)
    {
      /* once: to count a large home takes the disk for a while */
      gtk_label_set_text (self->home, _ ("Counting…"));
      pst_manager_link_call (pst_manager_data_get_link (self->data), PST_CONTROL_HOME_SIZE, g_variant_new ("(s)", self->app),
                             PST_CONTROL_HOME_SIZE_OUT, self->cancellable, on_size, self);
    }
}

static void
ask_details (PstManagerAppPage *self)
{
  if (self->app == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  pst_manager_link_call (pst_manager_data_get_link (self->data), PST_CONTROL_GET_APP, g_variant_new ("(s)", self->app),
                         PST_CONTROL_GET_APP_OUT, self->cancellable, on_details, self);
}

void
pst_manager_app_page_show (PstManagerAppPage *self, const char *app, const char *needle)
{
  gboolean other = g_strcmp0 (app, self->app) != 0;

  if (!other && g_strcmp0 (needle, self->needle) == 0)
    return;
  g_free (self->needle);
  self->needle = g_strdup (needle);
  if (other)
    {
      g_free (self->app);
      self->app = g_strdup (app);
      self->has_home = FALSE;
      gtk_label_set_text (self->home, "");
      pst_manager_data_load_app (self->data, app);
      ask_details (self);
      gtk_adjustment_set_value (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (self->page)), 0);
    }
  show_heading (self);
  show_grants (self, TRUE);
}

static void
on_entries (PstManagerAppPage *self, const char *app)
{
  if (self->app != NULL && (app == NULL || g_str_equal (app, self->app)))
    show_grants (self, FALSE);
}

static void
on_apps (PstManagerAppPage *self)
{
  show_heading (self);
  show_grants (self, FALSE);
  ask_details (self);
}

/* What the person does */

static void
on_switched (gboolean success, gpointer data)
{
  PstManagerAppPage *self = data;

  /* the broker's word counts, whichever it is */
  if (!success)
    {
      set_switch (self, self->locked, self->locked_is);
      set_switch (self, self->strict, self->strict_is);
    }
}

static void
on_switch (GtkSwitch *widget, GParamSpec *pspec, gpointer data)
{
  PstManagerAppPage *self = data;

  if (self->setting || self->app == NULL)
    return;
  pst_manager_actions_set_switch (self->actions, self->app, GTK_WIDGET (widget) == self->locked ? "locked" : "strict",
                                  gtk_switch_get_active (widget), self->cancellable, on_switched, self);
}

static void
on_activated (PstManagerAppPage *self, gpointer entry)
{
  g_signal_emit (self, signals[ACTIVATED], 0, entry);
}

static void
on_stop (PstManagerAppPage *self)
{
  pst_manager_actions_stop (self->actions, self->app, FALSE);
}

static void
on_revoke_all (PstManagerAppPage *self)
{
  const PstApp *app = shown_app (self);

  if (app != NULL && app->entries != NULL)
    pst_manager_actions_revoke (self->actions, app->entries);
}

static void
on_reset (PstManagerAppPage *self)
{
  const PstApp *app = shown_app (self);

  if (app != NULL)
    pst_reset_dialog_run (GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self))), self->actions, app,
                          self->has_home ? gtk_label_get_text (self->home) : NULL);
}

static void
on_add (PstManagerAppPage *self)
{
  const PstApp *app = shown_app (self);

  if (app != NULL)
    pst_add_dialog_run (GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self))), self->actions, app);
}

static void
on_history (PstManagerAppPage *self)
{
  g_signal_emit (self, signals[HISTORY], 0, self->app);
}

/* How it is made */

static GtkWidget *
build_heading (PstManagerAppPage *self)
{
  GtkWidget *box = pst_page_heading_new (&self->icon, &self->name, &self->status, PANGO_ELLIPSIZE_END);

  self->stop = gtk_button_new_with_mnemonic (_ ("_Stop"));
  gtk_widget_set_valign (self->stop, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (self->stop, _ ("Ends the application as closing its windows would"));
  gtk_widget_set_no_show_all (self->stop, TRUE);
  g_signal_connect_swapped (self->stop, "clicked", G_CALLBACK (on_stop), self);
  gtk_box_pack_end (GTK_BOX (box), self->stop, FALSE, FALSE, 0);
  return box;
}

static GtkWidget *
build_grants (PstManagerAppPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 9);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *add = gtk_button_new_with_mnemonic (_ ("_Add…"));

  self->revoke_all = gtk_button_new_with_mnemonic (_ ("Revoke A_ll"));
  g_signal_connect_swapped (add, "clicked", G_CALLBACK (on_add), self);
  g_signal_connect_swapped (self->revoke_all, "clicked", G_CALLBACK (on_revoke_all), self);
  gtk_box_pack_start (GTK_BOX (line), pst_heading_new (_ ("Permissions")), TRUE, TRUE, 0);
  gtk_box_pack_end (GTK_BOX (line), add, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (line), self->revoke_all, FALSE, FALSE, 0);
  pst_widget_set_described (add, _ ("Add a permission"), NULL);
  pst_widget_set_described (self->revoke_all, _ ("Revoke all permissions"), NULL);
  self->grants = PST_GRANT_LIST (pst_grant_list_new (self->actions, PST_ROW_BY_PLACE, _ ("Permissions"),
                                                     _ ("It has no permissions. It asks when it needs something.")));
  g_signal_connect_swapped (self->grants, "activated", G_CALLBACK (on_activated), self);
  gtk_container_add (GTK_CONTAINER (box), line);
  gtk_container_add (GTK_CONTAINER (box), GTK_WIDGET (self->grants));
  return box;
}

static GtkWidget *
build_switches (PstManagerAppPage *self)
{
  self->locked = gtk_switch_new ();
  self->strict = gtk_switch_new ();
  g_signal_connect (self->locked, "notify::active", G_CALLBACK (on_switch), self);
  g_signal_connect (self->strict, "notify::active", G_CALLBACK (on_switch), self);
  return pst_section_new (
      _ ("Behaviour"),
      pst_boxed_rows_new (
          _ ("Behaviour"),
          pst_boxed_row_new (_ ("Never ask"), _ ("What no permission speaks of is refused without a question."), self->locked),
          pst_boxed_row_new (_ ("Strict"),
                             _ ("What is revoked is cut off at once, even in files that are open. Slower; "
                                "from the application’s next start."),
                             self->strict),
          NULL));
}

static GtkWidget *
build_about (PstManagerAppPage *self)
{
  GtkWidget *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *reset = gtk_button_new_with_mnemonic (_ ("_Reset…")), *history = gtk_button_new_with_mnemonic (_ ("_History"));
  GtkWidget *box;

  self->profile_row = pst_fact_row_new (_ ("Profile"), &self->profile);
  box = pst_section_new (_ ("About this application"),
                         pst_boxed_rows_new (_ ("About this application"), pst_fact_row_new (_ ("Program"), &self->program),
                                             pst_fact_row_new (_ ("Package"), &self->package), self->profile_row,
                                             pst_fact_row_new (_ ("Private files"), &self->home), NULL));
  gtk_style_context_add_class (gtk_widget_get_style_context (reset), GTK_STYLE_CLASS_DESTRUCTIVE_ACTION);
  gtk_widget_set_tooltip_text (reset, _ ("Forgets everything about this application, so that it asks like a new one"));
  gtk_widget_set_tooltip_text (history, _ ("What it asked for, was given and was refused"));
  g_signal_connect_swapped (reset, "clicked", G_CALLBACK (on_reset), self);
  g_signal_connect_swapped (history, "clicked", G_CALLBACK (on_history), self);
  gtk_box_pack_start (GTK_BOX (buttons), history, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (buttons), reset, FALSE, FALSE, 0);
  gtk_widget_set_margin_top (buttons, 9);
  gtk_container_add (GTK_CONTAINER (box), buttons);
  return box;
}

static void
pst_manager_app_page_dispose (GObject *object)
{
  PstManagerAppPage *self = PST_MANAGER_APP_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  self->setting = TRUE;
  if (self->data != NULL)
    g_signal_handlers_disconnect_by_data (self->data, self);
  g_clear_object (&self->data);
  g_clear_object (&self->actions);
  G_OBJECT_CLASS (pst_manager_app_page_parent_class)->dispose (object);
}

static void
pst_manager_app_page_finalize (GObject *object)
{
  PstManagerAppPage *self = PST_MANAGER_APP_PAGE (object);

  g_object_unref (self->cancellable);
  g_free (self->app);
  g_free (self->needle);
  G_OBJECT_CLASS (pst_manager_app_page_parent_class)->finalize (object);
}

static void
pst_manager_app_page_class_init (PstManagerAppPageClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = pst_manager_app_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = pst_manager_app_page_finalize;
  signals[ACTIVATED] = g_signal_new ("activated", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[HISTORY] = g_signal_new ("history", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
pst_manager_app_page_init (PstManagerAppPage *self)
{
  self->cancellable = g_cancellable_new ();
}

GtkWidget *
pst_manager_app_page_new (PstManagerActions *actions)
{
  PstManagerAppPage *self = g_object_new (PST_TYPE_MANAGER_APP_PAGE, "visible", TRUE, NULL);
  GtkBox *column;

  self->actions = g_object_ref (actions);
  self->data = g_object_ref (pst_manager_actions_get_data (actions));
  self->page = pst_page_new (&column);
  gtk_container_add (GTK_CONTAINER (column), build_heading (self));
  gtk_container_add (GTK_CONTAINER (column), build_grants (self));
  gtk_container_add (GTK_CONTAINER (column), build_switches (self));
  gtk_container_add (GTK_CONTAINER (column), build_about (self));
  gtk_container_add (GTK_CONTAINER (self), self->page);
  gtk_widget_show_all (self->page);
  g_signal_connect_swapped (self->data, "entries", G_CALLBACK (on_entries), self);
  g_signal_connect_swapped (self->data, "apps", G_CALLBACK (on_apps), self);
  return GTK_WIDGET (self);
}
