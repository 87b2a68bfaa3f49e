/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker's side of Gate1. The gate parses what a hostile program writes, so whatever comes from it is checked as if that
 * program had sent it: paths are normal and lie in a gate root, numbers are in range, and what it may keep open is bounded.
 * Which application it is was settled by Register. */
#include "connection.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "consent.h"
#include "facts.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-path.h"
#include "sandbox-table.h"

#define MAX_NAMES 65536u
#define EARLY_MS 200

static void
refuse_gate (PstSandbox *sandbox, const char *why)
{
  g_warning ("the gate of sandbox %" G_GUINT64_FORMAT " is closed: %s", sandbox->number, why);
  pst_sandbox_terminate (sandbox);
}

static void
begin (PstAsk *ask)
{
  ask->early = FALSE;
  pst_facts_read_intent (ask);
  pst_consent_consider (ask, NULL);
}

static gboolean
on_early_timeout (gpointer data)
{
  PstSandbox *sandbox = data;

  sandbox->early_source = 0;
  pst_peer_gate_started (sandbox);
  return G_SOURCE_REMOVE;
}

static void
handle_ask (PstSandbox *sandbox, PstMessage *message)
{
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *path = NULL;
  guint64 id;
  guint32 access, op, tid;
  PstAsk *ask;

  g_variant_get (message->args, "(t@ayuuu)", &id, &bytes, &access, &op, &tid);
  path = pst_dup_bytes (bytes);
  if (!message->serial || !path || !pst_path_is_normal (path) || !pst_host_gate_root (sandbox->broker->host, path) ||
      access < PST_ACCESS_VIEW || access > PST_ACCESS_SAVE || op < PST_OP_LOOKUP || op > PST_OP_SETATTR ||
      g_hash_table_contains (sandbox->asks, &id))
    {
      refuse_gate (sandbox, "an ask that makes no sense");
      return;
    }
  if (g_hash_table_size (sandbox->asks) >= PST_MAX_ASKS)
    {
      pst_peer_reply (sandbox->gate, message->serial, g_variant_new ("(u)", PST_OUTCOME_DENY), NULL, 0);
      return;
    }
  ask = pst_ask_new (sandbox, id);
  ask->serial = message->serial;
  ask->path = g_steal_pointer (&path);
  ask->access = access;
  ask->op = op;
  ask->tid = (pid_t)tid;
  /* Started comes over another socket, and without it the caller's intent cannot be read: it is on its way. */
  if (sandbox->init == 0)
    {
      ask->early = TRUE;
      if (!sandbox->early_source)
        sandbox->early_source = g_timeout_add (EARLY_MS, on_early_timeout, sandbox);
      return;
    }
  begin (ask);
}

void
pst_peer_gate_started (PstSandbox *sandbox)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  GHashTableIter iter;
  gpointer value;

  g_clear_handle_id (&sandbox->early_source, g_source_remove);
  g_hash_table_iter_init (&iter, sandbox->asks);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((PstAsk *)value)->early)
      g_array_append_val (ids, ((PstAsk *)value)->id);
  for (guint i = 0; i < ids->len; i++)
    {
      PstAsk *ask = g_hash_table_lookup (sandbox->asks, &g_array_index (ids, guint64, i));

      if (ask)
        begin (ask);
    }
}

/* A gate that has been taken over may have made links in what it may change: none is followed below a gate root. */
static DIR *
open_directory (const PstHost *host, const char *path)
{
  const char *root = pst_host_gate_root (host, path), *rest = path + strlen (root);
  struct open_how how = { .flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                          .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
  pst_autofd base = open (root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  pst_autofd fd = base < 0 ? -1 : (int)syscall (SYS_openat2, base, *rest ? rest + 1 : ".", &how, sizeof how);
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);

  if (dir)
    pst_fd_steal (&fd);
  return dir;
}

static void
handle_list_names (PstSandbox *sandbox, PstMessage *message)
{
  PstBroker *broker = sandbox->broker;
  g_autoptr (GVariant) bytes = g_variant_get_child_value (message->args, 0);
  g_autofree char *path = pst_dup_bytes (bytes);
  GVariantBuilder names;
  PstDecision decision;
  struct dirent *entry;
  guint n = 0;
  DIR *dir;

  if (!path || !pst_path_is_normal (path) || !pst_host_gate_root (broker->host, path))
    {
      refuse_gate (sandbox, "a list of names that makes no sense");
      return;
    }
  g_variant_builder_init (&names, G_VARIANT_TYPE ("aay"));
  pst_ruleset_decide (sandbox->ruleset, path, PST_ACCESS_VIEW, &decision);
  dir = decision.answer == PST_ANSWER_ALLOW ? open_directory (broker->host, path) : NULL;
  while (dir && n < MAX_NAMES && (entry = readdir (dir)))
    {
      g_autofree char *child = NULL;

      if (entry->d_name[0] == '.')
        continue;
      child = g_build_filename (path, entry->d_name, NULL);
      pst_ruleset_decide (sandbox->ruleset, child, PST_ACCESS_VIEW, &decision);
      if (decision.answer != PST_ANSWER_ALLOW)
        continue;
      g_variant_builder_add (&names, "^ay", entry->d_name);
      n++;
    }
  if (dir)
    closedir (dir);
  pst_peer_reply (sandbox->gate, message->serial, g_variant_new ("(aay)", &names), NULL, 0);
}

static void
on_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  PstSandbox *sandbox = user_data;
  PstAsk *ask = NULL;

  if (sandbox->ended || !sandbox->ruleset)
    return;
  if (strcmp (message->member, PST_GATE_ASK) == 0 && pst_message_check (message, PST_GATE_ASK_IN, NULL))
    {
      handle_ask (sandbox, message);
      return;
    }
  if (strcmp (message->member, PST_GATE_LIST_NAMES) == 0 && pst_message_check (message, PST_GATE_LIST_NAMES_IN, NULL))
    {
      handle_list_names (sandbox, message);
      return;
    }
  if (g_variant_is_of_type (message->args, G_VARIANT_TYPE ("(t)")))
    {
      guint64 id;

      g_variant_get (message->args, "(t)", &id);
      ask = g_hash_table_lookup (sandbox->asks, &id);
      /* the other gate's is none of its business */
      if (ask && ask->bus)
        ask = NULL;
      if (strcmp (message->member, PST_GATE_INTERRUPTED) == 0)
        {
          if (ask)
            {
              ask->interrupted = TRUE;
              pst_consent_watch_killed (sandbox->broker);
            }
          return;
        }
      if (strcmp (message->member, PST_GATE_WITHDRAW) == 0)
        {
          if (ask)
            pst_ask_drop (ask);
          return;
        }
    }
  refuse_gate (sandbox, "a message that is none of Gate1");
}

static void
on_closed (PstPeer *peer, gpointer user_data)
{
  PstSandbox *sandbox = user_data;

  pst_sandbox_drop_asks (sandbox, FALSE);
  /* It goes on with the last policy that it was told, and no revocation would reach it. */
  if (!sandbox->ended)
    pst_sandbox_terminate (sandbox);
  pst_sandbox_unref (sandbox);
}

void
pst_peer_gate_start (PstSandbox *sandbox, int fd)
{
  sandbox->gate = pst_peer_new_take_fd (fd);
  pst_peer_start (sandbox->gate, on_message, on_closed, pst_sandbox_ref (sandbox));
}
