/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-prompt-window.h"

#include "pst-app-icon.h"
#include "pst-choice-group.h"
#include "pst-guarded-accessible.h"
#include "pst-input-guard.h"
#include "pst-prompt-frame.h"
#include "pst-prompt-parts.h"
#include "pst-sentence.h"
#include "pst-split-button.h"

#include <glib/gi18n.h>
#ifdef HAVE_LAYER_SHELL
#include <gtk-layer-shell.h>
#endif

/* The layout is one grid of two columns, so that everything that is read stands on one edge:
 *
 *       [icon]  Allow “Image Viewer” to view your Pictures?
 *               It tried to open holiday.jpg.
 *               [! warning]
 *        Scope  (•) All of Pictures
 *               ( ) Only holiday.jpg
 *       Access  (•) View   ( ) View and change
 *               ▸ Details
 *       [Deny|▾]        [Keep it private] [Allow this time] [Always allow|▾]
 *       ───────────────────────────────────────────────────────
 *               Then it asks: …
 *
 * The waiting lines come last, below the buttons, on purpose: an application can make them come and go at will, and nothing
 * that can be clicked may move when they do. They are also the only change that does not disarm the window, or an application
 * could keep its own question from ever being answered.
 *
 * The dialog does not take the keyboard: it is mapped without focus, and gets it only when the person clicks in it or
 * switches to it; then Deny has it. What must not happen by accident is the business of pst-input-guard.c. */

#define MAX_SCOPES 6
#define MAX_ACCESSES 3

/* A further application's dialog leaves the title of the one before it readable. */
#define BESIDE_X 42
#define BESIDE_Y 110

/* After an answer, when more questions wait: how long the window stays for the next one instead of flickering. */
#define LINGER_MS 150

struct _PstPromptWindow
{
  GtkWindow parent_instance;
  PstPromptAnswered answered;
  gpointer user_data;
  PstPromptWindow *beside; /* (nullable), all windows live as long as each other */
  PstQuestion *question;   /* (nullable): answered or withdrawn when NULL */
  guint linger_source;

  GtkImage *icon;
  GtkLabel *title;
  GtkLabel *intent;
  GtkWidget *warning;
  GtkLabel *warning_text;
  PstChoiceGroup *scopes;
  PstChoiceGroup *accesses;
  PstPromptDetails *details;
  PstPromptWaiting *waiting;
  GtkWidget *deny;
  GtkWidget *deny_more;
  GtkWidget *keep_private;
  GtkWidget *allow_more;
};

G_DEFINE_TYPE (PstPromptWindow, pst_prompt_window, GTK_TYPE_WINDOW)

static void
on_choice (PstChoice choice, gpointer data)
{
  PstPromptWindow *self = data;
  g_autoptr (PstQuestion) question = NULL;

  if (self->question == NULL || !pst_input_guard_permits (GTK_WINDOW (self)))
    return;
  question = g_steal_pointer (&self->question);
  if (question->n_waiting == 0)
    gtk_widget_hide (GTK_WIDGET (self));
  else
    self->linger_source = g_timeout_add (LINGER_MS, G_SOURCE_FUNC (pst_prompt_window_withdraw), self);
  self->answered (self, question, choice, pst_choice_group_get_selected (self->scopes),
                  pst_choice_group_get_selected (self->accesses), self->user_data);
}

static void
on_choices_changed (gpointer data)
{
  PstPromptWindow *self = data;
  const char *title;

  if (self->question == NULL)
    return;
  title = pst_question_title (self->question, pst_choice_group_get_selected (self->scopes),
                              pst_choice_group_get_selected (self->accesses));
  pst_label_set_sentence (self->title, title);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self)), title);
}

static gboolean
on_key_press (GtkWidget *widget, GdkEventKey *event, gpointer data)
{
  if (event->keyval != GDK_KEY_Escape)
    return GDK_EVENT_PROPAGATE;
  on_choice (PST_CHOICE_DENY, widget);
  return GDK_EVENT_STOP;
}

