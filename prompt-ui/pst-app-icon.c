/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-app-icon.h"

#include "pst-fd.h"

#include <fcntl.h>
#include <sys/stat.h>

#define FALLBACK "application-x-executable"
#define MAX_FILE (2u << 20)
#define MAX_PIXELS 4096
#define MAX_KEPT 512

static void
on_size (GdkPixbufLoader *loader, int width, int height, gpointer data)
{
  int size = GPOINTER_TO_INT (data);
  double factor = (double)size / MAX (MAX (width, height), 1);

  if (width > MAX_PIXELS || height > MAX_PIXELS)
    gdk_pixbuf_loader_set_size (loader, 0, 0); /* the header is read, the picture is not */
  else
    gdk_pixbuf_loader_set_size (loader, MAX ((int)(width * factor), 1), MAX ((int)(height * factor), 1));
}

/* Returns: (transfer full) (nullable) */
static GdkPixbuf *
load_file (const char *path, int size)
{
  pst_autofd fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat st;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GdkPixbufLoader) loader = NULL;
  GdkPixbuf *pixbuf;
  gboolean complete;

  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    return NULL;
  bytes = pst_fd_read_all (fd, MAX_FILE, NULL);
  if (bytes == NULL)
    return NULL;
  loader = gdk_pixbuf_loader_new ();
  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size), GINT_TO_POINTER (size));
  complete = gdk_pixbuf_loader_write_bytes (loader, bytes, NULL);
  complete = gdk_pixbuf_loader_close (loader, NULL) && complete;
  pixbuf = complete ? gdk_pixbuf_loader_get_pixbuf (loader) : NULL;
  return pixbuf != NULL ? g_object_ref (pixbuf) : NULL;
}

static cairo_surface_t *
load_icon (const char *icon, int size, int scale, GdkWindow *window)
{
  if (g_path_is_absolute (icon))
    {
      g_autoptr (GdkPixbuf) pixbuf = load_file (icon, size * scale);
      return pixbuf != NULL ? gdk_cairo_surface_create_from_pixbuf (pixbuf, scale, window) : NULL;
    }
  if (*icon == '\0')
    return NULL;
  return gtk_icon_theme_load_surface (gtk_icon_theme_get_default (), icon, size, scale, window, GTK_ICON_LOOKUP_FORCE_SIZE,
                                      NULL);
}

cairo_surface_t *
pst_app_icon_get (const char *icon, int size, int scale, GdkWindow *window)
{
  static GHashTable *kept; /* "size:scale:icon" → cairo_surface_t */
  g_autofree char *key = g_strdup_printf ("%d:%d:%s", size, scale, icon);
  cairo_surface_t *surface;

  if (kept == NULL)
    {
      kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)cairo_surface_destroy);
      g_signal_connect_swapped (gtk_icon_theme_get_default (), "changed", G_CALLBACK (g_hash_table_remove_all), kept);
    }
  surface = g_hash_table_lookup (kept, key);
  if (surface != NULL)
    return surface;
  surface = load_icon (icon, size, scale, window);
  if (surface == NULL)
    surface = load_icon (FALLBACK, size, scale, window);
  if (surface == NULL)
    return NULL;
  if (g_hash_table_size (kept) >= MAX_KEPT)
    g_hash_table_remove_all (kept);
  g_hash_table_insert (kept, g_steal_pointer (&key), surface);
  return surface;
}

void
pst_app_icon_set (GtkImage *image, const char *icon)
{
  GdkWindow *window = gtk_widget_get_window (gtk_widget_get_toplevel (GTK_WIDGET (image)));
  cairo_surface_t *surface =
      pst_app_icon_get (icon, PST_APP_ICON_SIZE, gtk_widget_get_scale_factor (GTK_WIDGET (image)), window);

  if (surface != NULL)
    gtk_image_set_from_surface (image, surface);
  else
    gtk_image_clear (image);
}
