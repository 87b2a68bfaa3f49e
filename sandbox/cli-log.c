/* SPDX-License-Identifier: GPL-3.0-or-later */
/* postern log: what happened, and what happens. */
#include "cli-commands.h"
#include "cli-control.h"
#include "cli-output.h"
#include "cli.h"
#include "broker-connect.h"
#include "postern-ipc.h"
#include "pst-history-row.h"
#include "pst-path.h"
#include "pst-text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#define PAGE 1000u
#define MAX_LIMIT 1000000

typedef struct
{
  char *app;
  char **what; /* (nullable) */
  char *text;  /* (nullable) */
  gint64 since;
  guint limit;
  gboolean json, follow;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->app);
  g_strfreev (options->what);
  g_free (options->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* Reading the command line */

/* "2026-11-24", "2026-11-24 14:03", "2h" and the like (ago), "today", "yesterday"; -1 for none of them. */
gint64
pst_cli_parse_since (const char *word, gint64 now)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_local ();
  g_autoptr (GDateTime) date = NULL, day = g_date_time_new_from_unix_local (now), midnight = NULL;
  int year, month, of_month, hour = 0, minute = 0, used = 0;
  gint64 unit = 0;
  char *end = NULL;
  guint64 number;

  midnight = g_date_time_new (zone, g_date_time_get_year (day), g_date_time_get_month (day), g_date_time_get_day_of_month (day),
                              0, 0, 0);
  if (strcmp (word, "today") == 0)
    return g_date_time_to_unix (midnight);
  if (strcmp (word, "yesterday") == 0)
    {
      date = g_date_time_add_days (midnight, -1);
      return g_date_time_to_unix (date);
    }
  if ((sscanf (word, "%4d-%2d-%2d%n", &year, &month, &of_month, &used) == 3 && word[used] == '\0') ||
      (sscanf (word, "%4d-%2d-%2d%*1[ T]%2d:%2d%n", &year, &month, &of_month, &hour, &minute, &used) == 5 &&
       word[used] == '\0'))
    {
      date = g_date_time_new (zone, year, month, of_month, hour, minute, 0);
      return date != NULL ? g_date_time_to_unix (date) : -1;
    }
  if (!g_ascii_isdigit (word[0]))
    return -1;
  number = g_ascii_strtoull (word, &end, 10);
  for (const char *p = "m\1h\2d\3w\4"; *p != '\0'; p += 2)
    if (end[0] == *p && end[1] == '\0')
      unit = p[1] == 1 ? 60 : p[1] == 2 ? 60 * 60 : p[1] == 3 ? 24 * 60 * 60 : 7 * 24 * 60 * 60;
  if (unit == 0 || number > 100000)
    return -1;
  return MAX (now - (gint64)number * unit, 1);
}

static const char *const kinds[] = { "asked", "answered", "granted", "revoked", "changed", "refused",
                                     "used",  "expired",  "started", "ended",   "left out" };

/* FALSE: told. */
static gboolean
take_what (Options *options, const char *words)
{
  g_autoptr (GPtrArray) what = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) parts = g_strsplit_set (words, ", ", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      const char *kind = strcmp (parts[i], "left-out") == 0 ? "left out" : parts[i];
      gsize k = 0;

      if (*kind == '\0')
        continue;
      while (k < G_N_ELEMENTS (kinds) && strcmp (kinds[k], kind) != 0)
        k++;
      if (k == G_N_ELEMENTS (kinds))
        {
          g_autofree char *shown = pst_text_for_display (kind, 40);

          pst_cli_fail (
              PST_EXIT_USAGE,
              _ ("nothing is called “%s” in the history; there are asked, answered, granted, revoked, changed, refused, "
                 "used, expired, started, ended, left-out"),
              shown);
          return FALSE;
        }
      g_ptr_array_add (what, g_strdup (kind));
    }
  g_ptr_array_add (what, NULL);
  options->what = (char **)g_ptr_array_free (g_steal_pointer (&what), FALSE);
  return TRUE;
}

/* Printing */

typedef struct
{
  char *number, *time, *path, *text;
  const char *access, *answer;
} Cells;

