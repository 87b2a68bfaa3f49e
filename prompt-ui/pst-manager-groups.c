/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-groups.h"

#include "pst-path.h"
#include "pst-user-dirs.h"

#include <string.h>

static void
group_free (gpointer data)
{
  PstGroup *group = data;

  g_free (group->resource);
  g_free (group->title);
  g_free (group->key);
  g_ptr_array_unref (group->entries);
  g_free (group);
}

/* The first @n components of @path. */
static char *
first_components (const char *path, guint n)
{
  const char *p = path;

  while (n-- > 0 && *p == '/')
    {
      p++;
      p += strcspn (p, "/");
    }
  return g_strndup (path, (gsize)(p - path));
}

/* (transfer full) */
static char *
group_of (const PstPlaces *places, const PstEntry *entry)
{
  const char *path = entry->resource;

  if (entry->kind != PST_KIND_FILES || *path != '/')
    {
      const char *slash = strchr (path, '/');

      return slash != NULL ? g_strndup (path, (gsize)(slash - path)) : g_strdup (path);
    }
  for (guint i = 0; i < places->user_dirs->len; i++)
    {
      const PstUserDir *dir = g_ptr_array_index (places->user_dirs, i);

      if (pst_path_is_below_or_equal (path, dir->path))
        return g_strdup (dir->path);
    }
  if (strcmp (path, places->home) == 0)
    return g_strdup (path);
  if (pst_path_is_below_or_equal (path, places->home))
    {
      gsize length = strlen (places->home) + 1;

      return g_strndup (path, length + strcspn (path + length, "/"));
    }
  if (pst_path_is_below_or_equal (path, "/run/media"))
    return first_components (path, 4);
  return first_components (path, pst_path_is_below_or_equal (path, "/media") ? 3 : 2);
}

static gboolean
belongs (const PstGroup *group, const PstEntry *entry)
{
  gsize length = strlen (group->resource);

  /* a cheap look first: entries come in order, and most are where the one before was */
  return group->kind == entry->kind && strncmp (entry->resource, group->resource, length) == 0 &&
         entry->resource[length] == '/';
}

/* Inside a user directory there may be another (~/Documents/Templates), so only what has no such rival is taken unseen. */
static gboolean
is_plain (const PstPlaces *places, const PstGroup *group)
{
  if (strcmp (group->resource, places->home) == 0 || strcmp (group->resource, "/") == 0)
    return FALSE;
  for (guint i = 0; group->kind == PST_KIND_FILES && i < places->user_dirs->len; i++)
    {
      const PstUserDir *dir = g_ptr_array_index (places->user_dirs, i);

      if (strcmp (dir->path, group->resource) != 0 && pst_path_is_below_or_equal (dir->path, group->resource))
        return FALSE;
    }
  return TRUE;
}

/* Where in the list: user directories as they stand in user-dirs.dirs, the home, other folders, elsewhere, services. */
static guint
rank (const PstPlaces *places, const PstGroup *group)
{
  if (group->kind != PST_KIND_FILES)
    return 1000 + (guint)group->kind;
  for (guint i = 0; i < places->user_dirs->len; i++)
    if (strcmp (((PstUserDir *)g_ptr_array_index (places->user_dirs, i))->path, group->resource) == 0)
      return 1;
  if (strcmp (group->resource, places->home) == 0)
    return 0;
  return pst_path_is_below_or_equal (group->resource, places->home) ? 100 : 101;
}

static int
compare_groups (gconstpointer a, gconstpointer b, gpointer data)
{
  const PstGroup *x = *(const PstGroup *const *)a, *y = *(const PstGroup *const *)b;
  guint rank_x = rank (data, x), rank_y = rank (data, y);
  int order;

  if (rank_x != rank_y)
    return rank_x < rank_y ? -1 : 1;
  order = g_utf8_collate (x->title, y->title);
  return order != 0 ? order : strcmp (x->resource, y->resource);
}

