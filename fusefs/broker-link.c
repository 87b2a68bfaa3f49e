/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broker-link.h"

#include "backing-names.h"
#include "epoch.h"
#include "hold.h"
#include "notify.h"
#include "policy.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-path.h"

#include <errno.h>
#include <fcntl.h>

#define MAX_POLICY (64u << 20)
/* How long an acknowledgement may wait for the kernel to forget a name; it waits for whoever holds the directory. */
#define GONE_MS 500

static PstPeer *link_peer, *gate_peer;
static PstLinkCallbacks callbacks;
static gboolean serving, have_policy;

/* ---- broker ---- */

typedef struct
{
  PstPeer *peer;
  guint32 serial;
} Acknowledgement;

static void
acknowledge (gpointer data)
{
  Acknowledgement *ack = data;
  if (pst_peer_is_open (ack->peer))
    pst_peer_reply (ack->peer, ack->serial, NULL, NULL, 0);
  pst_peer_unref (ack->peer);
  g_free (ack);
}

static void
on_set_policy (PstPeer *peer, PstMessage *message)
{
  pst_autofd fd = pst_message_steal_fd (message, 0);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GError) error = NULL;
  PstRuleset *ruleset = NULL;
  Acknowledgement *ack;

  if (fd < 0)
    g_set_error_literal (&error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "no descriptor came with the policy");
  else
    bytes = pst_fd_read_all (fd, MAX_POLICY, &error);
  if (bytes != NULL)
    {
      variant = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (PST_RULESET_TYPE), bytes, FALSE));
      ruleset = pst_ruleset_new_from_variant (variant, &error);
    }
  if (ruleset == NULL)
    {
      /* the old one stays in force */
      pst_peer_reply_error (peer, message->serial, error->message);
      return;
    }
  pst_policy_take (ruleset);
  ack = g_new (Acknowledgement, 1);
  *ack = (Acknowledgement){ pst_peer_ref (peer), message->serial };
  pst_epoch_defer (acknowledge, ack);
  if (!have_policy)
    {
      have_policy = TRUE;
      callbacks.policy ();
    }
}

static void
on_gate_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  if (strcmp (message->member, PST_GATE_SET_POLICY) == 0 && pst_message_check (message, PST_GATE_SET_POLICY_IN, NULL))
    on_set_policy (peer, message);
  else if (message->serial != 0)
    pst_peer_reply_error (peer, message->serial, "the gate does not know this call");
}

static void
on_gate_closed (PstPeer *peer, gpointer user_data)
{
  /* The policy stays; questions wait until the supervisor hands over a new connection. */
  if (peer != gate_peer)
    return;
  pst_hold_set_gate (NULL);
  g_clear_pointer (&gate_peer, pst_peer_unref);
}

static void
set_gate_take_fd (int fd)
{
  pst_hold_set_gate (NULL);
  if (gate_peer != NULL)
    {
      pst_peer_close (gate_peer);
      pst_peer_unref (gate_peer);
    }
  gate_peer = pst_peer_new_take_fd (fd);
  pst_peer_start (gate_peer, on_gate_message, on_gate_closed, NULL);
  pst_hold_set_gate (gate_peer);
}

typedef struct
{
  PstBrokerNames func;
  gpointer data;
} Listing;

static void
on_names (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  g_autofree Listing *listing = user_data;
  g_auto (GStrv) names = NULL;

  if (error == NULL && pst_message_check (reply, PST_GATE_LIST_NAMES_OUT, NULL))
    g_variant_get (reply->args, "(^aay)", &names);
  listing->func ((const char *const *)names, listing->data);
}

void
pst_broker_list_names (const char *path, PstBrokerNames func, gpointer data)
{
  Listing *listing;

  if (gate_peer == NULL || !pst_peer_is_open (gate_peer))
    {
      func (NULL, data);
      return;
    }
  listing = g_new (Listing, 1);
  *listing = (Listing){ func, data };
  pst_peer_call (gate_peer, PST_GATE_LIST_NAMES, g_variant_new ("(@ay)", g_variant_new_bytestring (path)), NULL, 0, on_names,
                 listing);
}

/* ---- supervisor ---- */

static char *
dup_path (GVariant *config, const char *key)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (config, key, G_VARIANT_TYPE_BYTESTRING);
  const char *path = value != NULL ? g_variant_get_bytestring (value) : NULL;
  return path != NULL && pst_path_is_normal (path) ? g_strdup (path) : NULL;
}

