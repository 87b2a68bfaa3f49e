/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-words.h"

G_BEGIN_DECLS

/* A row of the history. Pure. */
typedef struct
{
  guint64 row;
  gint64 time;
  char *app;
  guint64 sandbox;
  char *what;
  char *resource; /* bytes; may be empty */
  PstAccess access;
  PstAnswer answer;
  PstLifetime lifetime;
  char *text;
} PstHistoryRow;

void pst_history_row_free (gpointer row);
/* @rows: a(txstsayuuus). (transfer full) (element-type PstHistoryRow) */
GPtrArray *pst_history_rows_parse (GVariant *rows);
/* Can it be allowed afterwards? */
gboolean pst_history_row_is_refusal (const PstHistoryRow *row);
/* One object on one line, as `postern log --json` prints them; bytes that are not UTF-8 as U+FFFD, with the whole in
 * "resource_bytes", hexadecimal. */
void pst_history_row_append_json (const PstHistoryRow *row, GString *out);

G_END_DECLS
