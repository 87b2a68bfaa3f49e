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
};

/* FALSE. */
gboolean pst_history_db_fail (PstHistoryDb *db, const char *sentence, GError **error);
/* Three characters that stand for @word in the index of the words, beside which no other text is likely to have them.
 * @text: room for ten bytes. */
void pst_history_db_key (char kind, const char *word, char *text);

G_END_DECLS
