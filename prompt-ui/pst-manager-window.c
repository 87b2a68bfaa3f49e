/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-window.h"

#include "postern-ipc.h"
#include "pst-manager-actions.h"
#include "pst-manager-bar.h"
#include "pst-manager-dialogs.h"
#include "pst-manager-history.h"
#include "pst-manager-view.h"
#include "pst-manager-widgets.h"
#include "pst-style.h"
#include "pst-text.h"

#include <glib/gi18n.h>

/* A broker that comes up by itself in this time is nothing to speak of. */
#define PATIENCE_MS 1500

struct _PstManagerWindow
{
  GtkApplicationWindow parent_instance;
  PstPlaces *places;
  PstManagerLink *link;
  PstManagerData *data;
  PstManagerActions *actions;
  GCancellable *cancellable;
  char *wanted; /* (nullable): the application to turn to */
  char *asked;  /* (nullable): the one that was turned to last */
  char *why;    /* (nullable): why there is no connection */
  guint patience;

  GtkStack *outer; /* "views", "trouble", "wait" */
  GtkStack *views;
  PstManagerView *apps, *resources;
  PstManagerHistory *history;
  GtkWidget *switcher, *back, *search, *menu;
  GtkSearchBar *search_bar;
  GtkEntry *search_entry;
  GtkLabel *trouble_text;
};

G_DEFINE_TYPE (PstManagerWindow, pst_manager_window, GTK_TYPE_APPLICATION_WINDOW)

/* Whether there is anything to show */

static void
turn_outer (PstManagerWindow *self, const char *name)
{
  gboolean views = g_str_equal (name, "views");

  gtk_stack_set_visible_child_name (self->outer, name);
  gtk_widget_set_sensitive (self->switcher, views);
  gtk_widget_set_sensitive (self->search, views);
  gtk_widget_set_sensitive (self->menu, views);
}

static void
show_trouble (PstManagerWindow *self, const char *sentence)
{
  gtk_label_set_text (self->trouble_text, sentence);
  turn_outer (self, "trouble");
}

static gboolean
on_patience (gpointer data)
{
  PstManagerWindow *self = data;

  self->patience = 0;
  show_trouble (self, self->why);
  return G_SOURCE_REMOVE;
}

static void
on_lost (PstManagerWindow *self, const char *sentence)
{
  g_free (self->why);
  self->why = g_strdup (sentence);
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->outer), "trouble") == 0)
    show_trouble (self, self->why);
  else if (self->patience == 0)
    self->patience = g_timeout_add (PATIENCE_MS, on_patience, self);
}

static void
on_trouble (PstManagerWindow *self, const char *sentence)
{
  if (sentence != NULL && pst_manager_link_is_connected (self->link))
    show_trouble (self, sentence);
}

static void
on_retry (PstManagerWindow *self)
{
  if (pst_manager_link_is_connected (self->link))
    pst_manager_data_reload (self->data);
  else
    pst_manager_link_retry (self->link);
}

/* The application that was named on the command line */

static void
show_missing (PstManagerWindow *self, const char *why, const char *awaited)
{
  g_autofree char *shown = pst_text_for_display (self->asked, 80);
  /* Translators: what was named on the command line, and a sentence that says why there is no page of it. */
  g_autofree char *sentence = g_strdup_printf (_ ("You asked for “%s”. %s"), shown, why);

  pst_manager_view_show_missing (self->apps, sentence, awaited);
}

static void
on_resolved (GVariant *reply, const GError *error, gpointer data)
{
  PstManagerWindow *self = data;
  g_autoptr (GVariant) details = NULL;
  const char *id, *executable;

  if (error != NULL)
    {
      show_missing (self, error->message, NULL);
      return;
    }
  details = g_variant_get_child_value (reply, 0);
  if (!g_variant_lookup (details, "id", "&s", &id) || pst_manager_view_show_app (self->apps, id))
    return;
  /* any word can be an application's name; what is installed has a program */
  if (g_variant_lookup (details, "executable", "&s", &executable) && *executable != '\0')
    show_missing (self, _ ("It has not been started with Postern yet; its page is here when it has been."), id);
  else
    show_missing (self, _ ("Nothing is installed or known by that name; check how it is written, or choose one at the side."),
                  id);
}

