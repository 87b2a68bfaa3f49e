/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-output.h"

#include "pst-text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_CELL 80

struct _PstTable
{
  GPtrArray *rows; /* GPtrArray of strings */
};

/* Columns on a terminal: wide characters take two, marks none. */
static int
width_of (const char *text)
{
  int width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      width += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
    }
  return width;
}

void
pst_cli_print_column (const char *text, int width)
{
  printf ("%s%*s", text, MAX (width - width_of (text), 0) + 1, "");
}

static void
add_row (PstTable *table, const char *first, va_list args)
{
  GPtrArray *row = g_ptr_array_new_with_free_func (g_free);

  for (const char *cell = first; cell != NULL; cell = va_arg (args, const char *))
    g_ptr_array_add (row, pst_text_for_display (cell, MAX_CELL));
  g_ptr_array_add (table->rows, row);
}

PstTable *
pst_table_new (const char *first_heading, ...)
{
  PstTable *table = g_new0 (PstTable, 1);
  va_list args;

  table->rows = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  va_start (args, first_heading);
  add_row (table, first_heading, args);
  va_end (args);
  return table;
}

void
pst_table_add (PstTable *table, const char *first_cell, ...)
{
  va_list args;

  va_start (args, first_cell);
  add_row (table, first_cell, args);
  va_end (args);
}

void
pst_table_print_free (PstTable *table, const char *when_empty)
{
  GPtrArray *heading = g_ptr_array_index (table->rows, 0);
  g_autofree int *widths = g_new0 (int, heading->len);

  if (table->rows->len == 1)
    puts (when_empty);
  else
    {
      for (guint i = 0; i < table->rows->len; i++)
        {
          GPtrArray *row = g_ptr_array_index (table->rows, i);

          for (guint j = 0; j < row->len && j < heading->len; j++)
            widths[j] = MAX (widths[j], width_of (g_ptr_array_index (row, j)));
        }
      for (guint i = 0; i < table->rows->len; i++)
        {
          GPtrArray *row = g_ptr_array_index (table->rows, i);

          for (guint j = 0; j < row->len && j < heading->len; j++)
            {
              const char *cell = g_ptr_array_index (row, j);
              gboolean last = j + 1 == row->len;

              printf ("%s%*s", cell, last ? 0 : widths[j] - width_of (cell) + 2, "");
            }
          putchar ('\n');
        }
    }
  g_ptr_array_unref (table->rows);
  g_free (table);
}
