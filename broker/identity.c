/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The index of desktop files.
 *
 * A launch must not wait for three hundred desktop files to be parsed, so the index holds only what finds one: the first word
 * of Exec=, resolved to a real path. What is shown (name, icon, categories) is read from the one file that was found, when it
 * is wanted.
 *
 * Several files may start one program. The one that is most likely meant is that of the system before the person's own (which
 * any program that may change ~/.local could have written), one that is shown in menus, and the one whose command has the
 * fewest further words. A command that starts an interpreter with a script names the script's author, not the interpreter, and
 * is left out.
 */
#include "identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ID 128
#define MAX_DESKTOP_FILE (256u << 10)
#define MAX_DEPTH 4

typedef struct
{
  char *id;
  char *file;
  char *executable; /* resolved, nullable */
  guint rank;       /* smaller is better */
} Entry;

typedef struct
{
  char *path;
  struct timespec changed;
} Watched;

struct _PstIdentity
{
  GStrv dirs;
  gsize n_system;
  GStrv search;
  GHashTable *by_id;         /* id → Entry, owned */
  GHashTable *by_executable; /* executable → Entry, borrowed */
  GArray *watched;           /* of Watched */
};

static const char *const interpreters[] = { "sh",   "bash",     "dash",   "zsh",  "ksh", "fish",        "env",
                                            "perl", "ruby",     "node",   "java", "gjs", "gjs-console", "flatpak",
                                            "snap", "xdg-open", "pkexec", "sudo", "su",  "postern",     "mono",
                                            "wine", "lua",      "tclsh",  "wish" };

void
pst_app_info_free (PstAppInfo *info)
{
  if (!info)
    return;
  g_free (info->id);
  g_free (info->name);
  g_free (info->icon);
  g_free (info->executable);
  g_free (info->wants);
  g_free (info->reason);
  g_free (info);
}

PstAppInfo *
pst_app_info_copy (const PstAppInfo *info)
{
  PstAppInfo *copy = g_new (PstAppInfo, 1);

  *copy = *info;
  copy->id = g_strdup (info->id);
  copy->name = g_strdup (info->name);
  copy->icon = g_strdup (info->icon);
  copy->executable = g_strdup (info->executable);
  copy->wants = g_strdup (info->wants);
  copy->reason = g_strdup (info->reason);
  return copy;
}

gboolean
pst_app_id_is_valid (const char *id)
{
  if (!*id || *id == '.' || *id == '-' || strlen (id) > MAX_ID)
    return FALSE;
  for (; *id; id++)
    if (!g_ascii_isalnum (*id) && !strchr ("._+-", *id))
      return FALSE;
  return TRUE;
}

static gboolean
is_system_bin (const char *directory)
{
  static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/games" };

  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    if (strcmp (directory, dirs[i]) == 0)
      return TRUE;
  return FALSE;
}

char *
pst_app_id_of_executable (const char *executable)
{
  g_autofree char *directory = g_path_get_dirname (executable), *base = g_path_get_basename (executable), *hash = NULL;
  GString *safe;

  if (is_system_bin (directory) && pst_app_id_is_valid (base))
    return g_steal_pointer (&base);
  safe = g_string_new (NULL);
  for (const char *c = base; *c && safe->len < 64; c++)
    g_string_append_c (safe, g_ascii_isalnum (*c) || (strchr ("._+", *c) && safe->len > 0) ? *c : '_');
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, executable, -1);
  g_string_append_printf (safe, "-%.12s", hash);
  return g_string_free (safe, FALSE);
}

PstAccess
pst_suggest_access (const char *categories)
{
  static const struct
  {
    const char *category;
    PstAccess access;
  } table[] = {
    /* The first that matches decides: an image viewer is a graphics program too. */
    { "Viewer", PST_ACCESS_VIEW },          { "Player", PST_ACCESS_VIEW },        { "TextEditor", PST_ACCESS_CHANGE },
    { "WordProcessor", PST_ACCESS_CHANGE }, { "Spreadsheet", PST_ACCESS_CHANGE }, { "Presentation", PST_ACCESS_CHANGE },
    { "Office", PST_ACCESS_CHANGE },        { "Graphics", PST_ACCESS_CHANGE },    { "AudioVideoEditing", PST_ACCESS_CHANGE },
    { "IDE", PST_ACCESS_CHANGE },           { "Development", PST_ACCESS_CHANGE }, { "FileManager", PST_ACCESS_CHANGE },
    { "FileTools", PST_ACCESS_CHANGE },     { "Archiving", PST_ACCESS_CHANGE },
  };
  g_auto (GStrv) words = g_strsplit (categories ? categories : "", ";", -1);

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    if (g_strv_contains ((const char *const *)words, table[i].category))
      return table[i].access;
  return 0;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->id);
  g_free (entry->file);
  g_free (entry->executable);
  g_free (entry);
}

static void
watched_clear (gpointer data)
{
  g_free (((Watched *)data)->path);
}