static void
show_wanted (PstManagerWindow *self)
{
  if (self->wanted == NULL)
    return;
  g_free (self->asked);
  self->asked = g_steal_pointer (&self->wanted);
  gtk_stack_set_visible_child_name (self->views, "apps");
  if (!pst_manager_view_show_app (self->apps, self->asked))
    pst_manager_link_call (self->link, PST_CONTROL_GET_APP, g_variant_new ("(s)", self->asked), PST_CONTROL_GET_APP_OUT,
                           self->cancellable, on_resolved, self);
}

static void
on_apps (PstManagerWindow *self)
{
  g_clear_handle_id (&self->patience, g_source_remove);
  if (g_strcmp0 (gtk_stack_get_visible_child_name (self->outer), "views") != 0)
    turn_outer (self, "views");
  show_wanted (self);
}

void
pst_manager_window_show_app (PstManagerWindow *self, const char *app)
{
  g_free (self->wanted);
  self->wanted = g_strdup (app);
  if (pst_manager_data_has_apps (self->data))
    show_wanted (self);
}

/* Moving about */

static PstManagerView *
current_view (PstManagerWindow *self)
{
  GtkWidget *child = gtk_stack_get_visible_child (self->views);

  return PST_IS_MANAGER_VIEW (child) ? PST_MANAGER_VIEW (child) : NULL;
}

static void
update_back (PstManagerWindow *self)
{
  PstManagerView *view = current_view (self);

  gtk_widget_set_visible (self->back, view != NULL && pst_manager_view_is_deep (view));
}

static void
on_back (PstManagerWindow *self)
{
  PstManagerView *view = current_view (self);

  if (view != NULL && pst_manager_view_is_deep (view))
    pst_manager_view_back (view);
}

static void
search (PstManagerWindow *self)
{
  const char *text = gtk_search_bar_get_search_mode (self->search_bar) ? gtk_entry_get_text (self->search_entry) : "";

  pst_manager_view_search (self->apps, text);
  pst_manager_view_search (self->resources, text);
  pst_manager_history_search (self->history, text);
}

static void
on_view (PstManagerWindow *self)
{
  update_back (self);
}

static void
on_history (PstManagerWindow *self, const char *app)
{
  pst_manager_history_set_app (self->history, app);
  gtk_stack_set_visible_child_name (self->views, "history");
}

static gboolean
on_key (GtkWidget *widget, GdkEventKey *event, gpointer data)
{
  PstManagerWindow *self = PST_MANAGER_WINDOW (widget);
  PstManagerView *view = current_view (self);
  GtkWidget *focus = gtk_window_get_focus (GTK_WINDOW (self));

  if (event->keyval == GDK_KEY_Escape && !gtk_search_bar_get_search_mode (self->search_bar) && view != NULL &&
      pst_manager_view_is_deep (view))
    {
      pst_manager_view_back (view);
      return GDK_EVENT_STOP;
    }
  if ((event->keyval == GDK_KEY_Delete || event->keyval == GDK_KEY_KP_Delete) && !GTK_IS_ENTRY (focus) && view != NULL &&
      pst_manager_view_is_deep (view))
    return pst_manager_view_revoke (view);
  return GDK_EVENT_PROPAGATE;
}

/* The menu */

static void
on_undo_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  pst_manager_actions_undo (PST_MANAGER_WINDOW (data)->actions);
}

static void
on_search_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  PstManagerWindow *self = data;

  gtk_search_bar_set_search_mode (self->search_bar, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (self->search_entry));
}

static void
on_export_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  pst_export_dialog_run (data, PST_MANAGER_WINDOW (data)->actions);
}

static void
on_import_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  pst_import_dialog_run (data, PST_MANAGER_WINDOW (data)->actions);
}

static void
on_preferences_action (GSimpleAction *action, GVariant *parameter, gpointer data)
{
  pst_preferences_dialog_run (data, PST_MANAGER_WINDOW (data)->actions);
}

static const GActionEntry actions[] = {
  { .name = "undo", .activate = on_undo_action },
  { .name = "search", .activate = on_search_action },
  { .name = "export", .activate = on_export_action },
  { .name = "import", .activate = on_import_action },
  { .name = "preferences", .activate = on_preferences_action },
};

