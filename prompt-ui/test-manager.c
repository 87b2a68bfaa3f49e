/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manager's window against a broker that can do what the real one should not: be missing, be damaged, refuse, and name
 * things badly. Both are in this process, on an X server of their own. */

#include "postern-ipc.h"
#include "pst-manager-window.h"
#include "test-display.h"
#include "test-fake-broker.h"
#include "test-fake-control.h"

#include <glib/gstdio.h>
#include <string.h>

#define HOME "/home/jane"

static GtkApplication *application;
static GtkWidget *window;

/* Depth first, of those on the screen: the widget whose accessible name, or text, this is. (nullable) */
static GtkWidget *
find (GtkWidget *from, const char *name, gboolean whole)
{
  g_autoptr (GList) children = NULL;
  const char *own = NULL;

  if (!gtk_widget_get_mapped (from))
    return NULL;
  if (GTK_IS_LABEL (from))
    own = gtk_label_get_text (GTK_LABEL (from));
  else
    own = atk_object_get_name (gtk_widget_get_accessible (from));
  if (own != NULL && (whole ? g_str_equal (own, name) : strstr (own, name) != NULL))
    return from;
  if (!GTK_IS_CONTAINER (from))
    return NULL;
  children = gtk_container_get_children (GTK_CONTAINER (from));
  for (GList *each = children; each != NULL; each = each->next)
    {
      GtkWidget *found = find (each->data, name, whole);

      if (found != NULL)
        return found;
    }
  return NULL;
}

