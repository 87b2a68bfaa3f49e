/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The dialog as a person and a hostile application meet it: a display of its own (Xvfb), a window manager, another window that
 * has the keyboard, real pointer and key events (XTEST). argv[1]: the agent; argv[2]: the window manager; argv[3] "bench":
 * measures Show → drawn. */

#include "pst-fd.h"
#include "pst-types.h"
#include "test-display.h"
#include "test-fake-broker.h"

#include <X11/Xatom.h>
#include <X11/Xlib.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <X11/keysym.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GUARD_MS 700
#define MARGIN_MS 150

static const char *agent_program;
static const char *wm_program;
static Display *x;
static char *display_name;
static char *home;
static GPid xvfb;

typedef struct
{
  FakeBroker *broker;
  GPid wm;
  GPid agent;
  int status;
  Window holder; /* another application's window, which has the keyboard */
} Fixture;

static void
start_display (void)
{
  display_name = test_display_start (&xvfb);
  x = XOpenDisplay (display_name);
  g_assert_nonnull (x);
}

static int
ignore_x_error (Display *d, XErrorEvent *e)
{
  return 0; /* windows of others may go at any time */
}

static char **
child_environment (void)
{
  char **e = g_get_environ ();

  e = g_environ_setenv (e, "DISPLAY", display_name, TRUE);
  e = g_environ_setenv (e, "HOME", home, TRUE);
  e = g_environ_setenv (e, "GTK_THEME", "Adwaita", TRUE);
  e = g_environ_setenv (e, "GDK_BACKEND", "x11", TRUE);
  e = g_environ_setenv (e, "NO_AT_BRIDGE", "1", TRUE);
  e = g_environ_setenv (e, "LC_ALL", "C.UTF-8", TRUE);
  e = g_environ_unsetenv (e, "LANGUAGE");
  e = g_environ_unsetenv (e, "DBUS_SESSION_BUS_ADDRESS");
  e = g_environ_unsetenv (e, "WAYLAND_DISPLAY");
  e = g_environ_unsetenv (e, "GDK_SCALE");
  return e;
}

static gboolean
has_wm (gpointer data)
{
  Atom type;
  int format;
  unsigned long n, left;
  unsigned char *value = NULL;
  gboolean has;

  XGetWindowProperty (x, DefaultRootWindow (x), XInternAtom (x, "_NET_SUPPORTING_WM_CHECK", False), 0, 1, False, XA_WINDOW,
                      &type, &format, &n, &left, &value);
  has = n == 1;
  if (value != NULL)
    XFree (value);
  return has;
}

static Window
focused (void)
{
  Window window;
  int revert;

  XGetInputFocus (x, &window, &revert);
  return window;
}

static gboolean
holder_has_focus (gpointer data)
{
  Fixture *f = data;

  return focused () == f->holder;
}

static gboolean
holder_is_mapped (gpointer data)
{
  Fixture *f = data;
  XWindowAttributes a;

  if (XGetWindowAttributes (x, f->holder, &a) && a.map_state == IsViewable)
    return TRUE;
  XMapWindow (x, f->holder); /* a window manager that is just starting may miss a request */
  return FALSE;
}

/* As a task switcher does it: the person's own act. */
static void
activate (Window window)
{
  XEvent e = { 0 };

  e.xclient.type = ClientMessage;
  e.xclient.window = window;
  e.xclient.message_type = XInternAtom (x, "_NET_ACTIVE_WINDOW", False);
  e.xclient.format = 32;
  e.xclient.data.l[0] = 2;
  XSendEvent (x, DefaultRootWindow (x), False, SubstructureNotifyMask | SubstructureRedirectMask, &e);
  XSync (x, False);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const char *const agent_argv[] = { agent_program, NULL };
  const char *const wm_argv[] = { wm_program, NULL };
  g_auto (GStrv) environment = NULL;
  g_autofree char *expected = g_strdup_printf ("gtk %s", display_name);

  f->broker = fake_broker_new ();
  environment = child_environment ();
  f->wm = test_spawn (wm_argv, environment, -1);
  fake_wait (has_wm, f, "the window manager is there");
  f->holder = XCreateSimpleWindow (x, DefaultRootWindow (x), 0, 0, 300, 200, 0, 0, 0x446688);
  XSelectInput (x, f->holder, KeyPressMask);
  fake_wait (holder_is_mapped, f, "the other window is on screen");
  activate (f->holder);
  fake_wait (holder_has_focus, f, "the other window has the focus");

  f->agent = test_spawn (agent_argv, environment, -1);
  g_assert_cmpstr (fake_broker_wait_agent (f->broker), ==, expected);
}

