/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a dialog takes to come up, for test-agent-gtk.c. */

#include "test-desk.h"

#include <X11/Xutil.h>
#include <stdlib.h>

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

  if (!XGetWindowAttributes (desk_x, window, &a) || a.map_state != IsViewable)
    return FALSE;
  image = XGetImage (desk_x, window, 0, 0, 200, 60, AllPlanes, ZPixmap);
  if (image == NULL)
    return FALSE;
  colours = g_hash_table_new (NULL, NULL);
  for (int row = 0; row < 60; row++)
    for (int column = 0; column < 200; column++)
      g_hash_table_add (colours, GUINT_TO_POINTER (XGetPixel (image, column, row) + 1));
  XDestroyImage (image);
  return g_hash_table_size (colours) >= 16;
}

#define ROUNDS 40

/* Show leaves the broker → the dialog is on screen, with its text. */
static void
bench_show (Desk *f, gconstpointer data)
{
  gint64 times[ROUNDS];
  Window w;

  /* the window is always the same one */
  desk_show (f, ROUNDS, "a", "");
  w = desk_wait_dialog ();
  fake_broker_withdraw (f->broker, ROUNDS);
  fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the dialog goes");

  for (guint i = 0; i < ROUNDS; i++)
    {
      gint64 start = g_get_monotonic_time ();

      desk_show (f, i, "a", "");
      /* Asked again and again: the window is mapped before it is painted, and X tells nobody but by the DAMAGE extension that
       * another client has painted. The figure is too large by at most this pause and one look. */
      while (!corner_is_drawn (w))
        if (!g_main_context_iteration (NULL, FALSE))
          g_usleep (300);
      times[i] = g_get_monotonic_time () - start;
      fake_broker_withdraw (f->broker, i);
      fake_wait (desk_has_dialogs, GUINT_TO_POINTER (0), "the dialog goes");
      fake_let_pass (20);
    }
  qsort (times, ROUNDS, sizeof times[0], compare);
  g_print ("# Show → drawn: median %.1f ms, p95 %.1f ms, worst %.1f ms (%d rounds)\n", (double)times[ROUNDS / 2] / 1000,
           (double)times[ROUNDS * 95 / 100] / 1000, (double)times[ROUNDS - 1] / 1000, ROUNDS);
}

void
bench_tests_add (void)
{
  g_test_add ("/agent-gtk/bench", Desk, NULL, desk_set_up, bench_show, desk_tear_down);
}
