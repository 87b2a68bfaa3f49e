/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define PST_APP_ICON_SIZE 48

/* Sets @image to the icon that a desktop file names: a themed name, or the absolute path of a picture; anything that cannot be
 * had becomes the theme's picture of a program. Icons are kept, since the same application asks again. */
void pst_app_icon_set (GtkImage *image, const char *icon);

/* The same for who draws by himself, @size × @size. Returns: (transfer none) (nullable): good until the next call. */
cairo_surface_t *pst_app_icon_get (const char *icon, int size, int scale, GdkWindow *window);

G_END_DECLS
