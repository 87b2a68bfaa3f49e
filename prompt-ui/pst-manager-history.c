/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-history.h"

#include "pst-history-row.h"
#include "pst-manager-history-search.h"
#include "pst-manager-history-table.h"
#include "pst-manager-list.h"
#include "pst-manager-row.h"
#include "pst-manager-widgets.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <string.h>

#define SETTLE_MS 100

struct _PstManagerHistory
{
  GtkBox parent_instance;
  PstManagerActions *actions;
  PstManagerData *data;
  PstHistorySearch *search;
  char *app, *text; /* (nullable) */
  gboolean outdated;
  guint later; /* 0 for none */

  GtkTreeView *view;
  PstManagerList *list; /* (nullable): of PstHistoryRow */
  GtkAdjustment *adjustment;
  GtkComboBoxText *kind;
  GtkWidget *only;
  GtkLabel *only_label;
  GtkStack *stack;
  GtkLabel *nothing;
  GtkLabel *detail;
  GtkWidget *allow, *only_this;
};

G_DEFINE_TYPE (PstManagerHistory, pst_manager_history, GTK_TYPE_BOX)

static const char *const kinds[] = { "asked", "answered", "granted", "changed", "refused", "revoked",
                                     "used",  "expired",  "started", "ended",   NULL };

/* What is asked for */

static GVariant *
filter_new (PstManagerHistory *self)
{
  const char *kind = gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->kind));
  GVariantBuilder filter;

  g_variant_builder_init (&filter, G_VARIANT_TYPE_VARDICT);
  if (self->app != NULL)
    g_variant_builder_add (&filter, "{sv}", "app", g_variant_new_string (self->app));
  if (kind != NULL && *kind != '\0')
    g_variant_builder_add (&filter, "{sv}", "what", g_variant_new_strv (&kind, 1));
  if (self->text != NULL && *self->text != '\0')
    g_variant_builder_add (&filter, "{sv}", "text", g_variant_new_string (self->text));
  return g_variant_builder_end (&filter);
}

static void
show_selected (PstManagerHistory *self)
{
  const PstHistoryRow *row = pst_history_table_get_selected (self->view);
  g_autofree char *text = NULL;

  gtk_widget_set_sensitive (self->allow, row != NULL && pst_history_row_is_refusal (row));
  gtk_widget_set_sensitive (self->only_this, row != NULL && self->app == NULL);
  if (row != NULL)
    {
      g_autofree char *words = pst_history_row_dup_words (row), *resource = pst_text_for_display (row->resource, 300),
                      *said = pst_text_for_display (words, 300);

      text = g_strconcat (resource, *resource != '\0' && *said != '\0' ? " — " : "", said, NULL);
    }
  pst_label_set (self->detail, text != NULL ? text : "", NULL);
}

static void
show_state (PstManagerHistory *self)
{
  const char *state = self->list != NULL && pst_manager_list_get_n (self->list) > 0 ? "rows" : "nothing";

  if (pst_history_search_is_running (self->search) && *state == 'n')
    state = "searching";
  gtk_stack_set_visible_child_name (self->stack, state);
  show_selected (self);
}

static void
on_found (GPtrArray *rows, gboolean is_first, gpointer data)
{
  PstManagerHistory *self = data;

  if (!is_first)
    pst_manager_list_append_take (self->list, rows);
  else
    {
      const PstHistoryRow *before = pst_history_table_get_selected (self->view);
      guint64 selected = before != NULL ? before->number : 0;

      gtk_tree_view_set_model (self->view, NULL);
      g_clear_object (&self->list);
      self->list = PST_MANAGER_LIST (pst_manager_list_new_take (rows));
      gtk_tree_view_set_model (self->view, GTK_TREE_MODEL (self->list));
      gtk_adjustment_set_value (self->adjustment, 0);
      pst_history_table_select (self->view, selected);
    }
  show_state (self);
}

static gboolean on_later (gpointer data);

/* What came meanwhile is looked for now. */
static void
on_rests (gpointer data)
{
  PstManagerHistory *self = data;

  show_state (self);
  if (self->outdated && self->later == 0)
    self->later = g_timeout_add (SETTLE_MS, on_later, self);
}

