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

struct _PstJson
{
  GString *text;
  gboolean any_object, any_member, lines;
};

/* Beside what JSON itself asks for, everything that could command a terminal or reorder a line is escaped. */
static gboolean
must_escape (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return TRUE;
    default:
      return c == '"' || c == '\\';
    }
}

static void
append_string (GString *out, const char *valid)
{
  g_string_append_c (out, '"');
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (!must_escape (c))
        g_string_append_unichar (out, c);
      else if (c >= 0x10000)
        g_string_append_printf (out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
      else
        g_string_append_printf (out, "\\u%04x", c);
    }
  g_string_append_c (out, '"');
}

static void
append_key (PstJson *json, const char *key)
{
  g_string_append (json->text, json->any_member ? ", " : "");
  json->any_member = TRUE;
  append_string (json->text, key);
  g_string_append (json->text, ": ");
}

PstJson *
pst_json_new (void)
{
  PstJson *json = g_new0 (PstJson, 1);

  json->text = g_string_new ("[");
  return json;
}

PstJson *
pst_json_new_lines (void)
{
  PstJson *json = g_new0 (PstJson, 1);

  json->text = g_string_new (NULL);
  json->lines = TRUE;
  return json;
}

void
pst_json_begin (PstJson *json)
{
  if (!json->lines)
    g_string_append (json->text, json->any_object ? ",\n " : "\n ");
  json->any_object = TRUE;
  json->any_member = FALSE;
  g_string_append_c (json->text, '{');
}

void
pst_json_string (PstJson *json, const char *key, const char *bytes)
{
  g_autofree char *valid = g_utf8_make_valid (bytes, -1);

  append_key (json, key);
  append_string (json->text, valid);
  if (!g_utf8_validate (bytes, -1, NULL))
    {
      g_autofree char *other = g_strconcat (key, "_bytes", NULL);
      g_autoptr (GString) hex = g_string_new (NULL);

      for (const char *p = bytes; *p != '\0'; p++)
        g_string_append_printf (hex, "%02x", (guchar)*p);
      append_key (json, other);
      append_string (json->text, hex->str);
    }
}

void
pst_json_int (PstJson *json, const char *key, gint64 value)
{
  append_key (json, key);
  g_string_append_printf (json->text, "%" G_GINT64_FORMAT, value);
}

void
pst_json_bool (PstJson *json, const char *key, gboolean value)
{
  append_key (json, key);
  g_string_append (json->text, value ? "true" : "false");
}

void
pst_json_end (PstJson *json)
{
  g_string_append (json->text, json->lines ? "}\n" : "}");
}

char *
pst_json_to_text_free (PstJson *json)
{
  char *text;

  if (!json->lines)
    g_string_append (json->text, json->any_object ? "\n]\n" : "]\n");
  text = g_string_free (json->text, FALSE);
  g_free (json);
  return text;
}

void
pst_json_print_free (PstJson *json)
{
  g_autofree char *text = pst_json_to_text_free (json);

  fputs (text, stdout);
}