/* Depth first, of those on the screen: the first widget of @type. (nullable) */
static GtkWidget *
find_type (GtkWidget *from, GType type)
{
  g_autoptr (GList) children = NULL;

  if (G_TYPE_CHECK_INSTANCE_TYPE (from, type) && gtk_widget_get_mapped (from))
    return from;
  children = GTK_IS_CONTAINER (from) ? gtk_container_get_children (GTK_CONTAINER (from)) : NULL;
  for (GList *each = children; each != NULL; each = each->next)
    {
      GtkWidget *found = find_type (each->data, type);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_there (gpointer name)
{
  return find (window, name, FALSE) != NULL;
}

static gboolean
is_gone (gpointer name)
{
  return find (window, name, FALSE) == NULL;
}

static void
wait_for (const char *name)
{
  fake_wait (is_there, (gpointer)name, name);
}

static void
open_window (void)
{
  window = pst_manager_window_new (application);
  gtk_window_present (GTK_WINDOW (window));
}

static void
close_window (void)
{
  gtk_widget_destroy (window);
  window = NULL;
}

static void
press (const char *name)
{
  GtkWidget *button = find (window, name, TRUE);

  if (!GTK_IS_BUTTON (button))
    g_error ("There is no button “%s”", name);
  gtk_button_clicked (GTK_BUTTON (button));
}

/* In the header bar. */
static void
turn_on (const char *name)
{
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (find (gtk_window_get_titlebar (GTK_WINDOW (window)), name, TRUE)), TRUE);
}

static void
activate (const char *name)
{
  GtkWidget *row = find (window, name, TRUE);

  while (row != NULL && !GTK_IS_LIST_BOX_ROW (row))
    row = gtk_widget_get_parent (row);
  g_assert_nonnull (row);
  g_signal_emit_by_name (gtk_widget_get_ancestor (row, GTK_TYPE_LIST_BOX), "row-activated", row);
}

/* Of the table. */
static guint
n_rows (void)
{
  GtkTreeView *view = GTK_TREE_VIEW (find_type (window, GTK_TYPE_TREE_VIEW));

  return (guint)gtk_tree_model_iter_n_children (gtk_tree_view_get_model (view), NULL);
}

static gboolean
has_entry (gpointer none)
{
  return find_type (window, GTK_TYPE_SEARCH_ENTRY) != NULL;
}

static gboolean
has_asked_history (gpointer control)
{
  return fake_control_calls (control, PST_CONTROL_HISTORY) > 0;
}

static gboolean
has_revoked (gpointer control)
{
  return fake_control_calls (control, PST_CONTROL_REMOVE_GRANTS) > 0;
}

/* A broker that is not there, comes, goes, and comes again. */
static void
test_missing (void)
{
  g_autoptr (FakeControl) control = fake_control_new (HOME, 3, 9);

  fake_control_stop (control);
  open_window ();
  wait_for ("Postern Does Not Answer");
  fake_control_start (control);
  press ("Retry");
  wait_for ("Access to Pictures: View");
  fake_control_stop (control);
  wait_for ("Postern Does Not Answer");
  fake_control_start (control);
  wait_for ("Access to Pictures: View"); /* by itself */
  close_window ();
}

/* What the broker cannot read is said in its words, and is there again when it can. */
static void
test_damaged (void)
{
  g_autoptr (FakeControl) control = fake_control_new (HOME, 3, 9);

  fake_control_damage (control, "The database is damaged: move it away.");
  open_window ();
  wait_for ("The database is damaged: move it away.");
  fake_control_damage (control, NULL);
  wait_for ("Access to Pictures: View");
  close_window ();
}

/* A change that is refused leaves everything as it was, and says why. */
static void
test_refused (void)
{
  g_autoptr (FakeControl) control = fake_control_new (HOME, 3, 9);
  GtkWidget *lock;

  open_window ();
  wait_for ("Access to Pictures: View");
  fake_control_refuse (control, "Your administrator has locked this.");
  lock = find_type (window, GTK_TYPE_SWITCH);
  g_assert_true (GTK_IS_SWITCH (lock));
  gtk_switch_set_active (GTK_SWITCH (lock), TRUE);
  wait_for ("Your administrator has locked this.");
  g_assert_false (gtk_switch_get_active (GTK_SWITCH (lock)));
  press ("Revoke all permissions");
  fake_wait (has_revoked, control, "the broker is asked to revoke");
  g_assert_cmpuint (fake_control_count (control, 0), ==, 3);
  fake_control_refuse (control, NULL);
  press ("Revoke all permissions");
  wait_for ("Revoked 3 permissions");
  fake_wait (is_gone, (gpointer) "Your administrator has locked this.", "an old trouble goes");
  wait_for ("App 0000 still holds a file open");
  wait_for ("Undo");
  press ("Undo");
  wait_for ("Access to Pictures: View");
  g_assert_cmpuint (fake_control_count (control, 0), ==, 3);
  close_window ();
}

/* Changes from elsewhere, and names that nobody should have to read. */
static void
test_live (void)
{
  static const char *const names[] = { HOME "/<b>bold</b>", HOME "/line\nbreak", HOME "/\xFF\xFE bytes",
                                       HOME "/\xE2\x80\xAEgnp.exe" };
  static const char *const shown[] = { "<b>bold</b>", "line\\x0Abreak", "\\xFF\\xFE bytes", "\\u{202E}gnp.exe" };
  g_autoptr (FakeControl) control = fake_control_new (HOME, 3, 9);

  open_window ();
  wait_for ("Access to Pictures: View");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      fake_control_add (control, 0, names[i]);
      wait_for (shown[i]);
    }
  close_window ();
}

/* Only a page of many is made. */
static void
test_many (void)
{
  g_autoptr (FakeControl) control = fake_control_new (HOME, 1, 2000);
  g_autoptr (GList) rows = NULL;
  GtkWidget *row;

  g_assert_cmpuint (fake_control_count (control, 0), ==, 2000);
  open_window ();
  wait_for ("Show more (1975 are not shown)");
  row = find (window, "Show more (1975 are not shown)", TRUE);
  rows = gtk_container_get_children (GTK_CONTAINER (gtk_widget_get_ancestor (row, GTK_TYPE_LIST_BOX)));
  g_assert_cmpuint (g_list_length (rows), <=, 30);
  activate ("Show more (1975 are not shown)");
  wait_for ("Show more (1950 are not shown)");
  close_window ();
}

