/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "push.h"

#include <fcntl.h>
#include <string.h>

#include "attach.h"
#include "bus-rules.h"
#include "consent.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "sandbox-table.h"

#define ACKNOWLEDGE_MS 2000

/* One change, in all the sandboxes it concerns. */
typedef struct
{
  PstBroker *broker;
  guint pending;     /* sandboxes, and one for the start */
  GHashTable *paths; /* (nullable) set: collect what is held below one of them */
  GVariantBuilder *held;
  PstPushDone done;
  gpointer user_data;
  gboolean patient; /* the gate may not have been started yet */
} Push;

/* One sandbox of it. */
typedef struct
{
  Push *push;
  PstSandbox *sandbox;
  guint pending; /* replies */
  guint timeout;
} Part;

/* One Detach. */
typedef struct
{
  Part *part;
  guint64 tree;
} Detach;

static gboolean
on_done (gpointer data)
{
  Push *push = data;

  if (push->done)
    push->done (push->broker, push->user_data);
  g_clear_pointer (&push->paths, g_hash_table_unref);
  g_free (push);
  return G_SOURCE_REMOVE;
}

static void
push_release (Push *push)
{
  if (--push->pending == 0)
    g_idle_add_full (G_PRIORITY_DEFAULT, on_done, push, NULL);
}

/* The end of its supervisor closes both connections, and with them every call that is waited for here. */
static gboolean
on_timeout (gpointer data)
{
  Part *part = data;

  part->timeout = 0;
  g_warning ("sandbox %" G_GUINT64_FORMAT " does not acknowledge its policy: it is ended", part->sandbox->number);
  pst_sandbox_terminate (part->sandbox);
  return G_SOURCE_REMOVE;
}

static void
part_release (Part *part)
{
  if (--part->pending > 0)
    return;
  g_clear_handle_id (&part->timeout, g_source_remove);
  push_release (part->push);
  pst_sandbox_unref (part->sandbox);
  g_free (part);
}

/* Whoever waited for a tree's old form begins anew. */
static void
reconsider_waiting (PstSandbox *sandbox, PstTree *tree)
{
  g_autoptr (GPtrArray) asks = g_ptr_array_new ();

  g_ptr_array_extend (asks, tree->waiting, NULL, NULL);
  pst_sandbox_remove_tree (sandbox, tree);
  for (guint i = 0; i < asks->len; i++)
    pst_consent_consider (asks->pdata[i], NULL);
}

static void
on_detached (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Detach *detach = user_data;
  PstSandbox *sandbox = detach->part->sandbox;

  if (error)
    g_message ("sandbox %" G_GUINT64_FORMAT ", tree %" G_GUINT64_FORMAT ": %s", sandbox->number, detach->tree, error->message);
  for (guint i = 0; !sandbox->ended && i < sandbox->trees->len; i++)
    {
      PstTree *tree = sandbox->trees->pdata[i];

      if (tree->number == detach->tree)
        {
          reconsider_waiting (sandbox, tree);
          pst_sandbox_save_state (sandbox);
          break;
        }
    }
  part_release (detach->part);
  g_free (detach);
}

static void
detach_stale (Part *part)
{
  PstSandbox *sandbox = part->sandbox;

  for (guint i = 0; i < sandbox->trees->len; i++)
    {
      PstTree *tree = sandbox->trees->pdata[i];
      Detach *detach;

      if (tree->state == PST_TREE_DETACHING || !pst_attach_is_stale (sandbox, tree))
        continue;
      tree->state = PST_TREE_DETACHING;
      pst_sandbox_note_detached (sandbox, tree);
      detach = g_new (Detach, 1);
      *detach = (Detach){ part, tree->number };
      part->pending++;
      pst_peer_call (sandbox->launcher, PST_LAUNCHER_DETACH, g_variant_new ("(t)", tree->number), NULL, 0, on_detached, detach);
    }
}