GPtrArray *
pst_groups_build (const PstPlaces *places, const GPtrArray *apps)
{
  GPtrArray *groups = g_ptr_array_new_with_free_func (group_free);
  g_autoptr (GHashTable) by_resource = g_hash_table_new (g_str_hash, g_str_equal);
  PstGroup *last = NULL;
  gboolean last_is_plain = FALSE;

  for (guint i = 0; i < apps->len; i++)
    {
      const PstApp *app = g_ptr_array_index (apps, i);
      g_autoptr (GHashTable) counted = g_hash_table_new (NULL, NULL);

      for (guint k = 0; app->entries != NULL && k < app->entries->len; k++)
        {
          PstEntry *entry = g_ptr_array_index (app->entries, k);

          if (last == NULL || !last_is_plain || !belongs (last, entry))
            {
              g_autofree char *resource = group_of (places, entry);

              last = g_hash_table_lookup (by_resource, resource);
              if (last == NULL)
                {
                  g_autofree char *text = NULL;

                  last = g_new0 (PstGroup, 1);
                  last->kind = entry->kind;
                  last->title = pst_words_resource (places, entry->kind, resource);
                  last->icon = pst_words_icon (places, entry->kind, resource,
                                               strcmp (resource, entry->resource) == 0 ? entry->scope : PST_SCOPE_TREE);
                  text = g_strconcat (last->title, "\n", resource, NULL);
                  last->key = pst_words_search_key (text);
                  last->resource = g_steal_pointer (&resource);
                  last->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_entry_unref);
                  g_ptr_array_add (groups, last);
                  g_hash_table_insert (by_resource, last->resource, last);
                }
              last_is_plain = is_plain (places, last);
            }
          g_ptr_array_add (last->entries, pst_entry_ref (entry));
          if (entry->effective == PST_ANSWER_ALLOW && g_hash_table_add (counted, last))
            last->n_apps++;
        }
    }
  g_ptr_array_sort_with_data (groups, compare_groups, (gpointer)places);
  return groups;
}

GPtrArray *
pst_group_whole (const GPtrArray *groups, const PstGroup *group)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < groups->len; i++)
    {
      const PstGroup *other = g_ptr_array_index (groups, i);

      if (other != group && (group->kind != PST_KIND_FILES || other->kind != PST_KIND_FILES ||
                             !pst_path_is_below_or_equal (group->resource, other->resource)))
        continue;
      for (guint k = 0; k < other->entries->len; k++)
        {
          PstEntry *entry = g_ptr_array_index (other->entries, k);

          if (strcmp (entry->resource, group->resource) == 0 ||
              (group->kind == PST_KIND_FILES && entry->scope == PST_SCOPE_TREE &&
               pst_path_is_below_or_equal (group->resource, entry->resource)))
            g_ptr_array_add (found, entry);
        }
    }
  return found;
}

GPtrArray *
pst_group_parts (const PstGroup *group)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < group->entries->len; i++)
    {
      PstEntry *entry = g_ptr_array_index (group->entries, i);

      if (strcmp (entry->resource, group->resource) != 0)
        g_ptr_array_add (found, entry);
    }
  return found;
}

/* Search */

static gboolean
any_entry (const GPtrArray *entries, const char *needle)
{
  for (guint i = 0; entries != NULL && i < entries->len; i++)
    if (strstr (((PstEntry *)g_ptr_array_index (entries, i))->key, needle) != NULL)
      return TRUE;
  return FALSE;
}

GPtrArray *
pst_filter_apps (const GPtrArray *apps, const char *needle)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < apps->len; i++)
    {
      PstApp *app = g_ptr_array_index (apps, i);

      if (needle == NULL || *needle == '\0' || strstr (app->key, needle) != NULL || any_entry (app->entries, needle))
        g_ptr_array_add (found, app);
    }
  return found;
}

GPtrArray *
pst_filter_groups (const GPtrArray *groups, const char *needle)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < groups->len; i++)
    {
      PstGroup *group = g_ptr_array_index (groups, i);

      if (needle == NULL || *needle == '\0' || strstr (group->key, needle) != NULL || any_entry (group->entries, needle))
        g_ptr_array_add (found, group);
    }
  return found;
}

GPtrArray *
pst_filter_entries (const GPtrArray *entries, const char *needle)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < entries->len; i++)
    {
      PstEntry *entry = g_ptr_array_index (entries, i);

      if (needle == NULL || *needle == '\0' || strstr (entry->key, needle) != NULL)
        g_ptr_array_add (found, entry);
    }
  return found;
}