static void
cells_init (Cells *cells, const PstHistoryRow *row)
{
  cells->number = g_strdup_printf ("%" G_GUINT64_FORMAT, row->number);
  cells->time = pst_cli_time (row->time);
  cells->path = *row->resource != '\0' ? pst_path_abbreviate (row->resource, g_get_home_dir ()) : g_strdup ("-");
  cells->text = pst_history_row_dup_words (row);
  cells->access = row->access != 0 ? pst_access_to_string (row->access) : "-";
  cells->answer = row->answer != 0 ? pst_answer_to_string (row->answer) : "-";
}

static void
cells_clear (Cells *cells)
{
  g_free (cells->number);
  g_free (cells->time);
  g_free (cells->path);
  g_free (cells->text);
}

/* Oldest first. */
static void
print_rows (GPtrArray *rows, const Options *options)
{
  PstJson *json = options->json ? pst_json_new_lines () : NULL;
  PstTable *table = options->json ? NULL
                                  : pst_table_new (_ ("ROW"), _ ("WHEN"), _ ("APPLICATION"), _ ("WHAT"), _ ("ACCESS"),
                                                   _ ("ANSWER"), _ ("RESOURCE"), "", NULL);

  for (guint i = 0; i < rows->len; i++)
    {
      const PstHistoryRow *row = rows->pdata[i];

      if (json != NULL)
        pst_history_row_add_json (row, json);
      else
        {
          Cells cells;

          cells_init (&cells, row);
          pst_table_add (table, cells.number, cells.time, row->app, row->what, cells.access, cells.answer, cells.path,
                         cells.text, NULL);
          cells_clear (&cells);
        }
    }
  if (json != NULL)
    pst_json_print_free (json);
  else
    pst_table_print_free (table, *options->app || options->what || options->text || options->since
                                     ? _ ("Nothing like that has happened.")
                                     : _ ("Nothing has happened yet."));
}

/* One that comes later: no column can be made wider any more. What the application has brought about cannot command the
 * terminal, here as in a table. */
static void
print_line (const PstHistoryRow *row)
{
  Cells cells;
  const char *parts[7];

  cells_init (&cells, row);
  parts[0] = cells.number, parts[1] = cells.time, parts[2] = row->app, parts[3] = row->what, parts[4] = cells.access;
  parts[5] = cells.answer, parts[6] = cells.path;
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *shown = pst_text_for_display (parts[i], 200);

      printf ("%s%s", i == 0 ? "" : "  ", shown);
    }
  if (*cells.text != '\0')
    {
      g_autofree char *shown = pst_text_for_display (cells.text, 200);

      printf ("  %s", shown);
    }
  putchar ('\n');
  cells_clear (&cells);
}

/* Asking */

static GVariant *
make_filter (const Options *options, guint64 after, guint64 before, guint limit)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "app", g_variant_new_string (options->app));
  if (options->what != NULL)
    g_variant_builder_add (&dict, "{sv}", "what", g_variant_new_strv ((const char *const *)options->what, -1));
  if (options->text != NULL)
    g_variant_builder_add (&dict, "{sv}", "text", g_variant_new_string (options->text));
  if (options->since > 0)
    g_variant_builder_add (&dict, "{sv}", "since", g_variant_new_int64 (options->since));
  if (after > 0)
    g_variant_builder_add (&dict, "{sv}", "after", g_variant_new_uint64 (after));
  if (before > 0)
    g_variant_builder_add (&dict, "{sv}", "before", g_variant_new_uint64 (before));
  g_variant_builder_add (&dict, "{sv}", "limit", g_variant_new_uint32 (limit));
  return g_variant_new ("(a{sv})", &dict);
}

static gboolean
call (PstPeer *peer, const char *member, GVariant *args, const char *out, PstMessage **reply)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (args);
  g_autoptr (GError) error = NULL;

  *reply = pst_peer_call_sync (peer, member, sunk, NULL, 0, 30000, &error);
  if (*reply != NULL && !pst_message_check (*reply, out, &error))
    g_clear_pointer (reply, pst_message_free);
  if (*reply != NULL)
    return TRUE;
  pst_broker_explain (&error);
  pst_cli_fail (1, "%s", error->message);
  return FALSE;
}

