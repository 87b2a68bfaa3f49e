/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-text.h"

#include <string.h>

/* The text is cut into units: a character with its combining marks, or one escape. A unit is never split, so neither an
 * escape nor a mark can end up attached to something else when the middle is left out. */
typedef struct
{
  gsize offset; /* in the output */
  gsize n_chars;
} Unit;

/* More marks than this on one character are not writing but paint over the neighbouring lines. */
#define MAX_MARKS 4

static gboolean
is_mark (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Characters that are letters or marks by category, yet draw nothing. */
static gboolean
is_blank_letter (gunichar c)
{
  switch (c)
    {
    case 0x034F: /* combining grapheme joiner */
    case 0x115F: /* Hangul fillers */
    case 0x1160:
    case 0x3164:
    case 0xFFA0:
    case 0x17B4: /* Khmer inherent vowels */
    case 0x17B5:
    case 0x2800: /* empty Braille pattern */
      return TRUE;
    default:
      return (c >= 0x180B && c <= 0x180F) || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
    }
}

static gboolean
is_shown_as_is (gunichar c)
{
  if (is_blank_letter (c))
    return FALSE;
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT: /* bidi controls, zero-width characters, soft hyphen, tags */
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_SURROGATE:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
      return FALSE;
    case G_UNICODE_SPACE_SEPARATOR:
      /* Those that people do have in file names; the others only differ by how thin they are. */
      return c == ' ' || c == 0x00A0 || c == 0x202F || c == 0x3000;
    default:
      return TRUE;
    }
}

static void
add_unit (GArray *units, gsize offset, gsize n_chars)
{
  Unit unit = { offset, n_chars };

  g_array_append_val (units, unit);
}

static gsize
split_units (const char *text, GString *out, GArray *units)
{
  const char *p = text;
  gsize remaining = strlen (text), total = 0;
  guint marks = MAX_MARKS; /* at the start there is nothing to put a mark on */
  gunichar previous = 0;

  while (remaining > 0)
    {
      gunichar c = g_utf8_get_char_validated (p, (gssize)remaining);
      gsize length = 1, offset = out->len, n_chars;

      if (c == (gunichar)-1 || c == (gunichar)-2)
        {
          g_string_append_printf (out, "\\x%02X", (guchar)*p);
          n_chars = 4;
          add_unit (units, offset, n_chars);
          marks = MAX_MARKS;
          previous = 0;
        }
      else
        {
          gboolean mark = is_mark (c), emoji_style = (c == 0xFE0E || c == 0xFE0F) && previous >= 0x203C;

          length = (gsize)(g_utf8_next_char (p) - p);
          if ((is_shown_as_is (c) || emoji_style) && (!mark || marks < MAX_MARKS))
            {
              g_string_append_len (out, p, (gssize)length);
              n_chars = 1;
              if (mark)
                {
                  g_array_index (units, Unit, units->len - 1).n_chars++;
                  marks++;
                }
              else
                {
                  add_unit (units, offset, n_chars);
                  marks = 0;
                }
              previous = emoji_style ? 0 : c;
            }
          else
            {
              if (c < 0x80)
                g_string_append_printf (out, "\\x%02X", c);
              else
                g_string_append_printf (out, "\\u{%04X}", c);
              n_chars = out->len - offset;
              add_unit (units, offset, n_chars);
              marks = MAX_MARKS;
              previous = 0;
            }
        }
      total += n_chars;
      p += length;
      remaining -= length;
    }
  return total;
}

char *
pst_text_for_display (const char *untrusted, gsize max_chars)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GArray) units = g_array_new (FALSE, FALSE, sizeof (Unit));
  gsize total, head_chars = 0, tail_chars = 0;
  guint head = 0, tail;

  if (untrusted == NULL || max_chars == 0)
    return g_strdup ("");
  total = split_units (untrusted, out, units);
  if (total <= max_chars)
    return g_string_free (g_steal_pointer (&out), FALSE);

  /* One character is the ellipsis. The end gets the odd one: it holds the suffix. */
  while (head < units->len && head_chars + g_array_index (units, Unit, head).n_chars <= (max_chars - 1) / 2)
    head_chars += g_array_index (units, Unit, head++).n_chars;
  tail = units->len;
  while (tail > head && head_chars + tail_chars + g_array_index (units, Unit, tail - 1).n_chars <= max_chars - 1)
    tail_chars += g_array_index (units, Unit, --tail).n_chars;

  {
    gsize from = head < units->len ? g_array_index (units, Unit, head).offset : out->len;
    gsize to = tail < units->len ? g_array_index (units, Unit, tail).offset : out->len;

    g_string_erase (out, (gssize)from, (gssize)(to - from));
    g_string_insert (out, (gssize)from, "…");
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
