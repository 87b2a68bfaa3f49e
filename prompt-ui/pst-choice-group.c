/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-choice-group.h"

/* A label of so many characters fits beside the others in any case. */
#define FITTING_CHARS 30

struct _PstChoiceGroup
{
  GtkWidget *label;
  GtkWidget *box;
  GtkWidget **radios;
  guint max;
  guint n;
  gboolean filling;
  PstChoiceGroupChanged changed;
  gpointer user_data;
};

static void
on_toggled (GtkToggleButton *radio, gpointer data)
{
  PstChoiceGroup *group = data;

  if (!group->filling && gtk_toggle_button_get_active (radio))
    group->changed (group->user_data);
}

/* The mnemonic of the group's label leads to the choice that is made. */
static gboolean
on_label_mnemonic (GtkWidget *label, gboolean cycling, gpointer data)
{
  PstChoiceGroup *group = data;

  gtk_widget_grab_focus (group->radios[pst_choice_group_get_selected (group)]);
  return TRUE;
}

static void
group_free (gpointer data)
{
  PstChoiceGroup *group = data;

  g_free (group->radios);
  g_free (group);
}

static GtkWidget *
radio_label (GtkWidget *radio)
{
  return gtk_bin_get_child (GTK_BIN (radio));
}

PstChoiceGroup *
pst_choice_group_new (const char *label, guint max, GtkOrientation orientation, PstChoiceGroupChanged changed,
                      gpointer user_data)
{
  PstChoiceGroup *group = g_new0 (PstChoiceGroup, 1);
  AtkObject *label_object, *box_object;
  g_autofree char *name = NULL;

  group->max = max;
  group->changed = changed;
  group->user_data = user_data;
  group->radios = g_new0 (GtkWidget *, max);

  group->label = gtk_label_new_with_mnemonic (label);
  gtk_widget_set_halign (group->label, GTK_ALIGN_END);
  gtk_widget_set_valign (group->label, GTK_ALIGN_START);
  gtk_style_context_add_class (gtk_widget_get_style_context (group->label), GTK_STYLE_CLASS_DIM_LABEL);

  group->box = gtk_box_new (orientation, orientation == GTK_ORIENTATION_VERTICAL ? 6 : 18);
  g_object_set_data_full (G_OBJECT (group->box), "pst-choice-group", group, group_free);
  label_object = gtk_widget_get_accessible (group->label);
  box_object = gtk_widget_get_accessible (group->box);
  atk_object_set_role (box_object, ATK_ROLE_GROUPING);
  name = g_strdup (gtk_label_get_text (GTK_LABEL (group->label)));
  atk_object_set_name (box_object, name);
  atk_object_add_relationship (box_object, ATK_RELATION_LABELLED_BY, label_object);

  for (guint i = 0; i < max; i++)
    {
      GtkWidget *radio = gtk_radio_button_new_with_label_from_widget (i > 0 ? GTK_RADIO_BUTTON (group->radios[0]) : NULL, "-");

      gtk_label_set_ellipsize (GTK_LABEL (radio_label (radio)), PANGO_ELLIPSIZE_MIDDLE);
      gtk_label_set_xalign (GTK_LABEL (radio_label (radio)), 0);
      gtk_label_set_max_width_chars (GTK_LABEL (radio_label (radio)), FITTING_CHARS);
      atk_object_add_relationship (gtk_widget_get_accessible (radio), ATK_RELATION_MEMBER_OF, box_object);
      atk_object_set_description (gtk_widget_get_accessible (radio), name);
      g_signal_connect (radio, "toggled", G_CALLBACK (on_toggled), group);
      gtk_box_pack_start (GTK_BOX (group->box), radio, FALSE, TRUE, 0);
      group->radios[i] = radio;
    }

  gtk_label_set_mnemonic_widget (GTK_LABEL (group->label), group->radios[0]);
  g_signal_connect (group->label, "mnemonic-activate", G_CALLBACK (on_label_mnemonic), group);
  return group;
}

GtkWidget *
pst_choice_group_get_label (PstChoiceGroup *group)
{
  return group->label;
}

GtkWidget *
pst_choice_group_get_box (PstChoiceGroup *group)
{
  return group->box;
}

/* The label stands on the line of the first choice, whatever the theme makes of round buttons. */
static void
align_label (PstChoiceGroup *group)
{
  int label_height, radio_height;

  gtk_widget_set_margin_top (group->label, 0);
  gtk_widget_get_preferred_height (group->label, NULL, &label_height);
  gtk_widget_get_preferred_height (group->radios[0], NULL, &radio_height);
  gtk_widget_set_margin_top (group->label, MAX (radio_height - label_height, 0) / 2);
}

void
pst_choice_group_fill (PstChoiceGroup *group, const char *const *labels, guint n, guint selected)
{
  group->n = MIN (n, group->max);
  group->filling = TRUE;
  for (guint i = 0; i < group->max; i++)
    {
      gboolean is_long;

      gtk_widget_set_visible (group->radios[i], i < group->n);
      if (i >= group->n)
        continue;
      gtk_label_set_text (GTK_LABEL (radio_label (group->radios[i])), labels[i]);
      /* a long one takes all the width there is, and what is ellipsised can be read in full */
      is_long = g_utf8_strlen (labels[i], -1) > FITTING_CHARS;
      gtk_widget_set_halign (group->radios[i], is_long ? GTK_ALIGN_FILL : GTK_ALIGN_START);
      gtk_widget_set_tooltip_text (group->radios[i], is_long ? labels[i] : NULL);
      if (i == selected)
        gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (group->radios[i]), TRUE);
    }
  group->filling = FALSE;
  if (group->n > 1)
    align_label (group);
  gtk_widget_set_visible (group->label, group->n > 1);
  gtk_widget_set_visible (group->box, group->n > 1);
}

guint
pst_choice_group_get_selected (PstChoiceGroup *group)
{
  for (guint i = 0; i < group->n; i++)
    if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (group->radios[i])))
      return i;
  return 0;
}
