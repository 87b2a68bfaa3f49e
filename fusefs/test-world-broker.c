/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-world-parts.h"

#include "postern-ipc.h"
#include "pst-fd.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The broker: rules and doors, the policy that it makes of them, the questions and what answers them. */

typedef struct
{
  const char *path;
  PstScope scope;
  PstAccess access;
  PstAnswer answer;
} Rule;

typedef struct
{
  const char *path;
  gboolean listed;
} Door;

static struct
{
  PstPeer *gate;
  WorldAskFunc ask;
  gpointer ask_data;
  GArray *rules; /* Rule */
  GArray *doors;
  guint64 generation;
  guint n_asks, n_interrupted, n_withdrawn, n_pushed;
  char *last_ask;
  guint64 last_number;
} broker;

guint
world_n_asks (void)
{
  return world_counted (&broker.n_asks);
}
guint
world_n_interrupted (void)
{
  return world_counted (&broker.n_interrupted);
}
guint
world_n_withdrawn (void)
{
  return world_counted (&broker.n_withdrawn);
}
void
world_wait_asks (guint n)
{
  world_wait_for (&broker.n_asks, n);
}
void
world_wait_interrupted (guint n)
{
  world_wait_for (&broker.n_interrupted, n);
}

char *
world_last_ask (void)
{
  g_mutex_lock (&world_lock);
  char *last = g_strdup (broker.last_ask);
  g_mutex_unlock (&world_lock);
  return last;
}

guint64
world_last_number (void)
{
  g_mutex_lock (&world_lock);
  guint64 number = broker.last_number;
  g_mutex_unlock (&world_lock);
  return number;
}

/* Those that nobody has answered yet: a test may leave some, when the gate withdraws them or the broker is started again. */
static GHashTable *open_asks;

static void
ask_free (gpointer data)
{
  WorldAsk *ask = data;

  g_free (ask->path);
  g_free (ask);
}

void
world_answer (WorldAsk *ask, PstOutcome outcome)
{
  pst_peer_reply (broker.gate, ask->serial, g_variant_new ("(u)", outcome), NULL, 0);
  g_mutex_lock (&world_lock);
  g_hash_table_remove (open_asks, ask);
  g_mutex_unlock (&world_lock);
}

static void
on_gate (PstPeer *peer, PstMessage *message, gpointer data)
{
  if (strcmp (message->member, PST_GATE_ASK) == 0)
    {
      WorldAsk *ask = g_new0 (WorldAsk, 1);
      g_assert_true (pst_message_check (message, PST_GATE_ASK_IN, NULL));
      g_variant_get (message->args, "(t^ayuuu)", &ask->number, &ask->path, &ask->access, &ask->op, &ask->tid);
      ask->serial = message->serial;
      g_mutex_lock (&world_lock);
      if (open_asks == NULL)
        open_asks = g_hash_table_new_full (NULL, NULL, ask_free, NULL);
      g_hash_table_add (open_asks, ask);
      g_free (broker.last_ask);
      broker.last_ask = g_strdup (ask->path);
      broker.last_number = ask->number;
      g_mutex_unlock (&world_lock);
      world_count (&broker.n_asks);
      broker.ask (ask, broker.ask_data);
    }
  else if (strcmp (message->member, PST_GATE_INTERRUPTED) == 0)
    world_count (&broker.n_interrupted);
  else if (strcmp (message->member, PST_GATE_WITHDRAW) == 0)
    world_count (&broker.n_withdrawn);
  else if (strcmp (message->member, PST_GATE_LIST_NAMES) == 0)
    {
      g_autoptr (GDir) dir = g_dir_open (world_real (""), 0, NULL);
      g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
      for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
        if (name[0] != '.')
          g_ptr_array_add (names, g_strdup (name));
      pst_peer_reply (peer, message->serial,
                      g_variant_new ("(@aay)", g_variant_new_bytestring_array ((const char *const *)names->pdata, names->len)),
                      NULL, 0);
    }
}

void
world_rule (const char *relative, PstScope scope, PstAccess access, PstAnswer answer)
{
  Rule rule = { world_seen (relative), scope, access, answer };
  g_mutex_lock (&world_lock);
  g_array_append_val (broker.rules, rule);
  g_mutex_unlock (&world_lock);
}

void
world_no_rule (const char *relative)
{
  g_mutex_lock (&world_lock);
  for (guint i = 0; i < broker.rules->len;)
    if (g_array_index (broker.rules, Rule, i).path == world_seen (relative))
      g_array_remove_index (broker.rules, i);
    else
      i++;
  g_mutex_unlock (&world_lock);
}

void
world_door (const char *relative, gboolean listed)
{
  Door door = { world_seen (relative), listed };
  g_array_append_val (broker.doors, door);
}

