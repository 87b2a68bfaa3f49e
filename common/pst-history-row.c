/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-history-row.h"

#include <string.h>

void
pst_history_row_free (gpointer data)
{
  PstHistoryRow *row = data;

  g_free (row->app);
  g_free (row->what);
  g_free (row->resource);
  g_free (row->text);
  g_free (row->program);
  g_free (row);
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
      const char *program = strchr (text, '\n'); /* in a second line */
      gsize size;
      const char *data = g_variant_get_fixed_array (bytes, &size, 1);

      row->number = number;
      row->time = when;
      row->app = g_strdup (app);
      row->sandbox = sandbox;
      row->what = g_strdup (what);
      row->resource = g_strndup (data, size);
      row->access = (PstAccess)access;
      row->answer = (PstAnswer)answer;
      row->lifetime = (PstLifetime)lifetime;
      row->text = program != NULL ? g_strndup (text, (gsize)(program - text)) : g_strdup (text);
      row->program = g_strdup (program != NULL ? program + 1 : "");
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

char *
pst_history_row_dup_words (const PstHistoryRow *row)
{
  return *row->program != '\0' ? g_strdup_printf ("%s [%s]", row->text, row->program) : g_strdup (row->text);
}

void
pst_history_row_add_json (const PstHistoryRow *row, PstJson *json)
{
  pst_json_begin (json);
  pst_json_int (json, "row", (gint64)row->number);
  pst_json_int (json, "time", row->time);
  pst_json_string (json, "app", row->app);
  pst_json_int (json, "sandbox", (gint64)row->sandbox);
  pst_json_string (json, "what", row->what);
  pst_json_string (json, "resource", row->resource);
  pst_json_string (json, "access", row->access != 0 ? pst_access_to_string (row->access) : "");
  pst_json_string (json, "answer", row->answer != 0 ? pst_answer_to_string (row->answer) : "");
  pst_json_string (json, "lifetime", row->lifetime != 0 ? pst_lifetime_to_string (row->lifetime) : "");
  pst_json_string (json, "text", row->text);
  pst_json_string (json, "program", row->program);
  pst_json_end (json);
}
