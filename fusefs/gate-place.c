/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The place of an operation: see gate.c. */
#include "gate.h"

#include "backing-tree.h"
#include "hold.h"
#include "policy.h"
#include "pst-path.h"

#include <errno.h>
#include <fcntl.h>

void
pst_place_clear (PstPlace *place)
{
  g_clear_pointer (&place->owned, pst_inode_unref);
  g_clear_pointer (&place->path, g_free);
}

static void
place_error (PstPlace *place, int error)
{
  place->kind = PST_PLACE_ERROR;
  place->error = error;
}

static void
place_ask (PstPlace *place, char *path_take, PstAccess access)
{
  place->kind = PST_PLACE_ASK;
  place->path = path_take;
  place->access = access;
}

static void
place_tree (PstPlace *place, PstInode *dir, gboolean owned)
{
  place->kind = PST_PLACE_TREE;
  place->dir = dir;
  place->owned = owned ? dir : NULL;
}

static gboolean
suffices (const PstTree *tree, PstAccess access)
{
  return access == PST_ACCESS_VIEW || tree->access == PST_ACCESS_CHANGE;
}

/* A file that is operated by name, because a rule for a file or for saving allows it. FALSE: no such rule decided. */
static gboolean
place_names (PstPlace *place, const char *path, PstAccess access, const PstDecision *decision)
{
  PstTreeKind kind;

  if (decision->rule == NULL)
    return FALSE;
  if (decision->rule->access == PST_ACCESS_SAVE && decision->rule->scope == PST_SCOPE_TREE)
    kind = PST_TREE_SAVE;
  else if (decision->rule->scope == PST_SCOPE_FILE)
    kind = PST_TREE_FILE;
  else
    {
      /* A rule on all of Home, and in it an entry that is a file: a tree of its own at that entry. */
      place->tree = pst_tree_at (PST_TREE_FILE, path);
      if (place->tree == NULL || !suffices (place->tree, access))
        return FALSE;
      place->kind = PST_PLACE_NAMES;
      return TRUE;
    }
  place->tree = pst_tree_at (kind, decision->rule->path);
  if (place->tree != NULL && (kind == PST_TREE_SAVE || suffices (place->tree, access)))
    place->kind = PST_PLACE_NAMES;
  else
    place_ask (place, g_strdup (path), access);
  return TRUE;
}

PstInode *
pst_gate_private_dir (const char *path)
{
  PstTree *own = pst_trees_own ();
  const char *home = pst_gate_config.home;

  if (own == NULL || home == NULL || !pst_path_is_below_or_equal (path, home))
    {
      errno = EACCES;
      return NULL;
    }
  path += strlen (home);
  while (*path == '/')
    path++;
  return pst_backing_walk (own->root, path, TRUE);
}

/* The directory of a tree that serves the virtual directory now, with a reference; NULL: none does. */
static PstInode *
backing_of (PstInode *inode, PstTree *tree)
{
  PstVirtual *virtual = inode->virtual;
  PstInode *backing = NULL, *old = NULL;
  PstTree *old_tree = NULL;
  const char *rest;

  g_mutex_lock (&pst_table_lock);
  if (virtual->backing_tree == tree && virtual->backing != NULL)
    {
      backing = virtual->backing;
      backing->refs++;
    }
  g_mutex_unlock (&pst_table_lock);
  if (backing != NULL)
    return backing;

  rest = virtual->path + strlen (tree->path);
  while (*rest == '/')
    rest++;
  backing = pst_backing_walk (tree->root, rest, FALSE);
  if (backing == NULL)
    return NULL;
  g_mutex_lock (&pst_table_lock);
  old = virtual->backing;
  old_tree = virtual->backing_tree;
  virtual->backing = backing;
  virtual->backing_tree = pst_tree_ref (tree);
  backing->refs++;
  if (old != NULL)
    pst_inode_unref_locked (old);
  g_mutex_unlock (&pst_table_lock);
  pst_tree_unref (old_tree);
  return backing;
}

