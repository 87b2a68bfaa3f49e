/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "address.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static char *
unescape (const char *value)
{
  GString *out = g_string_new (NULL);

  for (const char *p = value; *p != '\0'; p++)
    {
      if (*p == '%')
        {
          if (!g_ascii_isxdigit (p[1]) || !g_ascii_isxdigit (p[2]) || (p[1] == '0' && p[2] == '0'))
            {
              g_string_free (out, TRUE);
              return NULL;
            }
          g_string_append_c (out, (char)(g_ascii_xdigit_value (p[1]) << 4 | g_ascii_xdigit_value (p[2])));
          p += 2;
        }
      else
        {
          g_string_append_c (out, *p);
        }
    }
  return g_string_free (out, FALSE);
}

static gboolean
set_path (PstAddress *out, const char *path, gboolean abstract)
{
  gsize length = strlen (path), start = abstract ? 1 : 0;

  if (length == 0 || start + length + 1 > sizeof out->address.sun_path)
    return FALSE;
  *out = (PstAddress){ .address.sun_family = AF_UNIX };
  memcpy (out->address.sun_path + start, path, length);
  out->length = (socklen_t)(offsetof (struct sockaddr_un, sun_path) + start + length + (abstract ? 0 : 1));
  return TRUE;
}

static gboolean
parse_one (const char *text, PstAddress *out)
{
  g_auto (GStrv) pairs = NULL;
  gboolean found = FALSE;

  if (!g_str_has_prefix (text, "unix:"))
    return FALSE;
  pairs = g_strsplit (text + strlen ("unix:"), ",", -1);
  for (char **pair = pairs; *pair != NULL; pair++)
    {
      g_autofree char *value = NULL;
      char *equals = strchr (*pair, '=');

      if (equals == NULL || (value = unescape (equals + 1)) == NULL)
        return FALSE;
      *equals = '\0';
      if (strcmp (*pair, "path") == 0)
        found = set_path (out, value, FALSE);
      else if (strcmp (*pair, "abstract") == 0)
        found = set_path (out, value, TRUE);
      else if (strcmp (*pair, "runtime") == 0 && strcmp (value, "yes") == 0 && getenv ("XDG_RUNTIME_DIR") != NULL)
        {
          g_autofree char *path = g_build_filename (getenv ("XDG_RUNTIME_DIR"), "bus", NULL);
          found = set_path (out, path, FALSE);
        }
    }
  return found;
}

GArray *
pst_address_parse (const char *list)
{
  g_auto (GStrv) entries = g_strsplit (list, ";", -1);
  GArray *out = g_array_new (FALSE, FALSE, sizeof (PstAddress));

  for (char **entry = entries; *entry != NULL; entry++)
    {
      PstAddress one;

      if (parse_one (*entry, &one))
        g_array_append_val (out, one);
    }
  if (out->len > 0)
    return out;
  g_array_free (out, TRUE);
  return NULL;
}
