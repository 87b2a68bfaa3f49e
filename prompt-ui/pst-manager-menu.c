/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The access of one entry, as a menu: what it may do, and Revoke. */
#include "pst-manager-row.h"

#include <glib/gi18n.h>

typedef struct
{
  PstManagerActions *actions;
  PstEntry *entry;
  PstAccess access;
  PstAnswer answer; /* 0: revoke */
} Choice;

static void
choice_free (gpointer data, GClosure *closure)
{
  Choice *choice = data;

  g_object_unref (choice->actions);
  pst_entry_unref (choice->entry);
  g_free (choice);
}

static void
on_chosen (GtkMenuItem *item, gpointer data)
{
  Choice *choice = data;

  if (GTK_IS_CHECK_MENU_ITEM (item) && !gtk_check_menu_item_get_active (GTK_CHECK_MENU_ITEM (item)))
    return;
  if (choice->answer == 0)
    {
      g_autoptr (GPtrArray) one = g_ptr_array_new ();

      g_ptr_array_add (one, choice->entry);
      pst_manager_actions_revoke (choice->actions, one);
    }
  else if (choice->answer != choice->entry->answer ||
           (choice->answer == PST_ANSWER_ALLOW && choice->access != choice->entry->access))
    pst_manager_actions_set_access (choice->actions, choice->entry, choice->access, choice->answer);
}

static void
add_item (GtkWidget *menu, GtkWidget *item, PstManagerActions *actions, PstEntry *entry, PstAccess access, PstAnswer answer)
{
  Choice *choice = g_new0 (Choice, 1);

  choice->actions = g_object_ref (actions);
  choice->entry = pst_entry_ref (entry);
  choice->access = access;
  choice->answer = answer;
  g_signal_connect_data (item, "activate", G_CALLBACK (on_chosen), choice, choice_free, 0);
  gtk_menu_shell_append (GTK_MENU_SHELL (menu), item);
}

static void
add_choice (GtkWidget *menu, GSList **group, PstManagerActions *actions, PstEntry *entry, PstAccess access, PstAnswer answer)
{
  GtkWidget *item = gtk_radio_menu_item_new_with_label (*group, pst_words_answer (entry->kind, access, answer));
  gboolean active = entry->answer == answer && (answer != PST_ANSWER_ALLOW || entry->access == access);

  *group = gtk_radio_menu_item_get_group (GTK_RADIO_MENU_ITEM (item));
  gtk_check_menu_item_set_active (GTK_CHECK_MENU_ITEM (item), active);
  add_item (menu, item, actions, entry, access, answer);
}

static gboolean
destroy_later (gpointer menu)
{
  gtk_widget_destroy (menu);
  return G_SOURCE_REMOVE;
}

static void
on_hidden (GtkWidget *menu, gpointer data)
{
  /* the item's "activate" comes after this */
  g_idle_add_full (G_PRIORITY_LOW, destroy_later, g_object_ref (menu), g_object_unref);
}

void
pst_menu_popup_at (GtkWidget *menu, GtkWidget *widget)
{
  gtk_widget_show_all (menu);
  /* not attached: what is attached to a button cannot be reached by walking the accessible tree */
  atk_object_set_name (gtk_widget_get_accessible (menu), atk_object_get_name (gtk_widget_get_accessible (widget)));
  g_signal_connect (menu, "hide", G_CALLBACK (on_hidden), NULL);
  gtk_menu_popup_at_widget (GTK_MENU (menu), widget, GDK_GRAVITY_SOUTH_EAST, GDK_GRAVITY_NORTH_EAST, NULL);
}

void
pst_access_menu_popup (GtkWidget *widget, PstManagerActions *actions, PstEntry *entry)
{
  GtkWidget *menu = gtk_menu_new ();
  GSList *group = NULL;
  PstAccess kept = entry->access;

  /* what an entry has that is none of the usual is a choice as well, so that one is always marked */
  if (entry->kind == PST_KIND_FILES)
    {
      add_choice (menu, &group, actions, entry, PST_ACCESS_VIEW, PST_ANSWER_ALLOW);
      add_choice (menu, &group, actions, entry, PST_ACCESS_CHANGE, PST_ANSWER_ALLOW);
      if (entry->scope == PST_SCOPE_TREE)
        add_choice (menu, &group, actions, entry, PST_ACCESS_SAVE, PST_ANSWER_ALLOW);
    }
  else
    add_choice (menu, &group, actions, entry, entry->access, PST_ANSWER_ALLOW);
  add_choice (menu, &group, actions, entry, kept, PST_ANSWER_ASK);
  add_choice (menu, &group, actions, entry, kept, PST_ANSWER_DENY);
  if (entry->kind == PST_KIND_FILES)
    add_choice (menu, &group, actions, entry, kept, PST_ANSWER_HIDE);
  if (entry->answer == PST_ANSWER_PRIVATE)
    add_choice (menu, &group, actions, entry, kept, PST_ANSWER_PRIVATE);
  if (pst_entry_is_own (entry))
    {
      gtk_menu_shell_append (GTK_MENU_SHELL (menu), gtk_separator_menu_item_new ());
      add_item (menu, gtk_menu_item_new_with_mnemonic (_ ("_Revoke")), actions, entry, 0, 0);
    }
  pst_menu_popup_at (menu, widget);
}
