/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bench-history FILE [ROWS]   what a page of the history and each filter of it costs.
 *
 * FILE is made with ROWS (1,000,000) rows if it is not there. Each figure is the time from the call in the main loop to the
 * answer there, over searches with different words and places; "whole": the same searches gone on with to a full page or to
 * the end, for those that have it in more than one answer. Beside it: how long the main loop was kept from a timer of one
 * millisecond meanwhile. Exits with 1 if a p95 of the answers is over 50 ms. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "history.h"

#define APPS 300
#define WORDS 3000
#define ROUNDS 40
#define LIMIT_MS 50.0
#define PAGE 100u /* rows, where a filter says nothing else */

static GMainLoop *loop;
static char words[WORDS][12];
static gboolean failed;

static void
make_words (void)
{
  GRand *random = g_rand_new_with_seed (1);

  for (int i = 0; i < WORDS; i++)
    {
      int len = g_rand_int_range (random, 3, 10);

      for (int k = 0; k < len; k++)
        words[i][k] = (char)g_rand_int_range (random, 'a', 'z' + 1);
    }
  g_rand_free (random);
}

static PstEvent *
make_event (GRand *random, guint i, guint rows)
{
  static const char *const whats[] = { "asked", "granted", "used", "started", "ended", "refused", "answered" };
  guint app = (guint)g_rand_int_range (random, 0, APPS);
  const char *what = i % 100000 == 77 ? "expired" : whats[g_rand_int_range (random, 0, G_N_ELEMENTS (whats))];
  g_autofree char *id = g_strdup_printf ("org.example.App%u", app), *path = NULL, *text = NULL;
  PstEvent *event;

  path = g_strdup_printf ("/home/user/%s/%s/%s-%s-%u.jpg", i % 3 ? "Pictures" : "Documents",
                          words[g_rand_int_range (random, 0, WORDS)], words[g_rand_int_range (random, 0, WORDS)],
                          words[g_rand_int_range (random, 0, WORDS)], i);
  text = g_strdup_printf ("Allow “Application %u” to view your %s?", app, i % 3 ? "Pictures" : "Documents");
  event = pst_event_new (what, id, i / 20, path, text);
  event->name = g_strdup_printf ("Application %u", app);
  event->program = g_strdup_printf ("/usr/bin/app%u", app);
  /* 180 days */
  event->time = 1700000000 + (gint64)i * 180 * 86400 / rows;
  return event;
}

static void
make (const char *path, guint rows)
{
  g_autoptr (GError) error = NULL;
  gboolean set_aside;
  g_autoptr (PstHistoryDb) db = pst_history_db_open (path, 1, &set_aside, &error);
  GRand *random = g_rand_new_with_seed (2);
  gint64 start = g_get_monotonic_time ();

  if (!db)
    g_error ("%s", error->message);
  for (guint i = 0; i < rows;)
    {
      g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);

      for (guint k = 0; k < 2000 && i < rows; k++, i++)
        g_ptr_array_add (events, make_event (random, i, rows));
      if (!pst_history_db_write (db, events, &error))
        g_error ("%s", error->message);
    }
  g_rand_free (random);
  printf ("made in %.1f s, %.0f µs a row\n", (g_get_monotonic_time () - start) / 1e6,
          (double)(g_get_monotonic_time () - start) / rows);
}

typedef struct
{
  guint rows, answers;
  guint64 next;
} Answer;

static void
on_answer (GPtrArray *rows, guint64 next, const GError *error, gpointer data)
{
  Answer *answer = data;

  if (error)
    g_error ("%s", error->message);
  answer->rows += rows->len;
  answer->next = next;
  answer->answers++;
  g_main_loop_quit (loop);
}

static void
on_written (GPtrArray *events, const GError *error, gpointer data)
{
}

static gint64 last_tick, worst_tick;

static gboolean
on_tick (gpointer data)
{
  gint64 now = g_get_monotonic_time ();

  worst_tick = MAX (worst_tick, now - last_tick);
  last_tick = now;
  return G_SOURCE_CONTINUE;
}

static int
compare (const void *a, const void *b)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

  return x < y ? -1 : x > y;
}

typedef PstHistoryFilter *(*MakeFilter) (guint round, guint rows);

/* µs; another page of the search if @answer holds something to go on with. */
static gint64
ask (PstHistory *history, PstHistoryFilter *filter, Answer *answer)
{
  gint64 start = last_tick = g_get_monotonic_time ();
  guint source = g_timeout_add (1, on_tick, NULL);

  if (answer->next > 0)
    filter->before = answer->next;
  filter->limit -= answer->rows;
  pst_history_query (history, filter, on_answer, answer);
  g_main_loop_run (loop);
  g_source_remove (source);
  return g_get_monotonic_time () - start;
}