static void
append_page (GPtrArray *rows, GVariant *reply, guint64 *next)
{
  g_autoptr (GVariant) page = g_variant_get_child_value (reply, 0);

  g_ptr_array_extend_and_steal (rows, pst_history_rows_parse (page));
  g_variant_get_child (reply, 1, "t", next);
}

/* Page by page. Oldest first: of PstHistoryRow; NULL: told. */
static GPtrArray *
ask_rows (PstPeer *peer, const Options *options)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (pst_history_row_free);
  guint64 next = 0;

  do
    {
      g_autoptr (PstMessage) reply = NULL;

      if (!call (peer, PST_CONTROL_HISTORY, make_filter (options, 0, next, MIN (options->limit - rows->len, PAGE)),
                 PST_CONTROL_HISTORY_OUT, &reply))
        return NULL;
      append_page (rows, reply->args, &next);
    }
  while (next > 0 && rows->len < options->limit);
  for (guint i = 0; i < rows->len / 2; i++)
    {
      gpointer newer = rows->pdata[i];

      rows->pdata[i] = rows->pdata[rows->len - 1 - i];
      rows->pdata[rows->len - 1 - i] = newer;
    }
  return g_steal_pointer (&rows);
}

/* Following. A new row is the sign to ask for what is new: so the broker's filter holds for these as well, and what came while
 * nobody looked is not lost. */

typedef struct
{
  const Options *options;
  GMainLoop *loop;
  GPtrArray *found; /* of PstHistoryRow, newest first: pages of what is new */
  guint64 next;     /* 0: nothing of them is left to ask for */
  guint64 last;     /* row that has been printed */
  gboolean is_asking, again;
  int status;
} Follow;

static void ask_new (PstPeer *peer, Follow *follow);

static void
print_new (Follow *follow)
{
  for (guint i = follow->found->len; i-- > 0;)
    {
      const PstHistoryRow *row = follow->found->pdata[i];

      follow->last = MAX (follow->last, row->number);
      if (follow->options->json)
        {
          PstJson *json = pst_json_new_lines ();

          pst_history_row_add_json (row, json);
          pst_json_print_free (json);
        }
      else
        print_line (row);
    }
  g_ptr_array_set_size (follow->found, 0);
  if (fflush (stdout) != 0)
    {
      follow->status = pst_cli_fail (1, _ ("the output cannot be written"));
      g_main_loop_quit (follow->loop);
    }
}

static void
on_new (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Follow *follow = user_data;

  follow->is_asking = FALSE;
  if (error != NULL || !pst_message_check (reply, PST_CONTROL_HISTORY_OUT, NULL))
    return; /* that the broker has gone is told once, by on_closed() */
  append_page (follow->found, reply->args, &follow->next);
  if (follow->next > 0)
    {
      ask_new (peer, follow);
      return;
    }
  print_new (follow);
  if (follow->again)
    ask_new (peer, follow);
}

static void
ask_new (PstPeer *peer, Follow *follow)
{
  if (follow->next == 0)
    follow->again = FALSE;
  follow->is_asking = TRUE;
  pst_peer_call (peer, PST_CONTROL_HISTORY, make_filter (follow->options, follow->last, follow->next, PAGE), NULL, 0, on_new,
                 follow);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  Follow *follow = user_data;

  if (strcmp (message->member, PST_CONTROL_EVENT) != 0)
    return;
  follow->again = TRUE;
  if (!follow->is_asking)
    ask_new (peer, follow);
}

static void
on_closed (PstPeer *peer, gpointer user_data)
{
  Follow *follow = user_data;

  follow->status = pst_cli_fail (1, _ ("the broker has ended, and nothing more is told; start this again to go on"));
  g_main_loop_quit (follow->loop);
}

static gboolean
on_interrupt (gpointer user_data)
{
  g_main_loop_quit (((Follow *)user_data)->loop);
  return G_SOURCE_CONTINUE;
}

