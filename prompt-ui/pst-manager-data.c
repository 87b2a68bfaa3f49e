/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who changes something hears of it as everybody else does, by Changed: there is one way in which what is shown gets there, and
 * a change that was refused shows nothing.
 *
 * The applications are asked for first, and the window is drawn with them; all entries come after that, when a view needs them,
 * and are taken apart by a thread: with twenty thousand it takes longer than a frame. */
#include "pst-manager-data.h"

#include "postern-ipc.h"
#include "pst-text.h"

#include <string.h>

#define MAX_NAME 60
/* Of more applications than this that change at once, all entries are read again. */
#define MAX_SINGLE 8

struct _PstManagerData
{
  GObject parent_instance;
  PstManagerLink *link;
  const PstPlaces *places;
  GCancellable *cancellable;
  GPtrArray *apps;    /* of PstApp */
  GHashTable *by_id;  /* id → PstApp, not owned */
  GHashTable *wanted; /* set of ids: whose entries a view shows */
  gboolean has_apps, has_entries;
  gboolean all_wanted;
  gboolean apps_asked, apps_again; /* a list is on its way; and is out of date already */
  gboolean all_asked, all_again;
  gboolean troubled;
};

G_DEFINE_TYPE (PstManagerData, pst_manager_data, G_TYPE_OBJECT)

enum
{
  APPS,
  ENTRIES,
  TROUBLE,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

static void
app_free (gpointer data)
{
  PstApp *app = data;

  g_free (app->id);
  g_free (app->name);
  g_free (app->icon);
  g_free (app->executable);
  g_free (app->key);
  g_clear_pointer (&app->entries, g_ptr_array_unref);
  g_free (app);
}

static int
compare_apps (gconstpointer a, gconstpointer b)
{
  const PstApp *x = *(const PstApp *const *)a, *y = *(const PstApp *const *)b;
  int order = g_utf8_collate (x->name, y->name);

  return order != 0 ? order : strcmp (x->id, y->id);
}

static void
trouble (PstManagerData *self, const GError *error)
{
  self->troubled = TRUE;
  g_signal_emit (self, signals[TROUBLE], 0, error->message);
}

static void
no_trouble (PstManagerData *self)
{
  if (self->troubled)
    g_signal_emit (self, signals[TROUBLE], 0, NULL);
  self->troubled = FALSE;
}

/* Applications */

static void ask_apps (PstManagerData *self);

static void
on_apps (GVariant *reply, const GError *error, gpointer data)
{
  PstManagerData *self = data;
  g_autoptr (GPtrArray) old = NULL;
  g_autoptr (GHashTable) old_by_id = NULL;
  g_autoptr (GVariantIter) iter = NULL;
  const char *id, *name, *icon, *executable;
  guint32 n_grants;
  guint64 used;
  gboolean running;

  self->apps_asked = FALSE;
  if (error != NULL)
    {
      trouble (self, error);
      return;
    }
  old = g_steal_pointer (&self->apps);
  old_by_id = g_steal_pointer (&self->by_id);
  self->apps = g_ptr_array_new_with_free_func (app_free);
  self->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  g_variant_get (reply, PST_CONTROL_LIST_APPS_OUT, &iter);
  while (g_variant_iter_next (iter, "(&s&s&s&sutb)", &id, &name, &icon, &executable, &n_grants, &used, &running))
    {
      PstApp *app = g_new0 (PstApp, 1), *before = g_hash_table_lookup (old_by_id, id);
      g_autofree char *text = g_strconcat (name, "\n", id, NULL);

      app->id = g_strdup (id);
      app->name = pst_text_for_display (*name != '\0' ? name : id, MAX_NAME);
      app->icon = g_strdup (icon);
      app->executable = g_strdup (executable);
      app->n_grants = n_grants;
      app->used = (gint64)used;
      app->running = running;
      app->key = pst_words_search_key (text);
      app->entries = before != NULL ? g_steal_pointer (&before->entries) : NULL;
      if (app->entries == NULL && self->has_entries)
        app->entries = g_ptr_array_new ();
      g_ptr_array_add (self->apps, app);
      g_hash_table_insert (self->by_id, app->id, app);
    }
  g_ptr_array_sort (self->apps, compare_apps);
  self->has_apps = TRUE;
  no_trouble (self);
  g_signal_emit (self, signals[APPS], 0);
  if (self->apps_again)
    ask_apps (self);
}

static void
ask_apps (PstManagerData *self)
{
  self->apps_again = self->apps_asked;
  if (self->apps_asked)
    return;
  self->apps_asked = TRUE;
  pst_manager_link_call (self->link, PST_CONTROL_LIST_APPS, NULL, PST_CONTROL_LIST_APPS_OUT, self->cancellable, on_apps, self);
}

/* Entries */

typedef struct
{
  PstManagerData *self;
  char *app;
} One;

static void
on_one (GVariant *reply, const GError *error, gpointer data)
{
  One *one = data;
  PstApp *app = g_hash_table_lookup (one->self->by_id, one->app);

  if (error != NULL)
    trouble (one->self, error);
  else if (app != NULL)
    {
      g_clear_pointer (&app->entries, g_ptr_array_unref);
      app->entries = pst_entries_parse (one->self->places, reply);
      no_trouble (one->self);
      g_signal_emit (one->self, signals[ENTRIES], 0, one->app);
    }
  g_object_unref (one->self);
  g_free (one->app);
  g_free (one);
}

static void
ask_one (PstManagerData *self, const char *app)
{
  One *one = g_new0 (One, 1);

  one->self = g_object_ref (self);
  one->app = g_strdup (app);
  pst_manager_link_call (self->link, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", app), PST_CONTROL_LIST_ENTRIES_OUT, NULL,
                         on_one, one);
}

static void ask_all (PstManagerData *self);

static void
parse_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_task_return_pointer (task, pst_entries_parse (PST_MANAGER_DATA (source)->places, data), (GDestroyNotify)g_ptr_array_unref);
}

