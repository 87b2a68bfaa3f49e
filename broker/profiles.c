/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "profiles.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "pst-text.h"

#define SUFFIX ".profile"

/* One file, and the executables that it names. */
typedef struct
{
  char *path;
  struct timespec changed;
  GStrv executables; /* (nullable): unreadable when it was last looked at */
} Known;

struct _PstProfiles
{
  const PstServices *services; /* borrowed */
  GStrv directories;
  GHashTable *known; /* path → Known, owned */
  GHashTable *found; /* application and executable → PstProfile or NULL, both owned */
  char *stamp;       /* what found was made from */
};

static void
known_free (gpointer data)
{
  Known *known = data;

  g_free (known->path);
  g_strfreev (known->executables);
  g_free (known);
}

PstProfiles *
pst_profiles_new (const PstServices *services, const char *const *directories)
{
  PstProfiles *profiles = g_new0 (PstProfiles, 1);

  profiles->services = services;
  profiles->directories = g_strdupv ((GStrv)directories);
  profiles->known = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, known_free);
  profiles->found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)pst_profile_free);
  return profiles;
}

void
pst_profiles_free (PstProfiles *profiles)
{
  if (!profiles)
    return;
  g_strfreev (profiles->directories);
  g_hash_table_unref (profiles->known);
  g_hash_table_unref (profiles->found);
  g_free (profiles->stamp);
  g_free (profiles);
}

/* What @path names, read again only when it has changed. */
static const char *const *
executables_of (PstProfiles *profiles, const char *path)
{
  Known *known = g_hash_table_lookup (profiles->known, path);
  struct stat st;

  if (stat (path, &st) < 0)
    return NULL;
  if (!known || known->changed.tv_sec != st.st_mtim.tv_sec || known->changed.tv_nsec != st.st_mtim.tv_nsec)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PstProfile) profile = pst_profile_load (path, &error);

      if (!profile)
        g_message ("profile passed over: %s", error->message);
      known = g_new0 (Known, 1);
      known->path = g_strdup (path);
      known->changed = st.st_mtim;
      known->executables = profile ? g_strdupv ((GStrv)pst_profile_get_executables (profile)) : NULL;
      g_hash_table_replace (profiles->known, known->path, known);
    }
  return (const char *const *)known->executables;
}

PstProfile *
pst_profiles_load (const PstServices *services, const char *path, GError **error)
{
  g_autoptr (PstProfile) profile = pst_profile_load (path, error);
  const char *unknown = profile ? pst_services_unknown_module (services, pst_profile_get_modules (profile)) : NULL;

  if (unknown)
    {
      g_autofree char *shown = pst_text_for_display (path, 200);

      g_set_error (
          error, PST_PROFILE_ERROR, 0,
          _ ("%s: Modules names “%s”, which the catalogue of services does not have; correct the name or leave it out."), shown,
          unknown);
      return NULL;
    }
  return g_steal_pointer (&profile);
}

static gboolean
names (const char *const *executables, const char *executable)
{
  const char *base = strrchr (executable, '/');

  base = base ? base + 1 : executable;
  for (; executables && *executables; executables++)
    if (strcmp (*executables, executable) == 0 || (!strchr (*executables, '/') && strcmp (*executables, base) == 0))
      return TRUE;
  return FALSE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

PstProfile *
pst_profiles_find (PstProfiles *profiles, const char *app, const char *executable, GError **error)
{
  for (char **directory = profiles->directories; *directory; directory++)
    {
      g_autofree char *file = g_strconcat (*directory, "/", app, SUFFIX, NULL);
      g_autoptr (GPtrArray) files = NULL;
      g_autoptr (GDir) dir = NULL;
      const char *name;

      if (g_file_test (file, G_FILE_TEST_EXISTS))
        return pst_profiles_load (profiles->services, file, error);
      if (!(dir = g_dir_open (*directory, 0, NULL)))
        continue;
      files = g_ptr_array_new_with_free_func (g_free);
      while ((name = g_dir_read_name (dir)))
        if (g_str_has_suffix (name, SUFFIX))
          g_ptr_array_add (files, g_build_filename (*directory, name, NULL));
      g_ptr_array_sort (files, compare_names);
      for (guint i = 0; i < files->len; i++)
        if (names (executables_of (profiles, files->pdata[i]), executable))
          return pst_profiles_load (profiles->services, files->pdata[i], error);
    }
  return NULL;
}

/* Another one after each change of a file or a directory. */
static char *
make_stamp (PstProfiles *profiles)
{
  GString *stamp = g_string_new (NULL);

  for (char **directory = profiles->directories; *directory; directory++)
    {
      g_autoptr (GDir) dir = g_dir_open (*directory, 0, NULL);
      const char *name;

      while (dir && (name = g_dir_read_name (dir)))
        {
          g_autofree char *file = g_strconcat (*directory, "/", name, NULL);
          struct stat st;

          if (g_str_has_suffix (name, SUFFIX) && stat (file, &st) == 0)
            g_string_append_printf (stamp, "%s %lu %ld %ld %ld\n", file, (gulong)st.st_ino, (glong)st.st_size,
                                    (glong)st.st_mtim.tv_sec, (glong)st.st_mtim.tv_nsec);
        }
    }
  return g_string_free (stamp, FALSE);
}

void
pst_profiles_refresh (PstProfiles *profiles)
{
  char *stamp = make_stamp (profiles);

  if (g_strcmp0 (stamp, profiles->stamp) != 0)
    g_hash_table_remove_all (profiles->found);
  g_free (profiles->stamp);
  profiles->stamp = stamp;
}

const PstProfile *
pst_profiles_peek (PstProfiles *profiles, const char *app, const char *executable)
{
  g_autofree char *key = g_strconcat (app, "\n", executable, NULL);
  g_autoptr (GError) error = NULL;
  gpointer profile;

  if (!g_hash_table_lookup_extended (profiles->found, key, NULL, &profile))
    {
      profile = pst_profiles_find (profiles, app, executable, &error);
      if (error)
        g_message ("profile passed over: %s", error->message);
      g_hash_table_insert (profiles->found, g_steal_pointer (&key), profile);
    }
  return profile;
}
