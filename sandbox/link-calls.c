/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "link-calls.h"

#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-path.h"

#include <errno.h>
#include <string.h>

/* ---- from the broker ---- */

typedef struct
{
  PstPeer *broker;
  guint32 serial;
  PstTrees *trees; /* set: undo the attachment on failure */
  guint64 tree;
} Pending;

static void
on_gate_answered (PstPeer *gate, PstMessage *reply, const GError *error, gpointer data)
{
  Pending *pending = data;

  if (error && pending->trees)
    pst_trees_detach (pending->trees, pending->tree);
  if (error)
    pst_peer_reply_error (pending->broker, pending->serial, error->message);
  else
    pst_peer_reply (pending->broker, pending->serial, NULL, NULL, 0);
  pst_peer_unref (pending->broker);
  g_free (pending);
}

static Pending *
pending_new (PstPeer *broker, guint32 serial, PstTrees *trees, guint64 tree)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->broker = pst_peer_ref (broker);
  pending->serial = serial;
  pending->trees = trees;
  pending->tree = tree;
  return pending;
}

static gboolean
attach (PstPeer *peer, PstMessage *message, PstPeer *gate, PstTrees *trees, GError **error)
{
  g_autoptr (GVariant) path = NULL, real = NULL;
  PstTreeRequest request;
  guint32 kind, access;
  pst_autofd root = -1;
  GVariant *args;

  g_variant_get (message->args, "(tuu@ay@ayttbb)", &request.id, &kind, &access, &path, &real, &request.device, &request.inode,
                 &request.live, &request.create);
  request.kind = kind;
  request.access = access;
  request.path = g_variant_get_bytestring (path);
  request.real = g_variant_get_bytestring (real);
  if (kind < PST_TREE_TREE || kind > PST_TREE_SAVE || access < PST_ACCESS_VIEW || access > PST_ACCESS_SAVE ||
      !pst_path_is_normal (request.path) || !pst_path_is_normal (request.real) || request.path[1] == '\0' ||
      request.real[1] == '\0')
    {
      g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "Attach came with arguments out of range");
      return FALSE;
    }
  if (!pst_trees_attach (trees, &request, &root, error))
    return FALSE;
  args =
      g_variant_new ("(tuu@aybb)", request.id, kind, access, g_variant_new_bytestring (request.path), request.live, root >= 0);
  pst_peer_call (gate, PST_LINK_TREE, args, &root, root >= 0 ? 1 : 0, on_gate_answered,
                 pending_new (peer, message->serial, trees, request.id));
  return TRUE;
}

gboolean
pst_link_broker_call (PstPeer *peer, PstMessage *message, PstPeer *gate, PstTrees *trees, GError **error)
{
  guint64 id;

  if (strcmp (message->member, PST_LAUNCHER_ATTACH) == 0)
    return pst_message_check (message, PST_LAUNCHER_ATTACH_IN, error) && attach (peer, message, gate, trees, error);
  if (strcmp (message->member, PST_LAUNCHER_DETACH) != 0 || !pst_message_check (message, PST_LAUNCHER_DETACH_IN, error))
    return FALSE;
  g_variant_get (message->args, "(t)", &id);
  pst_trees_detach (trees, id);
  pst_peer_call (gate, PST_LINK_DROP_TREE, g_variant_new ("(t)", id), NULL, 0, on_gate_answered,
                 pending_new (peer, message->serial, NULL, id));
  return TRUE;
}

static void
on_lost_dropped (PstPeer *gate, PstMessage *reply, const GError *error, gpointer data)
{
  Pending *pending = data;

  pst_peer_notify (pending->broker, PST_LAUNCHER_LOST, g_variant_new ("(t)", pending->tree), NULL, 0);
  pst_peer_unref (pending->broker);
  g_free (pending);
}

void
pst_link_drop_lost (PstPeer *broker, PstPeer *gate, PstTrees *trees)
{
  g_autoptr (GArray) lost = pst_trees_find_lost (trees);

  for (guint i = 0; i < lost->len; i++)
    {
      guint64 id = g_array_index (lost, guint64, i);

      pst_trees_detach (trees, id);
      pst_peer_call (gate, PST_LINK_DROP_TREE, g_variant_new ("(t)", id), NULL, 0, on_lost_dropped,
                     pending_new (broker, 0, NULL, id));
    }
}

/* ---- from the gate ---- */

static void
reply_error_number (PstPeer *peer, PstMessage *message, int number)
{
  pst_peer_reply (peer, message->serial, g_variant_new ("(i)", number), NULL, 0);
}

static void
mount (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  guint64 id;

  g_variant_get (message->args, "(t)", &id);
  reply_error_number (peer, message, pst_trees_mount (trees, id));
}