static GMenuModel *
menu_new (void)
{
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenu) change = g_menu_new (), transfer = g_menu_new (), more = g_menu_new ();

  g_menu_append (change, _ ("_Undo"), "win.undo");
  g_menu_append (transfer, _ ("_Export Permissions…"), "win.export");
  g_menu_append (transfer, _ ("_Import Permissions…"), "win.import");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (change));
  g_menu_append (more, _ ("_Preferences…"), "win.preferences");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (transfer));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (more));
  return G_MENU_MODEL (menu);
}

/* How it is made */

static GtkWidget *
build_header (PstManagerWindow *self)
{
  GtkWidget *header = gtk_header_bar_new ();
  GtkWidget *menu = gtk_menu_button_new ();
  g_autoptr (GMenuModel) model = menu_new ();

  self->menu = menu;
  self->switcher = gtk_stack_switcher_new ();
  gtk_stack_switcher_set_stack (GTK_STACK_SWITCHER (self->switcher), self->views);
  self->back = gtk_button_new_from_icon_name ("go-previous-symbolic", GTK_ICON_SIZE_BUTTON);
  pst_widget_set_described (self->back, _ ("Back"), NULL);
  gtk_widget_set_tooltip_text (self->back, _ ("Back"));
  gtk_widget_set_no_show_all (self->back, TRUE);
  g_signal_connect_swapped (self->back, "clicked", G_CALLBACK (on_back), self);
  self->search = gtk_toggle_button_new ();
  gtk_container_add (GTK_CONTAINER (self->search), gtk_image_new_from_icon_name ("edit-find-symbolic", GTK_ICON_SIZE_BUTTON));
  pst_widget_set_described (self->search, _ ("Search"), NULL);
  gtk_widget_set_tooltip_text (self->search, _ ("Search"));
  g_object_bind_property (self->search, "active", self->search_bar, "search-mode-enabled", G_BINDING_BIDIRECTIONAL);
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (menu), model);
  gtk_button_set_image (GTK_BUTTON (menu), gtk_image_new_from_icon_name ("open-menu-symbolic", GTK_ICON_SIZE_BUTTON));
  pst_widget_set_described (menu, _ ("Menu"), NULL);
  gtk_widget_set_tooltip_text (menu, _ ("Menu"));
  gtk_header_bar_set_show_close_button (GTK_HEADER_BAR (header), TRUE);
  gtk_header_bar_set_custom_title (GTK_HEADER_BAR (header), self->switcher);
  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), self->back);
  gtk_header_bar_pack_end (GTK_HEADER_BAR (header), menu);
  gtk_header_bar_pack_end (GTK_HEADER_BAR (header), self->search);
  gtk_widget_show_all (header);
  return header;
}

static GtkWidget *
build_search (PstManagerWindow *self)
{
  GtkWidget *bar = gtk_search_bar_new ();
  GtkWidget *entry = gtk_search_entry_new ();

  self->search_bar = GTK_SEARCH_BAR (bar);
  self->search_entry = GTK_ENTRY (entry);
  gtk_entry_set_placeholder_text (self->search_entry, _ ("Applications, places, services"));
  gtk_entry_set_width_chars (self->search_entry, 40);
  pst_widget_set_described (entry, _ ("Search"), NULL);
  gtk_container_add (GTK_CONTAINER (bar), entry);
  gtk_search_bar_connect_entry (self->search_bar, self->search_entry);
  g_signal_connect_swapped (entry, "changed", G_CALLBACK (search), self);
  g_signal_connect_swapped (bar, "notify::search-mode-enabled", G_CALLBACK (search), self);
  return bar;
}

