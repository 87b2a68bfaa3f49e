/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "postern-config.h"

#include "pst-manager-words.h"

#include "pst-path.h"
#include "pst-programs.h"
#include "pst-user-dirs.h"

PstPlaces *
pst_places_new (const char *home, GPtrArray *user_dirs_take, PstServices *services_take)
{
  PstPlaces *places = g_new0 (PstPlaces, 1);

  places->home = g_strdup (home);
  places->user_dirs = user_dirs_take;
  places->services = services_take;
  return places;
}

PstPlaces *
pst_places_read (void)
{
  g_autofree char *home = pst_path_normalise (g_get_home_dir (), "/", NULL);
  g_autofree char *own = g_build_filename (g_get_user_config_dir (), "postern", "services", NULL);
  g_autofree char *packaged = pst_data_find ("services");
  const char *const directories[] = { "/etc/postern/services", PST_SYSCONFDIR "/services", own, packaged, NULL };
  g_autoptr (GError) error = NULL;
  PstServices *services = pst_services_load (directories, &error);

  if (services == NULL)
    g_warning ("%s", error->message);
  return pst_places_new (home, pst_user_dirs_read (home, g_get_user_config_dir ()), services);
}

void
pst_places_free (PstPlaces *places)
{
  if (places == NULL)
    return;
  g_free (places->home);
  g_ptr_array_unref (places->user_dirs);
  pst_services_free (places->services);
  g_free (places);
}