static gboolean
agent_ended (gpointer data)
{
  Fixture *f = data;

  if (f->agent != 0 && waitpid (f->agent, &f->status, WNOHANG) == f->agent)
    f->agent = 0;
  return f->agent == 0;
}

static gboolean
has_no_wm (gpointer data)
{
  return !has_wm (data);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  test_end (&f->agent);
  test_end (&f->wm);
  XDestroyWindow (x, f->holder);
  XDeleteProperty (x, DefaultRootWindow (x), XInternAtom (x, "_NET_SUPPORTING_WM_CHECK", False));
  XSync (x, True);
  fake_wait (has_no_wm, f, "the window manager is gone");
  fake_broker_free (f->broker);
}

static gboolean
is_dialog (Window window)
{
  Atom type;
  int format;
  unsigned long n, left;
  unsigned char *role = NULL;
  XWindowAttributes attributes;
  gboolean is;

  if (!XGetWindowAttributes (x, window, &attributes) || attributes.map_state != IsViewable)
    return FALSE;
  XGetWindowProperty (x, window, XInternAtom (x, "WM_WINDOW_ROLE", False), 0, 64, False, XA_STRING, &type, &format, &n, &left,
                      &role);
  is = role != NULL && (strcmp ((char *)role, "postern-question") == 0 || strcmp ((char *)role, "postern-sheet") == 0);
  if (role != NULL)
    XFree (role);
  return is;
}

static void
collect_dialogs (Window window, GArray *found)
{
  Window root, parent, *children = NULL;
  unsigned n = 0;

  if (is_dialog (window))
    g_array_append_val (found, window);
  if (!XQueryTree (x, window, &root, &parent, &children, &n))
    return;
  for (unsigned i = 0; i < n; i++)
    collect_dialogs (children[i], found);
  if (children != NULL)
    XFree (children);
}

static guint
n_dialogs (Window *first)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Window));

  collect_dialogs (DefaultRootWindow (x), found);
  if (first != NULL && found->len > 0)
    *first = g_array_index (found, Window, 0);
  return found->len;
}

static gboolean
has_dialogs (gpointer data)
{
  return n_dialogs (NULL) == GPOINTER_TO_UINT (data);
}

/* At least 16 colours: text and controls are there, not only a background. */
static gboolean
is_drawn (Window window)
{
  g_autoptr (GHashTable) colours = g_hash_table_new (NULL, NULL);
  XWindowAttributes a;
  XImage *image;

  if (!XGetWindowAttributes (x, window, &a) || a.map_state != IsViewable)
    return FALSE;
  image = XGetImage (x, window, 0, 0, (unsigned)a.width, (unsigned)a.height, AllPlanes, ZPixmap);
  if (image == NULL)
    return FALSE;
  for (int j = 0; j < a.height; j += 2)
    for (int i = 0; i < a.width; i += 2)
      g_hash_table_add (colours, GUINT_TO_POINTER (XGetPixel (image, i, j) + 1));
  XDestroyImage (image);
  return g_hash_table_size (colours) >= 16;
}

static gboolean
first_is_drawn (gpointer data)
{
  return n_dialogs (data) > 0 && is_drawn (*(Window *)data);
}

static Window
wait_dialog (void)
{
  Window window = None;

  fake_wait (first_is_drawn, &window, "the dialog is drawn");
  return window;
}

static void
show (Fixture *f, guint64 id, const char *app, const char *extra)
{
  g_autofree char *details = fake_broker_details (app, extra);

  fake_broker_show (f->broker, id, details);
}

/* The controls stand at the lower edge of the window, 18 px from it. */
typedef enum
{
  DENY,
  ALWAYS,
  ALWAYS_MORE,
  CANCEL = DENY,
  START = ALWAYS_MORE /* of a sheet: as wide as it is, its far end is where that of the other is */
} Button;

