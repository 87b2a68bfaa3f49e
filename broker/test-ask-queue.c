/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask-queue.h"

#include <string.h>

/* The queue only keeps pointers to asks. */
#define ASK(n) ((PstAsk *)GINT_TO_POINTER (n))

static PstOffer *
offer (const char *base, gboolean is_protected)
{
  static PstUserDir dir = { (char *)"PICTURES", (char *)"/home/u/Pictures" };
  static char *roots[] = { (char *)"/home/u", NULL };
  static PstHost host = { .home = (char *)"/home/u", .user = (char *)"u", .gate_roots = roots };
  PstScopeFacts facts = { .host = &host,
                          .app_name = "App",
                          .path = base,
                          .target = base,
                          .target_exists = TRUE,
                          .target_is_dir = TRUE,
                          .intent = PST_INTENT_LIST,
                          .wanted = PST_ACCESS_VIEW,
                          .protected_by = is_protected ? base : NULL };
  PstOffer *result;

  if (!host.user_dirs)
    {
      host.user_dirs = g_ptr_array_new ();
      g_ptr_array_add (host.user_dirs, &dir);
    }
  result = pst_scopes_candidates (&facts);
  pst_scopes_word (result, &facts);
  return result;
}

static void
test_coalesce (void)
{
  g_autoptr (PstAskQueue) queue = pst_ask_queue_new ();
  PstQuestion *question = pst_ask_queue_add (queue, "eog", ":0", offer ("/home/u/Pictures", FALSE), ASK (1));

  g_assert_true (pst_ask_queue_find (queue, "eog", ":0", "/home/u/Pictures/2026/a.jpg", FALSE) == question);
  /* Another application, screen, place or sort of thing is another question. */
  g_assert_null (pst_ask_queue_find (queue, "cat", ":0", "/home/u/Pictures/a.jpg", FALSE));
  g_assert_null (pst_ask_queue_find (queue, "eog", ":1", "/home/u/Pictures/a.jpg", FALSE));
  g_assert_null (pst_ask_queue_find (queue, "eog", ":0", "/home/u/Pictures2", FALSE));
  g_assert_null (pst_ask_queue_find (queue, "eog", ":0", "/home/u/Pictures/ssh", TRUE));
  pst_ask_queue_join (question, ASK (2), PST_ACCESS_VIEW);
  g_assert_false (pst_ask_queue_leave (queue, question, ASK (1)));
  g_assert_true (pst_ask_queue_leave (queue, question, ASK (2)));
  g_assert_cmpuint (pst_ask_queue_get_n_questions (queue), ==, 0);
}

static void
test_one_on_screen (void)
{
  g_autoptr (PstAskQueue) queue = pst_ask_queue_new ();
  PstQuestion *first = pst_ask_queue_add (queue, "eog", ":0", offer ("/home/u/Pictures", FALSE), ASK (1));
  PstQuestion *second = pst_ask_queue_add (queue, "eog", ":0", offer ("/home/u/Projects", FALSE), ASK (2));
  PstQuestion *other = pst_ask_queue_add (queue, "cat", ":0", offer ("/home/u/Pictures", FALSE), ASK (3));
  g_auto (GStrv) waiting = pst_ask_queue_waiting (queue, "eog", ":0"), none = pst_ask_queue_waiting (queue, "cat", ":0");
  guint64 id = first->id;

  g_assert_true (pst_ask_queue_head (queue, "eog", ":0") == first);
  g_assert_true (pst_ask_queue_head (queue, "cat", ":0") == other);
  g_assert_cmpuint (g_strv_length (waiting), ==, 1);
  g_assert_cmpstr (waiting[0], ==, "Allow “App” to view the folder “Projects”?");
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  pst_question_free (pst_ask_queue_steal (queue, first));
  g_assert_true (pst_ask_queue_head (queue, "eog", ":0") == second);
  /* An answer that comes too late finds nothing. */
  g_assert_null (pst_ask_queue_lookup (queue, id));
  g_assert_true (pst_ask_queue_lookup (queue, second->id) == second);
}

static void
test_many_lines (void)
{
  g_autoptr (PstAskQueue) queue = pst_ask_queue_new ();
  g_auto (GStrv) waiting = NULL;

  for (int i = 1; i <= 31; i++)
    {
      g_autofree char *base = g_strdup_printf ("/home/u/%d", i);

      pst_ask_queue_add (queue, "eog", ":0", offer (base, FALSE), ASK (i));
    }
  waiting = pst_ask_queue_waiting (queue, "eog", ":0");
  g_assert_cmpuint (g_strv_length (waiting), ==, 21);
  g_assert_cmpstr (waiting[20], ==, "and 10 more questions");
}

static void
test_preselection (void)
{
  g_autoptr (PstAskQueue) queue = pst_ask_queue_new ();
  PstQuestion *unseen = pst_ask_queue_add (queue, "eog", ":0", offer ("/home/u/Pictures", FALSE), ASK (1));
  PstQuestion *seen = pst_ask_queue_add (queue, "cat", ":0", offer ("/home/u/Pictures", FALSE), ASK (2));

  pst_question_shown (seen, 100, 50);
  pst_ask_queue_join (unseen, ASK (3), PST_ACCESS_CHANGE);
  pst_ask_queue_join (seen, ASK (4), PST_ACCESS_CHANGE);
  g_assert_cmpint (unseen->offer->accesses[unseen->offer->access].access, ==, PST_ACCESS_CHANGE);
  /* Nothing changes under the hand of who looks at it. */
  g_assert_cmpint (seen->offer->accesses[seen->offer->access].access, ==, PST_ACCESS_VIEW);
}

static void
test_deadline (void)
{
  g_autoptr (PstAskQueue) queue = pst_ask_queue_new ();
  PstQuestion *first = pst_ask_queue_add (queue, "eog", ":0", offer ("/home/u/Pictures", FALSE), ASK (1));
  PstQuestion *second = pst_ask_queue_add (queue, "cat", ":0", offer ("/home/u/Pictures", FALSE), ASK (2));

  /* What has not been on the screen does not run out. */
  g_assert_cmpint (pst_ask_queue_next_deadline (queue), ==, 0);
  g_assert_null (pst_ask_queue_expired (queue, G_MAXINT64));
  pst_question_shown (second, 100, 50);
  pst_question_shown (first, 120, 50);
  /* Shown again, by a new agent: the time goes on. */
  pst_question_shown (second, 140, 50);
  g_assert_cmpint (pst_ask_queue_next_deadline (queue), ==, 150);
  g_assert_null (pst_ask_queue_expired (queue, 149));
  g_assert_true (pst_ask_queue_expired (queue, 150) == second);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ask-queue/coalesce", test_coalesce);
  g_test_add_func ("/ask-queue/one-on-screen", test_one_on_screen);
  g_test_add_func ("/ask-queue/many-lines", test_many_lines);
  g_test_add_func ("/ask-queue/preselection", test_preselection);
  g_test_add_func ("/ask-queue/deadline", test_deadline);
  return g_test_run ();
}
