/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-desk.h"

#include "test-display.h"

#include <X11/Xatom.h>
#include <X11/Xutil.h>
#include <X11/extensions/XTest.h>
#include <string.h>
#include <sys/wait.h>

static const char *agent_program, *wm_program;
Display *desk_x;
static char *display_name;
static char *home;
static GPid xvfb;

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

  XGetWindowProperty (desk_x, DefaultRootWindow (desk_x), XInternAtom (desk_x, "_NET_SUPPORTING_WM_CHECK", False), 0, 1, False,
                      XA_WINDOW, &type, &format, &n, &left, &value);
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

  XGetInputFocus (desk_x, &window, &revert);
  return window;
}

gboolean
desk_holder_has_focus (gpointer data)
{
  Desk *f = data;

  return focused () == f->holder;
}

static gboolean
holder_is_mapped (gpointer data)
{
  Desk *f = data;
  XWindowAttributes a;

  if (XGetWindowAttributes (desk_x, f->holder, &a) && a.map_state == IsViewable)
    return TRUE;
  XMapWindow (desk_x, f->holder); /* a window manager that is just starting may miss a request */
  return FALSE;
}

/* As a task switcher does it: the person's own act. */
static void
activate (Window window)
{
  XEvent e = { 0 };

  e.xclient.type = ClientMessage;
  e.xclient.window = window;
  e.xclient.message_type = XInternAtom (desk_x, "_NET_ACTIVE_WINDOW", False);
  e.xclient.format = 32;
  e.xclient.data.l[0] = 2;
  XSendEvent (desk_x, DefaultRootWindow (desk_x), False, SubstructureNotifyMask | SubstructureRedirectMask, &e);
  XSync (desk_x, False);
}

void
desk_set_up (Desk *f, gconstpointer data)
{
  const char *const agent_argv[] = { agent_program, NULL };
  const char *const wm_argv[] = { wm_program, NULL };
  g_auto (GStrv) environment = NULL;
  g_autofree char *expected = g_strdup_printf ("gtk %s", display_name);

  f->broker = fake_broker_new ();
  environment = child_environment ();
  f->wm = test_spawn (wm_argv, environment, -1);
  fake_wait (has_wm, f, "the window manager is there");
  f->holder = XCreateSimpleWindow (desk_x, DefaultRootWindow (desk_x), 0, 0, 300, 200, 0, 0, 0x446688);
  XSelectInput (desk_x, f->holder, KeyPressMask);
  fake_wait (holder_is_mapped, f, "the other window is on screen");
  activate (f->holder);
  fake_wait (desk_holder_has_focus, f, "the other window has the focus");

  f->agent = test_spawn (agent_argv, environment, -1);
  g_assert_cmpstr (fake_broker_wait_agent (f->broker), ==, expected);
}

gboolean
desk_agent_ended (gpointer data)
{
  Desk *f = data;

  if (f->agent != 0 && waitpid (f->agent, &f->status, WNOHANG) == f->agent)
    f->agent = 0;
  return f->agent == 0;
}

static gboolean
has_no_wm (gpointer data)
{
  return !has_wm (data);
}

void
desk_tear_down (Desk *f, gconstpointer data)
{
  test_end (&f->agent);
  test_end (&f->wm);
  XDestroyWindow (desk_x, f->holder);
  XDeleteProperty (desk_x, DefaultRootWindow (desk_x), XInternAtom (desk_x, "_NET_SUPPORTING_WM_CHECK", False));
  XSync (desk_x, True);
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

  if (!XGetWindowAttributes (desk_x, window, &attributes) || attributes.map_state != IsViewable)
    return FALSE;
  XGetWindowProperty (desk_x, window, XInternAtom (desk_x, "WM_WINDOW_ROLE", False), 0, 64, False, XA_STRING, &type, &format,
                      &n, &left, &role);
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
  if (!XQueryTree (desk_x, window, &root, &parent, &children, &n))
    return;
  for (unsigned i = 0; i < n; i++)
    collect_dialogs (children[i], found);
  if (children != NULL)
    XFree (children);
}