static void
send_policy (PstPeerReply done, gpointer data)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (PstRuleset) ruleset = NULL;
  g_autoptr (GVariant) variant = NULL;
  pst_autofd fd = -1;

  g_mutex_lock (&world_lock);
  for (guint i = 0; i < broker.rules->len; i++)
    {
      const Rule *r = &g_array_index (broker.rules, Rule, i);
      PstRule rule = { .path = r->path, .scope = r->scope, .access = r->access, .answer = r->answer, .tier = PST_TIER_USER };
      g_assert_true (pst_ruleset_builder_add_rule (builder, &rule));
    }
  for (guint i = 0; i < broker.doors->len; i++)
    pst_ruleset_builder_add_door (builder, g_array_index (broker.doors, Door, i).path,
                                  g_array_index (broker.doors, Door, i).listed);
  ruleset = pst_ruleset_builder_end (builder, ++broker.generation);
  g_mutex_unlock (&world_lock);
  variant = g_variant_ref_sink (pst_ruleset_to_variant (ruleset));
  fd = pst_fd_memfd_sealed ("policy", g_variant_get_data (variant), g_variant_get_size (variant));
  pst_peer_call (broker.gate, PST_GATE_SET_POLICY, g_variant_new ("(t)", broker.generation), &fd, 1, done, data);
}

static void
on_pushed (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  world_count (&broker.n_pushed);
}

static gboolean
push (gpointer data)
{
  send_policy (on_pushed, NULL);
  return G_SOURCE_REMOVE;
}

void
world_push_policy (void)
{
  guint n = world_counted (&broker.n_pushed);
  world_in_thread (push, NULL);
  world_wait_for (&broker.n_pushed, n + 1);
}

typedef struct
{
  WorldAsk *ask;
  guint64 tree;
  GPtrArray *others; /* (nullable): WorldAsk */
} Grant;

static void
on_grant_attached (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  Grant *grant = data;
  g_assert_no_error (error);
  world_answer (grant->ask, PST_OUTCOME_RETRY);
  for (guint i = 0; grant->others != NULL && i < grant->others->len; i++)
    world_answer (g_ptr_array_index (grant->others, i), PST_OUTCOME_RETRY);
  g_free (grant);
}

static void
on_grant_pushed (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  Grant *grant = data;
  g_assert_no_error (error);
  if (grant->tree != 0)
    world_send_tree (grant->tree, on_grant_attached, grant);
  else
    on_grant_attached (NULL, NULL, NULL, grant);
}

void
world_grant (WorldAsk *ask, const char *relative, PstScope scope, PstAccess access, PstAnswer answer, guint64 id,
             PstTreeKind kind, gboolean live)
{
  world_grant_with (ask, NULL, relative, scope, access, answer, id, kind, live);
}

void
world_grant_with (WorldAsk *ask, GPtrArray *others, const char *relative, PstScope scope, PstAccess access, PstAnswer answer,
                  guint64 id, PstTreeKind kind, gboolean live)
{
  Grant *grant = g_new (Grant, 1);

  *grant = (Grant){ ask, id, others };
  if (id != 0)
    world_add_tree (id, kind, access, relative, live);
  world_rule (relative, scope, access, answer);
  send_policy (on_grant_pushed, grant);
}

void
world_broker_start (WorldAskFunc func, gpointer data)
{
  memset (&broker, 0, sizeof broker);
  broker.ask = func;
  broker.ask_data = data;
  broker.rules = g_array_new (FALSE, FALSE, sizeof (Rule));
  broker.doors = g_array_new (FALSE, FALSE, sizeof (Door));
}

void
world_broker_connect (int fd)
{
  broker.gate = pst_peer_new_take_fd (fd);
  pst_peer_start (broker.gate, on_gate, NULL, NULL);
}

void
world_broker_disconnect (void)
{
  pst_peer_unref (broker.gate);
}

static gboolean
close_gate (gpointer data)
{
  pst_peer_close (broker.gate);
  pst_peer_unref (broker.gate);
  broker.gate = NULL;
  world_count (&broker.n_pushed);
  return G_SOURCE_REMOVE;
}

void
world_kill_broker (void)
{
  guint n = world_counted (&broker.n_pushed);
  world_in_thread (close_gate, NULL);
  world_wait_for (&broker.n_pushed, n + 1);
}

static gboolean
open_gate (gpointer data)
{
  int gate[2];
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate), ==, 0);
  world_broker_connect (gate[0]);
  pst_peer_notify (world_link, PST_LINK_GATE, NULL, &gate[1], 1);
  close (gate[1]);
  return G_SOURCE_REMOVE;
}

void
world_new_broker (void)
{
  world_in_thread (open_gate, NULL);
}

void
world_broker_stop (void)
{
  g_array_unref (broker.rules);
  g_array_unref (broker.doors);
  g_clear_pointer (&open_asks, g_hash_table_unref);
  g_free (broker.last_ask);
}