static gboolean
take_roots (GVariant *config)
{
  g_autoptr (GVariant) roots = g_variant_lookup_value (config, "roots", G_VARIANT_TYPE ("a(say)"));
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (roots == NULL)
    return FALSE;
  g_variant_iter_init (&iter, roots);
  while (g_variant_iter_next (&iter, "(&s@ay)", &name, &value))
    {
      const char *path = g_variant_get_bytestring (value);
      if (pst_name_is_valid (name) && pst_path_is_normal (path))
        pst_gate_add_root (name, path);
      g_variant_unref (value);
    }
  return TRUE;
}

/* Everything that this message brings is there, or the gate does not start. */
static void
on_serve (PstMessage *message)
{
  pst_autofd fuse_fd = pst_message_steal_fd (message, 0);
  pst_autofd gate_fd = pst_message_steal_fd (message, 1);
  pst_autofd home_fd = pst_message_steal_fd (message, 2);
  g_autoptr (GVariant) config = g_variant_get_child_value (message->args, 0);
  gboolean strict = FALSE;

  if (serving)
    return;
  serving = TRUE;
  pst_gate_config.home = dup_path (config, "home");
  if (fuse_fd < 0 || gate_fd < 0 || home_fd < 0 || pst_gate_config.home == NULL ||
      !g_variant_lookup (config, "uid", "u", &pst_gate_config.uid) ||
      !g_variant_lookup (config, "gid", "u", &pst_gate_config.gid) ||
      !g_variant_lookup (config, "supervisor", "u", &pst_gate_config.supervisor) || !take_roots (config))
    {
      g_warning ("the supervisor's first message is incomplete");
      callbacks.gone ();
      return;
    }
  g_variant_lookup (config, "strict", "b", &strict);
  pst_gate_config.strict = strict;
  pst_gate_config.started = g_get_real_time () / G_USEC_PER_SEC;
  if (pst_tree_new_own_take_fd (pst_gate_config.home, pst_fd_steal (&home_fd)) == NULL)
    {
      g_warning ("the private home cannot be used: %s", g_strerror (errno));
      callbacks.gone ();
      return;
    }
  callbacks.ready (pst_fd_steal (&fuse_fd));
  set_gate_take_fd (pst_fd_steal (&gate_fd));
}

static void
on_tree (PstPeer *peer, PstMessage *message)
{
  pst_autofd fd = pst_message_steal_fd (message, 0);
  guint64 id;
  guint32 kind, access;
  gboolean live, directory;
  g_autoptr (GVariant) path_value = NULL;
  const char *path;
  PstTree *tree = NULL;

  g_variant_get (message->args, "(tuu@aybb)", &id, &kind, &access, &path_value, &live, &directory);
  path = g_variant_get_bytestring (path_value);
  errno = EINVAL;
  if (pst_path_is_normal (path) && path[1] != '\0' && access >= PST_ACCESS_VIEW && access <= PST_ACCESS_SAVE &&
      (kind == PST_TREE_TREE ? fd >= 0 && directory : kind == PST_TREE_FILE || kind == PST_TREE_SAVE))
    tree = pst_tree_attach_take_fd (id, kind, access, path, live && kind == PST_TREE_TREE, pst_fd_steal (&fd));
  if (tree == NULL)
    {
      g_autofree char *text = g_strdup_printf ("the gate cannot use this tree: %s", g_strerror (errno));
      pst_peer_reply_error (peer, message->serial, text);
      return;
    }
  pst_hold_mount_reset (tree);
  pst_peer_reply (peer, message->serial, NULL, NULL, 0);
}

typedef struct
{
  PstPeer *peer;
  guint32 serial;
  PstTree *tree;
  guint left; /* steps, each of which lets go of it */
  guint timer;
  gboolean replied;
} Drop;

static void
drop_reply (Drop *drop)
{
  if (drop->replied)
    return;
  drop->replied = TRUE;
  if (drop->timer != 0)
    g_source_remove (drop->timer);
  drop->timer = 0;
  if (pst_peer_is_open (drop->peer))
    pst_peer_reply (drop->peer, drop->serial, NULL, NULL, 0);
}