static void
on_failed (const char *sentence, gpointer data)
{
  PstManagerHistory *self = data;

  self->outdated = TRUE; /* for when it is turned to again */
  gtk_label_set_text (self->nothing, sentence);
  gtk_stack_set_visible_child_name (self->stack, "nothing");
}

static void
search (PstManagerHistory *self, gboolean is_again)
{
  self->outdated = FALSE;
  gtk_label_set_text (self->nothing, self->app != NULL || (self->text != NULL && *self->text != '\0') ||
                                             gtk_combo_box_get_active (GTK_COMBO_BOX (self->kind)) > 0
                                         ? _ ("Nothing matches.")
                                         : _ ("Nothing has happened yet."));
  pst_history_search_start (self->search, filter_new (self), is_again);
}

static void
reload_if_seen (PstManagerHistory *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    search (self, FALSE);
  else
    self->outdated = TRUE;
}

static void
on_map (GtkWidget *widget, gpointer data)
{
  if (PST_MANAGER_HISTORY (widget)->outdated)
    search (PST_MANAGER_HISTORY (widget), FALSE);
}

static gboolean
on_later (gpointer data)
{
  PstManagerHistory *self = data;

  self->later = 0;
  /* who reads on further down is not thrown back to the top, and a search that takes long is not begun again by each event */
  if (gtk_widget_get_mapped (GTK_WIDGET (self)) && gtk_adjustment_get_value (self->adjustment) <= 0 &&
      !pst_history_search_is_running (self->search))
    search (self, TRUE);
  else
    self->outdated = TRUE;
  return G_SOURCE_REMOVE;
}

static void
on_events (PstManagerHistory *self, GVariant *rows)
{
  if (self->later == 0)
    self->later = g_timeout_add (SETTLE_MS, on_later, self);
}

static void
on_scrolled (GtkAdjustment *adjustment, gpointer data)
{
  PstManagerHistory *self = data;
  double left =
      gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_value (adjustment) - gtk_adjustment_get_page_size (adjustment);

  if (self->outdated && gtk_adjustment_get_value (adjustment) <= 0 && !pst_history_search_is_running (self->search))
    search (self, TRUE);
  else if (left < gtk_adjustment_get_page_size (adjustment))
    pst_history_search_go_on (self->search);
}

/* What the person does */

void
pst_manager_history_set_app (PstManagerHistory *self, const char *app)
{
  const PstApp *known = app != NULL ? pst_manager_data_find (self->data, app) : NULL;
  g_autofree char *text = NULL, *copy = g_strdup (app);

  g_free (self->app);
  self->app = g_steal_pointer (&copy);
  gtk_widget_set_visible (self->only, app != NULL);
  if (self->app != NULL)
    {
      text = g_strdup_printf (_ ("Only %s"), known != NULL ? known->name : self->app);
      gtk_label_set_text (self->only_label, text);
      {
        g_autofree char *name = g_strdup_printf (_ ("%s; show all applications"), text);
        pst_widget_set_described (self->only, name, NULL);
      }
    }
  reload_if_seen (self);
}

void
pst_manager_history_search (PstManagerHistory *self, const char *text)
{
  if (g_strcmp0 (self->text, text) == 0)
    return;
  g_free (self->text);
  self->text = g_strdup (text);
  reload_if_seen (self);
}

static void
on_only (PstManagerHistory *self)
{
  pst_manager_history_set_app (self, NULL);
}

static void
on_only_this (PstManagerHistory *self)
{
  const PstHistoryRow *row = pst_history_table_get_selected (self->view);

  if (row != NULL)
    pst_manager_history_set_app (self, row->app);
}

static void
on_allow_item (GtkMenuItem *item, gpointer data)
{
  PstManagerHistory *self = data;
  guint64 *row = g_object_get_data (G_OBJECT (item), "pst-row");

  pst_manager_actions_allow_refused (self->actions, *row,
                                     (PstLifetime)GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (item), "pst-lifetime")));
}