static int
follow_rows (PstPeer *peer, const Options *options, guint64 last)
{
  Follow follow = { .options = options, .last = last };
  guint interrupt, terminate;

  follow.loop = g_main_loop_new (NULL, FALSE);
  follow.found = g_ptr_array_new_with_free_func (pst_history_row_free);
  interrupt = g_unix_signal_add (SIGINT, on_interrupt, &follow);
  terminate = g_unix_signal_add (SIGTERM, on_interrupt, &follow);
  fflush (stdout);
  pst_peer_start (peer, on_message, on_closed, &follow);
  /* what came between the page and now */
  ask_new (peer, &follow);
  g_main_loop_run (follow.loop);
  g_source_remove (interrupt);
  g_source_remove (terminate);
  g_ptr_array_unref (follow.found);
  g_main_loop_unref (follow.loop);
  return follow.status;
}

int
pst_cli_log_main (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autofree char *what = NULL, *since = NULL;
  int limit = 50, status;
  const GOptionEntry entries[] = {
    { "limit", 'n', 0, G_OPTION_ARG_INT, &limit, N_ ("How many of the newest (50)"), N_ ("N") },
    { "lines", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT, &limit, NULL, NULL },
    { "what", 0, 0, G_OPTION_ARG_STRING, &what, N_ ("Only these, as asked,refused,granted"), N_ ("WORDS") },
    { "since", 0, 0, G_OPTION_ARG_STRING, &since, N_ ("Only what is newer: 2h, 7d, today, YYYY-MM-DD, “YYYY-MM-DD HH:MM”"),
      N_ ("TIME") },
    { "text", 0, 0, G_OPTION_ARG_STRING, &options.text,
      N_ ("Only what has this text in its resource, its words or its application"), N_ ("TEXT") },
    { "follow", 'f', 0, G_OPTION_ARG_NONE, &options.follow, N_ ("Go on, and print what happens"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, N_ ("Print JSON for programs, one object a line"), NULL },
    { NULL }
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (PstPeer) peer = NULL;
  g_autoptr (PstMessage) watching = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  guint64 last = 0;

  if (!pst_cli_parse (&argc, &argv, entries, _ ("[APP]"),
                      _ ("Lists what was asked, answered, granted, revoked, refused and used, newest last."), &status))
    return status;
  if (argc > 2)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("takes one application at most"));
  if (limit < (options.follow ? 0 : 1) || limit > MAX_LIMIT)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("-n takes a number from %d to %d"), options.follow ? 0 : 1, MAX_LIMIT);
  if (what != NULL && !take_what (&options, what))
    return PST_EXIT_USAGE;
  if (options.text != NULL && !g_utf8_validate (options.text, -1, NULL))
    return pst_cli_fail (PST_EXIT_USAGE, _ ("the text to search for is not valid UTF-8"));
  if (since != NULL && (options.since = pst_cli_parse_since (since, g_get_real_time () / G_USEC_PER_SEC)) < 0)
    return pst_cli_fail (PST_EXIT_USAGE, _ ("“%s” is no time; use 2h, 7d, today, yesterday, YYYY-MM-DD or “YYYY-MM-DD HH:MM”"),
                         since);
  options.app = g_strdup (argc > 1 ? argv[1] : "");
  options.limit = (guint)MAX (limit, 1); /* of none, to know where what is new begins */

  peer = pst_cli_connect (&error);
  if (peer == NULL)
    {
      pst_broker_explain (&error);
      return pst_cli_fail (1, "%s", error->message);
    }
  if (options.follow && !call (peer, PST_CONTROL_WATCH, g_variant_new ("(b)", TRUE), PST_CONTROL_WATCH_OUT, &watching))
    return 1;
  rows = ask_rows (peer, &options);
  if (rows == NULL)
    return 1;
  if (rows->len == 0 && argc > 1 && !options.follow && pst_cli_check_app (argv[1]) != 0)
    return 1;
  if (limit > 0 && (rows->len > 0 || !options.follow))
    print_rows (rows, &options);
  if (rows->len > 0)
    last = ((PstHistoryRow *)rows->pdata[rows->len - 1])->number;
  return options.follow ? follow_rows (peer, &options, last) : 0;
}
