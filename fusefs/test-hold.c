/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hold.h"

#include "postern-ipc.h"
#include "runner.h"
#include "tree.h"

#include <errno.h>
#include <sys/socket.h>

/* The state machine of a question, with requests that only remember how they were answered: this file's functions stand in
 * for the library's. */

struct fuse_req
{
  int error; /* -1: not answered */
  fuse_interrupt_func_t interrupt;
  void *interrupt_data;
};

int
fuse_reply_err (fuse_req_t req, int err)
{
  g_assert_cmpint (req->error, ==, -1);
  g_assert_null (req->interrupt);
  req->error = err;
  return 0;
}

void
fuse_req_interrupt_func (fuse_req_t req, fuse_interrupt_func_t func, void *data)
{
  req->interrupt = func;
  req->interrupt_data = data;
}

static PstPeer *gate_end, *broker_end;
static GPtrArray *asked; /* of struct Asked */
static guint n_interrupted, n_withdrawn;
static PstCall *again;

struct Asked
{
  guint64 number;
  char *path;
  guint32 access, op, tid, serial;
};

static void
asked_free (gpointer data)
{
  struct Asked *a = data;
  g_free (a->path);
  g_free (a);
}

static void
on_broker (PstPeer *peer, PstMessage *message, gpointer data)
{
  if (strcmp (message->member, PST_GATE_ASK) == 0)
    {
      struct Asked *a = g_new0 (struct Asked, 1);
      g_variant_get (message->args, "(t^ayuuu)", &a->number, &a->path, &a->access, &a->op, &a->tid);
      a->serial = message->serial;
      g_ptr_array_add (asked, a);
    }
  else if (strcmp (message->member, PST_GATE_INTERRUPTED) == 0)
    n_interrupted++;
  else if (strcmp (message->member, PST_GATE_WITHDRAW) == 0)
    n_withdrawn++;
}

static void
on_gate (PstPeer *peer, PstMessage *message, gpointer data)
{
}

static void
on_closed (PstPeer *peer, gpointer data)
{
}

static void
run_again (PstCall *call)
{
  g_assert_null (again);
  again = call;
}

static void
connect_broker (void)
{
  int fds[2];
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  gate_end = pst_peer_new_take_fd (fds[0]);
  broker_end = pst_peer_new_take_fd (fds[1]);
  pst_peer_start (gate_end, on_gate, on_closed, NULL);
  pst_peer_start (broker_end, on_broker, on_closed, NULL);
  pst_hold_set_gate (gate_end);
}

static void
disconnect_broker (void)
{
  pst_peer_close (broker_end);
  while (pst_peer_is_open (gate_end))
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  pst_hold_set_gate (NULL);
  g_clear_pointer (&gate_end, pst_peer_unref);
  g_clear_pointer (&broker_end, pst_peer_unref);
}

static void
begin (void)
{
  asked = g_ptr_array_new_with_free_func (asked_free);
  n_interrupted = n_withdrawn = 0;
  again = NULL;
  pst_runner_hook = run_again;
  pst_hold_init ();
  connect_broker ();
}

static void
end (void)
{
  disconnect_broker ();
  pst_hold_fini ();
  g_ptr_array_unref (asked);
}

static void
ask (struct fuse_req *req, guint tries, const char *path)
{
  PstCall call = { .req = req, .op = PST_OP_OPEN, .tid = 42, .tries = tries };
  *req = (struct fuse_req){ .error = -1 };
  pst_hold_ask (&call, path, PST_ACCESS_VIEW);
}

#define wait_until(condition)                                                                                                  \
  while (!(condition))                                                                                                         \
  g_main_context_iteration (NULL, TRUE)

static void
answer (guint i, PstOutcome outcome)
{
  struct Asked *a = g_ptr_array_index (asked, i);
  pst_peer_reply (broker_end, a->serial, g_variant_new ("(u)", outcome), NULL, 0);
}

