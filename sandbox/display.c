/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "display.h"

#include "pst-fd.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FAMILY_LOCAL 256
#define FAMILY_WILD 65535
#define COOKIE_NAME "MIT-MAGIC-COOKIE-1"

gboolean
pst_display_parse (const char *display, guint *number)
{
  guint64 n;
  char *end;

  if (g_str_has_prefix (display, "unix:"))
    display += 4;
  if (display[0] != ':' || !g_ascii_isdigit (display[1]))
    return FALSE;
  n = g_ascii_strtoull (display + 1, &end, 10);
  if (n > 65535 || (*end != '\0' && *end != '.'))
    return FALSE;
  *number = n;
  return TRUE;
}

/* One counted field: two bytes of length, big-endian, then so many bytes. */
static gboolean
take_field (const guint8 **p, const guint8 *end, const guint8 **field, gsize *len)
{
  if (end - *p < 2)
    return FALSE;
  *len = (*p)[0] << 8 | (*p)[1];
  *p += 2;
  if ((gsize)(end - *p) < *len)
    return FALSE;
  *field = *p;
  *p += *len;
  return TRUE;
}

static void
put_field (GByteArray *out, const void *field, gsize len)
{
  guint8 head[2] = { len >> 8, len & 0xff };

  g_byte_array_append (out, head, 2);
  g_byte_array_append (out, field, len);
}

GBytes *
pst_display_extract_cookie (const guint8 *data, gsize size, guint number)
{
  const guint8 *p = data, *end = data + size;
  g_autofree char *wanted = g_strdup_printf ("%u", number);

  while (end - p >= 2)
    {
      guint family = p[0] << 8 | p[1];
      const guint8 *address, *display, *name, *cookie;
      gsize n_address, n_display, n_name, n_cookie;

      p += 2;
      if (!take_field (&p, end, &address, &n_address) || !take_field (&p, end, &display, &n_display) ||
          !take_field (&p, end, &name, &n_name) || !take_field (&p, end, &cookie, &n_cookie))
        return NULL;
      if ((family == FAMILY_LOCAL || family == FAMILY_WILD) && n_name == strlen (COOKIE_NAME) &&
          memcmp (name, COOKIE_NAME, n_name) == 0 &&
          (n_display == 0 || (n_display == strlen (wanted) && memcmp (display, wanted, n_display) == 0)))
        {
          GByteArray *out = g_byte_array_new ();
          guint8 wild[2] = { 0xff, 0xff };

          g_byte_array_append (out, wild, 2);
          put_field (out, "", 0);
          put_field (out, wanted, strlen (wanted));
          put_field (out, name, n_name);
          put_field (out, cookie, n_cookie);
          return g_byte_array_free_to_bytes (out);
        }
    }
  return NULL;
}

/* @path with all links resolved, if it is a socket. (transfer full) (nullable) */
static char *
real_socket (const char *path)
{
  char real[PATH_MAX];
  struct stat st;

  return realpath (path, real) && stat (real, &st) == 0 && S_ISSOCK (st.st_mode) ? g_strdup (real) : NULL;
}

static gboolean
find_x11 (const char *home, PstDisplay *out, GError **error)
{
  const char *display = g_getenv ("DISPLAY");
  const char *authority = g_getenv ("XAUTHORITY");
  g_autofree char *path = authority ? g_strdup (authority) : g_build_filename (home, ".Xauthority", NULL);
  pst_autofd fd = -1;
  guint number;

  if (!display || !*display)
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                           _ ("--x11=host: DISPLAY is not set, so there is no display to hand in"));
      return FALSE;
    }
  if (!pst_display_parse (display, &number))
    {
      g_autofree char *shown = g_strescape (display, NULL);

      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _ ("--x11=host: the display %s is not a local one (:0, :1, …)"),
                   shown);
      return FALSE;
    }
  out->x11_path = g_strdup_printf ("/tmp/.X11-unix/X%u", number);
  out->x11_socket = real_socket (out->x11_path);
  out->x11_display = g_strdup_printf (":%u", number);
  if (!out->x11_socket)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, _ ("--x11=host: %s is not there; is the display running?"),
                   out->x11_path);
      return FALSE;
    }
  fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd >= 0)
    {
      g_autoptr (GBytes) all = pst_fd_read_all (fd, 1 << 20, NULL);

      if (all)
        out->cookie = pst_display_extract_cookie (g_bytes_get_data (all, NULL), g_bytes_get_size (all), number);
    }
  return TRUE;
}

static gboolean
find_wayland (PstDisplay *out, GError **error)
{
  const char *display = g_getenv ("WAYLAND_DISPLAY");
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");

  if (!display || !*display)
    display = "wayland-0";
  if (!g_path_is_absolute (display) && (!runtime || !g_path_is_absolute (runtime)))
    {
      g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, _ ("--wayland=host: XDG_RUNTIME_DIR is not set"));
      return FALSE;
    }
  {
    g_autofree char *joined = g_path_is_absolute (display) ? g_strdup (display) : g_build_filename (runtime, display, NULL);

    out->wayland_socket = real_socket (joined);
  }
  if (!out->wayland_socket)
    {
      g_autofree char *shown = g_strescape (display, NULL);

      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                   _ ("--wayland=host: there is no Wayland socket %s; is the compositor running?"), shown);
      return FALSE;
    }
  out->wayland_name = g_strdup ("wayland-0");
  return TRUE;
}

gboolean
pst_display_find (gboolean x11, gboolean wayland, const char *home, PstDisplay *out, GError **error)
{
  memset (out, 0, sizeof *out);
  return (!x11 || find_x11 (home, out, error)) && (!wayland || find_wayland (out, error));
}

void
pst_display_clear (PstDisplay *display)
{
  g_clear_pointer (&display->x11_socket, g_free);
  g_clear_pointer (&display->x11_path, g_free);
  g_clear_pointer (&display->x11_display, g_free);
  g_clear_pointer (&display->cookie, g_bytes_unref);
  g_clear_pointer (&display->wayland_socket, g_free);
  g_clear_pointer (&display->wayland_name, g_free);
}
