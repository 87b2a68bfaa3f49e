/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history.h"

#include <glib/gi18n.h>

/* Searches that nobody waits for any more are not taken back; they must not pile up either. */
#define MAX_QUERIES 64

typedef enum
{
  JOB_WRITE = 1,
  JOB_QUERY,
  JOB_BOUNDS,
  JOB_TRIM,
  JOB_SETTLE,
  JOB_END,
} JobType;

typedef struct
{
  JobType type;
  GPtrArray *events; /* written, or found */
  PstHistoryFilter *filter;
  PstHistoryAnswer answer;
  gpointer user_data;
  PstHistoryBounds bounds;
  guint64 next;
  GError *error;
} Job;

struct _PstHistory
{
  /* of the main loop */
  PstHistoryWritten written;
  gpointer user_data;
  guint backlog, n_queries;
  GSource *source;
  GThread *thread;
  /* between the two */
  GAsyncQueue *jobs, *done;
  /* of the thread */
  char *path;
  guint64 outbox;
  PstHistoryDb *db;
  PstHistoryBounds bounds;
  gboolean is_trimming;
};

static Job *
job_new (JobType type)
{
  Job *job = g_new0 (Job, 1);

  job->type = type;
  return job;
}

static void
job_free (Job *job)
{
  g_clear_pointer (&job->events, g_ptr_array_unref);
  pst_history_filter_free (job->filter);
  g_clear_error (&job->error);
  g_free (job);
}

/* The thread */

/* Tries again each time: a full disk has room some day. */
static gboolean
open_db (PstHistory *history, GError **error)
{
  gboolean set_aside = FALSE;

  if (history->db)
    return TRUE;
  history->db = pst_history_db_open (history->path, history->outbox, &set_aside, error);
  if (history->db && set_aside)
    g_message ("the history %s was damaged; it has been set aside as %s.damaged, and a new one begun", history->path,
               history->path);
  return history->db != NULL;
}

/* One that turned out to be damaged is closed, and set aside when it is opened the next time. TRUE: once more. */
static gboolean
is_worth_another_try (PstHistory *history, GError **error)
{
  if (!history->db || !pst_history_db_is_damaged (history->db))
    return FALSE;
  g_clear_pointer (&history->db, pst_history_db_close);
  g_clear_error (error);
  return TRUE;
}

static void
write_events (PstHistory *history, Job *job)
{
  for (int tries = 0; tries < 2; tries++)
    if (!open_db (history, &job->error) || pst_history_db_write (history->db, job->events, &job->error) ||
        !is_worth_another_try (history, &job->error))
      return;
}

static void
query (PstHistory *history, Job *job)
{
  for (int tries = 0; tries < 2; tries++)
    if (!open_db (history, &job->error) ||
        (job->events = pst_history_db_query (history->db, job->filter, &job->next, &job->error)) ||
        !is_worth_another_try (history, &job->error))
      return;
}

/* A batch at a time, and what was asked meanwhile between two. */
static void
trim (PstHistory *history)
{
  g_autoptr (GError) error = NULL;
  gboolean more = FALSE;

  history->is_trimming = FALSE;
  if (history->bounds.rows == 0 || !open_db (history, &error))
    return;
  if (!pst_history_db_trim (history->db, &history->bounds, &more, &error) && !is_worth_another_try (history, &error))
    g_warning ("%s", error->message);
  if (more)
    {
      history->is_trimming = TRUE;
      g_async_queue_push (history->jobs, job_new (JOB_TRIM));
    }
}

static void
want_trim (PstHistory *history)
{
  if (history->is_trimming)
    return;
  history->is_trimming = TRUE;
  g_async_queue_push (history->jobs, job_new (JOB_TRIM));
}