static gboolean
is_dot_name (const char *name)
{
  return name[0] == '.';
}

static gboolean
names_rule (const PstDecision *decision, const char *path)
{
  return decision->is_door ||
         (decision->rule != NULL && (decision->rule->scope == PST_SCOPE_FILE || strcmp (decision->rule->path, path) == 0));
}

/* Is the live tree still to be mounted, and has this thread not been sent round before? Then it is to be now. */
static gboolean
may_go_round (const PstCall *call, PstTree *tree)
{
  return tree->live && !call->stays && call->tid != pst_gate_config.supervisor && pst_hold_may_send_round (tree, call->tid);
}

static void
place_round (PstPlace *place, PstTree *tree, gboolean inside)
{
  place->kind = PST_PLACE_ROUND;
  place->tree = tree;
  place->inside = inside;
}

/* The verdict on an entry, as an error or question. FALSE if it is allowed. */
static gboolean
place_verdict (PstPlace *place, PstAnswer answer, const char *path, PstAccess access)
{
  switch (answer)
    {
    case PST_ANSWER_ALLOW:
      return FALSE;
    case PST_ANSWER_HIDE:
      place_error (place, ENOENT);
      return TRUE;
    case PST_ANSWER_ASK:
      place_ask (place, g_strdup (path), access);
      return TRUE;
    case PST_ANSWER_DENY:
    case PST_ANSWER_PRIVATE:
    default:
      place_error (place, EACCES);
      return TRUE;
    }
}

static void
place_private (PstPlace *place, const char *dir_path)
{
  PstInode *dir = pst_gate_private_dir (dir_path);
  if (dir == NULL)
    place_error (place, errno);
  else
    place_tree (place, dir, TRUE);
}

/* An entry of a directory of a tree */
static void
place_in_tree (PstInode *dir, const char *name, PstAccess access, PstPlace *place, PstInode *owned)
{
  PstAnswer answer = pst_gate_decide (dir, name, access);
  PstDecision decision;

  if (G_LIKELY (answer == PST_ANSWER_ALLOW && suffices (dir->tree, access)))
    {
      place_tree (place, dir, FALSE);
      place->owned = owned;
      return;
    }
  g_autofree char *path = pst_inode_path (dir, 0, name);
  if (path == NULL)
    place_error (place, ESTALE);
  else
    {
      answer = pst_policy_decide (path, access, &decision);
      if (answer == PST_ANSWER_PRIVATE)
        {
          g_autofree char *dir_path = pst_inode_path (dir, 0, NULL);
          place_private (place, dir_path != NULL ? dir_path : "/");
        }
      else if (!place_verdict (place, answer, path, access) && !place_names (place, path, access, &decision))
        {
          if (suffices (dir->tree, access))
            {
              place_tree (place, dir, FALSE);
              place->owned = owned;
              return;
            }
          place_ask (place, g_steal_pointer (&path), access);
        }
    }
  pst_inode_unref (owned);
}