static void
on_parsed (GObject *source, GAsyncResult *result, gpointer data)
{
  PstManagerData *self = PST_MANAGER_DATA (source);
  g_autoptr (GPtrArray) all = g_task_propagate_pointer (G_TASK (result), NULL);
  PstApp *app = NULL;

  self->all_asked = FALSE;
  if (all == NULL)
    return;
  for (guint i = 0; i < self->apps->len; i++)
    {
      PstApp *each = g_ptr_array_index (self->apps, i);

      /* what a page shows came with the administrator's rules for every application, and comes again below */
      if (each->entries != NULL && g_hash_table_contains (self->wanted, each->id))
        continue;
      g_clear_pointer (&each->entries, g_ptr_array_unref);
      each->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_entry_unref);
    }
  for (guint i = 0; i < all->len; i++)
    {
      PstEntry *entry = g_ptr_array_index (all, i);

      if (app == NULL || strcmp (app->id, entry->app) != 0)
        app = g_hash_table_lookup (self->by_id, entry->app);
      if (app != NULL && !g_hash_table_contains (self->wanted, app->id))
        g_ptr_array_add (app->entries, pst_entry_ref (entry));
    }
  self->has_entries = TRUE;
  no_trouble (self);
  g_signal_emit (self, signals[ENTRIES], 0, NULL);
  if (self->all_again)
    ask_all (self);
}

static void
on_all (GVariant *reply, const GError *error, gpointer data)
{
  PstManagerData *self = data;
  g_autoptr (GTask) task = NULL;

  if (error != NULL)
    {
      self->all_asked = FALSE;
      trouble (self, error);
      return;
    }
  task = g_task_new (self, self->cancellable, on_parsed, NULL);
  g_task_set_task_data (task, g_variant_ref (reply), (GDestroyNotify)g_variant_unref);
  g_task_run_in_thread (task, parse_in_thread);
}

static void
ask_all (PstManagerData *self)
{
  self->all_wanted = TRUE;
  self->all_again = self->all_asked;
  if (self->all_asked)
    return;
  self->all_asked = TRUE;
  pst_manager_link_call (self->link, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", ""), PST_CONTROL_LIST_ENTRIES_OUT,
                         self->cancellable, on_all, self);
}

