/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "event-sql.h"
#include "history-db.h"

G_BEGIN_DECLS

/* What history-db.c and history-query.c share. */

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

G_END_DECLS
