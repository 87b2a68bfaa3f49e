/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A table for people: columns aligned to the widest cell, a heading line, no trailing blanks. Cells are made fit to show
 * (pst_text_for_display). */
typedef struct _PstTable PstTable;
PstTable *pst_table_new (const char *first_heading, ...) G_GNUC_NULL_TERMINATED;
void pst_table_add (PstTable *table, const char *first_cell, ...) G_GNUC_NULL_TERMINATED;
/* Prints and frees; with no row, prints @when_empty instead. */
void pst_table_print_free (PstTable *table, const char *when_empty);

/* @text, made as wide as @width columns, and a blank. */
void pst_cli_print_column (const char *text, int width);

/* JSON for programs: an array of objects. Strings are escaped; bytes that are not UTF-8 become U+FFFD, and such a path
 * is also given as "<key>_bytes" in hexadecimal. */
typedef struct _PstJson PstJson;
PstJson *pst_json_new (void);
/* One object a line, and nothing around them. */
PstJson *pst_json_new_lines (void);
void pst_json_begin (PstJson *json);
void pst_json_string (PstJson *json, const char *key, const char *bytes);
void pst_json_int (PstJson *json, const char *key, gint64 value);
void pst_json_bool (PstJson *json, const char *key, gboolean value);
void pst_json_end (PstJson *json);
char *pst_json_to_text_free (PstJson *json);
void pst_json_print_free (PstJson *json);

G_END_DECLS
