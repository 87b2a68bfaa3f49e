/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-guarded-accessible.h"

#include "pst-input-guard.h"

#include <gtk/gtk-a11y.h>

typedef GtkWindowAccessible PstGuardedAccessible;
typedef GtkWindowAccessibleClass PstGuardedAccessibleClass;

static GType pst_guarded_accessible_get_type (void);

G_DEFINE_TYPE (PstGuardedAccessible, pst_guarded_accessible, GTK_TYPE_WINDOW_ACCESSIBLE)

static AtkStateSet *
pst_guarded_accessible_ref_state_set (AtkObject *object)
{
  AtkStateSet *states = ATK_OBJECT_CLASS (pst_guarded_accessible_parent_class)->ref_state_set (object);
  GtkWidget *window = gtk_accessible_get_widget (GTK_ACCESSIBLE (object));

  if (window != NULL && pst_input_guard_waits (GTK_WINDOW (window)))
    atk_state_set_add_state (states, ATK_STATE_BUSY);
  return states;
}

static void
pst_guarded_accessible_class_init (PstGuardedAccessibleClass *klass)
{
  ATK_OBJECT_CLASS (klass)->ref_state_set = pst_guarded_accessible_ref_state_set;
}

static void
pst_guarded_accessible_init (PstGuardedAccessible *self)
{
}

void
pst_guarded_accessible_use (GtkWidgetClass *window_class)
{
  gtk_widget_class_set_accessible_type (window_class, pst_guarded_accessible_get_type ());
}
