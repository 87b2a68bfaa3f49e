/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-view.h"

#include "pst-manager-app-page.h"
#include "pst-manager-grant-page.h"
#include "pst-manager-groups.h"
#include "pst-manager-resource-page.h"
#include "pst-manager-sidebar.h"
#include "pst-manager-widgets.h"

#include <glib/gi18n.h>
#include <string.h>

struct _PstManagerView
{
  GtkBox parent_instance;
  PstManagerActions *actions;
  PstManagerData *data;
  PstViewKind kind;
  char *needle;      /* as of pst_words_search_key() */
  GPtrArray *groups; /* (nullable): of PstGroup, by resource only */
  gboolean outdated; /* something has changed while nobody could see it */
  guint page_source; /* 0 for none */
  gboolean page_from_top;

  PstManagerSidebar *sidebar;
  GtkStack *stack;
  GtkWidget *page; /* PstManagerAppPage or PstManagerResourcePage */
  PstManagerGrantPage *grant;
  GtkLabel *nothing, *missing;
  char *awaited; /* (nullable): of what is missing */
};

G_DEFINE_TYPE (PstManagerView, pst_manager_view, GTK_TYPE_BOX)

enum
{
  DEPTH,
  HISTORY,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

/* The list at the side */

static void
describe_app (gpointer item, PstSidebarItem *out)
{
  const PstApp *app = item;
  g_autofree char *count = app->n_grants > 0
                               ? g_strdup_printf (ngettext ("%u permission", "%u permissions", app->n_grants), app->n_grants)
                               : g_strdup (_ ("No permissions"));

  out->key = app->id;
  out->icon = app->icon;
  out->title = app->name;
  /* Translators: "Running · 3 permissions" */
  out->subtitle = app->running ? g_strdup_printf (_ ("Running · %s"), count) : g_steal_pointer (&count);
}

static void
describe_group (gpointer item, PstSidebarItem *out)
{
  const PstGroup *group = item;

  out->key = group->resource;
  out->icon = group->icon;
  out->title = group->title;
  out->subtitle = group->n_apps > 0
                      ? g_strdup_printf (ngettext ("%u application", "%u applications", group->n_apps), group->n_apps)
                      : g_strdup (_ ("No application"));
}

static const PstGroup *
selected_group (PstManagerView *self)
{
  const char *key = pst_manager_sidebar_get_selected (self->sidebar);

  for (guint i = 0; key != NULL && self->groups != NULL && i < self->groups->len; i++)
    {
      const PstGroup *group = g_ptr_array_index (self->groups, i);

      if (strcmp (group->resource, key) == 0)
        return group;
    }
  return NULL;
}

static gboolean
fill_page (gpointer data)
{
  PstManagerView *self = data;
  const char *key = pst_manager_sidebar_get_selected (self->sidebar);

  self->page_source = 0;
  if (self->kind == PST_VIEW_APPS)
    {
      if (key != NULL)
        pst_manager_app_page_show (PST_MANAGER_APP_PAGE (self->page), key, self->needle);
    }
  else
    {
      const PstGroup *group = selected_group (self);

      if (group != NULL)
        pst_manager_resource_page_show (PST_MANAGER_RESOURCE_PAGE (self->page), pst_manager_data_get_places (self->data),
                                        self->groups, group, self->page_from_top);
    }
  self->page_from_top = FALSE;
  return G_SOURCE_REMOVE;
}

/* After the next frame: the list answers to keys at once, however long the page of what it turns to. */
static void
show_page (PstManagerView *self, gboolean from_top)
{
  self->page_from_top = self->page_from_top || from_top;
  if (self->page_source == 0)
    self->page_source = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, fill_page, self, NULL);
}

static void
turn_to (PstManagerView *self, const char *name)
{
  gboolean was_deep = pst_manager_view_is_deep (self);

  gtk_stack_set_visible_child_name (self->stack, name);
  if (was_deep != pst_manager_view_is_deep (self))
    g_signal_emit (self, signals[DEPTH], 0);
}

static gboolean
is_missing (PstManagerView *self)
{
  return g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "missing") == 0;
}

static void
on_selected (PstManagerView *self, const char *key)
{
  show_page (self, TRUE);
  turn_to (self, "page");
}

