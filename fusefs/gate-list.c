/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate-list.h"

#include "backing-names.h"
#include "backing-tree.h"
#include "broker-link.h"
#include "policy.h"
#include "pst-fd.h"
#include "pst-path.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

/* A directory that exists only here shows: the gate roots (the root of all), what the private home holds ($HOME), doors that
 * are listed, and what was granted by name. Two things only others know: what file and save trees hold (the supervisor), and
 * what there is in a gate root that was granted as a whole (the broker). The listing waits for them, not a thread. */

GPtrArray *
pst_list_new_empty (PstInode *inode)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  guint64 ino = inode->tree == NULL ? inode->virtual->ino : inode->ino;
  pst_list_add (list, NULL, ".", ino, S_IFDIR);
  pst_list_add (list, NULL, "..", ino, S_IFDIR);
  return list;
}

void
pst_list_add (GPtrArray *list, GHashTable *seen, const char *name, guint64 ino, guint32 type)
{
  gsize size = strlen (name) + 1;
  PstListed *listed;

  if (seen != NULL && !g_hash_table_add (seen, g_strdup (name)))
    return;
  listed = g_malloc (G_STRUCT_OFFSET (PstListed, name) + size);
  /* A number must not be 0, readdir(3) would take that for a removed name. */
  listed->ino = ino != 0 ? ino : 0xffffffff;
  listed->type = type;
  memcpy (listed->name, name, size);
  g_ptr_array_add (list, listed);
}

static void
add_private (GPtrArray *list, GHashTable *seen)
{
  PstTree *own = pst_trees_own ();
  const struct dirent *entry;
  DIR *dir;
  int fd;

  if (own == NULL)
    return;
  fd = pst_backing_open (own->root, O_RDONLY);
  if (fd < 0)
    return;
  dir = fdopendir (fd);
  if (dir == NULL)
    {
      pst_fd_clear (&fd);
      return;
    }
  while ((entry = readdir (dir)) != NULL)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      pst_list_add (list, seen, entry->d_name, pst_inode_visible_number (own->root->dev, entry->d_ino), DTTOIF (entry->d_type));
  closedir (dir);
}

typedef struct
{
  GPtrArray *list;
  GHashTable *seen;
  PstInode *inode;
} Adding;

static void
add_child (const char *name, gboolean listed_door, gpointer user_data)
{
  Adding *adding = user_data;
  g_autoptr (PstInode) child = pst_inode_find_name (adding->inode, name);
  guint64 ino = child != NULL && child->tree == NULL ? child->virtual->ino : 0;
  pst_list_add (adding->list, adding->seen, name, ino, listed_door ? S_IFDIR : 0);
}

static void
add_gate_root (const char *name, PstInode *inode, gpointer user_data)
{
  Adding *adding = user_data;
  pst_list_add (adding->list, adding->seen, name, inode->virtual->ino, S_IFDIR);
}

GPtrArray *
pst_list_local (PstInode *inode, GHashTable *seen)
{
  PstVirtual *virtual = inode->virtual;
  GPtrArray *list = pst_list_new_empty (inode);
  Adding adding = { list, seen, inode };

  if (virtual->path[0] == '\0')
    {
      pst_gate_foreach_root (add_gate_root, &adding);
      return list;
    }
  if (pst_policy_get () != NULL)
    pst_ruleset_foreach_child (pst_policy_get (), virtual->path, add_child, &adding);
  if (virtual->is_home)
    add_private (list, seen);
  return list;
}

/* ---- what others know ---- */

typedef struct
{
  PstCall *call;
  PstInode *inode;
  GPtrArray *list;
  GHashTable *seen;
  GPtrArray *trees; /* to ask the supervisor of */
  gboolean all;     /* to ask the broker */
  guint outstanding;
} Gathering;

static void
finish (Gathering *gathering)
{
  if (--gathering->outstanding > 0)
    return;
  pst_ops_reply_opendir (gathering->call, gathering->inode, NULL, g_steal_pointer (&gathering->list), FALSE);
  pst_call_free (gathering->call);
  pst_inode_unref (gathering->inode);
  g_hash_table_unref (gathering->seen);
  g_ptr_array_unref (gathering->trees);
  g_free (gathering);
}

static void
on_names (const char *const *names, gpointer data)
{
  Gathering *gathering = data;
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (pst_name_is_valid (names[i]))
      pst_list_add (gathering->list, gathering->seen, names[i], 0, 0);
  finish (gathering);
}

static gboolean
gather_in_main_loop (gpointer data)
{
  Gathering *gathering = data;

  gathering->outstanding = 1;
  for (guint i = 0; i < gathering->trees->len; i++)
    {
      gathering->outstanding++;
      pst_names_list (g_ptr_array_index (gathering->trees, i), on_names, gathering);
    }
  if (gathering->all)
    {
      gathering->outstanding++;
      pst_broker_list_names (gathering->inode->virtual->path, on_names, gathering);
    }
  finish (gathering);
  return G_SOURCE_REMOVE;
}

static void
want_tree (PstTree *tree, gpointer data)
{
  Gathering *gathering = data;
  const char *path = gathering->inode->virtual->path;
  gsize length = strlen (path);

  if ((tree->kind == PST_TREE_SAVE && strcmp (tree->path, path) == 0) ||
      (tree->kind == PST_TREE_FILE && strncmp (tree->path, path, length) == 0 && tree->path[length] == '/' &&
       strchr (tree->path + length + 1, '/') == NULL))
    g_ptr_array_add (gathering->trees, pst_tree_ref (tree));
}

void
pst_list_for_opendir (PstCall *call, PstInode *inode)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Gathering gathering = { .inode = inode, .trees = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_tree_unref) };

  gathering.list = pst_list_local (inode, seen);
  if (inode->virtual->path[0] != '\0')
    pst_trees_foreach (want_tree, &gathering);
  gathering.all = inode->virtual->is_gate && pst_gate_decide (inode, NULL, PST_ACCESS_VIEW) == PST_ANSWER_ALLOW;
  if (gathering.trees->len == 0 && !gathering.all)
    {
      pst_ops_reply_opendir (call, inode, NULL, gathering.list, FALSE);
      g_ptr_array_unref (gathering.trees);
      return;
    }
  gathering.call = pst_call_copy (call);
  gathering.seen = g_steal_pointer (&seen);
  pst_inode_ref (inode);
  g_idle_add_full (G_PRIORITY_DEFAULT, gather_in_main_loop, g_memdup2 (&gathering, sizeof gathering), NULL);
}
