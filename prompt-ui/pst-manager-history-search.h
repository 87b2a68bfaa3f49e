/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-link.h"

G_BEGIN_DECLS

/* A search in the history that is gone on with a page at a time.
 *
 * The broker answers soon, with what it has found by then, and that may be nothing yet: the search asks on by itself until
 * there is a page to show, or no more to find. */
typedef struct _PstHistorySearch PstHistorySearch;

typedef struct
{
  /* @rows: of PstHistoryRow (transfer full). @is_first: they take the place of all that was there; else they come after it. */
  void (*found) (GPtrArray *rows, gboolean is_first, gpointer user_data);
  /* The page is complete, or all has been looked through; or the rest of it is left to the next attempt, since that failed. */
  void (*rests) (gpointer user_data);
  /* Before there was a row to show. */
  void (*failed) (const char *sentence, gpointer user_data);
} PstHistorySearchEvents;

PstHistorySearch *pst_history_search_new (PstManagerLink *link, const PstHistorySearchEvents *events, gpointer user_data);
void pst_history_search_free (PstHistorySearch *self);
/* @filter: a{sv}, as for History, without before and limit; consumed if floating. Ends the search that is under way.
 * @is_again: the same one once more, for what is new: what is shown stays until the whole page is there. */
void pst_history_search_start (PstHistorySearch *self, GVariant *filter, gboolean is_again);
/* The next page. Nothing happens while one is on its way, or after the last one. */
void pst_history_search_go_on (PstHistorySearch *self);
gboolean pst_history_search_is_running (PstHistorySearch *self);

G_END_DECLS
