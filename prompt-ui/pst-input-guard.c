/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-input-guard.h"

/* A question appears while the person is doing something else: they type, or they are about to click where the dialog is going
 * to be. An application can choose that moment. So input counts only when the person can have seen what it is about.
 *
 * The model: a guarded window is *armed* at a moment, `armed_at`, that lies PST_INPUT_GUARD_MS after its content was first
 * drawn. Showing the window, changing what it says, and uncovering it disarm it; the next drawing sets the moment. Keys have a
 * moment of their own as well: when the keyboard focus came to the window by itself (another window was closed, the pointer
 * strayed over it) keys are meant for something else for a while.
 *
 * While a window is not armed, what begins an action (presses, keys, touches, the window manager's "close") does not reach GTK
 * at all. Nothing is made insensitive, so nothing flickers. What ends an action (releases) does reach it, so that no button
 * stays pressed; but a press that was under way when the content changed is *stale*, and until it has ended no click counts.
 *
 * That it waits is not to be seen, but it can be known: until what reaches the window counts, its accessible object is *busy*.
 * So who answers with assistive technology does not have to guess when an answer counts. An application learns nothing by that:
 * it cannot look at the accessibility bus, and knows how long the guard takes.
 *
 * Events that another X11 client sent with XSendEvent never come from a person's hand, and never count. */

typedef struct
{
  GtkWidget *window;
  gint64 armed_at;      /* monotonic µs; G_MAXINT64: not drawn yet */
  gint64 keys_armed_at; /* the same, for keys alone; G_MAXINT64: not focused */
  gint64 last_press;    /* monotonic µs */
  gboolean pressed;     /* a button or finger is down that GTK knows of */
  gboolean stale;       /* it went down before the content changed */
  gboolean covered;
  gboolean told_waiting; /* what assistive technology was told last */
  guint end_source;      /* 0, or ends the waiting */
} Guard;

static GQuark guard_quark;

static Guard *
guard_of (gpointer window)
{
  return window != NULL ? g_object_get_qdata (window, guard_quark) : NULL;
}

static gboolean
is_armed (const Guard *guard)
{
  return g_get_monotonic_time () >= guard->armed_at;
}

/* When what the window gets counts: keys only if it gets them. */
static gint64
waits_until (const Guard *guard)
{
  return guard->keys_armed_at == G_MAXINT64 ? guard->armed_at : MAX (guard->armed_at, guard->keys_armed_at);
}

static gboolean on_end (gpointer data);

/* To be called whenever one of the moments has changed. */
static void
tell (Guard *guard)
{
  gint64 until = waits_until (guard), left = until - g_get_monotonic_time ();

  g_clear_handle_id (&guard->end_source, g_source_remove);
  if (left > 0 && until != G_MAXINT64)
    guard->end_source = g_timeout_add ((guint)(left / 1000 + 1), on_end, guard);
  if (guard->told_waiting == (left > 0))
    return;
  guard->told_waiting = left > 0;
  atk_object_notify_state_change (gtk_widget_get_accessible (guard->window), ATK_STATE_BUSY, guard->told_waiting);
}

static gboolean
on_end (gpointer data)
{
  Guard *guard = data;

  guard->end_source = 0;
  tell (guard);
  return G_SOURCE_REMOVE;
}

