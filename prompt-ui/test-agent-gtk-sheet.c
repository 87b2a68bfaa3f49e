/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sheet of a first start, among those of test-agent-gtk.c. */

#include "test-desk.h"

static const char sheet[] =
    "{'app_id': <'org.gnome.eog'>, 'app_name': <'Image Viewer'>, 'app_icon': <'org.gnome.eog'>, 'executable': <'/usr/bin/eog'>,"
    " 'title': <'“Image Viewer” starts for the first time'>, 'text': <'It would like to have this.'>,"
    " 'reason': <'Shows your pictures'>, 'lines': <[('folder-pictures', 'View your Pictures', '~/Pictures', false),"
    " ('folder-music', 'View your Music', '~/Music', true), ('dialog-password', 'Use Passwords and keys', '', false)]>}";

static const char folder_sheet[] = "{'app_id': <'feh'>, 'app_name': <'Feh'>, 'title': <'Which folder may “Feh” see?'>,"
                                   " 'folder': <uint32 1>, 'folder_start': <b'/'>}";

/* Like a question, it takes no keyboard and no click that was meant for something else; what is switched on goes with Start. */
static void
test_sheet (Desk *f, gconstpointer data)
{
  FakeSheetAnswer a;
  Window w;

  fake_broker_show_sheet (f->broker, 5, sheet);
  w = desk_wait_dialog ();
  g_assert_true (desk_holder_has_focus (f));
  desk_key (XK_Return, 0);
  fake_wait (desk_holder_got_key, f, "the key reaches the other window");
  desk_press_and_release (w, START);
  fake_let_pass (200);
  desk_press_and_release (w, START);
  fake_let_pass (100);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  g_assert_cmpuint (desk_n_dialogs (NULL), ==, 1);

  fake_let_pass (GUARD_MS - 300 + MARGIN_MS);
  desk_press_and_release (w, START);
  a = fake_broker_wait_sheet_answer (f->broker);
  g_assert_cmpuint (a.sheet, ==, 5);
  g_assert_true (a.start);
  g_assert_cmpuint (a.n_on, ==, 3);
  g_assert_cmpuint (a.on, ==, 2);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the answered sheet goes");
}

static void
test_sheet_keys (Desk *f, gconstpointer data)
{
  FakeSheetAnswer a;

  fake_broker_show_sheet (f->broker, 5, sheet);
  desk_activate_and_wait (f, desk_wait_dialog ());
  desk_key (XK_Tab, 0); /* Start */
  desk_key (XK_Tab, 0);
  desk_key (XK_space, 0);
  desk_key (XK_Tab, 0);
  desk_key (XK_Tab, 0);
  desk_key (XK_Return, 0); /* on a switch: it turns, nothing starts */
  fake_let_pass (500);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  desk_key (XK_s, XK_Alt_L);
  a = fake_broker_wait_sheet_answer (f->broker);
  g_assert_true (a.start);
  g_assert_cmpuint (a.on, ==, 7);
  fake_broker_withdraw_sheet (f->broker, 5);

  /* Enter without more, and Escape, start nothing; and what is not started gives nothing either. */
  for (guint i = 0; i < 2; i++)
    {
      fake_broker_show_sheet (f->broker, 6 + i, sheet);
      desk_activate_and_wait (f, desk_wait_dialog ());
      desk_key (i == 0 ? XK_Return : XK_Escape, 0);
      a = fake_broker_wait_sheet_answer (f->broker);
      g_assert_cmpuint (a.sheet, ==, 6 + i);
      g_assert_false (a.start);
      g_assert_cmpuint (a.on, ==, 0);
      fake_broker_withdraw_sheet (f->broker, 6 + i);
      fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the sheet goes");
    }
}

/* Without its folder it cannot be started; shown again, it is as new to the guard. */
static void
test_sheet_again (Desk *f, gconstpointer data)
{
  Window w;

  fake_broker_show_sheet (f->broker, 5, folder_sheet);
  w = desk_wait_dialog ();
  fake_let_pass (GUARD_MS + MARGIN_MS);
  desk_press_and_release (w, START);
  fake_let_pass (200);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  fake_broker_show_sheet (f->broker, 5, folder_sheet);
  fake_let_pass (100);
  desk_press_and_release (w, CANCEL);
  fake_let_pass (200);
  g_assert_cmpuint (fake_broker_n_sheet_answers (f->broker), ==, 0);
  fake_broker_withdraw_sheet (f->broker, 5);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the sheet goes");

  /* A broker that ends takes it off the screen. */
  fake_broker_show_sheet (f->broker, 6, sheet);
  desk_wait_dialog ();
  fake_broker_stop (f->broker);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the sheet goes");
}

void
sheet_tests_add (void)
{
  g_test_add ("/agent-gtk/sheet", Desk, NULL, desk_set_up, test_sheet, desk_tear_down);
  g_test_add ("/agent-gtk/sheet-keys", Desk, NULL, desk_set_up, test_sheet_keys, desk_tear_down);
  g_test_add ("/agent-gtk/sheet-again", Desk, NULL, desk_set_up, test_sheet_again, desk_tear_down);
}