/* What goes on */

static void
ask_wanted (PstManagerData *self)
{
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, self->wanted);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    ask_one (self, id);
}

static void
on_connected (PstManagerData *self)
{
  /* what was asked of the broker that ended is never answered */
  self->apps_asked = self->all_asked = FALSE;
  ask_apps (self);
  ask_wanted (self);
  if (self->all_wanted)
    ask_all (self);
}

static void
on_changed (PstManagerData *self, guint topics, const char *const *apps)
{
  guint n = g_strv_length ((char **)apps);

  if (topics & (PST_TOPIC_GRANTS | PST_TOPIC_APPS | PST_TOPIC_SANDBOXES | PST_TOPIC_ADMINISTRATOR))
    ask_apps (self);
  if (!(topics & (PST_TOPIC_GRANTS | PST_TOPIC_SANDBOXES | PST_TOPIC_ADMINISTRATOR)))
    return;
  if (n > 0 && n <= MAX_SINGLE)
    {
      for (guint i = 0; i < n; i++)
        if (self->all_wanted || g_hash_table_contains (self->wanted, apps[i]))
          ask_one (self, apps[i]);
      return;
    }
  ask_wanted (self);
  if (self->all_wanted)
    ask_all (self);
}

PstManagerLink *
pst_manager_data_get_link (PstManagerData *self)
{
  return self->link;
}

const PstPlaces *
pst_manager_data_get_places (PstManagerData *self)
{
  return self->places;
}

const GPtrArray *
pst_manager_data_get_apps (PstManagerData *self)
{
  return self->apps;
}

const PstApp *
pst_manager_data_find (PstManagerData *self, const char *id)
{
  return g_hash_table_lookup (self->by_id, id);
}

gboolean
pst_manager_data_has_apps (PstManagerData *self)
{
  return self->has_apps;
}

gboolean
pst_manager_data_has_entries (PstManagerData *self)
{
  return self->has_entries;
}

void
pst_manager_data_reload (PstManagerData *self)
{
  on_connected (self);
}

void
pst_manager_data_load_app (PstManagerData *self, const char *id)
{
  g_hash_table_remove_all (self->wanted);
  g_hash_table_add (self->wanted, g_strdup (id));
  ask_one (self, id);
}

void
pst_manager_data_load_all (PstManagerData *self)
{
  if (!self->all_wanted)
    ask_all (self);
}

static void
pst_manager_data_dispose (GObject *object)
{
  PstManagerData *self = PST_MANAGER_DATA (object);

  g_cancellable_cancel (self->cancellable);
  if (self->link != NULL)
    g_signal_handlers_disconnect_by_data (self->link, self);
  g_clear_object (&self->link);
  G_OBJECT_CLASS (pst_manager_data_parent_class)->dispose (object);
}

static void
pst_manager_data_finalize (GObject *object)
{
  PstManagerData *self = PST_MANAGER_DATA (object);

  g_object_unref (self->cancellable);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->wanted);
  g_ptr_array_unref (self->apps);
  G_OBJECT_CLASS (pst_manager_data_parent_class)->finalize (object);
}

static void
pst_manager_data_class_init (PstManagerDataClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = pst_manager_data_dispose;
  G_OBJECT_CLASS (klass)->finalize = pst_manager_data_finalize;
  signals[APPS] = g_signal_new ("apps", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[ENTRIES] = g_signal_new ("entries", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[TROUBLE] = g_signal_new ("trouble", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
pst_manager_data_init (PstManagerData *self)
{
  self->cancellable = g_cancellable_new ();
  self->apps = g_ptr_array_new_with_free_func (app_free);
  self->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  self->wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

PstManagerData *
pst_manager_data_new (PstManagerLink *link, const PstPlaces *places)
{
  PstManagerData *self = g_object_new (PST_TYPE_MANAGER_DATA, NULL);

  self->link = g_object_ref (link);
  self->places = places;
  g_signal_connect_swapped (link, "connected", G_CALLBACK (on_connected), self);
  g_signal_connect_swapped (link, "changed", G_CALLBACK (on_changed), self);
  return self;
}