static void
on_policy (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Part *part = user_data;
  PstSandbox *sandbox = part->sandbox;

  if (g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
    {
      g_warning ("sandbox %" G_GUINT64_FORMAT " refuses its policy and is ended: %s", sandbox->number, error->message);
      pst_sandbox_terminate (sandbox);
    }
  if (!sandbox->ended)
    {
      if (part->push->paths)
        pst_sandbox_collect_held (sandbox, part->push->paths, part->push->held);
      if (pst_peer_is_open (sandbox->launcher))
        detach_stale (part);
    }
  part_release (part);
}

void
pst_push_compile (PstSandbox *sandbox)
{
  PstDecideInput input;

  pst_broker_decide_input (sandbox->broker, sandbox, &input);
  g_clear_pointer (&sandbox->ruleset, pst_ruleset_unref);
  sandbox->ruleset = pst_decide_compile (&input, 0);
  pst_decide_input_clear (&input);
}

/* The sandbox's new ruleset, and a descriptor of its serialised form: -1 if there is no memory. */
static int
compile (PstSandbox *sandbox, gboolean first)
{
  PstBroker *broker = sandbox->broker;
  const char *app = sandbox->app->id;
  g_autoptr (GVariant) variant = NULL;
  g_autofree char *fingerprint = NULL;
  PstDecideInput input;
  int fd = -1;

  pst_broker_decide_input (broker, sandbox, &input);
  g_clear_pointer (&sandbox->ruleset, pst_ruleset_unref);
  if (first && broker->store)
    fingerprint = pst_policy_fingerprint (&input, pst_store_get_revision (broker->store));
  if (fingerprint && (sandbox->ruleset = pst_policy_cache_get (broker->policies, app, fingerprint, &fd)))
    {
      pst_decide_input_clear (&input);
      return fcntl (fd, F_DUPFD_CLOEXEC, 3);
    }
  sandbox->ruleset = pst_decide_compile (&input, ++broker->last_generation);
  pst_decide_input_clear (&input);
  variant = g_variant_ref_sink (pst_ruleset_to_variant (sandbox->ruleset));
  fd = pst_fd_memfd_sealed ("postern-policy", g_variant_get_data (variant), g_variant_get_size (variant));
  if (fd < 0)
    g_warning ("no memory for a policy");
  else if (fingerprint)
    pst_policy_cache_put (broker->policies, app, fingerprint, sandbox->ruleset, fd);
  return fd;
}

static void
on_bus_policy (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Part *part = user_data;

  if (g_error_matches (error, PST_PEER_ERROR, PST_PEER_ERROR_REMOTE))
    {
      g_warning ("the message bus proxy of sandbox %" G_GUINT64_FORMAT " refuses its policy, and the sandbox is ended: %s",
                 part->sandbox->number, error->message);
      pst_sandbox_terminate (part->sandbox);
    }
  part_release (part);
}

static void
push_to_bus (Part *part)
{
  PstSandbox *sandbox = part->sandbox;
  g_autofree char *policy = NULL;
  pst_autofd fd = -1;
  PstDecideInput input;

  if (!sandbox->bus || !pst_peer_is_open (sandbox->bus))
    return;
  pst_broker_decide_input (sandbox->broker, sandbox, &input);
  policy = pst_bus_rules_compile (&input, sandbox->broker->services, sandbox->app->executable);
  pst_decide_input_clear (&input);
  fd = pst_fd_memfd_sealed ("postern-bus-policy", policy, strlen (policy));
  if (fd < 0)
    g_warning ("no memory for a policy");
  part->pending++;
  pst_peer_call (sandbox->bus, PST_BUS_SET_POLICY, g_variant_new ("(t)", ++sandbox->broker->last_generation), &fd,
                 fd >= 0 ? 1 : 0, on_bus_policy, part);
}

static void
push_to (Push *push, PstSandbox *sandbox)
{
  pst_autofd fd = -1;
  Part *part;

  if (sandbox->ended || !sandbox->gate || !pst_peer_is_open (sandbox->gate))
    return;
  fd = compile (sandbox, push->patient);
  part = g_new0 (Part, 1);
  part->push = push;
  part->sandbox = pst_sandbox_ref (sandbox);
  part->pending = 1;
  push->pending++;
  if (!push->patient)
    part->timeout = g_timeout_add (ACKNOWLEDGE_MS, on_timeout, part);
  push_to_bus (part);
  pst_peer_call (sandbox->gate, PST_GATE_SET_POLICY, g_variant_new ("(t)", pst_ruleset_get_generation (sandbox->ruleset)), &fd,
                 fd >= 0 ? 1 : 0, on_policy, part);
}

static Push *
push_new (PstBroker *broker, PstPushDone done, gpointer user_data)
{
  Push *push = g_new0 (Push, 1);

  push->broker = broker;
  push->pending = 1;
  push->done = done;
  push->user_data = user_data;
  return push;
}

static void
push_to_app (Push *push, const char *app)
{
  g_autoptr (GPtrArray) list = pst_sandbox_list (push->broker, app);

  for (guint i = 0; i < list->len; i++)
    push_to (push, list->pdata[i]);
}

void
pst_push_apps_collecting (PstBroker *broker, const GPtrArray *apps, GHashTable *paths, GVariantBuilder *held, PstPushDone done,
                          gpointer user_data)
{
  Push *push = push_new (broker, done, user_data);

  push->paths = paths ? g_hash_table_ref (paths) : NULL;
  push->held = held;
  for (guint i = 0; i < apps->len; i++)
    push_to_app (push, apps->pdata[i]);
  push_release (push);
}

void
pst_push_app_collecting (PstBroker *broker, const char *app, const char *path, GVariantBuilder *held, PstPushDone done,
                         gpointer user_data)
{
  Push *push = push_new (broker, done, user_data);

  if (path)
    {
      push->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_add (push->paths, g_strdup (path));
    }
  push->held = held;
  push_to_app (push, app);
  push_release (push);
}

void
pst_push_app (PstBroker *broker, const char *app, PstPushDone done, gpointer user_data)
{
  pst_push_app_collecting (broker, app, NULL, NULL, done, user_data);
}

void
pst_push_sandbox (PstSandbox *sandbox, PstPushDone done, gpointer user_data)
{
  Push *push = push_new (sandbox->broker, done, user_data);

  push_to (push, sandbox);
  push_release (push);
}

void
pst_push_first (PstSandbox *sandbox)
{
  Push *push = push_new (sandbox->broker, NULL, NULL);

  push->patient = TRUE;
  push_to (push, sandbox);
  push_release (push);
}
