/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "pst-text.h"

/* File names of a hostile program, on their way to a dialog or a terminal. The first byte is the length allowed. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  gsize max = size > 0 ? data[0] : 0;
  g_autofree char *text = size > 0 ? g_strndup ((const char *)data + 1, size - 1) : g_strdup ("");
  g_autofree char *shown = pst_text_for_display (text, max);

  g_assert_true (g_utf8_validate (shown, -1, NULL));
  g_assert_true ((gsize)g_utf8_strlen (shown, -1) <= max);
  for (const char *p = shown; *p != '\0'; p = g_utf8_next_char (p))
    switch (g_unichar_type (g_utf8_get_char (p)))
      {
      case G_UNICODE_CONTROL:
      case G_UNICODE_FORMAT:
      case G_UNICODE_UNASSIGNED:
      case G_UNICODE_PRIVATE_USE:
      case G_UNICODE_SURROGATE:
      case G_UNICODE_LINE_SEPARATOR:
      case G_UNICODE_PARAGRAPH_SEPARATOR:
        g_error ("U+%04X got through", g_utf8_get_char (p));
      default:
        break;
      }
  return 0;
}
