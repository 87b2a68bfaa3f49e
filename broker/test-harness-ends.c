/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scripted ends: an agent, and a sandbox with its launcher, gate and message bus proxy. */
#include "test-harness.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "postern-ipc.h"
#include "pst-fd.h"

/* Agent */

static void
on_agent_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  TestAgent *agent = data;

  if (strcmp (message->member, PST_AGENT_SHOW) == 0)
    {
      g_clear_pointer (&agent->details, g_variant_unref);
      g_variant_get (message->args, "(t@a{sv})", &agent->question, &agent->details);
      agent->n_shown++;
    }
  else if (strcmp (message->member, PST_AGENT_WITHDRAW_QUESTION) == 0)
    agent->n_withdrawn++;
  else if (strcmp (message->member, PST_AGENT_SHOW_SHEET) == 0)
    {
      g_assert_true (pst_message_check (message, PST_AGENT_SHOW_SHEET_IN, NULL));
      g_clear_pointer (&agent->sheet_details, g_variant_unref);
      g_variant_get (message->args, "(t@a{sv})", &agent->sheet, &agent->sheet_details);
      agent->n_sheets++;
    }
  else if (strcmp (message->member, PST_AGENT_WITHDRAW_SHEET) == 0)
    agent->n_sheets_withdrawn++;
  else
    g_assert_not_reached ();
}

static void
on_agent_closed (PstPeer *peer, gpointer data)
{
  ((TestAgent *)data)->gone = 1;
}

TestAgent *
test_agent_new (TestBroker *broker, const char *kind, const char *target)
{
  TestAgent *agent = g_new0 (TestAgent, 1);

  agent->peer = test_connect (broker, "agent");
  g_variant_unref (test_call (agent->peer, PST_AGENT_REGISTER_AGENT, g_variant_new ("(ss)", kind, target)));
  pst_peer_start (agent->peer, on_agent_message, on_agent_closed, agent);
  return agent;
}

void
test_agent_answer (TestAgent *agent, PstAnswer answer, guint scope, guint access, PstLifetime lifetime)
{
  pst_peer_notify (agent->peer, PST_AGENT_ANSWER,
                   g_variant_new ("(tuuuux)", agent->question, (guint32)answer, scope, access, (guint32)lifetime, (gint64)0),
                   NULL, 0);
}

const char *
test_agent_string (TestAgent *agent, const char *key)
{
  const char *value = NULL;

  g_assert_nonnull (agent->details);
  g_assert_true (g_variant_lookup (agent->details, key, "&s", &value));
  return value;
}

void
test_agent_free (TestAgent *agent)
{
  pst_peer_unref (agent->peer);
  g_clear_pointer (&agent->details, g_variant_unref);
  g_clear_pointer (&agent->sheet_details, g_variant_unref);
  g_free (agent);
}

/* Sandbox */

static void
tree_free (gpointer data)
{
  TestTree *tree = data;

  g_free (tree->path);
  g_free (tree->real);
  g_free (tree);
}

static void
on_launcher_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  TestSandbox *sandbox = data;

  if (strcmp (message->member, PST_LAUNCHER_ATTACH) == 0)
    {
      TestTree *tree = g_new0 (TestTree, 1);

      g_assert_true (pst_message_check (message, PST_LAUNCHER_ATTACH_IN, NULL));
      g_variant_get (message->args, "(tuu^ay^ayttbb)", &tree->number, &tree->kind, &tree->access, &tree->path, &tree->real,
                     &tree->device, &tree->inode, &tree->live, &tree->create);
      sandbox->n_attached++;
      if (sandbox->swap)
        {
          g_assert_no_errno (g_rename (sandbox->swap, sandbox->swap_to));
          g_assert_no_errno (g_mkdir (sandbox->swap, 0700));
          sandbox->swap = NULL;
          tree_free (tree);
          pst_peer_reply_error (peer, message->serial, "another inode");
          return;
        }
      g_ptr_array_add (sandbox->trees, tree);
    }
  else if (strcmp (message->member, PST_LAUNCHER_DETACH) == 0)
    {
      guint64 number;

      g_variant_get (message->args, "(t)", &number);
      for (guint i = 0; i < sandbox->trees->len; i++)
        if (((TestTree *)sandbox->trees->pdata[i])->number == number)
          {
            g_ptr_array_remove_index (sandbox->trees, i);
            break;
          }
      sandbox->n_detached++;
    }
  else if (strcmp (message->member, PST_LAUNCHER_NOTICE) == 0)
    {
      g_free (sandbox->last_notice);
      g_variant_get (message->args, "(s)", &sandbox->last_notice);
      sandbox->n_notices++;
    }
  else if (strcmp (message->member, PST_LAUNCHER_TERMINATE) == 0)
    sandbox->n_terminated++;
  else if (strcmp (message->member, PST_LAUNCHER_START_TEXT_AGENT) == 0)
    sandbox->n_text_agents++;
  if (message->serial)
    pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

static void
on_gate_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  TestSandbox *sandbox = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) variant = NULL;
  pst_autofd fd = -1;

  g_assert_cmpstr (message->member, ==, PST_GATE_SET_POLICY);
  fd = pst_message_steal_fd (message, 0);
  bytes = pst_fd_read_all (fd, 64u << 20, &error);
  g_assert_no_error (error);
  variant = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (PST_RULESET_TYPE), bytes, FALSE));
  g_clear_pointer (&sandbox->ruleset, pst_ruleset_unref);
  sandbox->ruleset = pst_ruleset_new_from_variant (variant, &error);
  g_assert_no_error (error);
  sandbox->n_policies++;
  pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

