/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-json.h"

#include <stdio.h>

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

void
pst_json_append_string (GString *out, const char *string)
{
  g_string_append_c (out, '"');
  for (const char *p = string; *p != '\0'; p = g_utf8_next_char (p))
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
  pst_json_append_string (json->text, key);
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
  pst_json_append_string (json->text, valid);
  if (!g_utf8_validate (bytes, -1, NULL))
    {
      g_autofree char *other = g_strconcat (key, "_bytes", NULL);
      g_autoptr (GString) hex = g_string_new (NULL);

      for (const char *p = bytes; *p != '\0'; p++)
        g_string_append_printf (hex, "%02x", (guchar)*p);
      append_key (json, other);
      pst_json_append_string (json->text, hex->str);
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
