/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The dialog as a person and a hostile application meet it (test-desk.h). argv[1]: the agent; argv[2]: the window manager;
 * argv[3] "bench": measures Show → drawn. */

#include "pst-types.h"
#include "test-desk.h"

#include <X11/extensions/XTest.h>
#include <signal.h>
#include <sys/wait.h>

static void
test_no_focus (Desk *f, gconstpointer data)
{
  desk_show (f, 1, "a", "");
  desk_wait_dialog ();
  g_assert_true (desk_holder_has_focus (f));
  for (int i = 0; i < 3; i++)
    {
      /* what is typed goes where it went before, keys that would answer included */
      desk_key (XK_Return, 0);
      fake_wait (desk_holder_got_key, f, "the key reaches the other window");
      fake_let_pass (300);
    }
  g_assert_true (desk_holder_has_focus (f));
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
}

static void
test_click (Desk *f, gconstpointer data)
{
  Window w;
  FakeAnswer a;

  desk_show (f, 1, "a", "");
  w = desk_wait_dialog ();
  desk_press_and_release (w, ALWAYS);
  fake_let_pass (200);
  desk_press_and_release (w, ALWAYS);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
  g_assert_cmpuint (desk_n_dialogs (NULL), ==, 1);

  fake_let_pass (GUARD_MS - 300 + MARGIN_MS);
  desk_press_and_release (w, ALWAYS);
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.question, ==, 1);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ALWAYS);
  g_assert_cmpuint (a.scope, ==, 0);
  g_assert_cmpuint (a.access, ==, 0);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the answered dialog goes");
}

/* A press that began on one question must not be released on another. */
static void
test_changed_content (Desk *f, gconstpointer data)
{
  Window w;
  int left, top;

  desk_show (f, 1, "a", "");
  w = desk_wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);

  desk_button_position (w, ALWAYS, &left, &top);
  XTestFakeMotionEvent (desk_x, -1, left, top, 0);
  XTestFakeButtonEvent (desk_x, 1, True, 0);
  XSync (desk_x, False);
  fake_let_pass (100);
  desk_show (f, 1, "a", "'reason': <'Another question at the same place.'>,");
  fake_let_pass (GUARD_MS + MARGIN_MS);
  XTestFakeButtonEvent (desk_x, 1, False, 0);
  XSync (desk_x, False);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);

  /* and a fresh click right after a change does not count either */
  desk_show (f, 1, "a", "");
  fake_let_pass (100);
  desk_press_and_release (w, ALWAYS);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);

  /* but lines that come and go below do not keep the dialog from being answered */
  fake_let_pass (GUARD_MS + MARGIN_MS - 200);
  desk_show (f, 1, "a", "'waiting': <['something']>,");
  desk_show (f, 1, "a", "");
  fake_let_pass (100);
  desk_press_and_release (w, ALWAYS);
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).answer, ==, PST_ANSWER_ALLOW);
}

static void
test_sent_events (Desk *f, gconstpointer data)
{
  Window w;
  XEvent e = { 0 };

  desk_show (f, 1, "a", "");
  w = desk_wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  e.xkey.type = KeyPress;
  e.xkey.display = desk_x;
  e.xkey.window = w;
  e.xkey.root = DefaultRootWindow (desk_x);
  e.xkey.same_screen = True;
  e.xkey.state = Mod1Mask;
  e.xkey.keycode = XKeysymToKeycode (desk_x, XK_a);
  XSendEvent (desk_x, w, True, KeyPressMask, &e);
  e.xkey.state = 0;
  e.xkey.keycode = XKeysymToKeycode (desk_x, XK_Escape);
  XSendEvent (desk_x, w, True, KeyPressMask, &e);
  XSync (desk_x, False);
  fake_let_pass (300);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
  g_assert_cmpuint (desk_n_dialogs (NULL), ==, 1);
}

static void
test_keyboard (Desk *f, gconstpointer data)
{
  FakeAnswer a;

  desk_show (f, 1, "a", "");
  desk_activate_and_wait (f, desk_wait_dialog ());
  desk_key (XK_s, XK_Alt_L); /* Scope */
  desk_key (XK_Down, 0);
  desk_key (XK_Down, 0);
  desk_key (XK_c, XK_Alt_L); /* Access */
  desk_key (XK_Right, 0);
  desk_key (XK_t, XK_Alt_L); /* Allow this time */
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ONCE);
  g_assert_cmpuint (a.scope, ==, 2);
  g_assert_cmpuint (a.access, ==, 1);
}

