/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hold.h"

#include "epoch.h"
#include "postern-ipc.h"
#include "runner.h"

#include <errno.h>

/* The life of a question:
 *
 *   held ──► sent ──► answered
 *     ▲        │         retry: the request is run again, with the policy pushed before the answer
 *     └────────┘         deny: EACCES    hide: ENOENT    killed: EINTR, the caller is dying
 *    broker died
 *
 * Workers put questions in; sending and answering is the main thread's. A question is known by its number to everybody else
 * (the broker, libfuse's interrupt callback), so that none of them can hold on to one that is over.
 *
 * An interrupt alone ends nothing: a signal with a handler would make the call restart, with a second dialog. The
 * broker is told, looks whether the thread is being killed, and only then answers "killed". */

typedef struct
{
  guint64 number;
  PstCall *call;
  char *path;
  PstAccess access;
  gboolean interrupted;
  gboolean sent;
} Question;

static GMutex lock;
static GHashTable *questions; /* by number */
static guint64 next_number = 1;
static PstPeer *gate;

static void
question_free (gpointer data)
{
  Question *question = data;
  pst_call_free (question->call);
  g_free (question->path);
  g_free (question);
}

void
pst_hold_init (void)
{
  questions = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, question_free);
}

void
pst_hold_fini (void)
{
  g_clear_pointer (&questions, g_hash_table_unref);
  gate = NULL;
}

guint
pst_hold_count (void)
{
  g_mutex_lock (&lock);
  guint n = g_hash_table_size (questions);
  g_mutex_unlock (&lock);
  return n;
}

static Question *
steal (guint64 number)
{
  Question *question = NULL;
  g_mutex_lock (&lock);
  if (g_hash_table_steal_extended (questions, &number, NULL, (gpointer *)&question) == FALSE)
    question = NULL;
  g_mutex_unlock (&lock);
  return question;
}

void
pst_hold_run_again (PstCall *call)
{
  pst_runner_push (call);
}

static void
settle (Question *question, guint outcome)
{
  PstCall *call = g_steal_pointer (&question->call);

  fuse_req_interrupt_func (call->req, NULL, NULL);
  switch (outcome)
    {
    case PST_OUTCOME_RETRY:
    case PST_OUTCOME_RETRY_HERE:
      call->stays |= outcome == PST_OUTCOME_RETRY_HERE;
      call->tries++;
      call->was_asked = TRUE;
      pst_hold_run_again (g_steal_pointer (&call));
      break;
    case PST_OUTCOME_HIDE:
      fuse_reply_err (call->req, ENOENT);
      break;
    case PST_OUTCOME_KILLED:
      fuse_reply_err (call->req, EINTR);
      break;
    case PST_OUTCOME_DENY:
    default:
      fuse_reply_err (call->req, EACCES);
      break;
    }
  pst_call_free (call);
  question_free (question);
}

static void
on_answer (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  guint64 number = *(guint64 *)user_data;
  guint32 outcome = PST_OUTCOME_DENY;
  Question *question;

  g_free (user_data);
  if (error != NULL && g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_CLOSED))
    {
      /* it waits for the next broker */
      g_mutex_lock (&lock);
      question = g_hash_table_lookup (questions, &number);
      if (question != NULL)
        question->sent = FALSE;
      g_mutex_unlock (&lock);
      return;
    }
  question = steal (number);
  if (question == NULL)
    return;
  if (error != NULL)
    g_warning ("the broker did not answer: %s", error->message);
  else if (pst_message_check (reply, PST_GATE_ASK_OUT, NULL))
    g_variant_get (reply->args, PST_GATE_ASK_OUT, &outcome);
  settle (question, outcome);
}

/* Main thread */
static void
send_question (guint64 number)
{
  GVariant *args = NULL;
  gboolean interrupted = FALSE;
  Question *question;

  if (gate == NULL || !pst_peer_is_open (gate))
    return;
  g_mutex_lock (&lock);
  question = g_hash_table_lookup (questions, &number);
  if (question != NULL && !question->sent)
    {
      question->sent = TRUE;
      interrupted = question->interrupted;
      args = g_variant_new ("(t@ayuuu)", number, g_variant_new_bytestring (question->path), question->access,
                            question->call->op, question->call->tid);
    }
  g_mutex_unlock (&lock);
  if (args == NULL)
    return;
  pst_peer_call (gate, PST_GATE_ASK, args, NULL, 0, on_answer, g_memdup2 (&number, sizeof number));
  if (interrupted)
    pst_peer_notify (gate, PST_GATE_INTERRUPTED, g_variant_new (PST_GATE_INTERRUPTED_IN, number), NULL, 0);
}