static void
drop_step (Drop *drop)
{
  if (--drop->left > 0)
    return;
  drop_reply (drop);
  pst_hold_mount_reset (drop->tree);
  pst_tree_unref (drop->tree);
  pst_peer_unref (drop->peer);
  g_free (drop);
}

static void
on_drop_quiet (gpointer data)
{
  drop_step (data);
}

static gboolean
on_drop_gone (gpointer data)
{
  drop_step (data);
  return G_SOURCE_REMOVE;
}

static void
on_forgotten (gpointer data)
{
  g_idle_add_full (G_PRIORITY_HIGH, on_drop_gone, data, NULL);
}

static gboolean
on_drop_timeout (gpointer data)
{
  Drop *drop = data;
  drop->timer = 0;
  drop_reply (drop);
  return G_SOURCE_REMOVE;
}

/* Strict: what the kernel has cached of open files is not to be read on. */
static void
forget_contents (PstTree *tree, Drop *drop)
{
  g_autoptr (GPtrArray) open = pst_inodes_open (tree);

  drop->left += open->len;
  for (guint i = 0; i < open->len; i++)
    pst_notify_changed (pst_inode_ref (g_ptr_array_index (open, i)), on_forgotten, drop);
}

static void
on_drop_tree (PstPeer *peer, PstMessage *message)
{
  const char *name = NULL;
  PstInode *parent;
  PstTree *tree;
  guint64 id;
  Drop *drop;

  g_variant_get (message->args, PST_LINK_DROP_TREE_IN, &id);
  tree = pst_tree_by_id (id);
  if (tree == NULL)
    {
      /* dropped before, or replaced by one with more access at the same place */
      pst_peer_reply (peer, message->serial, NULL, NULL, 0);
      return;
    }
  drop = g_new0 (Drop, 1);
  *drop = (Drop){ .peer = pst_peer_ref (peer), .serial = message->serial, .tree = pst_tree_ref (tree), .left = 2 };
  drop->timer = g_timeout_add (GONE_MS, on_drop_timeout, drop);
  pst_tree_drop (id);
  if (pst_gate_config.strict)
    forget_contents (tree, drop);
  parent = pst_gate_find_parent (tree->path, &name);
  if (parent != NULL)
    pst_notify_gone (parent, name, on_forgotten, drop);
  else
    drop->left--;
  pst_epoch_defer (on_drop_quiet, drop);
}

static void
on_link_message (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (strcmp (message->member, PST_LINK_SERVE) == 0)
    {
      if (pst_message_check (message, PST_LINK_SERVE_IN, &error))
        on_serve (message);
      else
        callbacks.gone ();
    }
  else if (strcmp (message->member, PST_LINK_GATE) == 0 && message->n_fds > 0)
    set_gate_take_fd (pst_message_steal_fd (message, 0));
  else if (strcmp (message->member, PST_LINK_SUPERVISOR) == 0 && pst_message_check (message, PST_LINK_SUPERVISOR_IN, NULL))
    g_variant_get (message->args, PST_LINK_SUPERVISOR_IN, &pst_gate_config.supervisor);
  else if (strcmp (message->member, PST_LINK_TREE) == 0 && pst_message_check (message, PST_LINK_TREE_IN, &error))
    on_tree (peer, message);
  else if (strcmp (message->member, PST_LINK_DROP_TREE) == 0 && pst_message_check (message, PST_LINK_DROP_TREE_IN, &error))
    on_drop_tree (peer, message);
  else if (message->serial != 0)
    pst_peer_reply_error (peer, message->serial, error != NULL ? error->message : "the gate does not know this call");
}

static void
on_link_closed (PstPeer *peer, gpointer user_data)
{
  callbacks.gone ();
}

void
pst_link_start (int fd, const PstLinkCallbacks *with)
{
  callbacks = *with;
  link_peer = pst_peer_new_take_fd (fd);
  pst_hold_set_link (link_peer);
  pst_names_set_link (link_peer);
  pst_peer_start (link_peer, on_link_message, on_link_closed, NULL);
}

void
pst_link_stop (void)
{
  pst_hold_set_gate (NULL);
  pst_hold_set_link (NULL);
  pst_names_set_link (NULL);
  g_clear_pointer (&gate_peer, pst_peer_unref);
  g_clear_pointer (&link_peer, pst_peer_unref);
  serving = have_policy = FALSE;
}