static void
on_bus_message (PstPeer *peer, PstMessage *message, gpointer data)
{
  TestSandbox *sandbox = data;

  g_assert_cmpstr (message->member, ==, PST_BUS_SET_POLICY);
  sandbox->n_bus_policies++;
  pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

static void
on_closed (PstPeer *peer, gpointer data)
{
  TestSandbox *sandbox = data;

  if (peer == sandbox->gate)
    sandbox->gate_closed = 1;
}

TestSandbox *
test_sandbox_new (TestBroker *broker, const char *executable, const char *display, gboolean tty, guint64 again,
                  const char *again_app)
{
  TestSandbox *sandbox = g_new0 (TestSandbox, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) result = NULL;
  g_autoptr (PstMessage) reply = NULL;
  GVariantBuilder request, environment;
  int ends[2], bus_ends[2];

  sandbox->trees = g_ptr_array_new_with_free_func (tree_free);
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  sandbox->launcher = test_connect (broker, "launcher");
  sandbox->gate = pst_peer_new_take_fd (ends[0]);
  g_assert_no_errno (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, bus_ends));
  sandbox->bus = pst_peer_new_take_fd (bus_ends[0]);
  g_variant_builder_init (&environment, G_VARIANT_TYPE_VARDICT);
  if (display)
    g_variant_builder_add (&environment, "{sv}", "DISPLAY", g_variant_new_bytestring (display));
  g_variant_builder_init (&request, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&request, "{sv}", "executable", g_variant_new_bytestring (executable));
  g_variant_builder_add (&request, "{sv}", "cwd", g_variant_new_bytestring (broker->home));
  g_variant_builder_add (&request, "{sv}", "tty", g_variant_new_boolean (tty));
  g_variant_builder_add (&request, "{sv}", "environment", g_variant_builder_end (&environment));
  if (again)
    {
      g_variant_builder_add (&request, "{sv}", "sandbox", g_variant_new_uint64 (again));
      g_variant_builder_add (&request, "{sv}", "app_id", g_variant_new_string (again_app));
    }
  reply = pst_peer_call_sync (sandbox->launcher, PST_LAUNCHER_REGISTER, g_variant_new ("(a{sv})", &request),
                              (const int[]){ ends[1], bus_ends[1] }, 2, 10000, &error);
  close (ends[1]);
  close (bus_ends[1]);
  g_assert_no_error (error);
  result = g_variant_get_child_value (reply->args, 0);
  g_assert_true (g_variant_lookup (result, "sandbox", "t", &sandbox->number));
  g_assert_true (g_variant_lookup (result, "app_id", "s", &sandbox->app_id));
  g_assert_true (g_variant_lookup (result, "home", "^ay", &sandbox->home));
  pst_peer_notify (sandbox->launcher, PST_LAUNCHER_STARTED, g_variant_new ("(u)", (guint32)getpid ()), NULL, 0);
  pst_peer_start (sandbox->launcher, on_launcher_message, on_closed, sandbox);
  pst_peer_start (sandbox->gate, on_gate_message, on_closed, sandbox);
  pst_peer_start (sandbox->bus, on_bus_message, on_closed, sandbox);
  test_wait_count (&sandbox->n_policies, 1);
  test_wait_count (&sandbox->n_bus_policies, 1);
  return sandbox;
}

static void
on_outcome (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  TestAsk *ask = data;

  ask->done = 1;
  if (reply)
    g_variant_get (reply->args, "(u)", &ask->outcome);
}

TestAsk *
test_ask_from (TestSandbox *sandbox, const char *path, PstAccess access, PstOp op, guint32 tid)
{
  TestAsk *ask = g_new0 (TestAsk, 1);

  pst_peer_call (sandbox->gate, PST_GATE_ASK,
                 g_variant_new ("(t^ayuuu)", ++sandbox->last_ask, path, (guint32)access, (guint32)op, tid), NULL, 0, on_outcome,
                 ask);
  return ask;
}

TestAsk *
test_ask (TestSandbox *sandbox, const char *path, PstAccess access, PstOp op)
{
  return test_ask_from (sandbox, path, access, op, (guint32)getpid ());
}

TestAsk *
test_ask_bus (TestSandbox *sandbox, const char *bus, const char *name, const char *interface, const char *member)
{
  TestAsk *ask = g_new0 (TestAsk, 1);

  pst_peer_call (sandbox->bus, PST_BUS_ASK, g_variant_new ("(tssss)", ++sandbox->last_ask, bus, name, interface, member), NULL,
                 0, on_outcome, ask);
  return ask;
}

PstOutcome
test_outcome (TestAsk *ask)
{
  PstOutcome outcome;

  test_wait (&ask->done);
  outcome = ask->outcome;
  g_free (ask);
  return outcome;
}

void
test_sandbox_free (TestSandbox *sandbox)
{
  pst_peer_unref (sandbox->launcher);
  pst_peer_unref (sandbox->gate);
  pst_peer_unref (sandbox->bus);
  g_clear_pointer (&sandbox->ruleset, pst_ruleset_unref);
  g_ptr_array_unref (sandbox->trees);
  g_free (sandbox->app_id);
  g_free (sandbox->home);
  g_free (sandbox->last_notice);
  g_free (sandbox);
}

PstAnswer
test_decide (TestSandbox *sandbox, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (sandbox->ruleset, path, access, &decision);
  return decision.answer;
}
