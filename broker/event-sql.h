/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "event.h"
#include "sql.h"

G_BEGIN_DECLS

/* Events in the two databases of the broker, whose tables "events" have the same columns. */

#define PST_EVENT_COLUMNS "id, time, app, name, sandbox, what, resource, access, answer, lifetime, text, program, kind"

/* Its number there is sqlite3_last_insert_rowid(). */
gboolean pst_event_insert (sqlite3 *db, const PstEvent *event);
/* The row that @statement, a SELECT of PST_EVENT_COLUMNS, is on. (transfer full) */
PstEvent *pst_event_read (sqlite3_stmt *statement);

G_END_DECLS