static void
on_allow (PstManagerHistory *self)
{
  static const PstLifetime lifetimes[] = { PST_LIFETIME_ONCE, PST_LIFETIME_SESSION, PST_LIFETIME_ALWAYS };
  const PstHistoryRow *row = pst_history_table_get_selected (self->view);
  const PstApp *app = row != NULL ? pst_manager_data_find (self->data, row->app) : NULL;
  GtkWidget *menu;

  if (row == NULL)
    return;
  menu = gtk_menu_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (lifetimes); i++)
    {
      g_autofree char *label = pst_words_lifetime (lifetimes[i], 0, 0);
      GtkWidget *item = gtk_menu_item_new_with_label (label);

      g_object_set_data_full (G_OBJECT (item), "pst-row", g_memdup2 (&row->number, sizeof row->number), g_free);
      g_object_set_data (G_OBJECT (item), "pst-lifetime", GUINT_TO_POINTER ((guint)lifetimes[i]));
      gtk_widget_set_sensitive (item, lifetimes[i] != PST_LIFETIME_ONCE || (app != NULL && app->running));
      g_signal_connect_object (item, "activate", G_CALLBACK (on_allow_item), self, 0);
      gtk_menu_shell_append (GTK_MENU_SHELL (menu), item);
    }
  pst_menu_popup_at (menu, self->allow);
}

static void
on_export (PstManagerHistory *self)
{
  g_autoptr (GVariant) filter = g_variant_ref_sink (filter_new (self));

  pst_history_export_dialog_run (GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self))), self->actions, filter);
}

/* How it is made */

static GtkWidget *
build_filters (PstManagerHistory *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *chip = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *export = gtk_button_new_with_mnemonic (_ ("_Export…"));

  self->kind = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  gtk_combo_box_text_append (self->kind, "", _ ("Everything"));
  for (guint i = 0; kinds[i] != NULL; i++)
    gtk_combo_box_text_append (self->kind, kinds[i], pst_words_event_kind (kinds[i]));
  gtk_combo_box_set_active (GTK_COMBO_BOX (self->kind), 0);
  pst_widget_set_described (GTK_WIDGET (self->kind), _ ("What is shown"), NULL);
  g_signal_connect_swapped (self->kind, "changed", G_CALLBACK (reload_if_seen), self);
  self->only = gtk_button_new ();
  self->only_label = pst_label_new (PANGO_ELLIPSIZE_END, FALSE);
  gtk_label_set_max_width_chars (self->only_label, 30);
  gtk_container_add (GTK_CONTAINER (chip), GTK_WIDGET (self->only_label));
  gtk_container_add (GTK_CONTAINER (chip), gtk_image_new_from_icon_name ("window-close-symbolic", GTK_ICON_SIZE_BUTTON));
  gtk_container_add (GTK_CONTAINER (self->only), chip);
  gtk_widget_show_all (self->only);
  gtk_widget_set_no_show_all (self->only, TRUE);
  gtk_widget_hide (self->only);
  g_signal_connect_swapped (self->only, "clicked", G_CALLBACK (on_only), self);
  g_signal_connect_swapped (export, "clicked", G_CALLBACK (on_export), self);
  pst_widget_set_described (export, _ ("Export the history"), NULL);
  gtk_box_pack_start (GTK_BOX (box), GTK_WIDGET (self->kind), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), self->only, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (box), export, FALSE, FALSE, 0);
  pst_widget_set_margins (box, 12, 9);
  return box;
}

static GtkWidget *
build_searching (void)
{
  GtkLabel *text;
  GtkWidget *page = pst_status_page_new ("edit-find-symbolic", _ ("Searching…"), &text, NULL, NULL);

  gtk_label_set_text (text, _ ("What is found appears here."));
  return page;
}

static GtkWidget *
build_detail (PstManagerHistory *self)
{
  GtkWidget *bar = gtk_action_bar_new ();

  self->detail = pst_label_new (PANGO_ELLIPSIZE_MIDDLE, TRUE);
  gtk_widget_set_hexpand (GTK_WIDGET (self->detail), TRUE);
  gtk_widget_set_margin_start (GTK_WIDGET (self->detail), 6);
  self->allow = gtk_button_new_with_mnemonic (_ ("_Allow…"));
  self->only_this = gtk_button_new_with_mnemonic (_ ("_Only This Application"));
  gtk_widget_set_tooltip_text (self->allow, _ ("Allows from now on what was refused here"));
  g_signal_connect_swapped (self->allow, "clicked", G_CALLBACK (on_allow), self);
  g_signal_connect_swapped (self->only_this, "clicked", G_CALLBACK (on_only_this), self);
  gtk_action_bar_pack_start (GTK_ACTION_BAR (bar), GTK_WIDGET (self->detail));
  gtk_action_bar_pack_end (GTK_ACTION_BAR (bar), self->allow);
  gtk_action_bar_pack_end (GTK_ACTION_BAR (bar), self->only_this);
  return bar;
}