guint
desk_n_dialogs (Window *first)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Window));

  collect_dialogs (DefaultRootWindow (desk_x), found);
  if (first != NULL && found->len > 0)
    *first = g_array_index (found, Window, 0);
  return found->len;
}

gboolean
desk_has_dialogs (gpointer data)
{
  return desk_n_dialogs (NULL) == GPOINTER_TO_UINT (data);
}

/* At least 16 colours: text and controls are there, not only a background. */
static gboolean
is_drawn (Window window)
{
  g_autoptr (GHashTable) colours = g_hash_table_new (NULL, NULL);
  XWindowAttributes a;
  XImage *image;

  if (!XGetWindowAttributes (desk_x, window, &a) || a.map_state != IsViewable)
    return FALSE;
  image = XGetImage (desk_x, window, 0, 0, (unsigned)a.width, (unsigned)a.height, AllPlanes, ZPixmap);
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
  return desk_n_dialogs (data) > 0 && is_drawn (*(Window *)data);
}

Window
desk_wait_dialog (void)
{
  Window window = None;

  fake_wait (first_is_drawn, &window, "the dialog is drawn");
  return window;
}

void
desk_show (Desk *f, guint64 id, const char *app, const char *extra)
{
  g_autofree char *details = fake_broker_details (app, extra);

  fake_broker_show (f->broker, id, details);
}

void
desk_button_position (Window window, Button button, int *left, int *top)
{
  XWindowAttributes a;
  Window child;
  int origin_x, origin_y;

  g_assert_true (XGetWindowAttributes (desk_x, window, &a));
  XTranslateCoordinates (desk_x, window, DefaultRootWindow (desk_x), 0, 0, &origin_x, &origin_y, &child);
  *top = origin_y + a.height - 18 - 17;
  *left = button == DENY ? origin_x + 18 + 25 : origin_x + a.width - 18 - (button == ALWAYS ? 36 + 60 : 18);
}

void
desk_press_and_release (Window window, Button button)
{
  int left, top;

  desk_button_position (window, button, &left, &top);
  XTestFakeMotionEvent (desk_x, -1, left, top, 0);
  XTestFakeButtonEvent (desk_x, 1, True, 0);
  XTestFakeButtonEvent (desk_x, 1, False, 0);
  XSync (desk_x, False);
}

void
desk_key (KeySym symbol, KeySym modifier)
{
  if (modifier != 0)
    XTestFakeKeyEvent (desk_x, XKeysymToKeycode (desk_x, modifier), True, 0);
  XTestFakeKeyEvent (desk_x, XKeysymToKeycode (desk_x, symbol), True, 0);
  XTestFakeKeyEvent (desk_x, XKeysymToKeycode (desk_x, symbol), False, 0);
  if (modifier != 0)
    XTestFakeKeyEvent (desk_x, XKeysymToKeycode (desk_x, modifier), False, 0);
  XSync (desk_x, False);
}

static gboolean
holder_lost_focus (gpointer data)
{
  Desk *f = data;
  Window w = focused ();

  return w != None && w != PointerRoot && w != f->holder && w != DefaultRootWindow (desk_x);
}

gboolean
desk_holder_got_key (gpointer data)
{
  Desk *f = data;
  XEvent e;

  return XCheckTypedWindowEvent (desk_x, f->holder, KeyPress, &e);
}

/* Brings the dialog the keyboard, and waits until its keys count. */
void
desk_activate_and_wait (Desk *f, Window w)
{
  activate (w);
  fake_wait (holder_lost_focus, f, "the dialog gets the focus when it is asked for");
  fake_let_pass (GUARD_MS + MARGIN_MS);
}

static int
ignore_x_error (Display *d, XErrorEvent *e)
{
  return 0; /* windows of others may go at any time */
}

void
desk_open (const char *agent, const char *window_manager)
{
  agent_program = agent;
  wm_program = window_manager;
  home = g_dir_make_tmp ("postern-home-XXXXXX", NULL);
  display_name = test_display_start (&xvfb);
  desk_x = XOpenDisplay (display_name);
  g_assert_nonnull (desk_x);
  XSetErrorHandler (ignore_x_error);
}

void
desk_close (void)
{
  XCloseDisplay (desk_x);
  test_end (&xvfb);
}
