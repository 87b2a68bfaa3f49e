/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate.h"
#include "hold.h"

#include "postern-ipc.h"

#include <errno.h>

/* How a live tree gets over its place, while requests wait there.
 *
 * The supervisor's move_mount(2) takes the lock of the directory that it mounts upon. While a request is held for which the
 * kernel holds that lock, or one below it (LOOKUP, CREATE, MKDIR, … inside), it would hang, and with it everything. So those
 * are answered first, with ESTALE: the kernel then walks the path once more from its start, asking for each name again. The
 * mount is made meanwhile, and the look-up of its own name is the one that waits for it, since it holds nothing that the mount
 * needs. OPEN and OPENDIR of the mount point itself hold no lock: they wait for the mount, and then are sent round.
 *
 * A walk that starts in the directory itself (a working directory) comes to the same place again, so each thread is sent round
 * once, and its second request is served here.
 *
 * While the supervisor is at it nothing may begin to be held inside either: a permission that is taken away at this very moment
 * makes the next request inside a question, and its answer would wait for the supervisor, and the supervisor for it. Nor may an
 * entry that has a permission of its own be asked of the supervisor then (backing-names.c). */

typedef struct
{
  PstTree *tree;
  PstCall *call;
  gboolean is_lookup; /* of the mount point's name: run again; else ESTALE */
  guint timer;
} Waiting;

static GMutex lock;
static GPtrArray *waiting;
static GPtrArray *running; /* of PstTree, references: being mounted */
static PstPeer *link_peer;

static void
waiting_free (Waiting *w)
{
  if (w->timer != 0)
    g_source_remove (w->timer);
  pst_call_free (w->call);
  pst_tree_unref (w->tree);
  g_free (w);
}

void
pst_hold_set_link (PstPeer *peer)
{
  link_peer = peer;
}

void
pst_hold_mount_fini (void)
{
  for (guint i = 0; waiting != NULL && i < waiting->len; i++)
    waiting_free (g_ptr_array_index (waiting, i));
  g_clear_pointer (&waiting, g_ptr_array_unref);
  g_clear_pointer (&running, g_ptr_array_unref);
  link_peer = NULL;
}

static gboolean
was_sent_round_locked (PstTree *tree, pid_t tid)
{
  for (guint i = 0; i < MIN (tree->n_stale, PST_TREE_MAX_STALE); i++)
    if (tree->stale[i] == tid)
      return TRUE;
  return FALSE;
}

static void
note_round_locked (PstTree *tree, pid_t tid)
{
  if (!was_sent_round_locked (tree, tid))
    tree->stale[tree->n_stale++ % PST_TREE_MAX_STALE] = tid;
}

gboolean
pst_hold_may_send_round (PstTree *tree, guint32 tid)
{
  gint mount = g_atomic_int_get (&tree->mount);
  gboolean may;

  if (mount == PST_MOUNT_DONE || mount == PST_MOUNT_FAILED)
    return FALSE;
  g_mutex_lock (&lock);
  may = !was_sent_round_locked (tree, tid);
  g_mutex_unlock (&lock);
  return may;
}

/* The supervisor is not at it any more. */
static void
end_running (PstTree *tree)
{
  g_mutex_lock (&lock);
  if (running != NULL)
    g_ptr_array_remove_fast (running, tree);
  g_mutex_unlock (&lock);
}

gboolean
pst_hold_is_mounting_above (const char *path, guint32 tid, int *error)
{
  gboolean found = FALSE;

  g_mutex_lock (&lock);
  for (guint i = 0; running != NULL && i < running->len && !found; i++)
    {
      PstTree *tree = g_ptr_array_index (running, i);
      gsize length = strlen (tree->path);

      if (strncmp (path, tree->path, length) != 0 || path[length] != '/')
        continue;
      found = TRUE;
      *error = was_sent_round_locked (tree, tid) ? EACCES : ESTALE;
      note_round_locked (tree, tid);
    }
  g_mutex_unlock (&lock);
  return found;
}

/* Takes what waits for @tree out of the list, and lets it go on. */
static void
let_go (PstTree *tree)
{
  g_autoptr (GPtrArray) ready = g_ptr_array_new ();
  gboolean done = g_atomic_int_get (&tree->mount) == PST_MOUNT_DONE;

  g_mutex_lock (&lock);
  for (guint i = 0; waiting != NULL && i < waiting->len;)
    {
      Waiting *w = g_ptr_array_index (waiting, i);
      if (w->tree == tree)
        g_ptr_array_add (ready, g_ptr_array_steal_index (waiting, i));
      else
        i++;
    }
  g_mutex_unlock (&lock);
  for (guint i = 0; i < ready->len; i++)
    {
      Waiting *w = g_ptr_array_index (ready, i);
      if (w->is_lookup || !done)
        pst_hold_run_again (g_steal_pointer (&w->call));
      else
        fuse_reply_err (w->call->req, ESTALE);
      waiting_free (w);
    }
}