static void
pst_manager_history_dispose (GObject *object)
{
  PstManagerHistory *self = PST_MANAGER_HISTORY (object);

  g_clear_pointer (&self->search, pst_history_search_free);
  g_clear_handle_id (&self->later, g_source_remove);
  if (self->data != NULL)
    {
      g_signal_handlers_disconnect_by_data (pst_manager_data_get_link (self->data), self);
      g_signal_handlers_disconnect_by_data (self->data, self);
    }
  if (self->adjustment != NULL)
    g_signal_handlers_disconnect_by_data (self->adjustment, self);
  if (self->list != NULL)
    gtk_tree_view_set_model (self->view, NULL);
  g_clear_object (&self->list);
  g_clear_object (&self->adjustment);
  g_clear_object (&self->data);
  g_clear_object (&self->actions);
  G_OBJECT_CLASS (pst_manager_history_parent_class)->dispose (object);
}

static void
pst_manager_history_finalize (GObject *object)
{
  PstManagerHistory *self = PST_MANAGER_HISTORY (object);

  g_free (self->app);
  g_free (self->text);
  G_OBJECT_CLASS (pst_manager_history_parent_class)->finalize (object);
}

static void
pst_manager_history_class_init (PstManagerHistoryClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = pst_manager_history_dispose;
  G_OBJECT_CLASS (klass)->finalize = pst_manager_history_finalize;
}

static void
pst_manager_history_init (PstManagerHistory *self)
{
  self->outdated = TRUE;
}

GtkWidget *
pst_manager_history_new (PstManagerActions *actions)
{
  PstManagerHistory *self =
      g_object_new (PST_TYPE_MANAGER_HISTORY, "visible", TRUE, "orientation", GTK_ORIENTATION_VERTICAL, NULL);
  static const PstHistorySearchEvents events = { on_found, on_rests, on_failed };
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL);

  self->actions = g_object_ref (actions);
  self->data = g_object_ref (pst_manager_actions_get_data (actions));
  self->search = pst_history_search_new (pst_manager_data_get_link (self->data), &events, self);
  self->view = pst_history_table_new (self->data);
  g_signal_connect_swapped (gtk_tree_view_get_selection (self->view), "changed", G_CALLBACK (show_selected), self);
  gtk_container_add (GTK_CONTAINER (scrolled), GTK_WIDGET (self->view));
  self->adjustment = g_object_ref (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled)));
  g_signal_connect (self->adjustment, "value-changed", G_CALLBACK (on_scrolled), self);
  self->stack = GTK_STACK (gtk_stack_new ());
  gtk_widget_show_all (scrolled);
  gtk_stack_add_named (self->stack, scrolled, "rows");
  gtk_stack_add_named (self->stack,
                       pst_status_page_new ("document-open-recent-symbolic", _ ("Nothing Here"), &self->nothing, NULL, NULL),
                       "nothing");
  gtk_stack_add_named (self->stack, build_searching (), "searching");
  gtk_container_add (GTK_CONTAINER (self), build_filters (self));
  gtk_container_add (GTK_CONTAINER (self), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_box_pack_start (GTK_BOX (self), GTK_WIDGET (self->stack), TRUE, TRUE, 0);
  gtk_container_add (GTK_CONTAINER (self), build_detail (self));
  gtk_widget_show_all (GTK_WIDGET (self));
  show_selected (self);
  g_signal_connect (self, "map", G_CALLBACK (on_map), NULL);
  g_signal_connect_swapped (pst_manager_data_get_link (self->data), "events", G_CALLBACK (on_events), self);
  /* names come with the applications */
  g_signal_connect_object (self->data, "apps", G_CALLBACK (gtk_widget_queue_draw), self->view, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