static void
show_list (PstManagerView *self)
{
  g_autoptr (GPtrArray) old = NULL;
  GPtrArray *items;
  gboolean any;

  if (self->kind == PST_VIEW_APPS)
    items = pst_filter_apps (pst_manager_data_get_apps (self->data), self->needle);
  else
    {
      if (self->groups == NULL || self->outdated)
        {
          /* the list has the old ones until it is given the new ones */
          old = self->groups;
          self->groups = pst_groups_build (pst_manager_data_get_places (self->data), pst_manager_data_get_apps (self->data));
        }
      items = pst_filter_groups (self->groups, self->needle);
    }
  self->outdated = FALSE;
  any = items->len > 0;
  pst_manager_sidebar_set_items_take (self->sidebar, items);
  if (is_missing (self) && (self->awaited == NULL || !pst_manager_sidebar_select (self->sidebar, self->awaited)))
    return;
  if (!any)
    {
      gtk_label_set_text (self->nothing, *self->needle != '\0'         ? _ ("Nothing matches the search.")
                                         : self->kind == PST_VIEW_APPS ? _ ("No application has been started with Postern yet.")
                                                                       : _ ("No application may reach anything yet."));
      turn_to (self, "nothing");
    }
  else if (!pst_manager_sidebar_has_selection (self->sidebar))
    {
      pst_manager_sidebar_select_first (self->sidebar);
      if (g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "nothing") == 0)
        on_selected (self, NULL);
    }
  else
    {
      show_page (self, FALSE);
      if (g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "nothing") == 0)
        turn_to (self, "page");
    }
}

/* A view that nobody sees is brought up to date when it comes on the screen. */
static void
refresh (PstManagerView *self)
{
  self->outdated = TRUE;
  /* the list has pointers to what is about to go */
  if (gtk_widget_get_mapped (GTK_WIDGET (self)) || self->kind == PST_VIEW_APPS)
    show_list (self);
}

static void
on_map (GtkWidget *widget, gpointer data)
{
  PstManagerView *self = PST_MANAGER_VIEW (widget);

  if (self->kind == PST_VIEW_RESOURCES)
    pst_manager_data_load_all (self->data);
  if (self->outdated)
    show_list (self);
}

static void
on_entries (PstManagerView *self, const char *app)
{
  if (self->kind == PST_VIEW_RESOURCES)
    refresh (self);
  else if (*self->needle != '\0')
    show_list (self);
}

/* What the person does */

static void
on_activated (PstManagerView *self, gpointer entry)
{
  pst_manager_grant_page_show (self->grant, entry);
  turn_to (self, "grant");
  gtk_widget_child_focus (GTK_WIDGET (self->grant), GTK_DIR_TAB_FORWARD);
}

static void
on_history (PstManagerView *self, const char *app)
{
  g_signal_emit (self, signals[HISTORY], 0, app);
}

void
pst_manager_view_search (PstManagerView *self, const char *text)
{
  g_autofree char *needle = pst_words_search_key (text);

  if (strcmp (needle, self->needle) == 0)
    return;
  g_free (self->needle);
  self->needle = g_steal_pointer (&needle);
  if (*self->needle != '\0')
    pst_manager_data_load_all (self->data);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    show_list (self);
  else
    self->outdated = TRUE;
}

gboolean
pst_manager_view_show_app (PstManagerView *self, const char *app)
{
  if (!pst_manager_sidebar_select (self->sidebar, app))
    return FALSE;
  on_selected (self, app);
  return TRUE;
}

void
pst_manager_view_show_missing (PstManagerView *self, const char *sentence, const char *awaited)
{
  g_free (self->awaited);
  self->awaited = g_strdup (awaited);
  gtk_label_set_text (self->missing, sentence);
  pst_manager_sidebar_select_none (self->sidebar);
  turn_to (self, "missing");
}

gboolean
pst_manager_view_is_deep (PstManagerView *self)
{
  return g_strcmp0 (gtk_stack_get_visible_child_name (self->stack), "grant") == 0;
}

void
pst_manager_view_back (PstManagerView *self)
{
  pst_manager_grant_page_show (self->grant, NULL);
  turn_to (self, "page");
  gtk_widget_child_focus (self->page, GTK_DIR_TAB_FORWARD);
}

