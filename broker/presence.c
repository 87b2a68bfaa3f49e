/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "presence.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <gio/gio.h>

/* More paths than any person has rules for. */
#define MAX_KNOWN 200000u
/* What was there so long ago is looked at again; what was missing, each time. */
#define FRESH (2 * G_USEC_PER_SEC)

typedef enum
{
  STATE_UNKNOWN = 0,
  STATE_THERE,
  STATE_MISSING,
} State;

typedef struct
{
  State state;
  gboolean told;    /* somebody has been told that it is not missing */
  gboolean wanted;  /* is in wanted */
  gint64 looked_at; /* monotonic microseconds */
} Known;

typedef struct
{
  void (*done) (gpointer user_data);
  gpointer user_data;
  PstPresence *presence;
  guint timeout;
} Waiter;

struct _PstPresence
{
  GHashTable *known;  /* path → Known, both owned */
  GPtrArray *wanted;  /* of borrowed paths: to look at */
  GPtrArray *waiters; /* of Waiter, owned */
  GCancellable *look; /* (nullable): one is on its way */
  gboolean has_unknown;
  void (*changed) (gpointer user_data);
  gpointer user_data;
};

/* What the thread has of it. */
typedef struct
{
  GPtrArray *paths; /* owned */
  GByteArray *states;
} Look;

static void start (PstPresence *presence);

static void
look_free (gpointer data)
{
  Look *look = data;

  g_ptr_array_unref (look->paths);
  g_byte_array_unref (look->states);
  g_free (look);
}

static void
waiter_free (gpointer data)
{
  Waiter *waiter = data;

  g_clear_handle_id (&waiter->timeout, g_source_remove);
  g_free (waiter);
}

PstPresence *
pst_presence_new (void (*changed) (gpointer user_data), gpointer user_data)
{
  PstPresence *presence = g_new0 (PstPresence, 1);

  presence->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  presence->wanted = g_ptr_array_new ();
  presence->waiters = g_ptr_array_new_with_free_func (waiter_free);
  presence->changed = changed;
  presence->user_data = user_data;
  return presence;
}

void
pst_presence_free (PstPresence *presence)
{
  if (!presence)
    return;
  if (presence->look)
    g_cancellable_cancel (presence->look);
  g_clear_object (&presence->look);
  g_ptr_array_unref (presence->waiters);
  g_ptr_array_unref (presence->wanted);
  g_hash_table_unref (presence->known);
  g_free (presence);
}

gboolean
pst_presence_is_missing (PstPresence *presence, const char *path)
{
  char *key;
  Known *known;

  if (!g_hash_table_lookup_extended (presence->known, path, (gpointer *)&key, (gpointer *)&known))
    {
      if (g_hash_table_size (presence->known) >= MAX_KNOWN)
        return FALSE;
      key = g_strdup (path);
      known = g_new0 (Known, 1);
      g_hash_table_insert (presence->known, key, known);
    }
  if (!known->wanted && (known->state != STATE_THERE || g_get_monotonic_time () - known->looked_at > FRESH))
    {
      known->wanted = TRUE;
      g_ptr_array_add (presence->wanted, key);
    }
  presence->has_unknown |= known->state == STATE_UNKNOWN;
  known->told = TRUE;
  return known->state == STATE_MISSING;
}

gboolean
pst_presence_has_unknown (const PstPresence *presence)
{
  return presence->has_unknown;
}

static void
in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Look *look = data;

  for (guint i = 0; i < look->paths->len && !g_cancellable_is_cancelled (cancellable); i++)
    {
      struct statx found;
      guint8 state = STATE_THERE;

      if (statx (AT_FDCWD, look->paths->pdata[i], AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE,
                 &found) < 0 &&
          (errno == ENOENT || errno == ENOTDIR))
        state = STATE_MISSING;
      g_byte_array_append (look->states, &state, 1);
    }
  g_task_return_boolean (task, TRUE);
}

static void
release_waiters (PstPresence *presence)
{
  g_autoptr (GPtrArray) waiters = presence->waiters;

  presence->waiters = g_ptr_array_new_with_free_func (waiter_free);
  for (guint i = 0; i < waiters->len; i++)
    ((Waiter *)waiters->pdata[i])->done (((Waiter *)waiters->pdata[i])->user_data);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer data)
{
  PstPresence *presence = data;
  GTask *task = G_TASK (result);
  Look *look = g_task_get_task_data (task);
  gint64 now = g_get_monotonic_time ();
  gboolean changed = FALSE;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return; /* it is gone */
  g_clear_object (&presence->look);
  for (guint i = 0; i < look->states->len; i++)
    {
      Known *known = g_hash_table_lookup (presence->known, look->paths->pdata[i]);
      State state = look->states->data[i];

      changed |= known->told && (known->state == STATE_MISSING) != (state == STATE_MISSING);
      known->state = state;
      known->looked_at = now;
    }
  /* Those who wait are going to ask again. */
  if (changed && presence->waiters->len == 0)
    presence->changed (presence->user_data);
  release_waiters (presence);
  if (presence->wanted->len > 0)
    start (presence);
}

static void
start (PstPresence *presence)
{
  g_autoptr (GTask) task = NULL;
  Look *look;

  if (presence->look || presence->wanted->len == 0)
    return;
  look = g_new (Look, 1);
  look->paths = g_ptr_array_new_full (presence->wanted->len, g_free);
  look->states = g_byte_array_sized_new (presence->wanted->len);
  for (guint i = 0; i < presence->wanted->len; i++)
    {
      ((Known *)g_hash_table_lookup (presence->known, presence->wanted->pdata[i]))->wanted = FALSE;
      g_ptr_array_add (look->paths, g_strdup (presence->wanted->pdata[i]));
    }
  g_ptr_array_set_size (presence->wanted, 0);
  presence->has_unknown = FALSE;
  presence->look = g_cancellable_new ();
  task = g_task_new (NULL, presence->look, on_looked, presence);
  g_task_set_task_data (task, look, look_free);
  g_task_run_in_thread (task, in_thread);
}

static gboolean
on_impatient (gpointer data)
{
  Waiter *waiter = data;
  PstPresence *presence = waiter->presence;
  guint index;

  waiter->timeout = 0;
  if (g_ptr_array_find (presence->waiters, waiter, &index))
    {
      g_ptr_array_steal_index_fast (presence->waiters, index);
      waiter->done (waiter->user_data);
      waiter_free (waiter);
    }
  return G_SOURCE_REMOVE;
}

void
pst_presence_look (PstPresence *presence, guint patience, void (*done) (gpointer user_data), gpointer user_data)
{
  gboolean must_wait = presence->has_unknown;
  Waiter *waiter;

  start (presence);
  if (!must_wait)
    {
      done (user_data);
      return;
    }
  waiter = g_new (Waiter, 1);
  *waiter = (Waiter){ done, user_data, presence, 0 };
  waiter->timeout = g_timeout_add (patience, on_impatient, waiter);
  g_ptr_array_add (presence->waiters, waiter);
}
