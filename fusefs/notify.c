/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify.h"

#include "serve.h"

#include <errno.h>

#define IDLE_SECONDS 5

typedef struct
{
  PstInode *parent;
  char *name;
  GSourceFunc func;
  gpointer data;
} Notice;

static GMutex lock;
static GCond more;
static GQueue queue = G_QUEUE_INIT;
static gboolean running;

static gpointer
run (gpointer unused)
{
  g_mutex_lock (&lock);
  for (;;)
    {
      gint64 until = g_get_monotonic_time () + IDLE_SECONDS * G_TIME_SPAN_SECOND;
      Notice *notice;
      int result;

      while (g_queue_is_empty (&queue) && g_cond_wait_until (&more, &lock, until))
        ;
      notice = g_queue_pop_head (&queue);
      if (notice == NULL)
        break;
      g_mutex_unlock (&lock);
      result = fuse_lowlevel_notify_inval_entry (pst_serve_session (), pst_inode_number (notice->parent), notice->name,
                                                 strlen (notice->name));
      if (result < 0 && result != -ENOENT)
        g_warning ("the kernel was not made to forget a name: %s", g_strerror (-result));
      pst_inode_unref (notice->parent);
      g_free (notice->name);
      if (notice->func != NULL)
        g_idle_add_full (G_PRIORITY_HIGH, notice->func, notice->data, NULL);
      g_free (notice);
      g_mutex_lock (&lock);
    }
  running = FALSE;
  g_mutex_unlock (&lock);
  return NULL;
}

void
pst_notify_gone (PstInode *parent_take, const char *name, GSourceFunc func, gpointer data)
{
  Notice *notice = g_new (Notice, 1);
  *notice = (Notice){ parent_take, g_strdup (name), func, data };
  g_mutex_lock (&lock);
  g_queue_push_tail (&queue, notice);
  if (!running)
    {
      running = TRUE;
      g_thread_unref (g_thread_new ("notify", run, NULL));
    }
  else
    g_cond_signal (&more);
  g_mutex_unlock (&lock);
}
