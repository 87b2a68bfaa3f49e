/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "look.h"
#include "pst-path.h"
#include "pst-programs.h"

static char *
read_boot_id (void)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
    return g_strdup ("unknown");
  return g_strdup (g_strstrip (text));
}

/* The real path of @path, asking the kernel about each directory once for the whole list: this is done at each launch. @known:
 * path → real path,
 * "" where it leads nowhere. (transfer none) */
static const char *
real_path_once (GHashTable *known, const char *path)
{
  char *real = g_hash_table_lookup (known, path);
  g_autofree char *parent = NULL;
  const char *real_parent;
  struct stat st;

  if (real)
    return real;
  if (strcmp (path, "/") == 0)
    real = g_strdup ("/");
  else
    {
      parent = g_path_get_dirname (path);
      real_parent = real_path_once (known, parent);
      if (*real_parent == '\0')
        real = g_strdup ("");
      else
        {
          real = g_build_filename (real_parent, strrchr (path, '/') + 1, NULL);
          if (lstat (real, &st) == 0 && S_ISLNK (st.st_mode))
            {
              char *target = pst_host_real_path (real);

              g_free (real);
              real = target ? target : g_strdup ("");
            }
        }
    }
  g_hash_table_insert (known, g_strdup (path), real);
  return real;
}

/* The list names the usual places. Where the person keeps settings and data elsewhere, what is protected there is the same; and
 * Postern's own directories are protected wherever they are, with all the other sockets of the session.
 * @written is consumed. */
static GStrv
add_places_of_this_host (const PstHost *host, GStrv written)
{
  const struct
  {
    const char *usual;
    const char *here;
  } moved[] = { { ".config", host->config_home }, { ".local/share", host->data_home } };
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_autofree char *state = pst_state_dir (), *state_normal = NULL, *runtime_normal = NULL;
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");

  g_strv_builder_addv (paths, (const char **)written);
  for (gsize i = 0; i < G_N_ELEMENTS (moved); i++)
    {
      g_autofree char *usual = g_build_filename (host->home, moved[i].usual, NULL);

      for (char **path = written; moved[i].here && strcmp (usual, moved[i].here) != 0 && *path; path++)
        if (pst_path_is_below_or_equal (*path, usual) && strcmp (*path, usual) != 0)
          {
            g_autofree char *here = g_strconcat (moved[i].here, *path + strlen (usual), NULL);

            g_strv_builder_add (paths, here);
          }
    }
  state_normal = pst_path_normalise (state, "/", host->home);
  if (state_normal)
    g_strv_builder_add (paths, state_normal);
  runtime_normal = runtime && *runtime == '/' ? pst_path_normalise (runtime, "/", host->home) : NULL;
  /* A home is no runtime directory, whatever the variable says: everything in it would be a question that warns. */
  if (runtime_normal && !pst_path_is_below_or_equal (host->home, runtime_normal))
    g_strv_builder_add (paths, runtime_normal);
  g_strfreev (written);
  return g_strv_builder_end (paths);
}

static gboolean
read_protected (PstHost *host, GError **error)
{
  g_autofree char *file = pst_data_find ("protected.conf"), *text = NULL;
  g_autoptr (GPtrArray) real = g_ptr_array_new ();
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) paths = NULL;

  if (!host->protected_paths)
    {
      if (!g_file_get_contents (file, &text, NULL, error))
        {
          g_prefix_error (error, _ ("The list of protected files cannot be read; reinstall Postern. "));
          return FALSE;
        }
      if (!(paths = pst_protected_parse (text, host->home, error)))
        return FALSE;
      host->protected_paths = add_places_of_this_host (host, g_steal_pointer (&paths));
    }
  for (char **path = host->protected_paths; *path; path++)
    {
      const char *resolved = real_path_once (known, *path);

      if (*resolved != '\0' && strcmp (resolved, *path) != 0)
        g_ptr_array_add (real, g_strdup (resolved));
    }
  g_ptr_array_add (real, NULL);
  g_strfreev (host->protected_real);
  host->protected_real = (GStrv)g_ptr_array_free (g_steal_pointer (&real), FALSE);
  return TRUE;
}

gboolean
pst_host_refresh (PstHost *host, GError **error)
{
  g_clear_pointer (&host->user_dirs, g_ptr_array_unref);
  host->user_dirs = pst_user_dirs_read (host->home, host->config_home);
  return read_protected (host, error);
}

static char *
normal_dir (const char *from_environment, const char *home, const char *fallback)
{
  if (from_environment && *from_environment == '/')
    {
      char *path = pst_path_normalise (from_environment, "/", home);

      if (path)
        return path;
    }
  return g_build_filename (home, fallback, NULL);
}