/* An entry of a virtual directory that no tree covers */
static void
place_in_virtual (PstInode *parent, const char *name, PstAccess access, PstPlace *place)
{
  PstVirtual *virtual = parent->virtual;
  g_autofree char *path = NULL;
  PstDecision decision, save;
  PstAnswer answer;
  PstTree *tree;

  if (virtual->path[0] == '\0')
    {
      /* the root of all: only the gate roots are in it */
      g_autoptr (PstInode) child = pst_inode_find_name (parent, name);
      if (child == NULL)
        {
          place_error (place, access == PST_ACCESS_VIEW ? ENOENT : EACCES);
          return;
        }
      place->kind = PST_PLACE_VIRTUAL;
      place->path = g_strdup (child->virtual->path);
      return;
    }
  path = pst_inode_path (parent, 0, name);
  answer = pst_policy_decide (path, access, &decision);
  if (virtual->is_home && is_dot_name (name) && pst_trees_own () != NULL && !names_rule (&decision, path))
    {
      place_tree (place, pst_trees_own ()->root, FALSE);
      return;
    }
  if (decision.is_door)
    {
      place->kind = PST_PLACE_VIRTUAL;
      place->path = g_steal_pointer (&path);
      return;
    }
  if (answer == PST_ANSWER_PRIVATE)
    {
      place_private (place, virtual->path);
      return;
    }
  if (answer == PST_ANSWER_ALLOW)
    {
      if (place_names (place, path, access, &decision))
        return;
      tree = pst_tree_covering (path);
      if (tree != NULL && suffices (tree, access))
        {
          place->kind = PST_PLACE_VIRTUAL;
          place->path = g_steal_pointer (&path);
        }
      else
        place_ask (place, g_steal_pointer (&path), access);
      return;
    }
  /* What may be saved here may also be looked for, among what was saved. */
  if (answer == PST_ANSWER_ASK && pst_policy_decide (path, PST_ACCESS_SAVE, &save) == PST_ANSWER_ALLOW &&
      place_names (place, path, PST_ACCESS_SAVE, &save))
    return;
  /* What was kept private once stays usable without a question. */
  if (answer == PST_ANSWER_ASK && virtual->is_home && pst_trees_own () != NULL &&
      pst_backing_exists (pst_trees_own ()->root, name))
    {
      place_tree (place, pst_trees_own ()->root, FALSE);
      return;
    }
  place_verdict (place, answer, path, access);
}

int
pst_gate_check_open (PstInode *inode)
{
  if (inode->tree == NULL || inode->tree->own || !pst_tree_is_dropped (inode->tree))
    return 0;
  /* Granted again meanwhile: the kernel is to look it up anew. */
  return pst_gate_decide (inode, NULL, PST_ACCESS_VIEW) == PST_ANSWER_ALLOW ? ESTALE : EACCES;
}

/* A look-up of what is not there is answered as it is. It may be for a name that is about to be made, and of an ESTALE then
 * mkdir(2), mknod(2) and symlink(2) tell the application, without having walked once more; the making itself may be sent round.
 */
static gboolean
finds_nothing (const PstCall *call, PstInode *inode, PstTree *tree, const char *name)
{
  PstInode *backing = call->op == PST_OP_LOOKUP && name != NULL ? backing_of (inode, tree) : NULL;
  gboolean nothing = backing != NULL && !pst_backing_exists (backing, name);

  pst_inode_unref (backing);
  return nothing;
}

/* Which directory of a tree serves this virtual one, for its entry @name (nullable)? Fills @place for all but "none", of which
 * FALSE tells. */
static gboolean
place_virtual_dir (PstCall *call, PstInode *inode, const char *name, gboolean entering, PstPlace *place)
{
  PstVirtual *virtual = inode->virtual;
  PstDecision decision;
  PstInode *backing;
  PstTree *tree;

  if (virtual->path[0] == '\0' || virtual->is_home)
    return FALSE;
  if (pst_policy_decide (virtual->path, PST_ACCESS_VIEW, &decision) == PST_ANSWER_PRIVATE)
    {
      place_private (place, virtual->path);
      return TRUE;
    }
  if (decision.answer != PST_ANSWER_ALLOW)
    return FALSE;
  tree = pst_tree_covering (virtual->path);
  if (tree == NULL)
    return FALSE;
  if (entering && may_go_round (call, tree) && !finds_nothing (call, inode, tree, name))
    {
      place_round (place, tree, name != NULL);
      return TRUE;
    }
  backing = backing_of (inode, tree);
  if (backing == NULL)
    place_error (place, errno == ENOENT ? ESTALE : errno);
  else
    place_tree (place, backing, TRUE);
  return TRUE;
}

void
pst_gate_place (PstCall *call, PstInode *parent, const char *name, PstAccess access, PstPlace *place)
{
  *place = (PstPlace){ 0 };
  if (G_LIKELY (parent->tree != NULL))
    {
      int error = pst_gate_check_open (parent);
      if (error != 0)
        place_error (place, error);
      else
        place_in_tree (parent, name, access, place, NULL);
      return;
    }
  if (!place_virtual_dir (call, parent, name, TRUE, place))
    place_in_virtual (parent, name, access, place);
  else if (place->kind == PST_PLACE_TREE)
    {
      PstInode *dir = place->dir;
      place->owned = place->dir = NULL;
      place_in_tree (dir, name, access, place, dir);
    }
}

