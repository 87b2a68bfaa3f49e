/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-app-icon.h"

#include "pst-fd.h"

#include <fcntl.h>
#include <sys/stat.h>

#define FALLBACK "application-x-executable"
#define MAX_FILE (2u << 20)
#define MAX_PIXELS 4096
#define MAX_KEPT 64

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
load_icon (const char *icon, int scale, GdkWindow *window)
{
  GtkIconTheme *theme = gtk_icon_theme_get_default ();

  if (g_path_is_absolute (icon))
    {
      g_autoptr (GdkPixbuf) pixbuf = load_file (icon, PST_APP_ICON_SIZE * scale);
      return pixbuf != NULL ? gdk_cairo_surface_create_from_pixbuf (pixbuf, scale, window) : NULL;
    }
  if (*icon == '\0')
    return NULL;
  return gtk_icon_theme_load_surface (theme, icon, PST_APP_ICON_SIZE, scale, window, GTK_ICON_LOOKUP_FORCE_SIZE, NULL);
}

void
pst_app_icon_set (GtkImage *image, const char *icon)
{
  static GHashTable *kept; /* "scale:icon" → cairo_surface_t */
  int scale = gtk_widget_get_scale_factor (GTK_WIDGET (image));
  g_autofree char *key = g_strdup_printf ("%d:%s", scale, icon);
  cairo_surface_t *surface;

  if (kept == NULL)
    {
      kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)cairo_surface_destroy);
      g_signal_connect_swapped (gtk_icon_theme_get_default (), "changed", G_CALLBACK (g_hash_table_remove_all), kept);
    }

  surface = g_hash_table_lookup (kept, key);
  if (surface == NULL)
    {
      GdkWindow *window = gtk_widget_get_window (gtk_widget_get_toplevel (GTK_WIDGET (image)));

      surface = load_icon (icon, scale, window);
      if (surface == NULL)
        surface = load_icon (FALLBACK, scale, window);
      if (surface == NULL)
        {
          gtk_image_clear (image);
          return;
        }
      if (g_hash_table_size (kept) >= MAX_KEPT)
        g_hash_table_remove_all (kept);
      g_hash_table_insert (kept, g_steal_pointer (&key), surface);
    }
  gtk_image_set_from_surface (image, surface);
}
