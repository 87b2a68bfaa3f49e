/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handle.h"

#include "gate.h"
#include "ops.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>

PstHandle *
pst_handle_new_take_fd (PstInode *inode, int fd, int flags)
{
  PstHandle *handle = g_new0 (PstHandle, 1);
  handle->refs = 1;
  handle->fd = fd;
  handle->flags = flags;
  handle->inode = inode;
  g_mutex_lock (&pst_table_lock);
  inode->refs++;
  if (inode->type != S_IFDIR)
    {
      handle->next = inode->handles;
      if (handle->next != NULL)
        handle->next->prev = handle;
      inode->handles = handle;
    }
  g_mutex_unlock (&pst_table_lock);
  return handle;
}

PstHandle *
pst_handle_ref (PstHandle *handle)
{
  g_atomic_int_inc (&handle->refs);
  return handle;
}

void
pst_handle_unref (PstHandle *handle)
{
  if (handle == NULL || !g_atomic_int_dec_and_test (&handle->refs))
    return;
  pst_fd_clear (&handle->fd);
  pst_reader_free (handle->reader);
  pst_inode_unref (handle->inode);
  g_free (handle);
}

void
pst_handle_release (PstHandle *handle)
{
  PstInode *inode = handle->inode;
  if (inode->type != S_IFDIR)
    {
      g_mutex_lock (&pst_table_lock);
      *(handle->prev != NULL ? &handle->prev->next : &inode->handles) = handle->next;
      if (handle->next != NULL)
        handle->next->prev = handle->prev;
      g_mutex_unlock (&pst_table_lock);
    }
  pst_handle_unref (handle);
}

PstHandle *
pst_handle_any (PstInode *inode, gboolean writing)
{
  PstHandle *handle = NULL;

  if (inode->tree == NULL || inode->type == S_IFDIR)
    return NULL;
  g_mutex_lock (&pst_table_lock);
  for (handle = inode->handles; handle != NULL; handle = handle->next)
    if (!writing || (handle->flags & O_ACCMODE) != O_RDONLY)
      {
        pst_handle_ref (handle);
        break;
      }
  g_mutex_unlock (&pst_table_lock);
  return handle;
}

static gboolean
is_like (const PstHandle *handle, int flags)
{
  int have = handle->flags & O_ACCMODE, want = flags & O_ACCMODE;
  return handle->fd >= 0 && (have == want || have == O_RDWR);
}

int
pst_handle_dup (PstInode *inode, int flags)
{
  PstHandle *handle;
  int fd = -1;

  g_mutex_lock (&pst_table_lock);
  for (handle = inode->handles; handle != NULL && !is_like (handle, flags); handle = handle->next)
    ;
  if (handle != NULL)
    pst_handle_ref (handle);
  g_mutex_unlock (&pst_table_lock);
  if (handle != NULL)
    fd = fcntl (handle->fd, F_DUPFD_CLOEXEC, 3);
  pst_handle_unref (handle);
  return fd;
}

static GMutex replaced_lock;
static struct
{
  PstHandle *handle;
  gint64 since;
} replaced[PST_REPLACED_MAX];
static guint replaced_next, replaced_timer;

/* Those older than @before, of @tree (NULL: any), are released. TRUE if some are left. */
static gboolean
sweep (gint64 before, PstTree *tree)
{
  PstHandle *released[PST_REPLACED_MAX];
  guint n = 0, left = 0;

  g_mutex_lock (&replaced_lock);
  for (guint i = 0; i < PST_REPLACED_MAX; i++)
    if (replaced[i].handle != NULL)
      {
        if (replaced[i].since <= before && (tree == NULL || replaced[i].handle->inode->tree == tree))
          released[n++] = g_steal_pointer (&replaced[i].handle);
        else
          left++;
      }
  g_mutex_unlock (&replaced_lock);
  for (guint i = 0; i < n; i++)
    pst_handle_release (released[i]);
  return left > 0;
}

static gboolean
on_replaced_timer (gpointer unused)
{
  gboolean more = sweep (g_get_monotonic_time () - PST_REPLACED_MS * 1000, NULL);

  g_mutex_lock (&replaced_lock);
  for (guint i = 0; i < PST_REPLACED_MAX && !more; i++)
    more = replaced[i].handle != NULL; /* it came meanwhile */
  if (!more)
    replaced_timer = 0;
  g_mutex_unlock (&replaced_lock);
  return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void
pst_handle_keep_replaced (PstHandle *handle_take)
{
  PstHandle *oldest;

  g_mutex_lock (&replaced_lock);
  oldest = replaced[replaced_next].handle;
  replaced[replaced_next].handle = handle_take;
  replaced[replaced_next].since = g_get_monotonic_time ();
  replaced_next = (replaced_next + 1) % PST_REPLACED_MAX;
  if (replaced_timer == 0)
    replaced_timer = g_timeout_add (PST_REPLACED_MS, on_replaced_timer, NULL);
  g_mutex_unlock (&replaced_lock);
  if (oldest != NULL)
    pst_handle_release (oldest);
}

void
pst_handle_drop_replaced (PstTree *tree)
{
  sweep (G_MAXINT64, tree);
}

guint64
pst_handle_number (PstHandle *handle)
{
  return (guintptr)handle;
}

PstHandle *
pst_handle_from_number (guint64 number)
{
  return (PstHandle *)(guintptr)number;
}

int
pst_handle_check (PstHandle *handle)
{
  PstTree *tree = handle->inode->tree;
  return G_UNLIKELY (tree != NULL && pst_gate_config.strict && pst_tree_is_dropped (tree)) ? EIO : 0;
}