static void
measure (PstHistory *history, const char *name, MakeFilter make_filter, guint rows)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 whole[ROUNDS];
  guint found = 0, most_answers = 1;

  worst_tick = 0;
  for (guint i = 0; i < ROUNDS; i++)
    {
      Answer answer = { 0 };

      whole[i] = 0;
      do
        {
          gint64 took = ask (history, make_filter (i, rows), &answer);

          g_array_append_val (times, took);
          whole[i] += took;
        }
      while (answer.next > 0 && answer.rows < PAGE);
      most_answers = MAX (most_answers, answer.answers);
      found += answer.rows;
    }
  g_array_sort (times, compare);
  qsort (whole, ROUNDS, sizeof whole[0], compare);
  printf ("%-34s p50 %7.2f ms   p95 %7.2f ms   max %7.2f ms   rows %5.1f   loop %5.2f ms", name,
          (double)g_array_index (times, gint64, times->len / 2) / 1e3,
          (double)g_array_index (times, gint64, times->len * 95 / 100) / 1e3,
          (double)g_array_index (times, gint64, times->len - 1) / 1e3, (double)found / ROUNDS, (double)worst_tick / 1e3);
  if (most_answers > 1)
    printf ("   whole: p50 %.0f ms, max %.0f ms in %u answers", (double)whole[ROUNDS / 2] / 1e3,
            (double)whole[ROUNDS - 1] / 1e3, most_answers);
  if ((double)g_array_index (times, gint64, times->len * 95 / 100) > LIMIT_MS * 1e3)
    {
      printf ("   OVER");
      failed = TRUE;
    }
  putchar ('\n');
}

static PstHistoryFilter *
newest (guint round, guint rows)
{
  return pst_history_filter_new ();
}

static PstHistoryFilter *
middle (guint round, guint rows)
{
  PstHistoryFilter *filter = pst_history_filter_new ();

  filter->before = (guint64)rows * (round + 1) / (ROUNDS + 1);
  return filter;
}

static PstHistoryFilter *
since (guint round, guint rows)
{
  PstHistoryFilter *filter = pst_history_filter_new ();

  filter->until = 1700000000 + (gint64)(round + 1) * 180 * 86400 / (ROUNDS + 1);
  filter->since = filter->until - 7 * 86400;
  return filter;
}

static PstHistoryFilter *
by_app (guint round, guint rows)
{
  PstHistoryFilter *filter = middle (round, rows);

  filter->app = g_strdup_printf ("org.example.App%u", round * 7 % APPS);
  return filter;
}

static PstHistoryFilter *
by_what (guint round, guint rows)
{
  PstHistoryFilter *filter = pst_history_filter_new ();

  filter->what = g_strsplit (round % 2 ? "refused answered" : "expired", " ", -1);
  return filter;
}

static PstHistoryFilter *
by_text (const char *text)
{
  PstHistoryFilter *filter = pst_history_filter_new ();

  filter->text = g_strdup (text);
  return filter;
}

static PstHistoryFilter *
common_text (guint round, guint rows)
{
  static const char *const common[] = { "pictures", "HOME/USER", "allow", "application 2", "example.app1" };

  return by_text (common[round % G_N_ELEMENTS (common)]);
}

static PstHistoryFilter *
rare_text (guint round, guint rows)
{
  g_autofree char *text = g_strdup_printf ("-%u.jpg", round * (rows / ROUNDS));

  return by_text (text);
}

static PstHistoryFilter *
no_text (guint round, guint rows)
{
  static const char *const none[] = { "zzqqzz", "user/home", "erutcip", "nowhere at all" };

  return by_text (none[round % G_N_ELEMENTS (none)]);
}

/* Each three of its characters is in thousands of rows, and together they are in none: the index does not know which follow
 * each other. This is what it costs to look at the rows. */
static PstHistoryFilter *
crossing_text (guint round, guint rows)
{
  return by_text (round % 2 ? "pictures/user" : "documents/user");
}

static PstHistoryFilter *
text_and_app (guint round, guint rows)
{
  PstHistoryFilter *filter = common_text (round, rows);

  filter->app = g_strdup_printf ("org.example.App%u", round * 7 % APPS);
  return filter;
}

static PstHistoryFilter *
text_and_what (guint round, guint rows)
{
  PstHistoryFilter *filter = common_text (round, rows);

  filter->what = g_strsplit (round % 2 ? "refused" : "expired", " ", -1);
  return filter;
}

static PstHistoryFilter *
short_text (guint round, guint rows)
{
  return by_text (words[round] + 1);
}

static PstHistoryFilter *
short_no_text (guint round, guint rows)
{
  return by_text (round % 2 ? "#7" : "照片");
}

int
main (int argc, char **argv)
{
  guint rows = argc > 2 ? (guint)strtoul (argv[2], NULL, 10) : 1000000;
  PstHistory *history;
  struct stat st;

  if (argc < 2)
    {
      fprintf (stderr, "bench-history FILE [ROWS]\n");
      return 2;
    }
  setvbuf (stdout, NULL, _IOLBF, 0);
  make_words ();
  if (stat (argv[1], &st) < 0)
    make (argv[1], rows);
  if (stat (argv[1], &st) == 0)
    printf ("%u rows in %.0f MB\n", rows, (double)st.st_size / 1e6);
  loop = g_main_loop_new (NULL, FALSE);
  history = pst_history_new (argv[1], 1, on_written, NULL);
  measure (history, "newest page", newest, rows);
  measure (history, "page in the middle", middle, rows);
  measure (history, "a week", since, rows);
  measure (history, "application, in the middle", by_app, rows);
  measure (history, "kinds", by_what, rows);
  measure (history, "text, many hits", common_text, rows);
  measure (history, "text, one hit", rare_text, rows);
  measure (history, "text, no hit", no_text, rows);
  measure (history, "text whose parts are everywhere", crossing_text, rows);
  measure (history, "text and application", text_and_app, rows);
  measure (history, "text and kinds", text_and_what, rows);
  measure (history, "text of two or more letters", short_text, rows);
  measure (history, "text of two letters, no hit", short_no_text, rows);
  pst_history_free (history);
  g_main_loop_unref (loop);
  return failed;
}