PstIdentity *
pst_identity_new (const char *const *system_dirs, const char *user_dir, const char *path)
{
  PstIdentity *identity = g_new0 (PstIdentity, 1);
  g_autoptr (GStrvBuilder) dirs = g_strv_builder_new ();

  identity->n_system = g_strv_length ((GStrv)system_dirs);
  g_strv_builder_addv (dirs, (const char **)system_dirs);
  if (user_dir)
    g_strv_builder_add (dirs, user_dir);
  identity->dirs = g_strv_builder_end (dirs);
  identity->search = g_strsplit (path, ":", -1);
  identity->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  identity->by_executable = g_hash_table_new (g_str_hash, g_str_equal);
  return identity;
}

void
pst_identity_free (PstIdentity *identity)
{
  if (!identity)
    return;
  g_strfreev (identity->dirs);
  g_strfreev (identity->search);
  g_hash_table_unref (identity->by_executable);
  g_hash_table_unref (identity->by_id);
  g_clear_pointer (&identity->watched, g_array_unref);
  g_free (identity);
}

/* A command as the launcher would resolve it. (transfer full) (nullable) */
static char *
resolve_command (PstIdentity *identity, const char *command)
{
  char *real = NULL, *result;

  if (*command == '/')
    real = realpath (command, NULL);
  else if (!strchr (command, '/'))
    for (char **dir = identity->search; *dir && !real; dir++)
      {
        g_autofree char *file = g_build_filename (*dir, command, NULL);

        if (**dir == '/' && access (file, X_OK) == 0)
          real = realpath (file, NULL);
      }
  result = g_strdup (real);
  free (real);
  return result;
}

static gboolean
is_interpreter (const char *executable)
{
  const char *base = strrchr (executable, '/');

  base = base ? base + 1 : executable;
  for (gsize i = 0; i < G_N_ELEMENTS (interpreters); i++)
    if (strcmp (base, interpreters[i]) == 0)
      return TRUE;
  return g_str_has_prefix (base, "python") || g_str_has_prefix (base, "perl5") || g_str_has_prefix (base, "ruby");
}

/* The value of a key in the first group, without locale. (transfer full) (nullable) */
static char *
raw_value (const char *text, const char *key)
{
  gsize length = strlen (key);
  gboolean inside = FALSE;

  for (const char *line = text; line && *line; line = strchr (line, '\n') ? strchr (line, '\n') + 1 : NULL)
    {
      if (*line == '[')
        {
          if (inside)
            return NULL;
          inside = g_str_has_prefix (line, "[Desktop Entry]");
        }
      else if (inside && strncmp (line, key, length) == 0)
        {
          const char *at = line + length;

          while (*at == ' ')
            at++;
          if (*at != '=')
            continue;
          at++;
          return g_strstrip (g_strndup (at, strcspn (at, "\n")));
        }
    }
  return NULL;
}

/* Resolves the program of an Exec= line, and counts its words. */
static char *
program_of (PstIdentity *identity, const char *exec, guint *n_words)
{
  g_auto (GStrv) argv = NULL;
  char **word;
  char *program;

  *n_words = 0;
  if (!g_shell_parse_argv (exec, NULL, &argv, NULL))
    return NULL;
  word = argv;
  if (g_str_equal (*word, "env") || g_str_has_suffix (*word, "/env"))
    for (word++; *word && strchr (*word, '=');)
      word++;
  if (!*word)
    return NULL;
  program = resolve_command (identity, *word);
  for (word++; *word; word++)
    if (**word != '%')
      (*n_words)++;
  if (program && is_interpreter (program) && *n_words > 0)
    g_clear_pointer (&program, g_free);
  return program;
}

static void
index_file (PstIdentity *identity, const char *file, const char *id, gboolean is_user)
{
  g_autofree char *text = NULL, *exec = NULL, *hidden = NULL, *no_display = NULL;
  struct stat st;
  guint n_words = 0;
  Entry *entry, *other;

  if (g_hash_table_contains (identity->by_id, id) || !pst_app_id_is_valid (id))
    return;
  if (stat (file, &st) < 0 || !S_ISREG (st.st_mode) || st.st_size > MAX_DESKTOP_FILE ||
      !g_file_get_contents (file, &text, NULL, NULL))
    return;
  hidden = raw_value (text, "Hidden");
  exec = raw_value (text, "Exec");
  if (!exec || g_strcmp0 (hidden, "true") == 0)
    return;
  no_display = raw_value (text, "NoDisplay");
  entry = g_new0 (Entry, 1);
  entry->id = g_strdup (id);
  entry->file = g_strdup (file);
  entry->executable = program_of (identity, exec, &n_words);
  entry->rank = (is_user ? 10000 : 0) + (g_strcmp0 (no_display, "true") == 0 ? 1000 : 0) + MIN (n_words, 999u);
  g_hash_table_insert (identity->by_id, entry->id, entry);
  if (!entry->executable)
    return;
  other = g_hash_table_lookup (identity->by_executable, entry->executable);
  if (!other || entry->rank < other->rank || (entry->rank == other->rank && strcmp (entry->id, other->id) < 0))
    g_hash_table_replace (identity->by_executable, entry->executable, entry);
}