gboolean
pst_manager_view_revoke (PstManagerView *self)
{
  if (!pst_manager_view_is_deep (self))
    return FALSE;
  pst_manager_grant_page_revoke (self->grant);
  return TRUE;
}

static void
pst_manager_view_dispose (GObject *object)
{
  PstManagerView *self = PST_MANAGER_VIEW (object);

  g_clear_handle_id (&self->page_source, g_source_remove);
  if (self->data != NULL)
    g_signal_handlers_disconnect_by_data (self->data, self);
  g_clear_object (&self->data);
  g_clear_object (&self->actions);
  G_OBJECT_CLASS (pst_manager_view_parent_class)->dispose (object);
}

static void
pst_manager_view_finalize (GObject *object)
{
  PstManagerView *self = PST_MANAGER_VIEW (object);

  g_clear_pointer (&self->groups, g_ptr_array_unref);
  g_free (self->needle);
  g_free (self->awaited);
  G_OBJECT_CLASS (pst_manager_view_parent_class)->finalize (object);
}

static void
pst_manager_view_class_init (PstManagerViewClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = pst_manager_view_dispose;
  G_OBJECT_CLASS (klass)->finalize = pst_manager_view_finalize;
  signals[DEPTH] = g_signal_new ("depth", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[HISTORY] = g_signal_new ("history", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
pst_manager_view_init (PstManagerView *self)
{
  self->needle = g_strdup ("");
}

GtkWidget *
pst_manager_view_new (PstManagerActions *actions, PstViewKind kind)
{
  PstManagerView *self = g_object_new (PST_TYPE_MANAGER_VIEW, "visible", TRUE, NULL);
  gboolean by_app = kind == PST_VIEW_APPS;
  GtkWidget *made;

  self->actions = g_object_ref (actions);
  self->data = g_object_ref (pst_manager_actions_get_data (actions));
  self->kind = kind;
  self->outdated = TRUE;
  self->sidebar = PST_MANAGER_SIDEBAR (
      pst_manager_sidebar_new (by_app ? _ ("Applications") : _ ("Resources"), by_app ? describe_app : describe_group));
  self->stack = GTK_STACK (gtk_stack_new ());
  self->page = by_app ? pst_manager_app_page_new (actions) : pst_manager_resource_page_new (actions);
  self->grant = PST_MANAGER_GRANT_PAGE (pst_manager_grant_page_new (actions));
  made = pst_status_page_new ("edit-find-symbolic", _ ("Nothing Here"), &self->nothing, NULL, NULL);
  gtk_stack_add_named (self->stack, made, "nothing");
  made = pst_status_page_new ("dialog-question-symbolic", _ ("Nothing to Show"), &self->missing, NULL, NULL);
  gtk_stack_add_named (self->stack, made, "missing");
  gtk_stack_add_named (self->stack, self->page, "page");
  gtk_stack_add_named (self->stack, GTK_WIDGET (self->grant), "grant");
  gtk_stack_set_transition_type (self->stack, GTK_STACK_TRANSITION_TYPE_NONE);
  gtk_box_pack_start (GTK_BOX (self), GTK_WIDGET (self->sidebar), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (self), gtk_separator_new (GTK_ORIENTATION_VERTICAL), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (self), GTK_WIDGET (self->stack), TRUE, TRUE, 0);
  gtk_widget_show_all (GTK_WIDGET (self));

  g_signal_connect_swapped (self->sidebar, "selected", G_CALLBACK (on_selected), self);
  g_signal_connect_swapped (self->page, "activated", G_CALLBACK (on_activated), self);
  if (by_app)
    g_signal_connect_swapped (self->page, "history", G_CALLBACK (on_history), self);
  g_signal_connect_swapped (self->grant, "gone", G_CALLBACK (pst_manager_view_back), self);
  g_signal_connect (self, "map", G_CALLBACK (on_map), NULL);
  g_signal_connect_swapped (self->data, "apps", G_CALLBACK (refresh), self);
  g_signal_connect_swapped (self->data, "entries", G_CALLBACK (on_entries), self);
  return GTK_WIDGET (self);
}
