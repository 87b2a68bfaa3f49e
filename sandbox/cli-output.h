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

G_END_DECLS