/* Returns: TRUE to drop the event. */
static gboolean
filter (Guard *guard, GdkEvent *event)
{
  switch (event->type)
    {
    case GDK_BUTTON_PRESS:
    case GDK_2BUTTON_PRESS:
    case GDK_3BUTTON_PRESS:
    case GDK_TOUCH_BEGIN:
      if (event->any.send_event || !is_armed (guard))
        return TRUE;
      guard->last_press = g_get_monotonic_time ();
      guard->pressed = TRUE;
      guard->stale = FALSE;
      return FALSE;

    case GDK_KEY_PRESS:
      return event->any.send_event || !is_armed (guard) || g_get_monotonic_time () < guard->keys_armed_at;

    case GDK_SCROLL:
    case GDK_TOUCHPAD_SWIPE:
    case GDK_TOUCHPAD_PINCH:
    case GDK_DELETE:
      return !is_armed (guard);

    case GDK_FOCUS_CHANGE:
      if (!event->focus_change.in)
        guard->keys_armed_at = G_MAXINT64;
      else if (g_get_monotonic_time () - guard->last_press < PST_INPUT_GUARD_MS * 1000)
        guard->keys_armed_at = 0;
      else
        guard->keys_armed_at = g_get_monotonic_time () + PST_INPUT_GUARD_MS * 1000;
      tell (guard);
      return FALSE;

    case GDK_VISIBILITY_NOTIFY:
      if (event->visibility.state == GDK_VISIBILITY_FULLY_OBSCURED)
        guard->covered = TRUE;
      else if (guard->covered)
        {
          guard->covered = FALSE;
          guard->armed_at = g_get_monotonic_time () + PST_INPUT_GUARD_MS * 1000;
          tell (guard);
        }
      return FALSE;

    default:
      return FALSE;
    }
}

static void
on_event (GdkEvent *event, gpointer data)
{
  GtkWidget *widget = gtk_get_event_widget (event);
  GtkWidget *window = widget != NULL ? gtk_widget_get_toplevel (widget) : NULL;
  Guard *guard = guard_of (window);

  if (guard == NULL)
    {
      gtk_main_do_event (event);
      return;
    }
  if (filter (guard, event))
    return;

  g_object_ref (window);
  gtk_main_do_event (event);
  if (event->type == GDK_BUTTON_RELEASE || event->type == GDK_TOUCH_END || event->type == GDK_TOUCH_CANCEL)
    guard->pressed = guard->stale = FALSE;
  g_object_unref (window);
}

static gboolean
on_drawn (GtkWidget *window, cairo_t *cr, gpointer data)
{
  Guard *guard = data;

  if (guard->armed_at == G_MAXINT64)
    {
      guard->armed_at = g_get_monotonic_time () + PST_INPUT_GUARD_MS * 1000;
      tell (guard);
    }
  return FALSE;
}

static void
on_unmap (GtkWidget *window, gpointer data)
{
  Guard *guard = data;

  guard->armed_at = G_MAXINT64;
  guard->pressed = FALSE;
  guard->stale = FALSE;
  guard->covered = FALSE;
  tell (guard);
}

static void
guard_free (gpointer data)
{
  Guard *guard = data;

  g_clear_handle_id (&guard->end_source, g_source_remove);
  g_free (guard);
}

void
pst_input_guard_init (void)
{
  guard_quark = g_quark_from_static_string ("pst-input-guard");
  gdk_event_handler_set (on_event, NULL, NULL);
}

void
pst_input_guard_add (GtkWindow *window)
{
  Guard *guard = g_new0 (Guard, 1);

  guard->window = GTK_WIDGET (window);
  guard->armed_at = guard->keys_armed_at = G_MAXINT64;
  guard->told_waiting = TRUE;
  guard->last_press = -PST_INPUT_GUARD_MS * 1000;
  g_object_set_qdata_full (G_OBJECT (window), guard_quark, guard, guard_free);
  gtk_widget_add_events (GTK_WIDGET (window), GDK_VISIBILITY_NOTIFY_MASK);
  g_signal_connect_after (window, "draw", G_CALLBACK (on_drawn), guard);
  g_signal_connect (window, "unmap", G_CALLBACK (on_unmap), guard);
}

void
pst_input_guard_disarm (GtkWindow *window)
{
  Guard *guard = guard_of (window);

  guard->armed_at = G_MAXINT64;
  guard->stale = guard->pressed;
  tell (guard);
  gtk_widget_queue_draw (GTK_WIDGET (window));
}

gboolean
pst_input_guard_permits (GtkWindow *window)
{
  Guard *guard = guard_of (window);

  return gtk_widget_get_mapped (GTK_WIDGET (window)) && is_armed (guard) && !guard->stale;
}

gboolean
pst_input_guard_waits (GtkWindow *window)
{
  Guard *guard = guard_of (window);

  return guard != NULL && g_get_monotonic_time () < waits_until (guard);
}