static void
test_outcomes (void)
{
  static const struct
  {
    guint outcome;
    int error;
  } table[] = { { PST_OUTCOME_DENY, EACCES }, { PST_OUTCOME_HIDE, ENOENT }, { PST_OUTCOME_KILLED, EINTR }, { 77, EACCES } };
  struct fuse_req req;

  begin ();
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      struct Asked *a;
      ask (&req, 0, "/home/u/x");
      wait_until (asked->len == i + 1);
      a = g_ptr_array_index (asked, i);
      g_assert_cmpstr (a->path, ==, "/home/u/x");
      g_assert_cmpuint (a->access, ==, PST_ACCESS_VIEW);
      g_assert_cmpuint (a->op, ==, PST_OP_OPEN);
      g_assert_cmpuint (a->tid, ==, 42);
      g_assert_cmpint (req.error, ==, -1);
      answer (i, table[i].outcome);
      wait_until (req.error != -1);
      g_assert_cmpint (req.error, ==, table[i].error);
    }
  g_assert_cmpuint (pst_hold_count (), ==, 0);
  end ();
}

static void
test_retry (void)
{
  struct fuse_req req;

  begin ();
  ask (&req, 1, "/x");
  wait_until (asked->len == 1);
  answer (0, PST_OUTCOME_RETRY);
  wait_until (again != NULL);
  g_assert_cmpint (req.error, ==, -1);
  g_assert_null (req.interrupt);
  g_assert_cmpuint (again->tries, ==, 2);
  g_assert_true (again->was_asked);
  pst_call_free (again);
  end ();
}

static void
test_too_often (void)
{
  struct fuse_req req;

  begin ();
  ask (&req, PST_HOLD_MAX_TRIES, "/x");
  g_assert_cmpint (req.error, ==, EACCES);
  g_assert_cmpuint (pst_hold_count (), ==, 0);
  end ();
}

static void
test_too_many (void)
{
  g_autofree struct fuse_req *reqs = g_new0 (struct fuse_req, PST_HOLD_MAX + 1);

  begin ();
  for (guint i = 0; i < PST_HOLD_MAX; i++)
    ask (&reqs[i], 0, "/x");
  g_assert_cmpuint (pst_hold_count (), ==, PST_HOLD_MAX);
  ask (&reqs[PST_HOLD_MAX], 0, "/x");
  g_assert_cmpint (reqs[PST_HOLD_MAX].error, ==, EACCES);
  g_assert_cmpint (reqs[0].error, ==, -1);
  wait_until (asked->len == PST_HOLD_MAX);
  answer (5, PST_OUTCOME_DENY);
  wait_until (pst_hold_count () == PST_HOLD_MAX - 1);
  /* there is room again */
  ask (&reqs[PST_HOLD_MAX], 0, "/x");
  g_assert_cmpint (reqs[PST_HOLD_MAX].error, ==, -1);
  end ();
}

static void
test_interrupted (void)
{
  struct fuse_req req;

  begin ();
  ask (&req, 0, "/x");
  wait_until (asked->len == 1);
  req.interrupt (&req, req.interrupt_data);
  wait_until (n_interrupted == 1);
  g_assert_cmpint (req.error, ==, -1); /* that alone is no reason to give up */
  answer (0, PST_OUTCOME_KILLED);
  wait_until (req.error != -1);
  g_assert_cmpint (req.error, ==, EINTR);
  end ();
}

static void
test_interrupted_late (void)
{
  fuse_interrupt_func_t interrupt;
  struct fuse_req req;
  void *data;

  begin ();
  ask (&req, 0, "/x");
  interrupt = req.interrupt;
  data = req.interrupt_data;
  wait_until (asked->len == 1);
  answer (0, PST_OUTCOME_DENY);
  wait_until (req.error != -1);
  /* the library may call it while the answer is on its way: the question is over, and nothing refers to it */
  interrupt (&req, data);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_interrupted, ==, 0);
  end ();
}

