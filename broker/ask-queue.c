/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask-queue.h"

#include <string.h>

#include <glib/gi18n.h>

#include "pst-path.h"

#define MAX_LINES 20

struct _PstAskQueue
{
  GQueue questions; /* PstQuestion, oldest first */
  guint64 last_id;
};

PstAskQueue *
pst_ask_queue_new (void)
{
  PstAskQueue *queue = g_new0 (PstAskQueue, 1);

  g_queue_init (&queue->questions);
  /* Numbers of a broker that was killed must not mean another question to an agent that outlived it. */
  queue->last_id = (guint64)g_get_real_time ();
  return queue;
}

void
pst_question_free (PstQuestion *question)
{
  if (!question)
    return;
  g_free (question->app);
  g_free (question->screen);
  g_free (question->shown_waiting);
  pst_offer_free (question->offer);
  g_ptr_array_unref (question->asks);
  g_free (question);
}

void
pst_ask_queue_free (PstAskQueue *queue)
{
  if (!queue)
    return;
  g_queue_clear_full (&queue->questions, (GDestroyNotify)pst_question_free);
  g_free (queue);
}

guint
pst_ask_queue_get_n_questions (const PstAskQueue *queue)
{
  return queue->questions.length;
}

static gboolean
is_of (const PstQuestion *question, const char *app, const char *screen)
{
  return strcmp (question->app, app) == 0 && strcmp (question->screen, screen) == 0;
}

guint
pst_ask_queue_count (PstAskQueue *queue, const char *app, const char *screen)
{
  guint n = 0;

  for (GList *l = queue->questions.head; l; l = l->next)
    n += is_of (l->data, app, screen);
  return n;
}

PstQuestion *
pst_ask_queue_find (PstAskQueue *queue, const char *app, const char *screen, const char *path, gboolean is_protected)
{
  for (GList *l = queue->questions.head; l; l = l->next)
    {
      PstQuestion *question = l->data;

      if (is_of (question, app, screen) && question->offer->is_protected == is_protected &&
          pst_path_is_below_or_equal (path, question->offer->base))
        return question;
    }
  return NULL;
}

PstQuestion *
pst_ask_queue_add (PstAskQueue *queue, const char *app, const char *screen, PstOffer *offer, PstAsk *first)
{
  PstQuestion *question = g_new0 (PstQuestion, 1);

  question->id = ++queue->last_id;
  question->app = g_strdup (app);
  question->screen = g_strdup (screen);
  question->offer = offer;
  question->asks = g_ptr_array_new ();
  g_ptr_array_add (question->asks, first);
  g_queue_push_tail (&queue->questions, question);
  return question;
}

void
pst_ask_queue_join (PstQuestion *question, PstAsk *ask, PstAccess wanted)
{
  PstOffer *offer = question->offer;

  g_ptr_array_add (question->asks, ask);
  if (wanted == PST_ACCESS_VIEW || offer->accesses[offer->access].access != PST_ACCESS_VIEW)
    return;
  question->escalated = TRUE;
  if (question->deadline == 0)
    for (guint i = 0; i < offer->n_accesses; i++)
      if (offer->accesses[i].access == PST_ACCESS_CHANGE)
        offer->access = i;
}

gboolean
pst_ask_queue_leave (PstAskQueue *queue, PstQuestion *question, PstAsk *ask)
{
  g_ptr_array_remove (question->asks, ask);
  if (question->asks->len > 0)
    return FALSE;
  g_queue_remove (&queue->questions, question);
  pst_question_free (question);
  return TRUE;
}

PstQuestion *
pst_ask_queue_lookup (PstAskQueue *queue, guint64 id)
{
  for (GList *l = queue->questions.head; l; l = l->next)
    if (((PstQuestion *)l->data)->id == id)
      return l->data;
  return NULL;
}

PstQuestion *
pst_ask_queue_steal (PstAskQueue *queue, PstQuestion *question)
{
  g_queue_remove (&queue->questions, question);
  return question;
}

PstQuestion *
pst_ask_queue_head (PstAskQueue *queue, const char *app, const char *screen)
{
  for (GList *l = queue->questions.head; l; l = l->next)
    if (is_of (l->data, app, screen))
      return l->data;
  return NULL;
}

GStrv
pst_ask_queue_waiting (PstAskQueue *queue, const char *app, const char *screen)
{
  GPtrArray *lines = g_ptr_array_new ();
  const PstQuestion *head = NULL;
  guint more = 0;

  for (GList *l = queue->questions.head; l; l = l->next)
    {
      const PstQuestion *question = l->data;

      if (!is_of (question, app, screen))
        continue;
      if (!head)
        head = question;
      else if (lines->len < MAX_LINES)
        g_ptr_array_add (lines, g_strdup (pst_offer_line (question->offer)));
      else
        more++;
    }
  if (more > 0)
    g_ptr_array_add (lines, g_strdup_printf (ngettext ("and %u more question", "and %u more questions", more), more));
  g_ptr_array_add (lines, NULL);
  return (GStrv)g_ptr_array_free (lines, FALSE);
}

void
pst_ask_queue_foreach_head (PstAskQueue *queue, PstAskQueueHeadFunc func, gpointer user_data)
{
  g_autoptr (GPtrArray) heads = g_ptr_array_new ();

  for (GList *l = queue->questions.head; l; l = l->next)
    {
      PstQuestion *question = l->data;

      if (pst_ask_queue_head (queue, question->app, question->screen) == question)
        g_ptr_array_add (heads, question);
    }
  for (guint i = 0; i < heads->len; i++)
    func (heads->pdata[i], user_data);
}

GPtrArray *
pst_ask_queue_list (PstAskQueue *queue)
{
  GPtrArray *list = g_ptr_array_new ();

  for (GList *l = queue->questions.head; l; l = l->next)
    g_ptr_array_add (list, l->data);
  return list;
}

void
pst_question_shown (PstQuestion *question, gint64 now, gint64 timeout)
{
  if (question->deadline == 0)
    question->deadline = now + timeout;
}

gint64
pst_ask_queue_next_deadline (PstAskQueue *queue)
{
  gint64 next = 0;

  for (GList *l = queue->questions.head; l; l = l->next)
    {
      const PstQuestion *question = l->data;

      if (question->deadline != 0 && (next == 0 || question->deadline < next))
        next = question->deadline;
    }
  return next;
}

PstQuestion *
pst_ask_queue_expired (PstAskQueue *queue, gint64 now)
{
  for (GList *l = queue->questions.head; l; l = l->next)
    {
      PstQuestion *question = l->data;

      if (question->deadline != 0 && question->deadline <= now)
        return question;
    }
  return NULL;
}