static gboolean
send_in_main_loop (gpointer data)
{
  send_question (*(guint64 *)data);
  return G_SOURCE_REMOVE;
}

static gboolean
interrupt_in_main_loop (gpointer data)
{
  guint64 number = *(guint64 *)data;
  gboolean sent = FALSE;
  Question *question;

  g_mutex_lock (&lock);
  question = g_hash_table_lookup (questions, &number);
  if (question != NULL)
    {
      question->interrupted = TRUE;
      sent = question->sent;
    }
  g_mutex_unlock (&lock);
  if (sent && gate != NULL && pst_peer_is_open (gate))
    pst_peer_notify (gate, PST_GATE_INTERRUPTED, g_variant_new (PST_GATE_INTERRUPTED_IN, number), NULL, 0);
  return G_SOURCE_REMOVE;
}

static void
in_main_loop (GSourceFunc func, guint64 number)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, func, g_memdup2 (&number, sizeof number), g_free);
}

/* From libfuse, with its locks held: only leave word. */
static void
on_interrupt (fuse_req_t req, void *data)
{
  in_main_loop (interrupt_in_main_loop, GPOINTER_TO_SIZE (data));
}

/* Ends the question if the mount of a tree above it has begun: either it was put in before pst_hold_send_round_below(), which
 * then has found it, or the mount is seen here. */
static gboolean
end_below_mount (guint64 number, const char *path, guint32 tid)
{
  Question *question;
  int error;

  if (!pst_hold_is_mounting_above (path, tid, &error))
    return FALSE;
  question = steal (number);
  if (question != NULL)
    {
      fuse_req_interrupt_func (question->call->req, NULL, NULL);
      fuse_reply_err (question->call->req, error);
      question_free (question);
    }
  return TRUE;
}

void
pst_hold_ask (PstCall *call, const char *path, PstAccess access)
{
  Question *question = NULL;
  guint64 number = 0;
  guint32 tid = call->tid;

  g_mutex_lock (&lock);
  if (g_hash_table_size (questions) < PST_HOLD_MAX && call->tries < PST_HOLD_MAX_TRIES)
    {
      question = g_new0 (Question, 1);
      question->number = number = next_number++;
      question->call = pst_call_copy (call);
      question->path = g_strdup (path);
      question->access = access;
      g_hash_table_insert (questions, &question->number, question);
      /* With the lock held: once it is given up the main thread may answer it, unsent as it is (a tree above is about to be
       * mounted), and the request is gone. */
      fuse_req_interrupt_func (call->req, on_interrupt, GSIZE_TO_POINTER (number));
    }
  g_mutex_unlock (&lock);
  if (question == NULL)
    fuse_reply_err (call->req, EACCES);
  else if (!end_below_mount (number, path, tid))
    in_main_loop (send_in_main_loop, number);
}

void
pst_hold_set_gate (PstPeer *peer)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
  GHashTableIter iter;
  gpointer value;

  gate = peer;
  if (peer == NULL)
    return;
  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, questions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Question *question = value;
      question->sent = FALSE;
      g_array_append_val (numbers, question->number);
    }
  g_mutex_unlock (&lock);
  for (guint i = 0; i < numbers->len; i++)
    send_question (g_array_index (numbers, guint64, i));
}

void
pst_hold_send_round_below (const char *path, void (*func) (PstCall *call, gpointer data), gpointer data)
{
  g_autoptr (GPtrArray) below = g_ptr_array_new ();
  gsize length = strlen (path);
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&lock);
  g_hash_table_iter_init (&iter, questions);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Question *question = value;
      if (strncmp (question->path, path, length) == 0 && question->path[length] == '/')
        {
          g_ptr_array_add (below, question);
          g_hash_table_iter_steal (&iter);
        }
    }
  g_mutex_unlock (&lock);
  for (guint i = 0; i < below->len; i++)
    {
      Question *question = g_ptr_array_index (below, i);
      if (question->sent && gate != NULL && pst_peer_is_open (gate))
        pst_peer_notify (gate, PST_GATE_WITHDRAW, g_variant_new (PST_GATE_WITHDRAW_IN, question->number), NULL, 0);
      func (question->call, data);
      fuse_req_interrupt_func (question->call->req, NULL, NULL);
      fuse_reply_err (question->call->req, ESTALE);
      question_free (question);
    }
}