static gboolean
on_delete (GtkWidget *widget, GdkEvent *event, gpointer data)
{
  on_choice (PST_CHOICE_DENY, widget);
  return GDK_EVENT_STOP;
}

static GtkWidget *
build_buttons (PstPromptWindow *self)
{
  static const PstChoice deny_more[] = { PST_CHOICE_DENY_ALWAYS, PST_CHOICE_HIDE, PST_CHOICE_HIDE_ALWAYS };
  static const PstChoice allow_more[] = { PST_CHOICE_ALLOW_SESSION, PST_CHOICE_ALLOW_DAY, PST_CHOICE_ALLOW_WEEK,
                                          PST_CHOICE_ALLOW_MONTH };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *deny, *once, *allow, *always;

  deny = pst_split_button_new (PST_CHOICE_DENY, deny_more, G_N_ELEMENTS (deny_more), _ ("More ways to deny"), on_choice, self,
                               &self->deny, &self->deny_more);
  gtk_widget_set_can_default (self->deny, TRUE);
  self->keep_private = pst_choice_button_new (PST_CHOICE_PRIVATE, on_choice, self);
  gtk_widget_set_tooltip_text (self->keep_private,
                               _ ("The application goes on, and what it writes stays in its own private folder"));
  once = pst_choice_button_new (PST_CHOICE_ALLOW_ONCE, on_choice, self);
  atk_object_set_description (gtk_widget_get_accessible (once), _ ("Until the application is closed"));
  gtk_widget_set_tooltip_text (once, _ ("Until the application is closed"));
  allow = pst_split_button_new (PST_CHOICE_ALLOW_ALWAYS, allow_more, G_N_ELEMENTS (allow_more), _ ("Allow for some time"),
                                on_choice, self, &always, &self->allow_more);

  gtk_box_pack_start (GTK_BOX (row), deny, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (row), allow, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (row), once, FALSE, FALSE, 0);
  gtk_widget_set_margin_top (box, 12);
  gtk_container_add (GTK_CONTAINER (box), self->keep_private);
  gtk_container_add (GTK_CONTAINER (box), row);
  return box;
}

static void
build (PstPromptWindow *self)
{
  GtkWidget *all = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *grid = pst_prompt_grid_new (&self->icon, &self->title, &self->intent);

  self->warning = pst_prompt_warning_new (&self->warning_text);
  self->scopes = pst_choice_group_new (_ ("_Scope"), MAX_SCOPES, GTK_ORIENTATION_VERTICAL, on_choices_changed, self);
  self->accesses = pst_choice_group_new (_ ("A_ccess"), MAX_ACCESSES, GTK_ORIENTATION_HORIZONTAL, on_choices_changed, self);
  self->details = pst_prompt_details_new ();
  self->waiting = pst_prompt_waiting_new ();

  gtk_grid_attach (GTK_GRID (grid), self->warning, 1, 1, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), pst_choice_group_get_label (self->scopes), 0, 2, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), pst_choice_group_get_box (self->scopes), 1, 2, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), pst_choice_group_get_label (self->accesses), 0, 3, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), pst_choice_group_get_box (self->accesses), 1, 3, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), pst_prompt_details_get_widget (self->details), 1, 4, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), build_buttons (self), 0, 5, 2, 1);

  gtk_container_add (GTK_CONTAINER (all), grid);
  gtk_container_add (GTK_CONTAINER (all), pst_prompt_waiting_get_widget (self->waiting));
  gtk_widget_show_all (all);
  gtk_container_add (GTK_CONTAINER (self), all);
}

static void
pst_prompt_window_init (PstPromptWindow *self)
{
  GtkWindow *window = GTK_WINDOW (self);

  pst_prompt_frame_set_up (window, "postern-question");
  gtk_window_set_icon_name (window, "dialog-question");
  build (self);
  g_signal_connect (self, "key-press-event", G_CALLBACK (on_key_press), NULL);
  g_signal_connect (self, "delete-event", G_CALLBACK (on_delete), NULL);
  gtk_widget_grab_default (self->deny);
}

