/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of a row in the index. */
#include "history-db-private.h"

#include <string.h>

#define INDEXED_BYTES 512u

void
pst_history_db_key (char kind, const char *word, char *text)
{
  const gunichar first = 0xe000, n = 6400; /* the private characters of the basic plane */
  g_autofree char *both = g_strdup_printf ("%c%s", kind, word);
  guint hash = g_str_hash (both);

  for (int i = 0; i < 3; i++, hash /= n)
    text += g_unichar_to_utf8 (first + hash % n, text);
  *text = '\0';
}

void
pst_history_db_block_key (PstHistoryDb *db, guint64 number, char *text)
{
  g_autofree char *block = g_strdup_printf ("%" G_GUINT64_FORMAT, number / db->block);

  pst_history_db_key ('b', block, text);
}

/* The end of a path says more than its beginning. */
static void
append_words (GString *words, const char *field, gboolean the_end)
{
  gsize len = field ? strlen (field) : 0;
  g_autofree char *valid = NULL, *folded = NULL;

  if (len == 0)
    return;
  if (len > INDEXED_BYTES && the_end)
    field += len - INDEXED_BYTES;
  valid = g_utf8_make_valid (field, (gssize)MIN (len, INDEXED_BYTES));
  folded = g_utf8_casefold (valid, -1);
  g_string_append (words, folded);
  g_string_append_c (words, '\n');
}

gboolean
pst_history_db_index (PstHistoryDb *db, const PstEvent *event, gboolean take_out)
{
  g_autoptr (GString) line = g_string_new (NULL);
  char app[16], what[16], block[16];
  sqlite3_stmt *statement = pst_sql_prepare (
      db->db, take_out ? "INSERT INTO words (rowid, line, of_app, of_what, of_block, words) VALUES (?,?,?,?,?,'delete')"
                       : "INSERT INTO words (rowid, line, of_app, of_what, of_block) VALUES (?,?,?,?,?)");

  append_words (line, event->resource, TRUE);
  append_words (line, event->text, FALSE);
  append_words (line, event->program, TRUE);
  append_words (line, event->name, FALSE);
  append_words (line, event->app, FALSE);
  g_string_append_c (line, '\n'); /* so that the last two characters begin a three as well */
  pst_history_db_key ('a', event->app, app);
  pst_history_db_key ('w', event->what, what);
  pst_history_db_block_key (db, event->number, block);
  pst_sql_bind_int (statement, 1, (gint64)event->number);
  pst_sql_bind_text (statement, 2, line->str);
  pst_sql_bind_text (statement, 3, app);
  pst_sql_bind_text (statement, 4, what);
  pst_sql_bind_text (statement, 5, block);
  return pst_sql_run (statement);
}
