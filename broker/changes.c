/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "changes.h"

#include <string.h>

#include "postern-ipc.h"

#define GAP_MS 50
/* Each costs a message for each change. */
#define MAX_WATCHERS 64u
/* More are said to be any. */
#define MAX_APPS 64u

struct _PstWatcher
{
  gboolean history;
  PstWatcherTell tell;
  gpointer target;
};

struct _PstChanges
{
  GPtrArray *watchers; /* of PstWatcher, owned */
  guint topics;        /* noted, and not told yet */
  gboolean any_app;
  GHashTable *apps; /* set of ids, owned */
  gint64 told;      /* monotonic microseconds */
  guint source;
};

PstChanges *
pst_changes_new (void)
{
  PstChanges *changes = g_new0 (PstChanges, 1);

  changes->watchers = g_ptr_array_new_with_free_func (g_free);
  changes->apps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return changes;
}

void
pst_changes_free (PstChanges *changes)
{
  if (!changes)
    return;
  g_clear_handle_id (&changes->source, g_source_remove);
  g_ptr_array_unref (changes->watchers);
  g_hash_table_unref (changes->apps);
  g_free (changes);
}

static void
tell (PstChanges *changes, const char *member, GVariant *args, gboolean history_only)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (args);

  for (guint i = 0; i < changes->watchers->len; i++)
    {
      const PstWatcher *watcher = changes->watchers->pdata[i];

      if (!history_only || watcher->history)
        watcher->tell (member, owned, watcher->target);
    }
}

static gboolean
on_due (gpointer data)
{
  PstChanges *changes = data;
  GVariantBuilder apps;
  GHashTableIter iter;
  gpointer app;
  guint topics = changes->topics;

  changes->source = 0;
  changes->told = g_get_monotonic_time ();
  g_variant_builder_init (&apps, G_VARIANT_TYPE_STRING_ARRAY);
  g_hash_table_iter_init (&iter, changes->apps);
  while (!changes->any_app && g_hash_table_iter_next (&iter, &app, NULL))
    g_variant_builder_add (&apps, "s", app);
  changes->topics = 0;
  changes->any_app = FALSE;
  g_hash_table_remove_all (changes->apps);
  tell (changes, PST_CONTROL_CHANGED, g_variant_new ("(uas)", topics, &apps), FALSE);
  return G_SOURCE_REMOVE;
}

/* The first of a row of changes is told as soon as the main loop comes round, so that what belongs together goes together; the
 * next when the gap is over. */
void
pst_changes_note (PstBroker *broker, guint topics, const char *app)
{
  PstChanges *changes = broker->changes;
  gint64 wait;

  if (!changes || topics == 0 || changes->watchers->len == 0)
    return;
  changes->topics |= topics;
  if (!app || !g_utf8_validate (app, -1, NULL))
    changes->any_app = TRUE;
  else if (!changes->any_app)
    {
      g_hash_table_add (changes->apps, g_strdup (app));
      changes->any_app = g_hash_table_size (changes->apps) > MAX_APPS;
    }
  if (changes->source)
    return;
  wait = changes->told + GAP_MS * 1000 - g_get_monotonic_time ();
  if (changes->told == 0 || wait <= 0)
    changes->source = g_idle_add_full (G_PRIORITY_DEFAULT, on_due, changes, NULL);
  else
    changes->source = g_timeout_add ((guint)(wait / 1000) + 1, on_due, changes);
}

gboolean
pst_changes_has_history_watcher (PstBroker *broker)
{
  PstChanges *changes = broker->changes;

  for (guint i = 0; changes && i < changes->watchers->len; i++)
    if (((PstWatcher *)changes->watchers->pdata[i])->history)
      return TRUE;
  return FALSE;
}

void
pst_changes_tell_history (PstBroker *broker, GVariant *rows)
{
  if (broker->changes)
    tell (broker->changes, PST_CONTROL_EVENT, rows, TRUE);
}

PstWatcher *
pst_changes_watch (PstBroker *broker, gboolean history, PstWatcherTell tell_one, gpointer target)
{
  PstWatcher *watcher;

  if (broker->changes->watchers->len >= MAX_WATCHERS)
    return NULL;
  watcher = g_new (PstWatcher, 1);
  *watcher = (PstWatcher){ history, tell_one, target };
  g_ptr_array_add (broker->changes->watchers, watcher);
  return watcher;
}

void
pst_watcher_set_history (PstWatcher *watcher, gboolean history)
{
  watcher->history = history;
}

void
pst_changes_unwatch (PstBroker *broker, PstWatcher *watcher)
{
  if (watcher)
    g_ptr_array_remove_fast (broker->changes->watchers, watcher);
}