static void
watch (PstIdentity *identity, const char *path)
{
  struct stat st;
  Watched watched = { g_strdup (path), { 0 } };

  if (stat (path, &st) == 0)
    watched.changed = st.st_mtim;
  g_array_append_val (identity->watched, watched);
}

static void
index_directory (PstIdentity *identity, const char *path, const char *prefix, gboolean is_user, guint depth)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  watch (identity, path);
  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      if (g_str_has_suffix (name, ".desktop"))
        {
          g_autofree char *id = g_strdup_printf ("%s%.*s", prefix, (int)(strlen (name) - strlen (".desktop")), name);

          index_file (identity, file, id, is_user);
        }
      else if (depth < MAX_DEPTH && !strchr (name, '.') && g_file_test (file, G_FILE_TEST_IS_DIR))
        {
          g_autofree char *deeper = g_strconcat (prefix, name, "-", NULL);

          index_directory (identity, file, deeper, is_user, depth + 1);
        }
    }
}

static gboolean
is_current (PstIdentity *identity)
{
  if (!identity->watched)
    return FALSE;
  for (guint i = 0; i < identity->watched->len; i++)
    {
      const Watched *watched = &g_array_index (identity->watched, Watched, i);
      struct stat st;
      struct timespec changed = { 0 };

      if (stat (watched->path, &st) == 0)
        changed = st.st_mtim;
      if (changed.tv_sec != watched->changed.tv_sec || changed.tv_nsec != watched->changed.tv_nsec)
        return FALSE;
    }
  return TRUE;
}

static void
ensure_index (PstIdentity *identity)
{
  if (is_current (identity))
    return;
  g_hash_table_remove_all (identity->by_executable);
  g_hash_table_remove_all (identity->by_id);
  g_clear_pointer (&identity->watched, g_array_unref);
  identity->watched = g_array_new (FALSE, FALSE, sizeof (Watched));
  g_array_set_clear_func (identity->watched, watched_clear);
  for (gsize i = 0; identity->dirs[i]; i++)
    index_directory (identity, identity->dirs[i], "", i >= identity->n_system, 0);
}

static PstAppInfo *
info_from_entry (const Entry *entry)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  PstAppInfo *info = g_new0 (PstAppInfo, 1);
  g_autofree char *categories = NULL;

  info->id = g_strdup (entry->id);
  info->executable = g_strdup (entry->executable ? entry->executable : "");
  if (g_key_file_load_from_file (file, entry->file, G_KEY_FILE_KEEP_TRANSLATIONS, NULL))
    {
      info->name = g_key_file_get_locale_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_NAME, NULL, NULL);
      info->icon = g_key_file_get_locale_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_ICON, NULL, NULL);
      categories = g_key_file_get_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_CATEGORIES, NULL);
      info->suggested = pst_suggest_access (categories);
      info->wants = g_key_file_get_string (file, G_KEY_FILE_DESKTOP_GROUP, "X-Postern-Wants", NULL);
      if (info->wants)
        info->reason = g_key_file_get_locale_string (file, G_KEY_FILE_DESKTOP_GROUP, "X-Postern-Reason", NULL, NULL);
    }
  if (!info->name || !*info->name)
    {
      g_free (info->name);
      info->name = g_strdup (entry->id);
    }
  if (!info->icon)
    info->icon = g_strdup ("");
  return info;
}

PstAppInfo *
pst_identity_for_executable (PstIdentity *identity, const char *executable)
{
  const Entry *entry;
  PstAppInfo *info;

  ensure_index (identity);
  entry = g_hash_table_lookup (identity->by_executable, executable);
  if (entry)
    return info_from_entry (entry);
  info = g_new0 (PstAppInfo, 1);
  info->id = pst_app_id_of_executable (executable);
  /* A program must not pass for the application whose desktop file has this name. */
  if (g_hash_table_contains (identity->by_id, info->id))
    {
      g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, executable, -1), *plain = info->id;

      info->id = g_strdup_printf ("%s-%.12s", plain, hash);
    }
  info->name = g_path_get_basename (executable);
  info->icon = g_strdup ("");
  info->executable = g_strdup (executable);
  return info;
}

PstAppInfo *
pst_identity_for_word (PstIdentity *identity, const char *word)
{
  g_autofree char *executable = NULL;
  const Entry *entry;
  PstAppInfo *info;

  ensure_index (identity);
  if ((entry = g_hash_table_lookup (identity->by_id, word)))
    return info_from_entry (entry);
  if ((executable = resolve_command (identity, word)))
    return pst_identity_for_executable (identity, executable);
  if (!pst_app_id_is_valid (word))
    return NULL;
  info = g_new0 (PstAppInfo, 1);
  info->id = g_strdup (word);
  info->name = g_strdup (word);
  info->icon = g_strdup ("");
  info->executable = g_strdup ("");
  return info;
}
