/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the index of the words is asked for a text. */
#include "history-db-private.h"

/* Each three of characters narrows; beyond some it only costs. */
#define MAX_TERMS 24
#define ENOUGH 8
/* A candidate is looked at in the time in which the index steps over so many entries of another term; and what is in every
 * other row says little. */
#define WORTHWHILE 100
#define SAMPLE 300
/* Fewer rows than this can as well be looked at. */
#define MANY 4096

typedef struct
{
  PstHistoryDb *db;
  const char *needle;
  gint64 newest;
  gboolean failed;
} Search;

void
pst_history_match_append (GString *match, const char *term)
{
  g_string_append_c (match, '"');
  for (const char *p = term; *p; p++)
    g_string_append (match, *p == '"' ? "\"\"" : (char[]){ *p, '\0' });
  g_string_append_c (match, '"');
}

static char *
key_term (char kind, const char *word)
{
  g_autoptr (GString) term = g_string_new (NULL);
  char key[16];

  pst_history_db_key (kind, word, key);
  pst_history_match_append (term, key);
  return g_string_free (g_steal_pointer (&term), FALSE);
}

typedef struct
{
  char *match;
  double density; /* of all rows, how many it names */
} Term;

static void
term_clear (gpointer data)
{
  g_free (((Term *)data)->match);
}

static int
compare_terms (gconstpointer a, gconstpointer b)
{
  const Term *x = a, *y = b;

  return x->density < y->density ? -1 : x->density > y->density;
}

/* Notes how rare @match_take is, by the newest rows that it names. */
static void
add_term (Search *search, GArray *terms, char *match_take)
{
  sqlite3_stmt *statement = pst_sql_prepare (
      search->db->db, "SELECT count(*), min(rowid) FROM (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC"
                      " LIMIT " G_STRINGIFY (SAMPLE) ")");
  Term term = { match_take, 0 };

  pst_sql_bind_text (statement, 1, match_take);
  if (statement && sqlite3_step (statement) == SQLITE_ROW)
    {
      gint64 rows = sqlite3_column_int64 (statement, 0), oldest = rows < SAMPLE ? 0 : sqlite3_column_int64 (statement, 1);

      term.density = (double)rows / (double)MAX (search->newest - oldest + 1, 1);
    }
  search->failed |= !statement || sqlite3_finalize (statement) != SQLITE_OK;
  g_array_append_val (terms, term);
}

/* Of a text of one or two characters: all the threes that begin with it, unless so many rows have it that the next best rows
 * will do. NULL: they will. */
static char *
beginnings (Search *search)
{
  sqlite3_stmt *statement =
      pst_sql_prepare (search->db->db, "SELECT term, doc FROM vocabulary WHERE term >= ?1 AND term <= ?2");
  g_autofree char *last = g_strconcat (search->needle, "\xf4\x8f\xbf\xbf", NULL);
  g_autoptr (GString) match = g_string_new ("(");
  gint64 rows = 0;
  int status = SQLITE_ERROR;

  pst_sql_bind_text (statement, 1, search->needle);
  pst_sql_bind_text (statement, 2, last);
  while (statement && rows < MANY && (status = sqlite3_step (statement)) == SQLITE_ROW)
    {
      g_autofree char *term = pst_sql_column_string (statement, 0);

      rows += sqlite3_column_int64 (statement, 1);
      if (match->len > 1)
        g_string_append (match, " OR ");
      pst_history_match_append (match, term);
    }
  sqlite3_finalize (statement);
  search->failed |= status != SQLITE_DONE && status != SQLITE_ROW;
  if (rows >= MANY)
    return NULL;
  if (rows == 0)
    pst_history_match_append (match, "\xee\x80\x80\xee\x80\x80\xee\x80\x80"); /* nothing has it */
  g_string_append_c (match, ')');
  return g_string_free (g_steal_pointer (&match), FALSE);
}

char *
pst_history_match_new (PstHistoryDb *db, const PstHistoryFilter *filter, const char *needle, gint64 newest, gboolean *by_block,
                       gboolean *failed)
{
  Search search = { db, needle, newest, FALSE };
  g_autoptr (GArray) terms = g_array_new (FALSE, FALSE, sizeof (Term));
  g_autoptr (GString) match = g_string_new (NULL), kinds = g_string_new ("(");
  glong threes = g_utf8_strlen (needle, -1) - 2, step = MAX ((threes + MAX_TERMS - 1) / MAX_TERMS, 1);
  double worthwhile, entries = 0;

  g_array_set_clear_func (terms, term_clear);
  if (threes < 1)
    {
      char *any = beginnings (&search);

      *failed |= search.failed;
      if (!any)
        return NULL;
      add_term (&search, terms, any);
    }
  for (glong i = 0; i < threes; i += step)
    {
      const char *begin = g_utf8_offset_to_pointer (needle, i);
      g_autofree char *three = g_strndup (begin, (gsize)(g_utf8_offset_to_pointer (begin, 3) - begin));
      g_autoptr (GString) term = g_string_new (NULL);

      pst_history_match_append (term, three);
      add_term (&search, terms, g_string_free (g_steal_pointer (&term), FALSE));
    }
  if (filter->app)
    add_term (&search, terms, key_term ('a', filter->app));
  for (guint i = 0; filter->what && filter->what[i]; i++)
    {
      g_autofree char *term = key_term ('w', filter->what[i]);

      g_string_append_printf (kinds, "%s%s", i == 0 ? "" : " OR ", term);
    }
  g_string_append_c (kinds, ')');
  if (filter->what && filter->what[0])
    add_term (&search, terms, g_strdup (kinds->str));
  g_array_sort (terms, compare_terms);
  worthwhile = MIN (g_array_index (terms, Term, 0).density * WORTHWHILE, 0.5);
  for (guint i = 0; i < MIN (terms->len, ENOUGH); i++)
    if (i == 0 || g_array_index (terms, Term, i).density <= worthwhile)
      {
        g_string_append_printf (match, "%s%s", i == 0 ? "" : " AND ", g_array_index (terms, Term, i).match);
        entries += g_array_index (terms, Term, i).density;
      }
  *by_block = entries * (double)newest > db->at_once;
  *failed |= search.failed;
  return g_string_free (g_steal_pointer (&match), FALSE);
}