void
pst_gate_place_inode (PstCall *call, PstInode *inode, PstAccess access, gboolean entering, PstPlace *place)
{
  PstAnswer answer;
  int error;

  *place = (PstPlace){ 0 };
  if (inode->tree == NULL)
    {
      PstDecision decision;
      if (place_virtual_dir (call, inode, NULL, entering, place))
        {
          if (place->kind == PST_PLACE_TREE && !suffices (place->dir->tree, access))
            {
              pst_place_clear (place);
              place_ask (place, g_strdup (inode->virtual->path), access);
            }
          return;
        }
      if (access != PST_ACCESS_VIEW)
        {
          answer = inode->virtual->path[0] == '\0' || inode->virtual->is_gate
                       ? PST_ANSWER_DENY
                       : pst_policy_decide (inode->virtual->path, access, &decision);
          if (place_verdict (place, answer, inode->virtual->path, access))
            return;
          place_ask (place, g_strdup (inode->virtual->path), access);
          return;
        }
      place->kind = PST_PLACE_VIRTUAL;
      place->path = g_strdup (inode->virtual->path);
      if (!entering || inode->virtual->path[0] == '\0' || inode->virtual->is_home)
        return;
      answer = pst_policy_decide (inode->virtual->path, PST_ACCESS_VIEW, &decision);
      if (answer == PST_ANSWER_HIDE)
        place->empty = TRUE;
      else if (inode->virtual->is_gate && answer != PST_ANSWER_DENY)
        return;
      else if (answer == PST_ANSWER_ASK || answer == PST_ANSWER_ALLOW)
        place->kind = PST_PLACE_ASK, place->access = access;
      else
        {
          g_clear_pointer (&place->path, g_free);
          place_error (place, EACCES);
        }
      return;
    }

  error = pst_gate_check_open (inode);
  if (error != 0)
    {
      place_error (place, error);
      return;
    }
  answer = pst_gate_decide (inode, NULL, access);
  if (G_LIKELY (answer == PST_ANSWER_ALLOW && inode->tree->kind == PST_TREE_TREE && suffices (inode->tree, access)))
    {
      place_tree (place, inode, FALSE);
      return;
    }
  g_autofree char *path = pst_inode_path (inode, 0, NULL);
  PstDecision decision;
  if (path == NULL)
    {
      /* removed, but open: whoever holds it goes on */
      if (answer == PST_ANSWER_ALLOW)
        place_tree (place, inode, FALSE);
      else
        place_error (place, EACCES);
      return;
    }
  answer = pst_policy_decide (path, access, &decision);
  if (inode->tree->kind == PST_TREE_SAVE && answer == PST_ANSWER_ASK)
    answer = pst_policy_decide (path, PST_ACCESS_SAVE, &decision);
  if (place_verdict (place, answer, path, access) || place_names (place, path, access, &decision))
    return;
  if (inode->tree->kind != PST_TREE_TREE)
    place_error (place, ESTALE); /* it is reached in another way by now */
  else if (suffices (inode->tree, access))
    place_tree (place, inode, FALSE);
  else
    place_ask (place, g_steal_pointer (&path), access);
}

gboolean
pst_place_settle (PstCall *call, PstPlace *place)
{
  switch (place->kind)
    {
    case PST_PLACE_ERROR:
      fuse_reply_err (call->req, place->error);
      break;
    case PST_PLACE_ASK:
      pst_hold_ask (call, place->path, place->access);
      break;
    case PST_PLACE_ROUND:
      pst_hold_round (call, place->tree, place->inside);
      break;
    case PST_PLACE_TREE:
    case PST_PLACE_NAMES:
    case PST_PLACE_VIRTUAL:
    default:
      return FALSE;
    }
  pst_place_clear (place);
  return TRUE;
}
