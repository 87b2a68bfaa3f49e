/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "event-sql.h"
#include "history-db.h"

#define SECONDS_OF_A_DAY (24 * 60 * 60)

G_BEGIN_DECLS

/* What the parts of the history's database share. */

struct _PstHistoryDb
{
  sqlite3 *db;
  char *path;
  guint64 outbox;   /* whose events come here */
  guint64 mark;     /* the last number of that outbox which is in the history */
  gboolean damaged; /* by the last error */
  gint64 removed;   /* rows, since the index was merged */
  gint64 budget;    /* µs of a search */
  double at_once;   /* entries of the index; more are asked for block by block */
  guint64 block;    /* numbers of rows that share a key in the index */
};

/* FALSE. */
gboolean pst_history_db_fail (PstHistoryDb *db, const char *sentence, GError **error);
/* Three characters that stand for @word in the index of the words, beside which no other text is likely to have them.
 * @text: room for ten bytes. */
void pst_history_db_key (char kind, const char *word, char *text);
/* The same of the block of rows that @number is in. */
void pst_history_db_block_key (PstHistoryDb *db, guint64 number, char *text);
/* Adds @event to the index, or takes it out, for which it must be told the same words again. */
gboolean pst_history_db_index (PstHistoryDb *db, const PstEvent *event, gboolean take_out);
gint64 pst_history_db_weight_of (const PstEvent *event);
gboolean pst_history_db_add_weight (PstHistoryDb *db, const PstEvent *event, gint64 weight);

/* The characters of @term, as one word of a question to the index. */
void pst_history_match_append (GString *match, const char *term);
/* The threes of @needle, case folded, and the keys of the other filters, the rarest first, since that is what the index steps
 * along; those that are so much more common that it is cheaper to look at the rows are left out. (transfer full); NULL: the
 * index is of no help. @newest: number of a row. *@by_block: there is much to step over. Sets *@failed when the file cannot be
 * read. */
char *pst_history_match_new (PstHistoryDb *db, const PstHistoryFilter *filter, const char *needle, gint64 newest,
                             gboolean *by_block, gboolean *failed);

G_END_DECLS