static gpointer
serve (gpointer data)
{
  PstHistory *history = data;
  gboolean end = FALSE;

  while (!end)
    {
      Job *job = g_async_queue_pop (history->jobs);

      switch (job->type)
        {
        case JOB_WRITE:
          write_events (history, job);
          want_trim (history);
          break;
        case JOB_QUERY:
          query (history, job);
          break;
        case JOB_BOUNDS:
          history->bounds = job->bounds;
          want_trim (history);
          break;
        case JOB_TRIM:
          trim (history);
          break;
        case JOB_SETTLE:
          break;
        case JOB_END:
          end = TRUE;
          break;
        }
      g_async_queue_push (history->done, job);
      g_source_set_ready_time (history->source, 0);
    }
  pst_history_db_close (history->db);
  return NULL;
}

/* The main loop */

/* Returns the type of what it told, and frees that. */
static JobType
tell (PstHistory *history, Job *job)
{
  JobType type = job->type;

  if (type == JOB_WRITE)
    {
      history->backlog -= job->events->len;
      history->written (job->events, job->error, history->user_data);
    }
  else if (type == JOB_QUERY)
    {
      history->n_queries--;
      job->answer (job->events, job->next, job->error, job->user_data);
    }
  job_free (job);
  return type;
}

static gboolean
on_done (gpointer data)
{
  PstHistory *history = data;
  Job *job;

  g_source_set_ready_time (history->source, -1);
  while ((job = g_async_queue_try_pop (history->done)))
    tell (history, job);
  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

PstHistory *
pst_history_new (const char *path, guint64 outbox, PstHistoryWritten written, gpointer user_data)
{
  static GSourceFuncs funcs = { .dispatch = dispatch };
  PstHistory *history = g_new0 (PstHistory, 1);

  history->path = g_strdup (path);
  history->outbox = outbox;
  history->written = written;
  history->user_data = user_data;
  history->jobs = g_async_queue_new ();
  history->done = g_async_queue_new ();
  history->source = g_source_new (&funcs, sizeof (GSource));
  g_source_set_callback (history->source, on_done, history, NULL);
  g_source_attach (history->source, NULL);
  history->thread = g_thread_new ("history", serve, history);
  return history;
}

static void
tell_until (PstHistory *history, JobType type)
{
  while (tell (history, g_async_queue_pop (history->done)) != type)
    continue;
}

void
pst_history_free (PstHistory *history)
{
  if (!history)
    return;
  g_async_queue_push (history->jobs, job_new (JOB_END));
  g_thread_join (history->thread);
  tell_until (history, JOB_END);
  g_source_destroy (history->source);
  g_source_unref (history->source);
  /* A batch of trimming that is left is done the next time. */
  for (Job *job; (job = g_async_queue_try_pop (history->jobs));)
    job_free (job);
  g_async_queue_unref (history->jobs);
  g_async_queue_unref (history->done);
  g_free (history->path);
  g_free (history);
}

void
pst_history_write (PstHistory *history, GPtrArray *events_take)
{
  Job *job = job_new (JOB_WRITE);

  job->events = events_take;
  history->backlog += events_take->len;
  g_async_queue_push (history->jobs, job);
}

guint
pst_history_get_backlog (PstHistory *history)
{
  return history->backlog;
}

void
pst_history_set_bounds (PstHistory *history, const PstHistoryBounds *bounds)
{
  Job *job = job_new (JOB_BOUNDS);

  job->bounds = *bounds;
  g_async_queue_push (history->jobs, job);
}

void
pst_history_query (PstHistory *history, PstHistoryFilter *filter_take, PstHistoryAnswer answer, gpointer user_data)
{
  g_autoptr (PstHistoryFilter) filter = filter_take;
  g_autoptr (GError) error = NULL;
  Job *job;

  if (history->n_queries >= MAX_QUERIES)
    {
      g_set_error (&error, PST_HISTORY_ERROR, PST_HISTORY_ERROR_FAILED,
                   _ ("Too many searches in the history are waiting; try again in a moment."));
      answer (NULL, FALSE, error, user_data);
      return;
    }
  job = job_new (JOB_QUERY);
  job->filter = g_steal_pointer (&filter);
  job->answer = answer;
  job->user_data = user_data;
  history->n_queries++;
  g_async_queue_push (history->jobs, job);
}

void
pst_history_settle (PstHistory *history)
{
  g_async_queue_push (history->jobs, job_new (JOB_SETTLE));
  tell_until (history, JOB_SETTLE);
}
