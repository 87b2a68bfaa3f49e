/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row of ListEntries, from bytes to what is sorted and searched. Pure: a worker thread does it for twenty thousand. */
#include "pst-manager-data.h"

#include <string.h>

PstEntry *
pst_entry_ref (PstEntry *entry)
{
  g_atomic_ref_count_inc (&entry->refs);
  return entry;
}

void
pst_entry_unref (PstEntry *entry)
{
  if (entry == NULL || !g_atomic_ref_count_dec (&entry->refs))
    return;
  g_free (entry->app);
  g_free (entry->resource);
  g_free (entry->source);
  g_free (entry->key);
  g_free (entry);
}

gboolean
pst_entry_is_own (const PstEntry *entry)
{
  return entry->tier == PST_TIER_USER && entry->id != 0;
}

gboolean
pst_entry_same (const PstEntry *a, const PstEntry *b)
{
  return a->id == b->id && a->kind == b->kind && a->scope == b->scope && a->access == b->access && a->answer == b->answer &&
         a->lifetime == b->lifetime && a->until == b->until && a->tier == b->tier && a->created == b->created &&
         a->used == b->used && a->origin == b->origin && a->effective == b->effective && a->flags == b->flags &&
         strcmp (a->app, b->app) == 0 && strcmp (a->resource, b->resource) == 0 && strcmp (a->source, b->source) == 0;
}

/* Files before services, then by name; of one resource the stronger rule first. */
static int
compare (gconstpointer a, gconstpointer b)
{
  const PstEntry *x = *(const PstEntry *const *)a, *y = *(const PstEntry *const *)b;
  int order = strcmp (x->app, y->app);

  if (order == 0)
    order = (int)x->kind - (int)y->kind;
  if (order == 0)
    order = strcmp (x->key, y->key);
  if (order == 0)
    order = strcmp (x->resource, y->resource);
  if (order == 0)
    order = (int)x->tier - (int)y->tier;
  if (order == 0)
    order = (int)x->lifetime - (int)y->lifetime;
  return order != 0 ? order : x->id < y->id ? -1 : x->id > y->id;
}

GPtrArray *
pst_entries_parse (const PstPlaces *places, GVariant *reply)
{
  g_autoptr (GVariant) rows = g_variant_get_child_value (reply, 0);
  gsize n = g_variant_n_children (rows);
  GPtrArray *entries = g_ptr_array_new_full ((guint)n, (GDestroyNotify)pst_entry_unref);
  GVariantIter iter;
  guint64 id;
  const char *app, *source;
  GVariant *bytes;
  guint32 kind, scope, access, answer, lifetime, tier, origin, effective, flags;
  gint64 until, created, used;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(t&su@ayuuuuxuxxu&suu)", &id, &app, &kind, &bytes, &scope, &access, &answer, &lifetime,
                              &until, &tier, &created, &used, &origin, &source, &effective, &flags))
    {
      gsize size;
      const char *data = g_variant_get_fixed_array (bytes, &size, 1);
      g_autofree char *title = NULL, *both = NULL;
      PstEntry *entry;

      /* the array ends with its NUL, or without */
      if (size > 0 && data[size - 1] == '\0')
        size--;
      if (size == 0 || memchr (data, '\0', size) != NULL)
        {
          g_variant_unref (bytes);
          continue;
        }
      entry = g_new0 (PstEntry, 1);
      g_atomic_ref_count_init (&entry->refs);
      entry->id = id;
      entry->app = g_strdup (app);
      entry->kind = (PstKind)kind;
      entry->resource = g_strndup (data, size);
      entry->scope = (PstScope)scope;
      entry->access = (PstAccess)access;
      entry->answer = (PstAnswer)answer;
      entry->lifetime = (PstLifetime)lifetime;
      entry->until = until;
      entry->tier = (PstTier)tier;
      entry->created = created;
      entry->used = used;
      entry->origin = (PstOrigin)origin;
      entry->source = g_strdup (source);
      entry->effective = (PstAnswer)effective;
      entry->flags = flags;
      title = pst_words_resource (places, entry->kind, entry->resource);
      both = g_strconcat (title, "\n", entry->resource, NULL);
      entry->key = pst_words_search_key (both);
      g_ptr_array_add (entries, entry);
      g_variant_unref (bytes);
    }
  g_ptr_array_sort (entries, compare);
  return entries;
}