static void
button_position (Window window, Button button, int *left, int *top)
{
  XWindowAttributes a;
  Window child;
  int origin_x, origin_y;

  g_assert_true (XGetWindowAttributes (x, window, &a));
  XTranslateCoordinates (x, window, DefaultRootWindow (x), 0, 0, &origin_x, &origin_y, &child);
  *top = origin_y + a.height - 18 - 17;
  *left = button == DENY ? origin_x + 18 + 25 : origin_x + a.width - 18 - (button == ALWAYS ? 36 + 60 : 18);
}

static void
press_and_release (Window window, Button button)
{
  int left, top;

  button_position (window, button, &left, &top);
  XTestFakeMotionEvent (x, -1, left, top, 0);
  XTestFakeButtonEvent (x, 1, True, 0);
  XTestFakeButtonEvent (x, 1, False, 0);
  XSync (x, False);
}

static void
key (KeySym symbol, KeySym modifier)
{
  if (modifier != 0)
    XTestFakeKeyEvent (x, XKeysymToKeycode (x, modifier), True, 0);
  XTestFakeKeyEvent (x, XKeysymToKeycode (x, symbol), True, 0);
  XTestFakeKeyEvent (x, XKeysymToKeycode (x, symbol), False, 0);
  if (modifier != 0)
    XTestFakeKeyEvent (x, XKeysymToKeycode (x, modifier), False, 0);
  XSync (x, False);
}

static Fixture *current;

static gboolean
holder_lost_focus (gpointer data)
{
  Window w = focused ();

  return w != None && w != PointerRoot && w != current->holder && w != DefaultRootWindow (x);
}

static gboolean
holder_got_key (gpointer data)
{
  XEvent e;

  return XCheckTypedWindowEvent (x, current->holder, KeyPress, &e);
}

static void
test_no_focus (Fixture *f, gconstpointer data)
{
  current = f;
  show (f, 1, "a", "");
  wait_dialog ();
  g_assert_true (holder_has_focus (f));
  for (int i = 0; i < 3; i++)
    {
      /* what is typed goes where it went before, keys that would answer included */
      key (XK_Return, 0);
      fake_wait (holder_got_key, f, "the key reaches the other window");
      fake_let_pass (300);
    }
  g_assert_true (holder_has_focus (f));
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
}

static void
test_click (Fixture *f, gconstpointer data)
{
  Window w;
  FakeAnswer a;

  show (f, 1, "a", "");
  w = wait_dialog ();
  press_and_release (w, ALWAYS);
  fake_let_pass (200);
  press_and_release (w, ALWAYS);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
  g_assert_cmpuint (n_dialogs (NULL), ==, 1);

  fake_let_pass (GUARD_MS - 300 + MARGIN_MS);
  press_and_release (w, ALWAYS);
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.question, ==, 1);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ALWAYS);
  g_assert_cmpuint (a.scope, ==, 0);
  g_assert_cmpuint (a.access, ==, 0);
  fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the answered dialog goes");
}

/* A press that began on one question must not be released on another. */
static void
test_changed_content (Fixture *f, gconstpointer data)
{
  Window w;
  int left, top;

  show (f, 1, "a", "");
  w = wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);

  button_position (w, ALWAYS, &left, &top);
  XTestFakeMotionEvent (x, -1, left, top, 0);
  XTestFakeButtonEvent (x, 1, True, 0);
  XSync (x, False);
  fake_let_pass (100);
  show (f, 1, "a", "'reason': <'Another question at the same place.'>,");
  fake_let_pass (GUARD_MS + MARGIN_MS);
  XTestFakeButtonEvent (x, 1, False, 0);
  XSync (x, False);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);

  /* and a fresh click right after a change does not count either */
  show (f, 1, "a", "");
  fake_let_pass (100);
  press_and_release (w, ALWAYS);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);

  /* but lines that come and go below do not keep the dialog from being answered */
  fake_let_pass (GUARD_MS + MARGIN_MS - 200);
  show (f, 1, "a", "'waiting': <['something']>,");
  show (f, 1, "a", "");
  fake_let_pass (100);
  press_and_release (w, ALWAYS);
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).answer, ==, PST_ANSWER_ALLOW);
}

