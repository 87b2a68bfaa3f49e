/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-row.h"

#include "pst-manager-widgets.h"

#include <glib/gi18n.h>

#define PAGE 25

struct _PstGrantList
{
  GtkBin parent_instance;
  PstManagerActions *actions;
  PstRowNaming naming;
  GtkListBox *list;
  GtkWidget *empty; /* a row */
  GtkWidget *more;  /* a row */
  GtkLabel *more_label;
  GPtrArray *rows;    /* of PstGrantRow, those that are made; not owned */
  GPtrArray *entries; /* of PstEntry */
  guint limit;
};

G_DEFINE_TYPE (PstGrantList, pst_grant_list, GTK_TYPE_BIN)

static guint activated_signal;

/* Rows that are there get another entry rather than being made anew: where the keyboard is, it stays. */
static void
show (PstGrantList *self)
{
  guint n = MIN (self->entries->len, self->limit);
  guint left = self->entries->len - n;

  while (self->rows->len > n)
    {
      gtk_widget_destroy (g_ptr_array_index (self->rows, self->rows->len - 1));
      g_ptr_array_set_size (self->rows, (int)self->rows->len - 1);
    }
  for (guint i = 0; i < n; i++)
    {
      if (i == self->rows->len)
        {
          GtkWidget *row = pst_grant_row_new (self->actions, self->naming);

          g_ptr_array_add (self->rows, row);
          gtk_list_box_insert (self->list, row, (int)i);
        }
      pst_grant_row_fill (g_ptr_array_index (self->rows, i), g_ptr_array_index (self->entries, i));
    }
  gtk_widget_set_visible (self->empty, self->entries->len == 0);
  gtk_widget_set_visible (self->more, left > 0);
  if (left > 0)
    {
      g_autofree char *text =
          g_strdup_printf (ngettext ("Show more (%u is not shown)", "Show more (%u are not shown)", left), left);

      gtk_label_set_text (self->more_label, text);
      pst_widget_set_described (self->more, text, NULL);
    }
}

void
pst_grant_list_fill (PstGrantList *self, const GPtrArray *entries, gboolean from_top)
{
  GPtrArray *copy = g_ptr_array_new_full (entries->len, (GDestroyNotify)pst_entry_unref);

  for (guint i = 0; i < entries->len; i++)
    g_ptr_array_add (copy, pst_entry_ref (g_ptr_array_index (entries, i)));
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  self->entries = copy;
  if (from_top)
    self->limit = PAGE;
  show (self);
}

static void
on_row_activated (GtkListBox *list, GtkListBoxRow *row, gpointer data)
{
  PstGrantList *self = data;

  if (GTK_WIDGET (row) == self->more)
    {
      self->limit += PAGE;
      show (self);
    }
  else if (PST_IS_GRANT_ROW (row))
    g_signal_emit (self, activated_signal, 0, pst_grant_row_get_entry (PST_GRANT_ROW (row)));
}

static gboolean
on_key (GtkWidget *list, GdkEventKey *event, gpointer data)
{
  PstGrantList *self = data;
  GtkWidget *focus = gtk_container_get_focus_child (GTK_CONTAINER (list));
  g_autoptr (GPtrArray) one = g_ptr_array_new ();

  if ((event->keyval != GDK_KEY_Delete && event->keyval != GDK_KEY_KP_Delete) || !PST_IS_GRANT_ROW (focus))
    return GDK_EVENT_PROPAGATE;
  g_ptr_array_add (one, pst_grant_row_get_entry (PST_GRANT_ROW (focus)));
  pst_manager_actions_revoke (self->actions, one);
  return GDK_EVENT_STOP;
}

static void
pst_grant_list_finalize (GObject *object)
{
  PstGrantList *self = PST_GRANT_LIST (object);

  g_object_unref (self->actions);
  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->rows);
  G_OBJECT_CLASS (pst_grant_list_parent_class)->finalize (object);
}

static void
pst_grant_list_class_init (PstGrantListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pst_grant_list_finalize;
  activated_signal = g_signal_new ("activated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                   1, G_TYPE_POINTER);
}

static void
pst_grant_list_init (PstGrantList *self)
{
  self->rows = g_ptr_array_new ();
  self->entries = g_ptr_array_new ();
  self->limit = PAGE;
}

static GtkWidget *
text_row (GtkLabel **label)
{
  GtkWidget *row = gtk_list_box_row_new ();

  *label = pst_paragraph_new ("", FALSE);
  gtk_label_set_xalign (*label, 0.5f);
  gtk_label_set_justify (*label, GTK_JUSTIFY_CENTER);
  gtk_style_context_add_class (gtk_widget_get_style_context (GTK_WIDGET (*label)), GTK_STYLE_CLASS_DIM_LABEL);
  pst_widget_set_margins (GTK_WIDGET (*label), 12, 14);
  gtk_container_add (GTK_CONTAINER (row), GTK_WIDGET (*label));
  gtk_widget_show_all (row);
  gtk_widget_set_no_show_all (row, TRUE);
  return row;
}

GtkWidget *
pst_grant_list_new (PstManagerActions *actions, PstRowNaming naming, const char *title, const char *when_empty)
{
  PstGrantList *self = g_object_new (PST_TYPE_GRANT_LIST, NULL);
  GtkLabel *label;

  self->actions = g_object_ref (actions);
  self->naming = naming;
  self->list = pst_boxed_list_new (title);
  self->empty = text_row (&label);
  gtk_label_set_text (label, when_empty);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (self->empty), FALSE);
  pst_widget_set_described (self->empty, when_empty, NULL);
  self->more = text_row (&self->more_label);
  gtk_list_box_insert (self->list, self->empty, -1);
  gtk_list_box_insert (self->list, self->more, -1);
  g_signal_connect (self->list, "row-activated", G_CALLBACK (on_row_activated), self);
  g_signal_connect (self->list, "key-press-event", G_CALLBACK (on_key), self);
  gtk_container_add (GTK_CONTAINER (self), gtk_widget_get_parent (GTK_WIDGET (self->list)));
  gtk_widget_show_all (GTK_WIDGET (self));
  show (self);
  return GTK_WIDGET (self);
}
