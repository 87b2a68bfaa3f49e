/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workers.h"

#include "epoch.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

/* How many threads read requests?
 *
 * One is best as long as requests are short: with several, the kernel wakes another one for each request, and when a request
 * that nobody waits for (RELEASE, FORGET) is followed by one that somebody does, two threads are switched to where one would
 * do. That costs a quarter on one core. But one alone that waits for a disk, or for another program's lease, makes everybody
 * wait.
 *
 * So there is a *reader*, and others are parked. While there is work, a watch looks every TICK. If requests are pending and
 * none has been finished since the last look, the readers are stuck, and a parked one takes over. If requests are often
 * pending, and there is something to win (several processors, or requests that take long), more threads are let read at a time,
 * until that has been quiet for a while. When there is no work the watch sleeps too, and is woken by the first request. */

#define MAX_WORKERS 8
#define TICK_MS 2
#define QUIET_TICKS 50 /* without contention: back to one reader */
#define SLEEP_TICKS 10 /* without a request: the watch sleeps */
#define SLOW_NS (G_GINT64_CONSTANT (300) * 1000)

static struct fuse_session *session;
static void (*on_gone) (void);

/* atomic */
static gint reading;    /* threads in read(2), or about to be */
static gint target = 1; /* how many may be */
static gint watch_asleep = 1;
static guint finished, slow; /* requests, ever */

/* under the lock */
static GMutex lock;
static GCond unpark, wake_watch;
static guint n_workers, n_parked, n_unpark;

static gint64
now_ns (void)
{
  struct timespec ts;
  clock_gettime (CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * G_GINT64_CONSTANT (1000000000) + ts.tv_nsec;
}

/* Returns when this thread may read. */
static void
begin_reading (void)
{
  for (;;)
    {
      if (g_atomic_int_add (&reading, 1) < g_atomic_int_get (&target))
        return;
      g_atomic_int_add (&reading, -1);
      g_mutex_lock (&lock);
      n_parked++;
      while (n_unpark == 0)
        g_cond_wait (&unpark, &lock);
      n_unpark--;
      n_parked--;
      g_mutex_unlock (&lock);
    }
}

static gpointer
work (gpointer data)
{
  struct fuse_buf buf = { 0 };
  gboolean measures = FALSE;

  pst_epoch_register_thread ();
  for (;;)
    {
      gint64 began = 0;
      int n;

      begin_reading ();
      do
        n = fuse_session_receive_buf (session, &buf);
      while ((n == -EINTR || n == -EAGAIN) && !fuse_session_exited (session));
      if (n <= 0)
        break;
      g_atomic_int_add (&reading, -1);
      if (g_atomic_int_get (&watch_asleep))
        {
          g_mutex_lock (&lock);
          g_cond_signal (&wake_watch);
          g_mutex_unlock (&lock);
        }
      if (measures)
        began = now_ns ();
      pst_epoch_enter ();
      fuse_session_process_buf (session, &buf);
      pst_epoch_leave ();
      if (measures && now_ns () - began > SLOW_NS)
        __atomic_fetch_add (&slow, 1, __ATOMIC_RELAXED);
      __atomic_fetch_add (&finished, 1, __ATOMIC_RELAXED);
      measures = !measures; /* every other one is enough to know */
    }
  free (buf.mem);
  pst_epoch_unregister_thread ();
  on_gone ();
  return NULL;
}

/* Lets one more thread read: a parked one, or a new one. With the lock held. */
static void
add_reader (void)
{
  if (n_parked > n_unpark)
    {
      n_unpark++;
      g_cond_signal (&unpark);
    }
  else if (n_workers < MAX_WORKERS)
    {
      n_workers++;
      g_thread_unref (g_thread_new ("worker", work, NULL));
    }
}

static gboolean
is_pending (void)
{
  struct pollfd pollfd = { .fd = fuse_session_fd (session), .events = POLLIN };
  return poll (&pollfd, 1, 0) > 0 && (pollfd.revents & POLLIN);
}

static guint
processors (void)
{
  cpu_set_t set;
  return sched_getaffinity (0, sizeof set, &set) == 0 ? CPU_COUNT (&set) : 1;
}

static gpointer
watch (gpointer data)
{
  const gboolean parallel = processors () > 1;
  guint last_finished = 0, last_slow = 0, idle_ticks = 0, quiet_ticks = 0, contended = 0;

  g_mutex_lock (&lock);
  for (;;)
    {
      guint now_finished, now_slow;
      gboolean pending;

      if (idle_ticks >= SLEEP_TICKS)
        {
          g_atomic_int_set (&target, 1);
          g_atomic_int_set (&watch_asleep, 1);
          /* a request that was taken just now did not see that */
          if (g_atomic_int_get (&reading) > 0)
            g_cond_wait (&wake_watch, &lock);
          g_atomic_int_set (&watch_asleep, 0);
          idle_ticks = quiet_ticks = contended = 0;
        }
      g_mutex_unlock (&lock);
      g_usleep (TICK_MS * 1000);
      pending = g_atomic_int_get (&reading) == 0 && is_pending ();
      g_mutex_lock (&lock);

      now_finished = __atomic_load_n (&finished, __ATOMIC_RELAXED);
      now_slow = __atomic_load_n (&slow, __ATOMIC_RELAXED);
      if (pending && now_finished == last_finished)
        add_reader (); /* stuck */
      if (pending && (parallel || now_slow != last_slow))
        {
          quiet_ticks = 0;
          if (++contended >= 2 && g_atomic_int_get (&target) < MAX_WORKERS)
            {
              contended = 0;
              g_atomic_int_inc (&target);
              add_reader ();
            }
        }
      else if (++quiet_ticks >= QUIET_TICKS)
        {
          quiet_ticks = contended = 0;
          g_atomic_int_set (&target, 1);
        }
      /* one that reads, or a long request, is no reason to stay awake */
      idle_ticks = now_finished == last_finished && !pending && g_atomic_int_get (&reading) > 0 ? idle_ticks + 1 : 0;
      last_finished = now_finished;
      last_slow = now_slow;
    }
  return NULL;
}

void
pst_workers_start (struct fuse_session *with, void (*gone) (void))
{
  session = with;
  on_gone = gone;
  g_mutex_lock (&lock);
  n_workers++;
  g_thread_unref (g_thread_new ("worker", work, NULL));
  g_thread_unref (g_thread_new ("watch", watch, NULL));
  g_mutex_unlock (&lock);
}