static void
test_keyboard_menu (Desk *f, gconstpointer data)
{
  FakeAnswer a;
  gint64 week = g_get_real_time () / G_USEC_PER_SEC + 7 * 86400;

  desk_show (f, 1, "a", "");
  desk_activate_and_wait (f, desk_wait_dialog ());
  desk_key (XK_Tab, 0); /* Deny → its arrow → Allow this time → Always allow → its arrow */
  desk_key (XK_Tab, 0);
  desk_key (XK_Tab, 0);
  desk_key (XK_Tab, 0);
  desk_key (XK_space, 0);
  fake_let_pass (300); /* the menu opens */
  desk_key (XK_w, 0);
  a = fake_broker_wait_answer (f->broker);
  g_assert_cmpuint (a.answer, ==, PST_ANSWER_ALLOW);
  g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_UNTIL);
  g_assert_cmpint (a.until, >=, week);
  g_assert_cmpint (a.until, <=, week + 60);
}

static void
test_escape_and_enter (Desk *f, gconstpointer data)
{
  static const KeySym keys[] = { XK_Escape, XK_Return };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      FakeAnswer a;

      desk_show (f, i, "a", "");
      desk_activate_and_wait (f, desk_wait_dialog ());
      desk_key (keys[i], 0);
      a = fake_broker_wait_answer (f->broker);
      g_assert_cmpuint (a.answer, ==, PST_ANSWER_DENY);
      g_assert_cmpuint (a.lifetime, ==, PST_LIFETIME_ONCE);
      fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the dialog goes");
      fake_wait (desk_holder_has_focus, f, "the other window has the focus again");
    }
}

/* The keyboard that comes by itself (here: the window that had it goes) must not answer with what is being typed. */
static void
test_inherited_focus (Desk *f, gconstpointer data)
{
  desk_show (f, 1, "a", "");
  desk_wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  XUnmapWindow (desk_x, f->holder);
  XSync (desk_x, False);
  for (int i = 0; i < 3; i++)
    {
      desk_key (XK_Return, 0);
      desk_key (XK_a, XK_Alt_L);
      fake_let_pass (100);
    }
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
}

static void
test_withdraw (Desk *f, gconstpointer data)
{
  gint64 start;

  desk_show (f, 1, "a", "");
  desk_wait_dialog ();
  start = g_get_monotonic_time ();
  fake_broker_withdraw (f->broker, 1);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the withdrawn dialog goes");
  g_test_message ("gone after %" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - start) / 1000);
  g_assert_cmpuint (fake_broker_n_answers (f->broker), ==, 0);
}

static void
test_one_for_each_application (Desk *f, gconstpointer data)
{
  Window w;

  desk_show (f, 1, "a", "");
  desk_show (f, 2, "a", "");
  desk_show (f, 3, "b", "");
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (2), "a dialog for each application");
  fake_let_pass (300);
  g_assert_cmpuint (desk_n_dialogs (NULL), ==, 2);
  fake_broker_withdraw (f->broker, 3);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (1), "one goes");
  fake_broker_withdraw (f->broker, 1);
  w = desk_wait_dialog (); /* the second question of the same application */
  fake_let_pass (GUARD_MS + MARGIN_MS);
  desk_press_and_release (w, DENY);
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).question, ==, 2);
}

static void
test_broker_dies (Desk *f, gconstpointer data)
{
  Window w;

  desk_show (f, 1, "a", "");
  desk_wait_dialog ();
  fake_broker_stop (f->broker);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "a dialog without a broker goes");
  fake_broker_start (f->broker);
  fake_broker_wait_agent (f->broker);
  desk_show (f, 1, "a", "");
  w = desk_wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  desk_press_and_release (w, DENY);
  g_assert_cmpuint (fake_broker_wait_answer (f->broker).answer, ==, PST_ANSWER_DENY);
}

static void
test_turned_away (Desk *f, gconstpointer data)
{
  fake_broker_turn_away (f->broker);
  fake_broker_stop (f->broker);
  fake_broker_start (f->broker);
  fake_wait (desk_agent_ended, f, "an agent that is one too many ends");
  g_assert_true (WIFEXITED (f->status) && WEXITSTATUS (f->status) == 0);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, >=, 3);
  signal (SIGPIPE, SIG_IGN);
  desk_open (argv[1], argv[2]);

#define ADD(name, func) g_test_add ("/agent-gtk/" name, Desk, NULL, desk_set_up, func, desk_tear_down)
  if (argc > 3)
    bench_tests_add ();
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
      sheet_tests_add ();
    }
#undef ADD
  status = g_test_run ();
  desk_close ();
  return status;
}
