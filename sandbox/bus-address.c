/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-address.h"

#include "pst-fd.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

gboolean
pst_bus_address_parse (const char *list, PstBusAddress *out)
{
  return pst_bus_address_next (&list, out);
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