static void
on_mounted (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  PstTree *tree = user_data;
  gint32 failure = EIO;

  if (error != NULL)
    g_warning ("the supervisor did not mount %s: %s", tree->path, error->message);
  else if (pst_message_check (reply, PST_LINK_MOUNT_OUT, NULL))
    g_variant_get (reply->args, PST_LINK_MOUNT_OUT, &failure);
  end_running (tree);
  g_atomic_int_compare_and_exchange (&tree->mount, PST_MOUNT_RUNNING, failure == 0 ? PST_MOUNT_DONE : PST_MOUNT_FAILED);
  let_go (tree);
  pst_tree_unref (tree);
}

static void
note_round (PstCall *call, gpointer tree)
{
  g_mutex_lock (&lock);
  note_round_locked (tree, call->tid);
  g_mutex_unlock (&lock);
}

static gboolean
mount_in_main_loop (gpointer data)
{
  PstTree *tree = data;

  pst_hold_send_round_below (tree->path, note_round, tree);
  if (link_peer != NULL && pst_peer_is_open (link_peer) && !pst_tree_is_dropped (tree))
    pst_peer_call (link_peer, PST_LINK_MOUNT, g_variant_new (PST_LINK_MOUNT_IN, tree->id), NULL, 0, on_mounted,
                   pst_tree_ref (tree));
  else
    {
      end_running (tree);
      g_atomic_int_set (&tree->mount, PST_MOUNT_FAILED);
      let_go (tree);
    }
  pst_tree_unref (tree);
  return G_SOURCE_REMOVE;
}

static gboolean
on_too_long (gpointer data)
{
  Waiting *w = data;

  g_mutex_lock (&lock);
  w->timer = 0;
  g_ptr_array_remove_fast (waiting, w);
  g_mutex_unlock (&lock);
  g_message ("mounting %s takes long; going on without", w->tree->path);
  pst_hold_run_again (g_steal_pointer (&w->call));
  waiting_free (w);
  return G_SOURCE_REMOVE;
}

static gboolean
arm_in_main_loop (gpointer data)
{
  g_mutex_lock (&lock);
  for (guint i = 0; waiting != NULL && i < waiting->len; i++)
    {
      Waiting *w = g_ptr_array_index (waiting, i);
      if (w->is_lookup && w->timer == 0)
        w->timer = g_timeout_add (PST_HOLD_MOUNT_MS, on_too_long, w);
    }
  g_mutex_unlock (&lock);
  return G_SOURCE_REMOVE;
}

static void
wait_locked (PstCall *call, PstTree *tree, gboolean is_lookup)
{
  Waiting *w = g_new0 (Waiting, 1);
  w->tree = pst_tree_ref (tree);
  w->call = pst_call_copy (call);
  w->call->waited = TRUE;
  w->is_lookup = is_lookup;
  if (waiting == NULL)
    waiting = g_ptr_array_new ();
  g_ptr_array_add (waiting, w);
}

void
pst_hold_round (PstCall *call, PstTree *tree, gboolean inside)
{
  gboolean start = FALSE;
  gint mount;

  g_mutex_lock (&lock);
  note_round_locked (tree, call->tid);
  mount = g_atomic_int_get (&tree->mount);
  if (mount == PST_MOUNT_NONE)
    {
      start = TRUE;
      g_atomic_int_set (&tree->mount, PST_MOUNT_RUNNING);
      if (running == NULL)
        running = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_tree_unref);
      g_ptr_array_add (running, pst_tree_ref (tree));
    }
  if (!inside && (mount == PST_MOUNT_NONE || mount == PST_MOUNT_RUNNING))
    wait_locked (call, tree, FALSE);
  else
    inside = TRUE;
  g_mutex_unlock (&lock);
  if (inside)
    fuse_reply_err (call->req, ESTALE);
  if (start)
    g_idle_add_full (G_PRIORITY_DEFAULT, mount_in_main_loop, pst_tree_ref (tree), NULL);
}

gboolean
pst_hold_for_mount (PstCall *call, const char *path)
{
  PstTree *tree = pst_tree_at (PST_TREE_TREE, path);
  gboolean waits = FALSE;

  if (tree == NULL || !tree->live || call->waited || call->tid == pst_gate_config.supervisor)
    return FALSE;
  g_mutex_lock (&lock);
  if (g_atomic_int_get (&tree->mount) == PST_MOUNT_RUNNING && (waiting == NULL || waiting->len < PST_HOLD_MAX))
    {
      wait_locked (call, tree, TRUE);
      waits = TRUE;
    }
  g_mutex_unlock (&lock);
  if (waits)
    g_idle_add_full (G_PRIORITY_DEFAULT, arm_in_main_loop, NULL, NULL);
  return waits;
}

void
pst_hold_mount_reset (PstTree *tree)
{
  g_mutex_lock (&lock);
  tree->n_stale = 0;
  g_mutex_unlock (&lock);
  let_go (tree);
}
