/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-manager serve APPS GRANTS   a made-up broker; prints "ready", ends with its standard input
 * bench-manager look NANOSECONDS    the manager's window, in this process: how long until it is drawn with its applications
 *                                   (NANOSECONDS: CLOCK_MONOTONIC when this was started), the longest frame while every list is
 *                                   scrolled, and from a key in the search entry to the drawn result. Prints NAME MILLISECONDS.
 */

#include "pst-manager-window.h"
#include "test-fake-control.h"

#include <glib-unix.h>
#include <string.h>
#include <time.h>

#define PATIENCE_S 30
#define N_SCROLLS 120

static GtkWidget *window;
static gint64 last_painted; /* ns */
static guint n_painted;

static gint64
now_ns (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return (gint64)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
on_painted (GdkFrameClock *clock, gpointer data)
{
  last_painted = now_ns ();
  n_painted++;
}

/* Depth first, those that are on the screen. @name: (nullable): of the type, where it is not known here. */
static GtkWidget *
find (GtkWidget *from, GType type, gboolean (*test) (GtkWidget *))
{
  g_autoptr (GList) children = NULL;

  if (g_type_is_a (G_OBJECT_TYPE (from), type) && gtk_widget_get_mapped (from) && (test == NULL || test (from)))
    return from;
  if (!GTK_IS_CONTAINER (from))
    return NULL;
  children = gtk_container_get_children (GTK_CONTAINER (from));
  for (GList *each = children; each != NULL; each = each->next)
    {
      GtkWidget *found = find (each->data, type, test);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
has_rows (GtkWidget *view)
{
  GtkTreeModel *model = gtk_tree_view_get_model (GTK_TREE_VIEW (view));

  return model != NULL && gtk_tree_model_iter_n_children (model, NULL) > 0;
}

static void
wait_for (gboolean (*test) (void), const char *what)
{
  gint64 end = now_ns () + PATIENCE_S * G_GINT64_CONSTANT (1000000000);

  while (!test ())
    {
      if (now_ns () > end)
        g_error ("Waited in vain: %s", what);
      g_main_context_iteration (NULL, TRUE);
    }
}

static gboolean
is_drawn (void)
{
  static guint n_when_there;

  if (find (window, GTK_TYPE_TREE_VIEW, has_rows) == NULL)
    return FALSE;
  if (n_when_there == 0)
    {
      n_when_there = n_painted + 1;
      gtk_widget_queue_draw (window);
    }
  return n_painted >= n_when_there;
}

static guint wanted_paint;

static gboolean
is_painted (void)
{
  return n_painted >= wanted_paint;
}

static void
paint (GtkWidget *widget)
{
  wanted_paint = n_painted + 1;
  gtk_widget_queue_draw (widget);
  wait_for (is_painted, "a frame");
}

static gboolean
on_settled (gpointer data)
{
  *(gboolean *)data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
settle (void)
{
  gboolean settled = FALSE;

  g_timeout_add_seconds (1, on_settled, &settled);
  while (!settled)
    g_main_context_iteration (NULL, TRUE);
}

/* The longest time between two frames, from one end of the list to the other; less what the clock lets pass by itself. */
static double
scroll (GtkWidget *scrolled)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (scrolled));
  double span = gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment);
  gint64 longest = 0;

  if (span <= 0)
    return 0;
  paint (scrolled);
  for (guint i = 1; i <= N_SCROLLS; i++)
    {
      gint64 before = last_painted;

      gtk_adjustment_set_value (adjustment, span * i / N_SCROLLS);
      paint (scrolled);
      longest = MAX (longest, last_painted - before);
    }
  gtk_adjustment_set_value (adjustment, 0);
  return (double)longest / 1e6;
}

static double
search (const char *text)
{
  GtkWidget *entry = find (window, GTK_TYPE_SEARCH_ENTRY, NULL);
  gint64 before = now_ns ();

  gtk_entry_set_text (GTK_ENTRY (entry), text);
  paint (window);
  return (double)(last_painted - before) / 1e6;
}

static void
turn_to (const char *name)
{
  GtkWidget *switcher = gtk_header_bar_get_custom_title (GTK_HEADER_BAR (gtk_window_get_titlebar (GTK_WINDOW (window))));

  gtk_stack_set_visible_child_name (gtk_stack_switcher_get_stack (GTK_STACK_SWITCHER (switcher)), name);
}

static void
on_activate (GApplication *application, gpointer data)
{
  window = pst_manager_window_new (GTK_APPLICATION (application));
  gtk_widget_realize (window);
  g_signal_connect (gtk_widget_get_frame_clock (window), "after-paint", G_CALLBACK (on_painted), NULL);
  gtk_window_present (GTK_WINDOW (window));
}

static gboolean
is_page (GtkWidget *scrolled)
{
  return !GTK_IS_TREE_VIEW (gtk_bin_get_child (GTK_BIN (scrolled)));
}

static int
look (gint64 started)
{
  static const char *const words[] = { "p", "pi", "pict", "app 01", "secrets", "file-41", "nothing like it" };
  g_autoptr (GtkApplication) application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  double longest = 0;

  g_signal_connect (application, "activate", G_CALLBACK (on_activate), NULL);
  g_application_register (G_APPLICATION (application), NULL, NULL);
  g_application_activate (G_APPLICATION (application));
  wait_for (is_drawn, "the window is drawn with its applications");
  g_print ("first-paint %.1f\n", (double)(last_painted - started) / 1e6);

  settle ();
  g_print ("scroll-applications %.1f\n", scroll (find (window, GTK_TYPE_SCROLLED_WINDOW, NULL)));
  g_print ("scroll-page %.1f\n", scroll (find (window, GTK_TYPE_SCROLLED_WINDOW, is_page)));
  turn_to ("resources");
  settle ();
  g_print ("scroll-resources %.1f\n", scroll (find (window, GTK_TYPE_SCROLLED_WINDOW, is_page)));
  turn_to ("history");
  settle ();
  g_print ("scroll-history %.1f\n", scroll (find (window, GTK_TYPE_SCROLLED_WINDOW, NULL)));
  turn_to ("apps");
  g_action_group_activate_action (G_ACTION_GROUP (window), "search", NULL);
  settle ();
  search ("warm");
  settle ();
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      double took = search (words[i]);

      g_print ("# %s: %.1f\n", words[i], took);
      longest = MAX (longest, took);
      settle ();
    }
  g_print ("search %.1f\n", longest);
  gtk_widget_destroy (window);
  return 0;
}

static gboolean
on_end (int fd, GIOCondition condition, gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "serve") == 0)
    {
      g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
      FakeControl *control = fake_control_new (g_get_home_dir (), (guint)g_ascii_strtoull (argv[2], NULL, 10),
                                               (guint)g_ascii_strtoull (argv[3], NULL, 10));

      g_unix_fd_add (0, G_IO_IN | G_IO_HUP, on_end, loop);
      g_print ("ready\n");
      g_main_loop_run (loop);
      fake_control_free (control);
      return 0;
    }
  if (argc == 3 && strcmp (argv[1], "look") == 0)
    return look (g_ascii_strtoll (argv[2], NULL, 10));
  g_printerr ("bench-manager: serve APPS GRANTS, or look NANOSECONDS\n");
  return 2;
}
