/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-text.h"

#include <string.h>

/* Fit to show: letters, marks, numbers, punctuation, symbols and the plain space. Everything else could hide,
 * reorder or command: controls, format characters (bidi, zero-width, tags), separators of lines, other spaces, surrogates,
 * private use, unassigned. */
static gboolean
is_plain (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return FALSE;
    case G_UNICODE_SPACE_SEPARATOR:
      return c == ' ';
    default:
      break;
    }
  /* Assigned as letters or marks, but drawn as nothing. */
  return !(c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 || c == 0x3164 || c == 0xffa0 ||
           c == 0x2800 || (c >= 0x180b && c <= 0x180f) || (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef));
}

/* A run of combining marks longer than this climbs over neighbouring lines. */
#define MAX_MARKS 4

char *
pst_text_for_display (const char *untrusted, gsize max_chars)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *p = untrusted;
  guint marks = 0;
  gsize n_chars;

  while (*p != '\0')
    {
      gunichar c = g_utf8_get_char_validated (p, -1);

      if (c == (gunichar)-1 || c == (gunichar)-2)
        {
          g_string_append_printf (out, "\\x%02X", (guchar)*p);
          p++;
          marks = 0;
          continue;
        }
      marks = g_unichar_ismark (c) ? marks + 1 : 0;
      if (is_plain (c) && marks <= MAX_MARKS)
        g_string_append_unichar (out, c);
      else if (c < 0x80)
        g_string_append_printf (out, "\\x%02X", c);
      else
        g_string_append_printf (out, "\\u{%04X}", c);
      p = g_utf8_next_char (p);
    }

  n_chars = (gsize)g_utf8_strlen (out->str, -1);
  if (n_chars > max_chars && max_chars > 0)
    {
      gsize head = (max_chars - 1) / 2 + (max_chars - 1) % 2;
      gsize tail = (max_chars - 1) / 2;
      const char *head_end = g_utf8_offset_to_pointer (out->str, (glong)head);
      const char *tail_start = g_utf8_offset_to_pointer (out->str, (glong)(n_chars - tail));
      g_autofree char *first = g_strndup (out->str, (gsize)(head_end - out->str));

      return g_strconcat (first, "…", tail_start, NULL);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
