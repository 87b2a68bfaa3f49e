/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locks.h"

#include <string.h>

#include <glib/gi18n.h>

G_DEFINE_QUARK (pst - locks - error - quark, pst_locks_error)

#define MAX_SIZE (64u << 10)

void
pst_lock_free (PstLock *lock)
{
  if (!lock)
    return;
  g_free (lock->app);
  g_free (lock->path);
  g_free (lock->file);
  g_free (lock);
}

gboolean
pst_lock_word (const char *word, PstAccess *access, PstAnswer *answer)
{
  if (strcmp (word, "allow") == 0 || strcmp (word, "view") == 0)
    return *access = PST_ACCESS_VIEW, *answer = PST_ANSWER_ALLOW, TRUE;
  if (strcmp (word, "change") == 0)
    return *access = PST_ACCESS_CHANGE, *answer = PST_ANSWER_ALLOW, TRUE;
  if (strcmp (word, "save") == 0)
    return *access = PST_ACCESS_SAVE, *answer = PST_ANSWER_ALLOW, TRUE;
  if (strcmp (word, "ask") == 0 || strcmp (word, "deny") == 0 || strcmp (word, "hide") == 0 || strcmp (word, "private") == 0)
    {
      *access = PST_ACCESS_VIEW;
      return pst_answer_from_string (word, answer);
    }
  return FALSE;
}

static gboolean
fail (GError **error, const char *label, guint line, const char *what)
{
  g_set_error (error, PST_LOCKS_ERROR, 0,
               _ ("%s, line %u: %s. Nothing is started until the administrator's locks can be read."), label, line, what);
  return FALSE;
}

gboolean
pst_locks_parse (GPtrArray *locks, const char *data, gsize size, const char *label, GError **error)
{
  g_autofree char *text = NULL, *app = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean in_files = FALSE;
  guint first = locks->len;

  if (size > MAX_SIZE)
    return fail (error, label, 1, _ ("the file is larger than 64 KiB"));
  if (memchr (data, '\0', size))
    return fail (error, label, 1, _ ("the file holds NUL bytes"));
  text = g_strndup (data, size);
  if (!g_utf8_validate (text, -1, NULL))
    return fail (error, label, 1, _ ("the file is not UTF-8 text"));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    {
      char *line = g_strstrip (lines[i]), *equals;
      PstLock lock = { 0 }, *copy;

      if (*line == '\0' || *line == '#')
        continue;
      if (*line == '[')
        {
          gsize length = strlen (line);

          g_clear_pointer (&app, g_free);
          if (strcmp (line, "[Files]") != 0)
            {
              if (!g_str_has_prefix (line, "[Files ") || line[length - 1] != ']' || length < strlen ("[Files x]"))
                return fail (error, label, i + 1, _ ("the group is neither [Files] nor [Files APPLICATION]"));
              app = g_strstrip (g_strndup (line + strlen ("[Files "), length - strlen ("[Files ]")));
            }
          in_files = TRUE;
          continue;
        }
      equals = strrchr (line, '=');
      if (!in_files || !equals || equals == line)
        return fail (error, label, i + 1, _ ("this is not PATH=WORD within a group"));
      *equals = '\0';
      g_strchomp (line);
      if (!pst_lock_word (g_strchug (equals + 1), &lock.access, &lock.answer))
        return fail (error, label, i + 1, _ ("the word is none of view, change, save, deny, hide, private, ask"));
      if (*line != '/' && !g_str_has_prefix (line, "~/") && strcmp (line, "~") != 0 && !g_str_has_prefix (line, "xdg:"))
        return fail (error, label, i + 1, _ ("the path is neither absolute nor begins with ~/ or xdg:"));
      for (guint k = first; k < locks->len; k++)
        {
          const PstLock *other = locks->pdata[k];

          if (g_strcmp0 (other->app, app) == 0 && strcmp (other->path, line) == 0)
            return fail (error, label, i + 1, _ ("the path stands there twice"));
        }
      copy = g_memdup2 (&lock, sizeof lock);
      copy->app = g_strdup (app);
      copy->path = g_strdup (line);
      copy->file = g_strdup (label);
      g_ptr_array_add (locks, copy);
    }
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
pst_locks_read (const char *const *directories, GError **error)
{
  g_autoptr (GPtrArray) locks = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_lock_free);

  for (; *directories; directories++)
    {
      g_autoptr (GError) open_error = NULL;
      g_autoptr (GDir) dir = g_dir_open (*directories, 0, &open_error);
      g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
      const char *name;

      if (!dir)
        {
          if (g_error_matches (open_error, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
              g_error_matches (open_error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
            continue;
          g_propagate_error (error, g_steal_pointer (&open_error));
          return NULL;
        }
      while ((name = g_dir_read_name (dir)))
        if (g_str_has_suffix (name, ".conf"))
          g_ptr_array_add (names, g_build_filename (*directories, name, NULL));
      g_ptr_array_sort (names, compare_names);
      for (guint i = 0; i < names->len; i++)
        {
          g_autofree char *data = NULL;
          gsize size;

          if (!g_file_get_contents (names->pdata[i], &data, &size, error) ||
              !pst_locks_parse (locks, data, size, names->pdata[i], error))
            return NULL;
        }
    }
  return g_steal_pointer (&locks);
}