static void
test_sent_events (Fixture *f, gconstpointer data)
{
  Window w;
  XEvent e = { 0 };

  show (f, 1, "a", "");
  w = wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  e.xkey.type = KeyPress;
  e.xkey.display = x;
  e.xkey.window = w;
  e.xkey.root = DefaultRootWindow (x);
  e.xkey.same_screen = True;
  e.xkey.state = Mod1Mask;
  e.xkey.keycode = XKeysymToKeycode (x, XK_a);
  XSendEvent (x, w, True, KeyPressMask, &e);
  e.xkey.state = 0;
  e.xkey.keycode = XKeysymToKeycode (x, XK_Escape);
  XSendEvent (x, w, True, KeyPressMask, &e);
  XSync (x, False);
  fake_let_pass (300);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
  g_assert_cmpuint (n_dialogs (NULL), ==, 1);
}

/* Brings the dialog the keyboard, and waits until its keys count. */
static void
activate_and_wait (Fixture *f, Window w)
{
  current = f;
  activate (w);
  fake_wait (holder_lost_focus, f, "the dialog gets the focus when it is asked for");
  fake_let_pass (GUARD_MS + MARGIN_MS);
}

static void
test_keyboard (Fixture *f, gconstpointer data)
{
  FakeAnswer a;

  show (f, 1, "a", "");
  activate_and_wait (f, wait_dialog ());
  key (XK_s, XK_Alt_L); /* Scope */
  key (XK_Down, 0);
  key (XK_Down, 0);
  key (XK_c, XK_Alt_L); /* Access */
  key (XK_Right, 0);
  key (XK_t, XK_Alt_L); /* Allow this time */
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ONCE);
  g_assert_cmpuint (a.scope, ==, 2);
  g_assert_cmpuint (a.access, ==, 1);
}

static void
test_keyboard_menu (Fixture *f, gconstpointer data)
{
  FakeAnswer a;
  gint64 week = g_get_real_time () / G_USEC_PER_SEC + 7 * 86400;

  show (f, 1, "a", "");
  activate_and_wait (f, wait_dialog ());
  key (XK_Tab, 0); /* Deny → its arrow → Allow this time → Always allow → its arrow */
  key (XK_Tab, 0);
  key (XK_Tab, 0);
  key (XK_Tab, 0);
  key (XK_space, 0);
  fake_let_pass (300); /* the menu opens */
  key (XK_w, 0);
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_UNTIL);
  g_assert_cmpint (a.until, >=, week);
  g_assert_cmpint (a.until, <=, week + 60);
}

static void
test_escape_and_enter (Fixture *f, gconstpointer data)
{
  static const KeySym keys[] = { XK_Escape, XK_Return };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      FakeAnswer a;

      show (f, i, "a", "");
      activate_and_wait (f, wait_dialog ());
      key (keys[i], 0);
      a = fake_broker_wait_answer (f->broker);
      g_assert_cmpuint (a.answer, ==, PST_ANSWER_DENY);
      g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ONCE);
      fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the dialog goes");
      fake_wait (holder_has_focus, f, "the other window has the focus again");
    }
}

/* The keyboard that comes by itself (here: the window that had it goes) must not answer with what is being typed. */
static void
test_inherited_focus (Fixture *f, gconstpointer data)
{
  show (f, 1, "a", "");
  wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  current = f;
  XUnmapWindow (x, f->holder);
  XSync (x, False);
  for (int i = 0; i < 3; i++)
    {
      key (XK_Return, 0);
      key (XK_a, XK_Alt_L);
      fake_let_pass (100);
    }
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
}

static void
test_withdraw (Fixture *f, gconstpointer data)
{
  gint64 start;

  show (f, 1, "a", "");
  wait_dialog ();
  start = g_get_monotonic_time ();
  fake_broker_withdraw (f->broker, 1);
  fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the withdrawn dialog goes");
  g_test_message ("gone after %" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - start) / 1000);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
}

static void
test_one_for_each_application (Fixture *f, gconstpointer data)
{
  Window w;

  show (f, 1, "a", "");
  show (f, 2, "a", "");
  show (f, 3, "b", "");
  fake_wait (has_dialogs, GUINT_TO_POINTER (2), "a dialog for each application");
  fake_let_pass (300);
  g_assert_cmpuint (n_dialogs (NULL), ==, 2);
  fake_broker_withdraw (f->broker, 3);
  fake_wait (has_dialogs, GUINT_TO_POINTER (1), "one goes");
  fake_broker_withdraw (f->broker, 1);
  w = wait_dialog (); /* the second question of the same application */
  fake_let_pass (GUARD_MS + MARGIN_MS);
  press_and_release (w, DENY);
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).question, ==, 2);
}

