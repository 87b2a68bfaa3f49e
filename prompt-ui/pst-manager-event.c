/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-event.h"

#include <string.h>

void
pst_history_row_free (gpointer data)
{
  PstHistoryRow *row = data;

  g_free (row->app);
  g_free (row->what);
  g_free (row->resource);
  g_free (row->text);
  g_free (row);
}

/* What is said, and in brackets the program that asked, which the broker tells in a second line. */
static char *
words_of (const char *text)
{
  const char *program = strchr (text, '\n');

  return program ? g_strdup_printf ("%.*s [%s]", (int)(program - text), text, program + 1) : g_strdup (text);
}

GPtrArray *
pst_history_rows_parse (GVariant *rows)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (pst_history_row_free);
  GVariantIter iter;
  guint64 number, sandbox;
  gint64 when;
  const char *app, *what, *text;
  GVariant *bytes;
  guint32 access, answer, lifetime;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(tx&st&s@ayuuu&s)", &number, &when, &app, &sandbox, &what, &bytes, &access, &answer,
                              &lifetime, &text))
    {
      PstHistoryRow *row = g_new0 (PstHistoryRow, 1);
      gsize size;
      const char *data = g_variant_get_fixed_array (bytes, &size, 1);

      row->row = number;
      row->time = when;
      row->app = g_strdup (app);
      row->sandbox = sandbox;
      row->what = g_strdup (what);
      row->resource = g_strndup (data, size);
      row->access = (PstAccess)access;
      row->answer = (PstAnswer)answer;
      row->lifetime = (PstLifetime)lifetime;
      row->text = words_of (text);
      g_variant_unref (bytes);
      g_ptr_array_add (found, row);
    }
  return found;
}

gboolean
pst_history_row_is_refusal (const PstHistoryRow *row)
{
  return *row->resource != '\0' &&
         (strcmp (row->what, "refused") == 0 || (strcmp (row->what, "answered") == 0 && row->answer != PST_ANSWER_ALLOW));
}

/* Beside what JSON itself asks for, everything that could command a terminal or reorder a line is escaped. */
static void
append_string (GString *out, const char *key, const char *bytes)
{
  g_autofree char *valid = g_utf8_make_valid (bytes, -1);

  g_string_append_printf (out, "%s\"%s\": \"", out->len > 0 && out->str[out->len - 1] != '{' ? ", " : "", key);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '"' || c == '\\')
        g_string_append_printf (out, "\\%c", (char)c);
      else if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0x10000 && !g_unichar_isgraph (c) && c != 0xFFFD))
        g_string_append_printf (out, "\\u%04x", c);
      else
        g_string_append_unichar (out, c);
    }
  g_string_append_c (out, '"');
}

void
pst_history_row_append_json (const PstHistoryRow *row, GString *out)
{
  g_autoptr (GString) line = g_string_new ("{");

  g_string_append_printf (line, "\"row\": %" G_GUINT64_FORMAT ", \"time\": %" G_GINT64_FORMAT, row->row, row->time);
  append_string (line, "app", row->app);
  g_string_append_printf (line, ", \"sandbox\": %" G_GUINT64_FORMAT, row->sandbox);
  append_string (line, "what", row->what);
  append_string (line, "resource", row->resource);
  if (!g_utf8_validate (row->resource, -1, NULL))
    {
      g_string_append (line, ", \"resource_bytes\": \"");
      for (const char *p = row->resource; *p != '\0'; p++)
        g_string_append_printf (line, "%02x", (guchar)*p);
      g_string_append_c (line, '"');
    }
  append_string (line, "access", row->access != 0 ? pst_access_to_string (row->access) : "");
  append_string (line, "answer", row->answer != 0 ? pst_answer_to_string (row->answer) : "");
  append_string (line, "lifetime", row->lifetime != 0 ? pst_lifetime_to_string (row->lifetime) : "");
  append_string (line, "text", row->text);
  g_string_append (line, "}\n");
  g_string_append_len (out, line->str, (gssize)line->len);
}