static void
stop_lingering (PstPromptWindow *self)
{
  if (self->linger_source != 0)
    g_source_remove (self->linger_source);
  self->linger_source = 0;
}

static void
pst_prompt_window_finalize (GObject *object)
{
  PstPromptWindow *self = PST_PROMPT_WINDOW (object);

  stop_lingering (self);
  g_clear_pointer (&self->question, pst_question_free);
  G_OBJECT_CLASS (pst_prompt_window_parent_class)->finalize (object);
}

static void
pst_prompt_window_class_init (PstPromptWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pst_prompt_window_finalize;
  pst_guarded_accessible_use (GTK_WIDGET_CLASS (klass));
}

PstPromptWindow *
pst_prompt_window_new (PstPromptAnswered answered, gpointer user_data)
{
  PstPromptWindow *self = g_object_new (PST_TYPE_PROMPT_WINDOW, "type", GTK_WINDOW_TOPLEVEL, NULL);

  self->answered = answered;
  self->user_data = user_data;
  return self;
}

static void
fill (PstPromptWindow *self)
{
  const PstQuestion *q = self->question;
  AtkObject *accessible = gtk_widget_get_accessible (GTK_WIDGET (self));
  const char *access_labels[MAX_ACCESSES] = { 0 };
  guint n_accesses = MIN (q->n_accesses, MAX_ACCESSES);
  /* Translators: the title of a dialog's window; the name of an application */
  g_autofree char *window_title = g_strdup_printf (_ ("Permission for %s"), q->app_name);

  gtk_window_set_title (GTK_WINDOW (self), window_title);
  for (guint i = 0; i < n_accesses; i++)
    access_labels[i] = q->accesses[i].label;

  pst_app_icon_set (self->icon, q->app_icon);
  atk_object_set_name (gtk_widget_get_accessible (GTK_WIDGET (self->icon)), q->app_name);
  pst_label_set_sentence (self->intent, q->intent);
  gtk_widget_set_visible (GTK_WIDGET (self->intent), *q->intent != '\0');
  pst_label_set_sentence (self->warning_text, q->warning);
  gtk_widget_set_visible (self->warning, *q->warning != '\0');
  pst_choice_group_fill (self->scopes, (const char *const *)q->scopes, q->n_scopes, q->scope);
  pst_choice_group_fill (self->accesses, access_labels, n_accesses, q->access);
  pst_prompt_details_fold (self->details);
  gtk_widget_set_visible (self->keep_private, q->private_ok);
  atk_object_set_description (accessible, *q->warning != '\0' ? q->warning : q->intent);
  on_choices_changed (self);
}

void
pst_prompt_window_set_beside (PstPromptWindow *self, PstPromptWindow *other)
{
  self->beside = other;
}

static void
place (PstPromptWindow *self)
{
  PstPromptWindow *other = self->beside;
  GdkDisplay *display = gtk_widget_get_display (GTK_WIDGET (self));
  GdkRectangle area;
  GtkRequisition size;
  int x, y;

#ifdef HAVE_LAYER_SHELL
  if (gtk_layer_is_layer_window (GTK_WINDOW (self)))
    {
      /* without anchors the compositor puts it in the middle; at an edge, in the middle of that */
      gtk_layer_set_anchor (GTK_WINDOW (self), GTK_LAYER_SHELL_EDGE_TOP, other != NULL);
      gtk_layer_set_margin (GTK_WINDOW (self), GTK_LAYER_SHELL_EDGE_TOP, BESIDE_X);
      return;
    }
#endif
  gtk_window_set_position (GTK_WINDOW (self), GTK_WIN_POS_CENTER);
  if (other == NULL)
    return;
  gtk_window_get_position (GTK_WINDOW (other), &x, &y);
  x += BESIDE_X;
  y += BESIDE_Y;
  gdk_monitor_get_workarea (gdk_display_get_monitor_at_window (display, gtk_widget_get_window (GTK_WIDGET (other))), &area);
  gtk_widget_get_preferred_size (GTK_WIDGET (self), NULL, &size);
  if (x + size.width > area.x + area.width || y + size.height > area.y + area.height)
    {
      x = area.x + BESIDE_X;
      y = area.y + BESIDE_X;
    }
  gtk_window_set_position (GTK_WINDOW (self), GTK_WIN_POS_NONE);
  gtk_window_move (GTK_WINDOW (self), x, y);
}

