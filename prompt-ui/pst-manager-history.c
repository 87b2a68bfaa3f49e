/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-history.h"

#include "postern-ipc.h"
#include "pst-manager-event.h"
#include "pst-manager-history-table.h"
#include "pst-manager-list.h"
#include "pst-manager-row.h"
#include "pst-manager-widgets.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <string.h>

#define PAGE 100u
#define SETTLE_MS 100

struct _PstManagerHistory
{
  GtkBox parent_instance;
  PstManagerActions *actions;
  PstManagerData *data;
  GCancellable *cancellable; /* of the page that is on its way */
  char *app, *text;          /* (nullable) */
  gboolean more, asking, outdated;
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
filter_new (PstManagerHistory *self, guint64 before, guint limit)
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
  if (before > 0)
    g_variant_builder_add (&filter, "{sv}", "before", g_variant_new_uint64 (before));
  g_variant_builder_add (&filter, "{sv}", "limit", g_variant_new_uint32 (limit));
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
      g_autofree char *resource = pst_text_for_display (row->resource, 300), *said = pst_text_for_display (row->text, 300);

      text = g_strconcat (resource, *resource != '\0' && *said != '\0' ? " — " : "", said, NULL);
    }
  pst_label_set (self->detail, text != NULL ? text : "", NULL);
}

static void
take_rows (PstManagerHistory *self, GVariant *reply, gboolean append)
{
  g_autoptr (GVariant) rows = g_variant_get_child_value (reply, 0);
  GPtrArray *items = pst_history_rows_parse (rows);

  g_variant_get_child (reply, 1, "b", &self->more);
  if (append && self->list != NULL)
    pst_manager_list_append_take (self->list, items);
  else
    {
      const PstHistoryRow *before = pst_history_table_get_selected (self->view);
      guint64 selected = before != NULL ? before->row : 0;

      gtk_tree_view_set_model (self->view, NULL);
      g_clear_object (&self->list);
      self->list = PST_MANAGER_LIST (pst_manager_list_new_take (items));
      gtk_tree_view_set_model (self->view, GTK_TREE_MODEL (self->list));
      gtk_adjustment_set_value (self->adjustment, 0);
      pst_history_table_select (self->view, selected);
    }
  gtk_stack_set_visible_child_name (self->stack, pst_manager_list_get_n (self->list) > 0 ? "rows" : "nothing");
  show_selected (self);
}

static void
on_first (GVariant *reply, const GError *error, gpointer data)
{
  PstManagerHistory *self = data;

  self->asking = FALSE;
  if (error == NULL)
    take_rows (self, reply, FALSE);
  else
    {
      gtk_label_set_text (self->nothing, error->message);
      gtk_stack_set_visible_child_name (self->stack, "nothing");
    }
}

static void
on_more (GVariant *reply, const GError *error, gpointer data)
{
  PstManagerHistory *self = data;

  self->asking = FALSE;
  if (error == NULL)
    take_rows (self, reply, TRUE);
}

static void
ask (PstManagerHistory *self, guint64 before, PstManagerReply callback)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  self->asking = TRUE;
  pst_manager_link_call (pst_manager_data_get_link (self->data), PST_CONTROL_HISTORY,
                         g_variant_new ("(@a{sv})", filter_new (self, before, PAGE)), PST_CONTROL_HISTORY_OUT,
                         self->cancellable, callback, self);
}

static void
reload (PstManagerHistory *self)
{
  self->outdated = FALSE;
  gtk_label_set_text (self->nothing, self->app != NULL || (self->text != NULL && *self->text != '\0') ||
                                             gtk_combo_box_get_active (GTK_COMBO_BOX (self->kind)) > 0
                                         ? _ ("Nothing matches.")
                                         : _ ("Nothing has happened yet."));
  ask (self, 0, on_first);
}

static void
reload_if_seen (PstManagerHistory *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    reload (self);
  else
    self->outdated = TRUE;
}

static void
on_map (GtkWidget *widget, gpointer data)
{
  if (PST_MANAGER_HISTORY (widget)->outdated)
    reload (PST_MANAGER_HISTORY (widget));
}

static gboolean
on_later (gpointer data)
{
  PstManagerHistory *self = data;

  self->later = 0;
  /* who reads on further down is not thrown back to the top */
  if (gtk_adjustment_get_value (self->adjustment) <= 0)
    reload_if_seen (self);
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
  guint n = self->list != NULL ? pst_manager_list_get_n (self->list) : 0;

  if (self->more && !self->asking && n > 0 && left < gtk_adjustment_get_page_size (adjustment))
    ask (self, ((PstHistoryRow *)pst_manager_list_get (self->list, n - 1))->row, on_more);
  else if (self->outdated && gtk_adjustment_get_value (adjustment) <= 0)
    reload (self);
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

      g_object_set_data_full (G_OBJECT (item), "pst-row", g_memdup2 (&row->row, sizeof row->row), g_free);
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
  g_autoptr (GVariant) filter = g_variant_ref_sink (filter_new (self, 0, 1000));

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

  g_cancellable_cancel (self->cancellable);
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

  g_object_unref (self->cancellable);
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
  self->cancellable = g_cancellable_new ();
  self->outdated = TRUE;
}

GtkWidget *
pst_manager_history_new (PstManagerActions *actions)
{
  PstManagerHistory *self =
      g_object_new (PST_TYPE_MANAGER_HISTORY, "visible", TRUE, "orientation", GTK_ORIENTATION_VERTICAL, NULL);
  GtkWidget *scrolled = gtk_scrolled_window_new (NULL, NULL), *nothing;

  self->actions = g_object_ref (actions);
  self->data = g_object_ref (pst_manager_actions_get_data (actions));
  self->view = pst_history_table_new (self->data);
  g_signal_connect_swapped (gtk_tree_view_get_selection (self->view), "changed", G_CALLBACK (show_selected), self);
  gtk_container_add (GTK_CONTAINER (scrolled), GTK_WIDGET (self->view));
  self->adjustment = g_object_ref (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled)));
  g_signal_connect (self->adjustment, "value-changed", G_CALLBACK (on_scrolled), self);
  nothing = pst_status_page_new ("document-open-recent-symbolic", _ ("Nothing Here"), &self->nothing, NULL, NULL);
  self->stack = GTK_STACK (gtk_stack_new ());
  gtk_widget_show_all (scrolled);
  gtk_stack_add_named (self->stack, scrolled, "rows");
  gtk_stack_add_named (self->stack, nothing, "nothing");
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
