/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The dialog as assistive technology meets it, through the accessibility bus: run by dbus-run-session. argv[1]: the agent. */

#include "pst-types.h"
#include "test-display.h"
#include "test-fake-broker.h"

#include <atspi/atspi.h>
#include <signal.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiAccessible, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiStateSet, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiAction, g_object_unref)

#define GUARD_MS 700

static const char *agent_program;
static FakeBroker *broker;
static GPid xvfb, agent;

/* The leak sanitizer's, where that is linked. */
void __lsan_disable (void) __attribute__ ((weak));
void __lsan_enable (void) __attribute__ ((weak));

/* libatspi loses a name if an event brings it while the answer with the same name is waited for: that leak is not ours. */
static char *
get_name (AtspiAccessible *accessible)
{
  char *name;

  if (__lsan_disable)
    __lsan_disable ();
  name = atspi_accessible_get_name (accessible, NULL);
  if (__lsan_enable)
    __lsan_enable ();
  return name;
}

/* Depth first. @role 0: any. @name NULL: any. (transfer full) (nullable) */
static AtspiAccessible *
find (AtspiAccessible *from, AtspiRole role, const char *name)
{
  g_autofree char *own_name = get_name (from);
  int n = atspi_accessible_get_child_count (from, NULL);

  if ((role == 0 || atspi_accessible_get_role (from, NULL) == role) && (name == NULL || g_strcmp0 (own_name, name) == 0))
    return g_object_ref (from);
  for (int i = 0; i < n; i++)
    {
      g_autoptr (AtspiAccessible) child = atspi_accessible_get_child_at_index (from, i, NULL);
      AtspiAccessible *found = child != NULL ? find (child, role, name) : NULL;

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
has_state (AtspiAccessible *accessible, AtspiStateType state)
{
  g_autoptr (AtspiStateSet) states = atspi_accessible_get_state_set (accessible);

  return atspi_state_set_contains (states, state);
}

static AtspiAccessible *dialog;

static gboolean
has_dialog (gpointer name)
{
  g_autoptr (AtspiAccessible) desktop = atspi_get_desktop (0);
  g_autoptr (AtspiAccessible) found = NULL;

  atspi_accessible_clear_cache (desktop);
  found = find (desktop, ATSPI_ROLE_ALERT, name);
  if (found == NULL || !has_state (found, ATSPI_STATE_SHOWING))
    return FALSE;
  g_clear_object (&dialog);
  dialog = g_steal_pointer (&found);
  return TRUE;
}

static void
show (guint64 id, const char *extra)
{
  g_autofree char *details = fake_broker_details ("a", extra);

  fake_broker_show (broker, id, details);
  fake_wait (has_dialog, (gpointer) "Allow “Image Viewer” to view your Pictures?",
             "the dialog is there, by the name of its question");
}

/* Everything that can be operated says what it is. */
static guint
check_names (AtspiAccessible *from)
{
  AtspiRole role = atspi_accessible_get_role (from, NULL);
  g_autofree char *name = get_name (from);
  g_autofree char *role_name = atspi_accessible_get_role_name (from, NULL);
  int n = atspi_accessible_get_child_count (from, NULL);
  guint n_operable = 0;

  if (!has_state (from, ATSPI_STATE_VISIBLE))
    return 0;
  if (role == ATSPI_ROLE_PUSH_BUTTON || role == ATSPI_ROLE_TOGGLE_BUTTON || role == ATSPI_ROLE_RADIO_BUTTON ||
      role == ATSPI_ROLE_GROUPING || role == ATSPI_ROLE_MENU_ITEM)
    {
      g_test_message ("%s: %s", role_name, name);
      if (name == NULL || *name == '\0')
        g_error ("A %s has no name", role_name);
      n_operable++;
    }
  for (int i = 0; i < n; i++)
    {
      g_autoptr (AtspiAccessible) child = atspi_accessible_get_child_at_index (from, i, NULL);
      n_operable += child != NULL ? check_names (child) : 0;
    }
  return n_operable;
}

static void
do_action (const char *name, AtspiRole role)
{
  g_autoptr (AtspiAccessible) control = find (dialog, role, name);
  g_autoptr (AtspiAction) action = NULL;

  if (control == NULL)
    g_error ("There is no “%s”", name);
  action = atspi_accessible_get_action_iface (control);
  g_assert_nonnull (action);
  g_assert_true (atspi_action_do_action (action, 0, NULL));
}

static void
test_names (void)
{
  g_autofree char *description = NULL;

  show (1, "'private_ok': <true>, 'warning': <'Careful.'>,");
  description = atspi_accessible_get_description (dialog, NULL);
  g_assert_cmpstr (description, ==, "Careful.");
  /* 2 groups, 3 + 2 choices, details, 4 buttons, 2 arrows */
  g_assert_cmpuint (check_names (dialog), >=, 14);
  fake_broker_withdraw (broker, 1);
}

static gboolean
has_title (gpointer title)
{
  g_autofree char *name = NULL;

  atspi_accessible_clear_cache (dialog);
  name = get_name (dialog);
  return g_strcmp0 (name, title) == 0;
}

static gboolean
is_ready (gpointer data)
{
  atspi_accessible_clear_cache (dialog);
  return !has_state (dialog, ATSPI_STATE_BUSY);
}

static void
test_answer (void)
{
  gint64 shown;
  FakeAnswer a;

  shown = g_get_monotonic_time ();
  show (2, "");
  g_assert_true (has_state (dialog, ATSPI_STATE_BUSY));
  do_action ("Always allow", ATSPI_ROLE_PUSH_BUTTON); /* too early, for a program as for a hand */
  do_action ("Only holiday.jpg", ATSPI_ROLE_RADIO_BUTTON);
  fake_wait (has_title, (gpointer) "Allow “Image Viewer” to view holiday.jpg?", "the title follows the choice");
  fake_wait (is_ready, NULL, "it says that answers count");
  g_assert_cmpint (g_get_monotonic_time () - shown, >=, GUARD_MS * 1000);
  g_assert_cmpuint (fake_broker_n_answers (broker), ==, 0);
  do_action ("Always allow", ATSPI_ROLE_PUSH_BUTTON);
  a = fake_broker_wait_answer (broker);
  g_assert_cmpuint (a.question, ==, 2);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ALWAYS);
  g_assert_cmpuint (a.scope, ==, 2);
}

/* A switch says what it is for, and which way it stands; it is turned, and the sheet answered, without a hand. */
static void
test_sheet (void)
{
  g_autoptr (AtspiAccessible) first = NULL, second = NULL;
  FakeSheetAnswer a;

  fake_broker_show_sheet (
      broker, 3,
      "{'app_name': <'Image Viewer'>, 'title': <'“Image Viewer” starts for the first time'>, 'text': <'It would like this.'>,"
      " 'lines': <[('folder', 'View your Pictures', '~/Pictures', false), ('folder', 'View your Music', '~/Music', true)]>,"
      " 'folder': <uint32 1>, 'folder_start': <b'/'>}");
  fake_wait (has_dialog, (gpointer) "“Image Viewer” starts for the first time", "the sheet is there, by its title");
  /* 2 switches, a folder, details, 2 buttons */
  g_assert_cmpuint (check_names (dialog), >=, 6);
  first = find (dialog, ATSPI_ROLE_TOGGLE_BUTTON, "View your Pictures");
  second = find (dialog, ATSPI_ROLE_TOGGLE_BUTTON, "View your Music");
  g_assert_nonnull (first);
  g_assert_nonnull (second);
  g_assert_false (has_state (first, ATSPI_STATE_CHECKED));
  g_assert_true (has_state (second, ATSPI_STATE_CHECKED));
  {
    g_autoptr (AtspiAccessible) start = find (dialog, ATSPI_ROLE_PUSH_BUTTON, "Start");

    g_assert_nonnull (start);
    g_assert_false (has_state (start, ATSPI_STATE_SENSITIVE));
  }
  do_action ("Cancel", ATSPI_ROLE_PUSH_BUTTON); /* too early */
  fake_wait (is_ready, NULL, "it says that answers count");
  g_assert_cmpuint (fake_broker_n_sheet_answers (broker), ==, 0);
  do_action ("Cancel", ATSPI_ROLE_PUSH_BUTTON);
  a = fake_broker_wait_sheet_answer (broker);
  g_assert_cmpuint (a.sheet, ==, 3);
  g_assert_false (a.start);
  fake_broker_withdraw_sheet (broker, 3);
}

int
main (int argc, char **argv)
{
  g_auto (GStrv) environment = NULL;
  g_autofree char *display = NULL, *home = NULL;
  const char *agent_argv[] = { NULL, NULL };
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  agent_program = agent_argv[0] = argv[1];
  signal (SIGPIPE, SIG_IGN);
  home = g_dir_make_tmp ("postern-home-XXXXXX", NULL);
  display = test_display_start (&xvfb);
  broker = fake_broker_new ();
  g_setenv ("DISPLAY", display, TRUE);
  g_setenv ("HOME", home, TRUE);
  g_unsetenv ("NO_AT_BRIDGE");
  g_unsetenv ("WAYLAND_DISPLAY");
  g_unsetenv ("LANGUAGE");
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  g_setenv ("GTK_THEME", "Adwaita", TRUE);
  environment = g_get_environ ();
  g_assert_cmpint (atspi_init (), <=, 1);
  agent = test_spawn (agent_argv, environment, -1);
  fake_broker_wait_agent (broker);

  g_test_add_func ("/agent-a11y/names", test_names);
  g_test_add_func ("/agent-a11y/answer", test_answer);
  g_test_add_func ("/agent-a11y/sheet", test_sheet);
  status = g_test_run ();
  g_clear_object (&dialog);
  test_end (&agent);
  fake_broker_free (broker);
  test_end (&xvfb);
  return status;
}