static void
test_broker_dies (void)
{
  struct fuse_req req, later;
  guint64 number;

  begin ();
  ask (&req, 0, "/x");
  wait_until (asked->len == 1);
  number = ((struct Asked *)g_ptr_array_index (asked, 0))->number;
  disconnect_broker ();
  g_assert_cmpint (req.error, ==, -1);
  ask (&later, 0, "/y");
  req.interrupt (&req, req.interrupt_data);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (pst_hold_count (), ==, 2);
  connect_broker ();
  wait_until (asked->len == 3 && n_interrupted == 1);
  g_assert_true (((struct Asked *)g_ptr_array_index (asked, 1))->number == number ||
                 ((struct Asked *)g_ptr_array_index (asked, 2))->number == number);
  answer (1, PST_OUTCOME_DENY);
  answer (2, PST_OUTCOME_DENY);
  wait_until (req.error != -1 && later.error != -1);
  end ();
}

static void
count_call (PstCall *call, gpointer data)
{
  (*(guint *)data)++;
}

static void
test_round_below (void)
{
  struct fuse_req inside, itself, beside;
  guint n = 0;

  begin ();
  ask (&inside, 0, "/home/u/Pictures/a.jpg");
  ask (&itself, 0, "/home/u/Pictures");
  ask (&beside, 0, "/home/u/Pictures2/a.jpg");
  wait_until (asked->len == 3);
  pst_hold_send_round_below ("/home/u/Pictures", count_call, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpint (inside.error, ==, ESTALE);
  g_assert_cmpint (itself.error, ==, -1);
  g_assert_cmpint (beside.error, ==, -1);
  wait_until (n_withdrawn == 1);
  /* the broker's answer crossed it */
  answer (0, PST_OUTCOME_DENY);
  answer (1, PST_OUTCOME_DENY);
  answer (2, PST_OUTCOME_DENY);
  wait_until (itself.error != -1 && beside.error != -1);
  end ();
}

/* What becomes a question inside of a tree while it is mounted would keep the lock that the mount waits for. */
static void
test_below_mount (void)
{
  PstTree tree = { .refs = 10, .path = (char *)"/home/u/Pictures", .live = TRUE };
  struct fuse_req first = { .error = -1 }, inside, once_more, itself, beside, later;
  PstCall call = { .req = &first, .op = PST_OP_OPEN, .tid = 41 };

  begin ();
  pst_hold_round (&call, &tree, TRUE);
  g_assert_cmpint (first.error, ==, ESTALE);
  g_assert_cmpint (tree.mount, ==, PST_MOUNT_RUNNING);
  ask (&inside, 0, "/home/u/Pictures/a.jpg");
  g_assert_cmpint (inside.error, ==, ESTALE);
  ask (&once_more, 0, "/home/u/Pictures/b/c.jpg");
  g_assert_cmpint (once_more.error, ==, EACCES);
  ask (&itself, 0, "/home/u/Pictures");
  ask (&beside, 0, "/home/u/Pictures2/a.jpg");
  g_assert_cmpint (itself.error, ==, -1);
  g_assert_cmpint (beside.error, ==, -1);
  /* there is no supervisor to mount it: it is over */
  wait_until (g_atomic_int_get (&tree.mount) == PST_MOUNT_FAILED);
  ask (&later, 0, "/home/u/Pictures/a.jpg");
  g_assert_cmpint (later.error, ==, -1);
  wait_until (asked->len == 3);
  for (guint i = 0; i < 3; i++)
    answer (i, PST_OUTCOME_DENY);
  wait_until (itself.error == EACCES && beside.error == EACCES && later.error == EACCES);
  g_assert_cmpint (tree.refs, ==, 10);
  end ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hold/outcomes", test_outcomes);
  g_test_add_func ("/hold/retry", test_retry);
  g_test_add_func ("/hold/too-often", test_too_often);
  g_test_add_func ("/hold/too-many", test_too_many);
  g_test_add_func ("/hold/interrupted", test_interrupted);
  g_test_add_func ("/hold/interrupted-late", test_interrupted_late);
  g_test_add_func ("/hold/broker-dies", test_broker_dies);
  g_test_add_func ("/hold/round-below", test_round_below);
  g_test_add_func ("/hold/below-mount", test_below_mount);
  return g_test_run ();
}