/* The tree's number comes first in each, and one or two names after it. */
static PstNames *
names_of (PstTrees *trees, PstMessage *message)
{
  guint64 id;

  g_variant_get_child (message->args, 0, "t", &id);
  return pst_trees_names (trees, id);
}

static char *
get_name (PstMessage *message, gsize index)
{
  g_autoptr (GVariant) value = g_variant_get_child_value (message->args, index);

  return g_strdup (g_variant_get_bytestring (value));
}

static void
name_open (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_autofree char *name = get_name (message, 1);
  pst_autofd fd = -1;
  gint32 flags;
  guint32 mode;
  int error;

  g_variant_get_child (message->args, 2, "i", &flags);
  g_variant_get_child (message->args, 3, "u", &mode);
  error = names ? pst_names_open (names, name, flags, mode, &fd) : ESTALE;
  pst_peer_reply (peer, message->serial, g_variant_new ("(i)", error), &fd, fd >= 0 ? 1 : 0);
}

static void
name_stat (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_autofree char *name = get_name (message, 1);
  struct stat st;
  int error = names ? pst_names_stat (names, name, &st) : ESTALE;
  GVariant *bytes = g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, &st, error == 0 ? sizeof st : 0, 1);

  pst_peer_reply (peer, message->serial, g_variant_new ("(i@ay)", error, bytes), NULL, 0);
}

static void
name_rename (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_autofree char *from = get_name (message, 1);
  g_autofree char *to = get_name (message, 2);
  guint32 flags;

  g_variant_get_child (message->args, 3, "u", &flags);
  reply_error_number (peer, message, names ? pst_names_rename (names, from, to, flags) : ESTALE);
}

static void
name_link (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_autofree char *from = get_name (message, 1);
  g_autofree char *to = get_name (message, 2);

  reply_error_number (peer, message, names ? pst_names_link (names, from, to) : ESTALE);
}

static void
name_symlink (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_autofree char *target = get_name (message, 1);
  g_autofree char *name = get_name (message, 2);

  reply_error_number (peer, message, names ? pst_names_symlink (names, target, name) : ESTALE);
}

static void
name_readlink (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_autofree char *name = get_name (message, 1);
  g_autofree char *target = NULL;
  int error = names ? pst_names_readlink (names, name, &target) : ESTALE;

  pst_peer_reply (peer, message->serial, g_variant_new ("(i@ay)", error, g_variant_new_bytestring (target ? target : "")), NULL,
                  0);
}

static void
name_unlink (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_autofree char *name = get_name (message, 1);

  reply_error_number (peer, message, names ? pst_names_unlink (names, name) : ESTALE);
}

static void
name_list (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  PstNames *names = names_of (trees, message);
  g_auto (GStrv) list = NULL;
  int error = names ? pst_names_list (names, &list) : ESTALE;
  GVariant *array = g_variant_new_bytestring_array ((const char *const *)list, list ? -1 : 0);

  pst_peer_reply (peer, message->serial, g_variant_new ("(i@aay)", error, array), NULL, 0);
}

static const struct
{
  const char *member;
  const char *signature;
  void (*run) (PstPeer *peer, PstMessage *message, PstTrees *trees);
} gate_calls[] = {
  { PST_LINK_MOUNT, PST_LINK_MOUNT_IN, mount },
  { PST_LINK_NAME_OPEN, PST_LINK_NAME_OPEN_IN, name_open },
  { PST_LINK_NAME_STAT, PST_LINK_NAME_STAT_IN, name_stat },
  { PST_LINK_NAME_RENAME, PST_LINK_NAME_RENAME_IN, name_rename },
  { PST_LINK_NAME_LINK, PST_LINK_NAME_LINK_IN, name_link },
  { PST_LINK_NAME_SYMLINK, PST_LINK_NAME_SYMLINK_IN, name_symlink },
  { PST_LINK_NAME_READLINK, PST_LINK_NAME_READLINK_IN, name_readlink },
  { PST_LINK_NAME_UNLINK, PST_LINK_NAME_UNLINK_IN, name_unlink },
  { PST_LINK_NAME_LIST, PST_LINK_NAME_LIST_IN, name_list },
};

gboolean
pst_link_gate_call (PstPeer *peer, PstMessage *message, PstTrees *trees)
{
  for (gsize i = 0; i < G_N_ELEMENTS (gate_calls); i++)
    if (strcmp (message->member, gate_calls[i].member) == 0)
      {
        if (!pst_message_check (message, gate_calls[i].signature, NULL))
          return FALSE;
        gate_calls[i].run (peer, message, trees);
        return TRUE;
      }
  return FALSE;
}
