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
