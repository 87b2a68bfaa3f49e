/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-address.h"

#include "pst-fd.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

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
take_key (const char *key, gsize length, PstBusAddress *out)
{
  char *path = out->address.sun_path;
  const gsize size = sizeof out->address.sun_path;
  gsize n;

  if (length > 5 && strncmp (key, "path=", 5) == 0)
    {
      if (!unescape (key + 5, length - 5, path, size, &n) || path[0] != '/')
        return FALSE;
      out->length = (socklen_t)sizeof out->address;
      return TRUE;
    }
  if (length > 9 && strncmp (key, "abstract=", 9) == 0)
    {
      path[0] = '\0';
      if (!unescape (key + 9, length - 9, path + 1, size - 1, &n) || n == 0)
        return FALSE;
      out->length = (socklen_t)(offsetof (struct sockaddr_un, sun_path) + 1 + n);
      return TRUE;
    }
  return FALSE;
}

gboolean
pst_bus_address_parse (const char *list, PstBusAddress *out)
{
  for (const char *entry = list; entry && *entry;)
    {
      gsize entry_length = strcspn (entry, ";");
      const char *end = entry + entry_length;

      if (entry_length > 5 && strncmp (entry, "unix:", 5) == 0)
        for (const char *key = entry + 5; key < end;)
          {
            gsize key_length = strcspn (key, ",;");

            memset (out, 0, sizeof *out);
            out->address.sun_family = AF_UNIX;
            if (take_key (key, key_length, out))
              return TRUE;
            key += key_length + (key + key_length < end);
          }
      entry = *end ? end + 1 : end;
    }
  memset (out, 0, sizeof *out);
  return FALSE;
}

static gboolean
at_path (const char *path, PstBusAddress *out)
{
  struct stat st;

  memset (out, 0, sizeof *out);
  if (strlen (path) >= sizeof out->address.sun_path || stat (path, &st) < 0 || !S_ISSOCK (st.st_mode))
    return FALSE;
  out->address.sun_family = AF_UNIX;
  strcpy (out->address.sun_path, path);
  out->length = (socklen_t)sizeof out->address;
  return TRUE;
}

gboolean
pst_bus_address_session (PstBusAddress *out)
{
  const char *list = g_getenv ("DBUS_SESSION_BUS_ADDRESS"), *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *path = NULL;

  memset (out, 0, sizeof *out);
  if (list && *list)
    return pst_bus_address_parse (list, out);
  if (!runtime || !g_path_is_absolute (runtime))
    return FALSE;
  path = g_build_filename (runtime, "bus", NULL);
  return at_path (path, out);
}

gboolean
pst_bus_address_accessibility (PstBusAddress *out)
{
  return pst_bus_address_parse (g_getenv ("AT_SPI_BUS_ADDRESS"), out);
}

gboolean
pst_bus_address_system (PstBusAddress *out)
{
  const char *list = g_getenv ("DBUS_SYSTEM_BUS_ADDRESS");

  if (list && *list)
    return pst_bus_address_parse (list, out);
  return at_path ("/run/dbus/system_bus_socket", out);
}

int
pst_bus_address_connect (const PstBusAddress *address)
{
  pst_autofd fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0 || connect (fd, (const struct sockaddr *)&address->address, address->length) < 0)
    return -1;
  return pst_fd_steal (&fd);
}
