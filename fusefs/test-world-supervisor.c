/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-world-parts.h"

#include "postern-ipc.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The supervisor: the trees that there are, and what the gate asks for on the link. */

typedef struct
{
  guint64 id;
  PstTreeKind kind;
  PstAccess access;
  gboolean live;
  const char *relative;
} Tree;

PstPeer *world_link;
static GArray *trees;
static guint n_mounts, n_attached, n_dropped;

guint
world_n_mounts (void)
{
  return world_counted (&n_mounts);
}

static const Tree *
tree_of (guint64 id)
{
  for (guint i = 0; i < trees->len; i++)
    if (g_array_index (trees, Tree, i).id == id)
      return &g_array_index (trees, Tree, i);
  return NULL;
}

static void
append (guint64 id, PstTreeKind kind, PstAccess access, const char *relative, gboolean live)
{
  Tree tree = { id, kind, access, live, g_intern_string (relative) };
  g_array_append_val (trees, tree);
}

void
world_add_tree (guint64 id, PstTreeKind kind, PstAccess access, const char *relative, gboolean live)
{
  if (tree_of (id) == NULL)
    append (id, kind, access, relative, live);
}

static int
do_mount (const Tree *tree)
{
  pst_autofd fd = world_clone_tree (world_real (tree->relative), tree->access == PST_ACCESS_VIEW);
  return syscall (SYS_move_mount, fd, "", AT_FDCWD, world_seen (tree->relative), 4) < 0 ? errno : 0;
}

static const char *
dir_of (const Tree *tree)
{
  g_autofree char *dir = g_path_get_dirname (world_real (tree->relative));
  return tree->kind == PST_TREE_SAVE ? world_real (tree->relative) : g_intern_string (dir);
}

static char *
name_path (PstMessage *message, guint index)
{
  guint64 id;
  g_autoptr (GVariant) value = g_variant_get_child_value (message->args, index);
  g_variant_get_child (message->args, 0, "t", &id);
  return g_build_filename (dir_of (tree_of (id)), g_variant_get_bytestring (value), NULL);
}

static GVariant *
error_of (int result)
{
  return g_variant_new ("(i)", result < 0 ? errno : 0);
}

static void
on_link (PstPeer *peer, PstMessage *message, gpointer data)
{
  const char *member = message->member;
  GVariant *reply = NULL;
  pst_autofd fd = -1;

  if (strcmp (member, PST_LINK_MOUNT) == 0)
    {
      guint64 id;
      g_variant_get (message->args, PST_LINK_MOUNT_IN, &id);
      reply = g_variant_new ("(i)", do_mount (tree_of (id)));
      world_count (&n_mounts);
    }
  else if (strcmp (member, PST_LINK_NAME_STAT) == 0)
    {
      g_autofree char *path = name_path (message, 1);
      struct stat st = { 0 };
      int error = lstat (path, &st) < 0 ? errno : 0;
      reply =
          g_variant_new ("(i@ay)", error, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, &st, error == 0 ? sizeof st : 0, 1));
    }
  else if (strcmp (member, PST_LINK_NAME_OPEN) == 0)
    {
      g_autofree char *path = name_path (message, 1);
      gint32 flags;
      guint32 mode;
      g_variant_get_child (message->args, 2, "i", &flags);
      g_variant_get_child (message->args, 3, "u", &mode);
      fd = open (path, flags | O_NOFOLLOW | O_CLOEXEC, mode);
      reply = error_of (fd);
    }
  else if (strcmp (member, PST_LINK_NAME_RENAME) == 0)
    {
      g_autofree char *from = name_path (message, 1), *to = name_path (message, 2);
      guint32 flags;
      g_variant_get_child (message->args, 3, "u", &flags);
      reply = error_of (renameat2 (AT_FDCWD, from, AT_FDCWD, to, flags));
    }
  else if (strcmp (member, PST_LINK_NAME_LINK) == 0)
    {
      g_autofree char *from = name_path (message, 1), *to = name_path (message, 2);
      reply = error_of (link (from, to));
    }
  else if (strcmp (member, PST_LINK_NAME_UNLINK) == 0)
    {
      g_autofree char *path = name_path (message, 1);
      reply = error_of (unlink (path));
    }
  else if (strcmp (member, PST_LINK_NAME_LIST) == 0)
    {
      guint64 id;
      const char *names[] = { NULL, NULL };
      g_autofree char *name = NULL;
      g_variant_get (message->args, PST_LINK_NAME_LIST_IN, &id);
      name = g_path_get_basename (tree_of (id)->relative);
      if (tree_of (id)->kind == PST_TREE_FILE)
        names[0] = name;
      reply = g_variant_new ("(i@aay)", 0, g_variant_new_bytestring_array (names, -1));
    }
  if (reply != NULL)
    pst_peer_reply (peer, message->serial, reply, &fd, fd >= 0 ? 1 : 0);
  else
    pst_peer_reply_error (peer, message->serial, "the test's supervisor does not do this");
}

void
world_send_tree (guint64 id, PstPeerReply done, gpointer data)
{
  const Tree *tree = tree_of (id);
  pst_autofd fd =
      tree->kind == PST_TREE_TREE ? world_clone_tree (world_real (tree->relative), tree->access == PST_ACCESS_VIEW) : -1;
  pst_peer_call (world_link, PST_LINK_TREE,
                 g_variant_new ("(tuu@aybb)", tree->id, tree->kind, tree->access,
                                g_variant_new_bytestring (world_seen (tree->relative)), tree->live,
                                tree->kind != PST_TREE_FILE),
                 &fd, fd >= 0 ? 1 : 0, done, data);
}

static void
on_attached (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  world_count (&n_attached);
}

static gboolean
attach (gpointer data)
{
  world_send_tree (GPOINTER_TO_SIZE (data), on_attached, NULL);
  return G_SOURCE_REMOVE;
}

void
world_attach (guint64 id, PstTreeKind kind, PstAccess access, const char *relative, gboolean live)
{
  guint n = world_counted (&n_attached);
  append (id, kind, access, relative, live);
  world_in_thread (attach, GSIZE_TO_POINTER (id));
  world_wait_for (&n_attached, n + 1);
}

static void
on_dropped (PstPeer *peer, PstMessage *reply, const GError *error, gpointer data)
{
  g_assert_no_error (error);
  world_count (&n_dropped);
}

static gboolean
drop (gpointer data)
{
  pst_peer_call (world_link, PST_LINK_DROP_TREE, g_variant_new ("(t)", (guint64)GPOINTER_TO_SIZE (data)), NULL, 0, on_dropped,
                 NULL);
  return G_SOURCE_REMOVE;
}

void
world_drop (guint64 id)
{
  guint n = world_counted (&n_dropped);
  world_in_thread (drop, GSIZE_TO_POINTER (id));
  world_wait_for (&n_dropped, n + 1);
}

void
world_supervisor_start (void)
{
  world_link = NULL;
  n_mounts = n_attached = n_dropped = 0;
  trees = g_array_sized_new (FALSE, FALSE, sizeof (Tree), 256); /* pointers into it are kept */
}

void
world_supervisor_connect (int fd)
{
  world_link = pst_peer_new_take_fd (fd);
  pst_peer_start (world_link, on_link, NULL, NULL);
}

void
world_supervisor_disconnect (void)
{
  pst_peer_unref (world_link);
}

void
world_supervisor_stop (void)
{
  g_array_unref (trees);
}
