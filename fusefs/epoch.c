/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "epoch.h"

#include <stdatomic.h>

/* A slot holds 0 while its thread runs no request, else the epoch at which the request began. An entry deferred at epoch E
 * (the counter is raised to E first) waits for the slots that hold a number smaller than E. Entering stores the slot
 * before anything shared is read, both sequentially consistent, so the main thread either sees the slot or the worker sees
 * what the main thread published before. */

typedef struct
{
  _Alignas(64) _Atomic guint64 epoch;
  _Atomic int used;
} Slot;

typedef struct _Deferred Deferred;
struct _Deferred
{
  Deferred *next;
  guint64 epoch;
  PstEpochFunc func;
  gpointer data;
};

static Slot slots[PST_EPOCH_MAX_THREADS];
static _Atomic guint64 current = 1;
static _Atomic int pending;
static _Atomic int scheduled;
static Deferred *first, **last = &first;
static __thread Slot *own;

void
pst_epoch_register_thread (void)
{
  for (guint i = 0; i < PST_EPOCH_MAX_THREADS; i++)
    {
      int unused = 0;
      if (atomic_compare_exchange_strong (&slots[i].used, &unused, 1))
        {
          own = &slots[i];
          return;
        }
    }
  g_error ("more than %d threads run requests", PST_EPOCH_MAX_THREADS);
}

void
pst_epoch_unregister_thread (void)
{
  if (own != NULL)
    atomic_store (&own->used, 0);
  own = NULL;
}

void
pst_epoch_enter (void)
{
  atomic_store (&own->epoch, atomic_load_explicit (&current, memory_order_relaxed));
}

static gboolean
poll_in_main_loop (gpointer data)
{
  atomic_store (&scheduled, 0);
  pst_epoch_poll ();
  return G_SOURCE_REMOVE;
}

void
pst_epoch_leave (void)
{
  atomic_store (&own->epoch, 0);
  if (atomic_load (&pending) != 0 && atomic_exchange (&scheduled, 1) == 0)
    g_idle_add_full (G_PRIORITY_HIGH, poll_in_main_loop, NULL, NULL);
}

static guint64
oldest_running (void)
{
  guint64 oldest = G_MAXUINT64;
  for (guint i = 0; i < PST_EPOCH_MAX_THREADS; i++)
    {
      guint64 epoch = atomic_load (&slots[i].epoch);
      if (epoch != 0 && epoch < oldest)
        oldest = epoch;
    }
  return oldest;
}

void
pst_epoch_poll (void)
{
  while (first != NULL && first->epoch <= oldest_running ())
    {
      Deferred *deferred = first;
      first = deferred->next;
      if (first == NULL)
        last = &first;
      atomic_fetch_sub (&pending, 1);
      deferred->func (deferred->data);
      g_free (deferred);
    }
}

void
pst_epoch_defer (PstEpochFunc func, gpointer data)
{
  Deferred *deferred = g_new (Deferred, 1);
  /* pending first: a request that ends from now on wakes the main loop */
  atomic_fetch_add (&pending, 1);
  *deferred = (Deferred){ .epoch = atomic_fetch_add (&current, 1) + 1, .func = func, .data = data };
  *last = deferred;
  last = &deferred->next;
  pst_epoch_poll ();
}