/* The search of a history that takes more than one answer, held at the second. */
static void
begin_long_search (FakeControl *control)
{
  fake_control_search_in_steps (control, 1000);
  open_window ();
  wait_for ("Access to Pictures: View");
  turn_on ("History");
  wait_for ("What is shown");
  fake_wait (has_asked_history, control, "the history is asked for");
  turn_on ("Search");
  fake_wait (has_entry, NULL, "there is something to write into");
  fake_control_hold (control);
  gtk_entry_set_text (GTK_ENTRY (find_type (window, GTK_TYPE_SEARCH_ENTRY)), "/2500.jpg");
  wait_for ("Searching…");
  fake_wait (fake_control_is_held, control, "it goes on by itself");
}

/* A history in which a search takes long: that is said, what is found is shown as it comes, and what happens meanwhile neither
 * begins the search anew nor is lost. */
static void
test_long_search (void)
{
  g_autoptr (FakeControl) control = fake_control_new (HOME, 3, 9);
  guint calls;

  begin_long_search (control);
  calls = fake_control_calls (control, PST_CONTROL_HISTORY);
  fake_control_release (control);
  fake_wait (fake_control_is_held, control, "and again");
  g_assert_cmpuint (fake_control_calls (control, PST_CONTROL_HISTORY), ==, calls + 1);
  g_assert_nonnull (find (window, "Searching…", TRUE));
  fake_control_happen (control);
  fake_control_release (control);
  fake_wait (is_gone, (gpointer) "Searching…", "what is found is shown");
  fake_wait (fake_control_is_held, control, "the search is not at its end");
  g_assert_cmpuint (n_rows (), ==, 1);
  g_assert_cmpuint (fake_control_calls (control, PST_CONTROL_HISTORY), ==, calls + 2);
  for (guint i = 0; i < 2; i++)
    {
      fake_control_release (control);
      fake_wait (fake_control_is_held, control, "to the end, and then for what has happened");
      g_assert_cmpuint (n_rows (), ==, 1);
    }
  close_window ();
}

/* A search that found nothing yet when the broker went is not at work for ever: it is begun anew when there is one. */
static void
test_broken_search (void)
{
  g_autoptr (FakeControl) control = fake_control_new (HOME, 3, 9);

  begin_long_search (control);
  fake_control_stop (control);
  wait_for ("Postern Does Not Answer");
  fake_control_start (control);
  fake_wait (fake_control_is_held, control, "it is begun anew");
  close_window ();
}

int
main (int argc, char **argv)
{
  g_autofree char *display = NULL, *home = g_dir_make_tmp ("postern-home-XXXXXX", NULL),
                  *runtime = g_dir_make_tmp ("postern-test-XXXXXX", NULL);
  g_autofree char *folder = g_build_filename (runtime, "postern", NULL);
  GPid xvfb;
  int status;

  g_test_init (&argc, &argv, NULL);
  display = test_display_start (&xvfb);
  g_setenv ("DISPLAY", display, TRUE);
  g_setenv ("HOME", HOME, TRUE);
  g_setenv ("XDG_DATA_HOME", home, TRUE);
  g_setenv ("XDG_CACHE_HOME", home, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", runtime, TRUE);
  g_setenv ("XDG_CONFIG_HOME", home, TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_setenv ("GTK_THEME", "Adwaita", TRUE);
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  g_setenv ("NO_AT_BRIDGE", "1", TRUE);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  g_unsetenv ("WAYLAND_DISPLAY");
  g_unsetenv ("LANGUAGE");
  application = gtk_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));

  g_test_add_func ("/manager-window/missing", test_missing);
  g_test_add_func ("/manager-window/damaged", test_damaged);
  g_test_add_func ("/manager-window/refused", test_refused);
  g_test_add_func ("/manager-window/live", test_live);
  g_test_add_func ("/manager-window/many", test_many);
  g_test_add_func ("/manager-window/long-search", test_long_search);
  g_test_add_func ("/manager-window/broken-search", test_broken_search);
  status = g_test_run ();
  g_object_unref (application);
  test_end (&xvfb);
  g_rmdir (folder);
  g_rmdir (runtime);
  g_rmdir (home);
  return status;
}
