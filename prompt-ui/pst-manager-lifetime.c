/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a permission holds: a few usual spans, and any day from a calendar. */
#include "pst-manager-dialogs.h"

#include "pst-manager-row.h"

#include <glib/gi18n.h>

#define DAY (24 * 60 * 60)

typedef struct
{
  PstManagerActions *actions;
  PstEntry *entry;
  PstLifetime lifetime;
  gint64 span;       /* seconds from now, for PST_LIFETIME_UNTIL; 0: from the calendar */
  GtkWidget *widget; /* where the calendar comes up */
} Choice;

static void
choice_free (gpointer data, GClosure *closure)
{
  Choice *choice = data;

  g_object_unref (choice->actions);
  g_object_unref (choice->widget);
  pst_entry_unref (choice->entry);
  g_free (choice);
}

gint64
pst_end_of_day (int year, int month, int day)
{
  g_autoptr (GDateTime) date = g_date_time_new_local (year, month, day, 23, 59, 59);

  return date != NULL ? g_date_time_to_unix (date) : 0;
}

static void
on_day (GtkCalendar *calendar, gpointer data)
{
  Choice *choice = data;
  guint year, month, day;
  gint64 until;

  gtk_calendar_get_date (calendar, &year, &month, &day);
  until = pst_end_of_day ((int)year, (int)month + 1, (int)day);
  if (until <= g_get_real_time () / G_USEC_PER_SEC)
    {
      pst_manager_actions_fail (choice->actions, _ ("That day has passed. Choose today or a later one."));
      return;
    }
  gtk_popover_popdown (GTK_POPOVER (gtk_widget_get_ancestor (GTK_WIDGET (calendar), GTK_TYPE_POPOVER)));
  pst_manager_actions_set_lifetime (choice->actions, choice->entry, PST_LIFETIME_UNTIL, until);
}

static void
on_accept (GtkButton *button, gpointer calendar)
{
  g_signal_emit_by_name (calendar, "day-selected-double-click");
}

static gboolean
destroy_later (gpointer popover)
{
  gtk_widget_destroy (popover);
  return G_SOURCE_REMOVE;
}

static void
on_closed (GtkWidget *popover, gpointer data)
{
  g_idle_add_full (G_PRIORITY_LOW, destroy_later, g_object_ref (popover), g_object_unref);
}

static void
popup_calendar (Choice *from)
{
  GtkWidget *popover = gtk_popover_new (from->widget);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *calendar = gtk_calendar_new ();
  GtkWidget *button = gtk_button_new_with_mnemonic (_ ("_Until the end of this day"));
  Choice *choice = g_new0 (Choice, 1);

  choice->actions = g_object_ref (from->actions);
  choice->entry = pst_entry_ref (from->entry);
  choice->widget = g_object_ref (from->widget);
  if (from->entry->lifetime == PST_LIFETIME_UNTIL)
    {
      g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (from->entry->until);

      if (date != NULL)
        {
          gtk_calendar_select_month (GTK_CALENDAR (calendar), (guint)g_date_time_get_month (date) - 1,
                                     (guint)g_date_time_get_year (date));
          gtk_calendar_select_day (GTK_CALENDAR (calendar), (guint)g_date_time_get_day_of_month (date));
        }
    }
  atk_object_set_name (gtk_widget_get_accessible (calendar), _ ("Last day"));
  g_signal_connect_data (calendar, "day-selected-double-click", G_CALLBACK (on_day), choice, choice_free, 0);
  g_signal_connect (button, "clicked", G_CALLBACK (on_accept), calendar);
  gtk_container_set_border_width (GTK_CONTAINER (box), 12);
  gtk_container_add (GTK_CONTAINER (box), calendar);
  gtk_container_add (GTK_CONTAINER (box), button);
  gtk_widget_show_all (box);
  gtk_container_add (GTK_CONTAINER (popover), box);
  g_signal_connect (popover, "closed", G_CALLBACK (on_closed), NULL);
  gtk_popover_popup (GTK_POPOVER (popover));
  gtk_widget_grab_focus (calendar);
}

static void
on_chosen (GtkMenuItem *item, gpointer data)
{
  Choice *choice = data;

  if (choice->lifetime != PST_LIFETIME_UNTIL)
    pst_manager_actions_set_lifetime (choice->actions, choice->entry, choice->lifetime, 0);
  else if (choice->span > 0)
    pst_manager_actions_set_lifetime (choice->actions, choice->entry, PST_LIFETIME_UNTIL,
                                      g_get_real_time () / G_USEC_PER_SEC + choice->span);
  else
    popup_calendar (choice);
}

void
pst_lifetime_menu_popup (GtkWidget *widget, PstManagerActions *actions, PstEntry *entry)
{
  const struct
  {
    const char *label;
    PstLifetime lifetime;
    gint64 span;
  } items[] = {
    { _ ("Until it is _closed"), PST_LIFETIME_ONCE, 0 },
    { _ ("Until you _log out"), PST_LIFETIME_SESSION, 0 },
    { _ ("For a _day"), PST_LIFETIME_UNTIL, DAY },
    { _ ("For a _week"), PST_LIFETIME_UNTIL, 7 * DAY },
    { _ ("For _30 days"), PST_LIFETIME_UNTIL, 30 * DAY },
    { _ ("Until a day of your c_hoice…"), PST_LIFETIME_UNTIL, 0 },
    { _ ("_Always"), PST_LIFETIME_ALWAYS, 0 },
  };
  const PstApp *app = pst_manager_data_find (pst_manager_actions_get_data (actions), entry->app);
  GtkWidget *menu = gtk_menu_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (items); i++)
    {
      GtkWidget *item = gtk_menu_item_new_with_mnemonic (items[i].label);
      Choice *choice = g_new0 (Choice, 1);

      choice->actions = g_object_ref (actions);
      choice->entry = pst_entry_ref (entry);
      choice->widget = g_object_ref (widget);
      choice->lifetime = items[i].lifetime;
      choice->span = items[i].span;
      /* what ends with the application needs one that runs */
      gtk_widget_set_sensitive (item, items[i].lifetime != PST_LIFETIME_ONCE || (app != NULL && app->running));
      g_signal_connect_data (item, "activate", G_CALLBACK (on_chosen), choice, choice_free, 0);
      gtk_menu_shell_append (GTK_MENU_SHELL (menu), item);
    }
  pst_menu_popup_at (menu, widget);
}
