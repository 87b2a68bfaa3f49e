/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The host's display, handed in as it is: only when asked for, until a display of its own takes its place. */
typedef struct
{
  char *x11_socket;     /* NULL: no X11 */
  char *x11_path;       /* where it is expected */
  char *x11_display;    /* DISPLAY inside */
  GBytes *cookie;       /* (nullable): an Xauthority file with this display's entry alone */
  char *wayland_socket; /* NULL: no Wayland */
  char *wayland_name;   /* WAYLAND_DISPLAY inside, a name in the runtime directory */
} PstDisplay;

gboolean pst_display_find (gboolean x11, gboolean wayland, const char *home, PstDisplay *out, GError **error);
void pst_display_clear (PstDisplay *display);

/* The number of a local display: ":1", ":1.0", "unix:1". FALSE for others (by TCP, by path). Pure. */
gboolean pst_display_parse (const char *display, guint *number);

/* The entry for display @number out of an Xauthority file, made valid for any host name, since the sandbox has its own. NULL if
 * there is none. Pure. */
GBytes *pst_display_extract_cookie (const guint8 *data, gsize size, guint number);

G_END_DECLS
