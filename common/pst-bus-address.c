/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-bus-address.h"

#include <stddef.h>
#include <string.h>

/* @text, of @length, with its %-escapes undone, into @out. FALSE for a bad escape, a NUL, or what does not fit with room for
 * one byte more. */
static gboolean
unescape (const char *text, gsize length, char *out, gsize size, gsize *n)
{
  *n = 0;
  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (c == '%')
        {
          int high = i + 2 < length ? g_ascii_xdigit_value (text[i + 1]) : -1;
          int low = i + 2 < length ? g_ascii_xdigit_value (text[i + 2]) : -1;

          if (high < 0 || low < 0)
            return FALSE;
          c = (char)(high << 4 | low);
          i += 2;
        }
      if (c == '\0' || *n + 1 >= size)
        return FALSE;
      out[(*n)++] = c;
    }
  out[*n] = '\0';
  return TRUE;
}

static gboolean
is_key (const char *pair, gsize length, const char *key)
{
  return length == strlen (key) && memcmp (pair, key, length) == 0;
}

/* Of keys that say nothing of a place only the form is looked at. */
static gboolean
take_pair (const char *pair, gsize length, PstBusAddress *out)
{
  const char *equals = memchr (pair, '=', length), *value = equals ? equals + 1 : NULL;
  const gsize size = sizeof out->address.sun_path, key = equals ? (gsize)(equals - pair) : 0;
  const gsize rest = equals ? length - key - 1 : 0;
  char *path = out->address.sun_path;
  gsize n;

  if (key == 0)
    return FALSE;
  if (is_key (pair, key, "path"))
    {
      if (out->length || !unescape (value, rest, path, size, &n) || path[0] != '/')
        return FALSE;
      out->length = (socklen_t)(offsetof (struct sockaddr_un, sun_path) + n + 1);
    }
  else if (is_key (pair, key, "abstract"))
    {
      if (out->length || !unescape (value, rest, path + 1, size - 1, &n) || n == 0)
        return FALSE;
      out->length = (socklen_t)(offsetof (struct sockaddr_un, sun_path) + 1 + n);
    }
  return TRUE;
}

static gboolean
take_entry (const char *entry, gsize length, PstBusAddress *out)
{
  const char *end = entry + length;

  *out = (PstBusAddress){ .address.sun_family = AF_UNIX };
  if (length <= 5 || memcmp (entry, "unix:", 5) != 0)
    return FALSE;
  for (const char *pair = entry + 5; pair <= end;)
    {
      const char *comma = memchr (pair, ',', (gsize)(end - pair));
      gsize pair_length = (gsize)((comma ? comma : end) - pair);

      if (!take_pair (pair, pair_length, out))
        return FALSE;
      pair += pair_length + 1;
    }
  return out->length > 0;
}

gboolean
pst_bus_address_next (const char **list, PstBusAddress *out)
{
  while (*list && **list)
    {
      const char *entry = *list;
      gsize length = strcspn (entry, ";");

      *list += length + (entry[length] == ';');
      if (take_entry (entry, length, out))
        return TRUE;
    }
  *out = (PstBusAddress){ .length = 0 };
  return FALSE;
}

GArray *
pst_bus_address_list (const char *list)
{
  GArray *out = g_array_new (FALSE, FALSE, sizeof (PstBusAddress));
  PstBusAddress one;

  while (pst_bus_address_next (&list, &one))
    g_array_append_val (out, one);
  if (out->len > 0)
    return out;
  g_array_free (out, TRUE);
  return NULL;
}