void
pst_prompt_window_show_take (PstPromptWindow *self, PstQuestion *question)
{
  g_autoptr (PstQuestion) old = g_steal_pointer (&self->question);
  gboolean is_new = old == NULL || !pst_question_same (old, question);

  /* what is in the open details can push the buttons about */
  if (!is_new && pst_prompt_details_is_open (self->details) && !g_str_equal (old->package, question->package))
    pst_input_guard_disarm (GTK_WINDOW (self));
  stop_lingering (self);
  self->question = question;
  if (is_new)
    {
      pst_split_button_close_menu (self->deny_more);
      pst_split_button_close_menu (self->allow_more);
      fill (self);
      pst_input_guard_disarm (GTK_WINDOW (self));
    }
  pst_prompt_details_fill (self->details, question);
  pst_prompt_waiting_fill (self->waiting, (const char *const *)question->waiting, question->n_waiting);
  if (!gtk_widget_get_visible (GTK_WIDGET (self)))
    place (self);
  gtk_widget_show (GTK_WIDGET (self));
  if (is_new)
    gtk_window_set_focus (GTK_WINDOW (self), self->deny);
}

void
pst_prompt_window_withdraw (PstPromptWindow *self)
{
  stop_lingering (self);
  pst_split_button_close_menu (self->deny_more);
  pst_split_button_close_menu (self->allow_more);
  g_clear_pointer (&self->question, pst_question_free);
  gtk_widget_hide (GTK_WIDGET (self));
}

const PstQuestion *
pst_prompt_window_get_question (PstPromptWindow *self)
{
  return self->question;
}

static void
realize_all (GtkWidget *widget, gpointer data)
{
  gtk_widget_realize (widget);
  if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), realize_all, NULL);
}

/* Styles are worked out when a size is first asked for: do so with every part visible. */
static void
measure (PstPromptWindow *self)
{
  static const char *const labels[MAX_SCOPES] = { "-", "-", "-", "-", "-", "-" };
  GtkAllocation allocation = { 0 };
  GtkRequisition natural;

  pst_app_icon_set (self->icon, "");
  pst_choice_group_fill (self->scopes, labels, MAX_SCOPES, 0);
  pst_choice_group_fill (self->accesses, labels, MAX_ACCESSES, 0);
  pst_prompt_waiting_fill (self->waiting, labels, 1);
  gtk_widget_get_preferred_size (GTK_WIDGET (self), NULL, &natural);
  allocation.width = natural.width;
  allocation.height = natural.height;
  gtk_widget_size_allocate (gtk_bin_get_child (GTK_BIN (self)), &allocation);
}

void
pst_prompt_window_prepare (PstPromptWindow *self, gboolean draw)
{
  GtkWidget *content = gtk_bin_get_child (GTK_BIN (self));

  measure (self);
  if (draw)
    {
      /* the window's content is lent to an off-screen window for one drawing */
      GtkWidget *stage = gtk_offscreen_window_new ();

      g_object_ref (content);
      gtk_container_remove (GTK_CONTAINER (self), content);
      gtk_style_context_add_class (gtk_widget_get_style_context (stage), "postern-question");
      gtk_container_add (GTK_CONTAINER (stage), content);
      gtk_widget_show (stage);
      while (gtk_events_pending ())
        gtk_main_iteration ();
      gtk_container_remove (GTK_CONTAINER (stage), content);
      gtk_widget_destroy (stage);
      gtk_container_add (GTK_CONTAINER (self), content);
      g_object_unref (content);
      measure (self);
    }
  gtk_widget_realize (GTK_WIDGET (self));
  realize_all (content, NULL);
}