static void
test_broker_dies (Fixture *f, gconstpointer data)
{
  Window w;

  show (f, 1, "a", "");
  wait_dialog ();
  fake_broker_stop (f->broker);
  fake_wait (has_dialogs, GUINT_TO_POINTER (0), "a dialog without a broker goes");
  fake_broker_start (f->broker);
  fake_broker_wait_agent (f->broker);
  show (f, 1, "a", "");
  w = wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  press_and_release (w, DENY);
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).answer, ==, PST_ANSWER_DENY);
}

static void
test_turned_away (Fixture *f, gconstpointer data)
{
  fake_broker_turn_away (f->broker);
  fake_broker_stop (f->broker);
  fake_broker_start (f->broker);
  fake_wait (agent_ended, f, "an agent that is one too many ends");
  g_assert_true (WIFEXITED (f->status) && WEXITSTATUS (f->status) == 0);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

  return left < right ? -1 : left > right;
}

/* As is_drawn(), but cheap enough to be asked all the time: only the corner with the icon and the title. */
static gboolean
corner_is_drawn (Window window)
{
  g_autoptr (GHashTable) colours = NULL;
  XWindowAttributes a;
  XImage *image;

  if (!XGetWindowAttributes (x, window, &a) || a.map_state != IsViewable)
    return FALSE;
  image = XGetImage (x, window, 0, 0, 200, 60, AllPlanes, ZPixmap);
  if (image == NULL)
    return FALSE;
  colours = g_hash_table_new (NULL, NULL);
  for (int row = 0; row < 60; row++)
    for (int column = 0; column < 200; column++)
      g_hash_table_add (colours, GUINT_TO_POINTER (XGetPixel (image, column, row) + 1));
  XDestroyImage (image);
  return g_hash_table_size (colours) >= 16;
}

static const char sheet[] =
    "{'app_id': <'org.gnome.eog'>, 'app_name': <'Image Viewer'>, 'app_icon': <'org.gnome.eog'>, 'executable': <'/usr/bin/eog'>,"
    " 'title': <'“Image Viewer” starts for the first time'>, 'text': <'It would like to have this.'>,"
    " 'reason': <'Shows your pictures'>, 'lines': <[('folder-pictures', 'View your Pictures', '~/Pictures', false),"
    " ('folder-music', 'View your Music', '~/Music', true), ('dialog-password', 'Use Passwords and keys', '', false)]>}";

static const char folder_sheet[] = "{'app_id': <'feh'>, 'app_name': <'Feh'>, 'title': <'Which folder may “Feh” see?'>,"
                                   " 'folder': <uint32 1>, 'folder_start': <b'/'>}";

/* Like a question, it takes no keyboard and no click that was meant for something else; what is switched on goes with Start. */
static void
test_sheet (Fixture *f, gconstpointer data)
{
  FakeSheetAnswer a;
  Window w;

  current = f;
  fake_broker_show_sheet (f->broker, 5, sheet);
  w = wait_dialog ();
  g_assert_true (holder_has_focus (f));
  key (XK_Return, 0);
  fake_wait (holder_got_key, f, "the key reaches the other window");
  press_and_release (w, START);
  fake_let_pass (200);
  press_and_release (w, START);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  g_assert_cmpuint (n_dialogs (NULL), ==, 1);

  fake_let_pass (GUARD_MS - 300 + MARGIN_MS);
  press_and_release (w, START);
  a = fake_broker_wait_sheet_answer (f->broker);
  g_assert_cmpuint (a.sheet, ==, 5);
  g_assert_true (a.start);
  g_assert_cmpuint (a.n_on, ==, 3);
  g_assert_cmpuint (a.on, ==, 2);
  fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the answered sheet goes");
}

