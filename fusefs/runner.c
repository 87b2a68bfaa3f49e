/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runner.h"

#include "epoch.h"

#define IDLE_SECONDS 5

static GMutex lock;
static GCond more;
static GQueue queue = G_QUEUE_INIT;
static gboolean running;

void (*pst_runner_hook) (PstCall *call);

static gpointer
run (gpointer data)
{
  pst_epoch_register_thread ();
  g_mutex_lock (&lock);
  for (;;)
    {
      gint64 until = g_get_monotonic_time () + IDLE_SECONDS * G_TIME_SPAN_SECOND;
      PstCall *call;

      while (g_queue_is_empty (&queue) && g_cond_wait_until (&more, &lock, until))
        ;
      call = g_queue_pop_head (&queue);
      if (call == NULL)
        break;
      g_mutex_unlock (&lock);
      pst_epoch_enter ();
      call->func (call);
      pst_epoch_leave ();
      pst_call_free (call);
      g_mutex_lock (&lock);
    }
  running = FALSE;
  g_mutex_unlock (&lock);
  pst_epoch_unregister_thread ();
  return NULL;
}

void
pst_runner_push (PstCall *call)
{
  if (pst_runner_hook != NULL)
    {
      pst_runner_hook (call);
      return;
    }
  g_mutex_lock (&lock);
  g_queue_push_tail (&queue, call);
  if (!running)
    {
      running = TRUE;
      g_thread_unref (g_thread_new ("held", run, NULL));
    }
  else
    g_cond_signal (&more);
  g_mutex_unlock (&lock);
}