PstHost *
pst_host_new (GError **error)
{
  g_autoptr (PstHost) host = g_new0 (PstHost, 1);
  const char *home = g_getenv ("HOME");
  struct stat st;

  if (!home || *home != '/')
    home = g_get_home_dir ();
  host->home = home ? pst_path_normalise (home, "/", NULL) : NULL;
  if (!host->home || strcmp (host->home, "/") == 0 || stat (host->home, &st) < 0 || !S_ISDIR (st.st_mode))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   _ ("The home directory “%s” is not there; set HOME to a directory that exists."), home ? home : "");
      return NULL;
    }
  host->config_home = normal_dir (g_getenv ("XDG_CONFIG_HOME"), host->home, ".config");
  host->data_home = normal_dir (g_getenv ("XDG_DATA_HOME"), host->home, ".local/share");
  host->user = g_strdup (g_get_user_name ());
  host->boot = read_boot_id ();
  host->gate_roots = g_new0 (char *, 6);
  host->gate_roots[0] = g_strdup (host->home);
  host->gate_roots[1] = g_strdup ("/media");
  host->gate_roots[2] = g_build_filename ("/run/media", host->user, NULL);
  host->gate_roots[3] = g_strdup ("/mnt");
  host->gate_roots[4] = g_strdup ("/srv");
  if (!pst_host_refresh (host, error))
    return NULL;
  return g_steal_pointer (&host);
}

void
pst_host_free (PstHost *host)
{
  if (!host)
    return;
  g_free (host->home);
  g_free (host->config_home);
  g_free (host->data_home);
  g_free (host->user);
  g_free (host->boot);
  g_clear_pointer (&host->user_dirs, g_ptr_array_unref);
  g_strfreev (host->gate_roots);
  g_strfreev (host->protected_paths);
  g_strfreev (host->protected_real);
  g_free (host);
}

const char *
pst_host_gate_root (const PstHost *host, const char *path)
{
  const char *best = NULL;

  for (char **root = host->gate_roots; root && *root; root++)
    if (pst_path_is_below_or_equal (path, *root) && (!best || strlen (*root) > strlen (best)))
      best = *root;
  return best;
}

const PstUserDir *
pst_host_user_dir (const PstHost *host, const char *path)
{
  const PstUserDir *best = NULL;

  for (guint i = 0; host->user_dirs && i < host->user_dirs->len; i++)
    {
      const PstUserDir *dir = host->user_dirs->pdata[i];

      if (pst_path_is_below_or_equal (path, dir->path) && (!best || strlen (dir->path) > strlen (best->path)))
        best = dir;
    }
  return best;
}

const char *
pst_host_protected_above (const PstHost *host, const char *path)
{
  const GStrv lists[] = { host->protected_paths, host->protected_real };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **entry = lists[i]; entry && *entry; entry++)
      if (pst_path_is_below_or_equal (path, *entry))
        return *entry;
  return NULL;
}

gboolean
pst_host_protected_below (const PstHost *host, const char *path)
{
  const GStrv lists[] = { host->protected_paths, host->protected_real };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **entry = lists[i]; entry && *entry; entry++)
      if (pst_path_is_below_or_equal (*entry, path) && strcmp (*entry, path) != 0)
        return TRUE;
  return FALSE;
}

gboolean
pst_host_is_root_or_above (const PstHost *host, const char *path)
{
  for (char **root = host->gate_roots; root && *root; root++)
    if (pst_path_is_below_or_equal (*root, path))
      return TRUE;
  return FALSE;
}

/* logind keeps one file for each login in /run/systemd/sessions and names those of a user in /run/systemd/users/UID. */

char *
pst_host_login (void)
{
  g_autofree char *file = g_strdup_printf ("/run/systemd/users/%u", (guint)getuid ()), *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return g_strdup ("");
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++)
    if (g_str_has_prefix (*line, "SESSIONS="))
      return g_strstrip (g_strdup (*line + strlen ("SESSIONS=")));
  return g_strdup ("");
}

gboolean
pst_host_login_lives (const char *login)
{
  g_auto (GStrv) ids = NULL;

  if (!login || !*login)
    return TRUE;
  ids = g_strsplit (login, " ", -1);
  for (char **id = ids; *id; id++)
    {
      g_autofree char *file = g_build_filename ("/run/systemd/sessions", *id, NULL);

      if (pst_name_is_valid (*id) && access (file, F_OK) == 0)
        return TRUE;
    }
  return FALSE;
}

char *
pst_host_real_path (const char *path)
{
  g_autofree char *head = g_strdup (path);
  g_autoptr (GString) tail = g_string_new (NULL);
  struct stat st;

  for (;;)
    {
      g_autofree char *real = pst_look_real (head);
      char *slash;

      if (real)
        return strcmp (real, "/") == 0 && tail->len > 0 ? g_strdup (tail->str) : g_strconcat (real, tail->str, NULL);
      /* What exists but cannot be resolved is a dangling symlink or a loop. */
      if (errno != ENOENT || pst_look (head, FALSE, &st) == 0 || !(slash = strrchr (head, '/')) || slash == head)
        return NULL;
      g_string_prepend (tail, slash);
      *slash = '\0';
    }
}