static void
test_sheet_keys (Fixture *f, gconstpointer data)
{
  FakeSheetAnswer a;

  fake_broker_show_sheet (f->broker, 5, sheet);
  activate_and_wait (f, wait_dialog ());
  key (XK_Tab, 0); /* Start */
  key (XK_Tab, 0);
  key (XK_space, 0);
  key (XK_Tab, 0);
  key (XK_Tab, 0);
  key (XK_Return, 0); /* on a switch: it turns, nothing starts */
  fake_let_pass (500);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  key (XK_s, XK_Alt_L);
  a = fake_broker_wait_sheet_answer (f->broker);
  g_assert_true (a.start);
  g_assert_cmpuint (a.on, ==, 7);
  fake_broker_withdraw_sheet (f->broker, 5);

  /* Enter without more, and Escape, start nothing; and what is not started gives nothing either. */
  for (guint i = 0; i < 2; i++)
    {
      fake_broker_show_sheet (f->broker, 6 + i, sheet);
      activate_and_wait (f, wait_dialog ());
      key (i == 0 ? XK_Return : XK_Escape, 0);
      a = fake_broker_wait_sheet_answer (f->broker);
      g_assert_cmpuint (a.sheet, ==, 6 + i);
      g_assert_false (a.start);
      g_assert_cmpuint (a.on, ==, 0);
      fake_broker_withdraw_sheet (f->broker, 6 + i);
      fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the sheet goes");
    }
}

/* Without its folder it cannot be started; shown again, it is as new to the guard. */
static void
test_sheet_again (Fixture *f, gconstpointer data)
{
  Window w;

  fake_broker_show_sheet (f->broker, 5, folder_sheet);
  w = wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  press_and_release (w, START);
  fake_let_pass (200);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  fake_broker_show_sheet (f->broker, 5, folder_sheet);
  fake_let_pass (100);
  press_and_release (w, CANCEL);
  fake_let_pass (200);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  fake_broker_withdraw_sheet (f->broker, 5);
  fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the sheet goes");

  /* A broker that ends takes it off the screen. */
  fake_broker_show_sheet (f->broker, 6, sheet);
  wait_dialog ();
  fake_broker_stop (f->broker);
  fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the sheet goes");
}

#define ROUNDS 40

/* Show leaves the broker → the dialog is on screen, with its text. */
static void
bench_show (Fixture *f, gconstpointer data)
{
  gint64 times[ROUNDS];
  Window w;

  /* the window is always the same one */
  show (f, ROUNDS, "a", "");
  w = wait_dialog ();
  fake_broker_withdraw (f->broker, ROUNDS);
  fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the dialog goes");

  for (guint i = 0; i < ROUNDS; i++)
    {
      gint64 start = g_get_monotonic_time ();

      show (f, i, "a", "");
      while (!corner_is_drawn (w))
        if (!g_main_context_iteration (NULL, FALSE))
          g_usleep (300);
      times[i] = g_get_monotonic_time () - start;
      fake_broker_withdraw (f->broker, i);
      fake_wait (has_dialogs, GUINT_TO_POINTER (0), "the dialog goes");
      fake_let_pass (20);
    }
  qsort (times, ROUNDS, sizeof times[0], compare);
  g_print ("# Show → drawn: median %.1f ms, p95 %.1f ms, worst %.1f ms (%d rounds, %s)\n", (double)times[ROUNDS / 2] / 1000,
           (double)times[ROUNDS * 95 / 100] / 1000, (double)times[ROUNDS - 1] / 1000, ROUNDS, wm_program);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, >=, 3);
  agent_program = argv[1];
  wm_program = argv[2];
  signal (SIGPIPE, SIG_IGN);
  home = g_dir_make_tmp ("postern-home-XXXXXX", NULL);
  start_display ();
  XSetErrorHandler (ignore_x_error);

#define ADD(name, func) g_test_add ("/agent-gtk/" name, Fixture, NULL, set_up, func, tear_down)
  if (argc > 3)
    ADD ("bench", bench_show);
  else
    {
      ADD ("no-focus", test_no_focus);
      ADD ("click", test_click);
      ADD ("changed-content", test_changed_content);
      ADD ("sent-events", test_sent_events);
      ADD ("keyboard", test_keyboard);
      ADD ("keyboard-menu", test_keyboard_menu);
      ADD ("escape-and-enter", test_escape_and_enter);
      ADD ("inherited-focus", test_inherited_focus);
      ADD ("withdraw", test_withdraw);
      ADD ("one-for-each-application", test_one_for_each_application);
      ADD ("broker-dies", test_broker_dies);
      ADD ("turned-away", test_turned_away);
      ADD ("sheet", test_sheet);
      ADD ("sheet-keys", test_sheet_keys);
      ADD ("sheet-again", test_sheet_again);
    }
#undef ADD
  status = g_test_run ();
  XCloseDisplay (x);
  test_end (&xvfb);
  return status;
}