static void
build (PstManagerWindow *self)
{
  GtkWidget *overlay = gtk_overlay_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *spinner = gtk_spinner_new (), *trouble, *retry;

  self->views = GTK_STACK (gtk_stack_new ());
  gtk_widget_show (GTK_WIDGET (self->views));
  gtk_stack_add_titled (self->views, GTK_WIDGET (self->apps), "apps", _ ("Applications"));
  gtk_stack_add_titled (self->views, GTK_WIDGET (self->resources), "resources", _ ("Resources"));
  gtk_stack_add_titled (self->views, GTK_WIDGET (self->history), "history", _ ("History"));
  g_signal_connect_swapped (self->views, "notify::visible-child", G_CALLBACK (on_view), self);

  trouble =
      pst_status_page_new ("network-error-symbolic", _ ("Postern Does Not Answer"), &self->trouble_text, _ ("_Retry"), &retry);
  g_signal_connect_swapped (retry, "clicked", G_CALLBACK (on_retry), self);
  gtk_spinner_start (GTK_SPINNER (spinner));
  gtk_widget_set_size_request (spinner, 32, 32);
  gtk_widget_set_halign (spinner, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (spinner, GTK_ALIGN_CENTER);
  pst_widget_set_described (spinner, _ ("Asking Postern’s broker"), NULL);
  self->outer = GTK_STACK (gtk_stack_new ());
  gtk_widget_show_all (spinner);
  gtk_stack_add_named (self->outer, spinner, "wait");
  gtk_stack_add_named (self->outer, GTK_WIDGET (self->views), "views");
  gtk_stack_add_named (self->outer, trouble, "trouble");

  gtk_container_add (GTK_CONTAINER (box), build_search (self));
  gtk_container_add (GTK_CONTAINER (box), pst_manager_trouble_new (self->actions));
  gtk_container_add (GTK_CONTAINER (box), pst_manager_held_new (self->actions));
  gtk_container_add (GTK_CONTAINER (overlay), GTK_WIDGET (self->outer));
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), pst_manager_bar_new (self->actions));
  gtk_box_pack_start (GTK_BOX (box), overlay, TRUE, TRUE, 0);
  gtk_widget_show_all (box);
  gtk_container_add (GTK_CONTAINER (self), box);
  gtk_window_set_titlebar (GTK_WINDOW (self), build_header (self));
  turn_outer (self, "wait");
}

static void
pst_manager_window_dispose (GObject *object)
{
  PstManagerWindow *self = PST_MANAGER_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->patience, g_source_remove);
  if (self->link != NULL)
    g_signal_handlers_disconnect_by_data (self->link, self);
  if (self->data != NULL)
    g_signal_handlers_disconnect_by_data (self->data, self);
  G_OBJECT_CLASS (pst_manager_window_parent_class)->dispose (object);
  g_clear_object (&self->actions);
  g_clear_object (&self->data);
  g_clear_object (&self->link);
}

static void
pst_manager_window_finalize (GObject *object)
{
  PstManagerWindow *self = PST_MANAGER_WINDOW (object);

  g_object_unref (self->cancellable);
  g_free (self->wanted);
  g_free (self->asked);
  g_free (self->why);
  pst_places_free (self->places);
  G_OBJECT_CLASS (pst_manager_window_parent_class)->finalize (object);
}

static void
pst_manager_window_class_init (PstManagerWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = pst_manager_window_dispose;
  G_OBJECT_CLASS (klass)->finalize = pst_manager_window_finalize;
}

static void
pst_manager_window_init (PstManagerWindow *self)
{
  self->cancellable = g_cancellable_new ();
  self->places = pst_places_read ();
  self->link = pst_manager_link_new ();
  self->data = pst_manager_data_new (self->link, self->places);
  self->actions = pst_manager_actions_new (self->data);
  self->apps = PST_MANAGER_VIEW (pst_manager_view_new (self->actions, PST_VIEW_APPS));
  self->resources = PST_MANAGER_VIEW (pst_manager_view_new (self->actions, PST_VIEW_RESOURCES));
  self->history = PST_MANAGER_HISTORY (pst_manager_history_new (self->actions));
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  pst_style_add ();
  gtk_window_set_default_size (GTK_WINDOW (self), 980, 720);
  gtk_window_set_title (GTK_WINDOW (self), _ ("Permissions"));
  gtk_window_set_icon_name (GTK_WINDOW (self), "security-high");
  build (self);
  g_signal_connect_swapped (self->apps, "depth", G_CALLBACK (update_back), self);
  g_signal_connect_swapped (self->resources, "depth", G_CALLBACK (update_back), self);
  g_signal_connect_swapped (self->apps, "history", G_CALLBACK (on_history), self);
  g_signal_connect (self, "key-press-event", G_CALLBACK (on_key), NULL);
  g_signal_connect_swapped (self->link, "lost", G_CALLBACK (on_lost), self);
  g_signal_connect_swapped (self->data, "apps", G_CALLBACK (on_apps), self);
  g_signal_connect_swapped (self->data, "trouble", G_CALLBACK (on_trouble), self);
  pst_manager_link_start (self->link);
}

GtkWidget *
pst_manager_window_new (GtkApplication *application)
{
  return g_object_new (PST_TYPE_MANAGER_WINDOW, "application", application, NULL);
}
