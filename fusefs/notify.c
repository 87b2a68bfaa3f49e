/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify.h"

#include "serve.h"

#include <errno.h>

#define IDLE_SECONDS 5

/* Two queues with a thread each, which comes with the first notice and goes after a while without any: forgetting a name may
 * have to wait for a person (a held request has the directory's lock), and a lock must not wait for that. */
typedef struct
{
  PstInode *inode; /* a reference */
  char *name;      /* NULL: the contents of the inode */
  PstNotified func;
  gpointer data;
} Notice;

typedef struct
{
  GMutex lock;
  GCond more;
  GQueue queue;
  gboolean running;
} Lane;

static Lane names = { .queue = G_QUEUE_INIT }, contents = { .queue = G_QUEUE_INIT };

static void
tell (const Notice *notice)
{
  guint64 number = pst_inode_number (notice->inode);
  int result;

  if (notice->name != NULL)
    result = fuse_lowlevel_notify_inval_entry (pst_serve_session (), number, notice->name, strlen (notice->name));
  else
    result = fuse_lowlevel_notify_inval_inode (pst_serve_session (), number, 0, 0);
  if (result < 0 && result != -ENOENT)
    g_warning ("the kernel was not made to forget %s: %s", notice->name != NULL ? "a name" : "a file's contents",
               g_strerror (-result));
}

static gpointer
run (gpointer data)
{
  Lane *lane = data;

  g_mutex_lock (&lane->lock);
  for (;;)
    {
      gint64 until = g_get_monotonic_time () + IDLE_SECONDS * G_TIME_SPAN_SECOND;
      Notice *notice;

      while (g_queue_is_empty (&lane->queue) && g_cond_wait_until (&lane->more, &lane->lock, until))
        ;
      notice = g_queue_pop_head (&lane->queue);
      if (notice == NULL)
        break;
      g_mutex_unlock (&lane->lock);
      tell (notice);
      if (notice->func != NULL)
        notice->func (notice->data);
      pst_inode_unref (notice->inode);
      g_free (notice->name);
      g_free (notice);
      g_mutex_lock (&lane->lock);
    }
  lane->running = FALSE;
  g_mutex_unlock (&lane->lock);
  return NULL;
}

static void
push (Lane *lane, PstInode *inode_take, const char *name, PstNotified func, gpointer data)
{
  Notice *notice = g_new (Notice, 1);

  *notice = (Notice){ inode_take, g_strdup (name), func, data };
  g_mutex_lock (&lane->lock);
  g_queue_push_tail (&lane->queue, notice);
  if (!lane->running)
    {
      lane->running = TRUE;
      g_thread_unref (g_thread_new ("notify", run, lane));
    }
  else
    g_cond_signal (&lane->more);
  g_mutex_unlock (&lane->lock);
}

void
pst_notify_gone (PstInode *parent_take, const char *name, PstNotified func, gpointer data)
{
  push (&names, parent_take, name, func, data);
}

void
pst_notify_changed (PstInode *inode_take, PstNotified func, gpointer data)
{
  push (&contents, inode_take, NULL, func, data);
}
