/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "event.h"

G_BEGIN_DECLS

/* The file of the history. For one thread: everything here may take as long as the disk does. The essay is in history.h. */
typedef struct _PstHistoryDb PstHistoryDb;

#define PST_HISTORY_APPLICATION_ID 0x50737448 /* "PstH" */
#define PST_HISTORY_MAX_LIMIT 1000u
#define PST_HISTORY_MAX_TEXT 256u /* bytes of a text to search for */
#define PST_HISTORY_MAX_WHAT 32u
#define PST_HISTORY_BUDGET_MS 30
/* An application's share of the rows. */
#define PST_HISTORY_SHARES 10u

typedef struct
{
  char *app;  /* (nullable): all */
  GStrv what; /* (nullable): all */
  char *text; /* (nullable): UTF-8; in any case, in the resource, the text, the program, the application's name or id */
  gint64 since, until;   /* seconds since 1970, both included; 0: no bound */
  guint64 before, after; /* numbers of rows, both excluded; 0: no bound */
  guint limit;
} PstHistoryFilter;

PstHistoryFilter *pst_history_filter_new (void);
void pst_history_filter_free (PstHistoryFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstHistoryFilter, pst_history_filter_free)

typedef struct
{
  guint rows;   /* as many as that; one of more than 512 bytes counts for several */
  guint days;   /* 0: of any age */
  gint64 today; /* days since 1970, by the clock as pst_days_advance() believes it */
} PstHistoryBounds;

/* @outbox: a number that belongs to the grants database whose events come here; see PstEvent.outbox. A file that is damaged, or
 * none of ours, is set aside as "….damaged", and a new one begun: *@set_aside. */
PstHistoryDb *pst_history_db_open (const char *path, guint64 outbox, gboolean *set_aside, GError **error);
void pst_history_db_close (PstHistoryDb *db);

/* All of @events (of PstEvent) in one transaction; their numbers are filled in. What came out of the outbox before is left out.
 */
gboolean pst_history_db_write (PstHistoryDb *db, GPtrArray *events, GError **error);
/* Newest first: (transfer full) of PstEvent. Takes PST_HISTORY_BUDGET_MS, and not much more: there may be fewer than were asked
 * for, even none, before all is looked through. *@next: what to go on with, as before; 0: that was all. */
GPtrArray *pst_history_db_query (PstHistoryDb *db, const PstHistoryFilter *filter, guint64 *next, GError **error);
/* Removes what is beyond @bounds, a batch of it: TRUE in @more says that there is something left to do. */
gboolean pst_history_db_trim (PstHistoryDb *db, const PstHistoryBounds *bounds, gboolean *more, GError **error);
/* Is what the last error was about the file itself, so that it would be of no use to try again? */
gboolean pst_history_db_is_damaged (PstHistoryDb *db);

#define PST_HISTORY_ERROR (pst_history_error_quark ())
typedef enum
{
  PST_HISTORY_ERROR_FAILED,
} PstHistoryError;
GQuark pst_history_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstHistoryDb, pst_history_db_close)

G_END_DECLS
