/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-json.h"
#include "pst-types.h"

G_BEGIN_DECLS

/* A row of the history, as History and Event of ipc/org.postern.Control1.xml tell it. Pure. */
typedef struct
{
  guint64 number;
  gint64 time;
  char *app;
  guint64 sandbox;
  char *what;
  char *resource; /* bytes; may be empty */
  PstAccess access;
  PstAnswer answer;
  PstLifetime lifetime;
  char *text;    /* what is said about it; may be empty */
  char *program; /* that asked; empty if it is not known */
} PstHistoryRow;

void pst_history_row_free (gpointer row);
/* @rows: a(txstsayuuus). (transfer full) (element-type PstHistoryRow) */
GPtrArray *pst_history_rows_parse (GVariant *rows);
/* Can it be allowed afterwards? */
gboolean pst_history_row_is_refusal (const PstHistoryRow *row);
/* The text, and the program in brackets. (transfer full) */
char *pst_history_row_dup_words (const PstHistoryRow *row);
/* An object more. */
void pst_history_row_add_json (const PstHistoryRow *row, PstJson *json);

G_END_DECLS
