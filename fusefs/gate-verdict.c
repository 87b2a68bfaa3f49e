/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdict on a path: see gate.c. */
#include "gate.h"

#include "backing-tree.h"
#include "policy.h"

#include <sys/stat.h>

/* generation in the upper half; below: three bits for each access, one for "uniform" */
#define DECISION_SHIFT(access) (((access)-1) * 3)
#define DECISION_UNIFORM (1u << 9)

static guint64
decision_load (PstInode *inode)
{
  return __atomic_load_n (&inode->decision, __ATOMIC_RELAXED);
}

static PstAnswer
decision_get (guint64 decision, PstAccess access)
{
  return (decision >> DECISION_SHIFT (access)) & 7;
}

/* All three at once, since a file that is looked up is usually opened next. */
static guint64
decide_all (const char *path, guint32 generation)
{
  PstDecision decision;
  guint64 packed = (guint64)generation << 32;

  for (PstAccess access = PST_ACCESS_VIEW; access <= PST_ACCESS_SAVE; access++)
    packed |= (guint64)pst_policy_decide (path, access, &decision) << DECISION_SHIFT (access);
  if (decision.uniform)
    packed |= DECISION_UNIFORM;
  return packed;
}

static guint64
decision_of (PstInode *inode)
{
  guint32 generation = pst_policy_generation ();
  guint64 decision = decision_load (inode);
  gboolean several;

  if (decision >> 32 == generation)
    return decision;
  decision = 0;
  /* A file with several names may be used by whichever allows it: the application could use that one. But only if it is one:
   * a file may have been moved, outside, to where less is allowed, or its number may be another file's by now. */
  several = inode->tree->kind == PST_TREE_TREE && inode->type != S_IFDIR && pst_inode_has_several_names (inode);
  for (guint skip = 0;; skip++)
    {
      g_autofree char *path = pst_inode_path (inode, skip, NULL);
      gboolean forgotten;
      guint64 other;
      if (path == NULL)
        break;
      if (several && !pst_backing_check_name (inode, skip, &forgotten))
        {
          if (forgotten)
            skip--; /* the next has its place */
          continue;
        }
      other = decide_all (path, generation);
      if (decision == 0)
        decision = other;
      else
        for (PstAccess access = PST_ACCESS_VIEW; access <= PST_ACCESS_SAVE; access++)
          if (decision_get (other, access) == PST_ANSWER_ALLOW)
            {
              decision &= ~((guint64)7 << DECISION_SHIFT (access));
              decision |= (guint64)PST_ANSWER_ALLOW << DECISION_SHIFT (access);
            }
    }
  if (decision == 0)
    {
      /* No name is left: it was removed while in use. If all of the tree is alike it needs none; else what was decided
       * last stands, unless the policy changed. */
      PstInode *root = inode->tree->root;
      guint64 last = decision_load (inode);
      if (root != NULL && root != inode)
        {
          guint64 all = decision_of (root);
          if (all & DECISION_UNIFORM)
            return all;
        }
      if (last != 0 && last >> 32 == generation)
        return last;
      return (guint64)PST_ANSWER_DENY << DECISION_SHIFT (PST_ACCESS_VIEW) |
             (guint64)PST_ANSWER_DENY << DECISION_SHIFT (PST_ACCESS_CHANGE) |
             (guint64)PST_ANSWER_DENY << DECISION_SHIFT (PST_ACCESS_SAVE);
    }
  __atomic_store_n (&inode->decision, decision, __ATOMIC_RELAXED);
  return decision;
}

PstAnswer
pst_gate_decide (PstInode *inode, const char *child, PstAccess access)
{
  PstDecision decision;
  guint64 packed;

  if (inode->tree != NULL && inode->tree->own)
    return PST_ANSWER_ALLOW;
  if (child == NULL)
    {
      if (inode->tree != NULL)
        return decision_get (decision_of (inode), access);
      return pst_policy_decide (inode->virtual->path, access, &decision);
    }
  if (inode->tree != NULL)
    {
      packed = decision_of (inode);
      if (packed & DECISION_UNIFORM)
        return decision_get (packed, access);
    }
  g_autofree char *path = pst_inode_path (inode, 0, child);
  return path != NULL ? pst_policy_decide (path, access, &decision) : PST_ANSWER_DENY;
}

gboolean
pst_gate_is_uniform (PstInode *inode)
{
  return inode->tree != NULL && (inode->tree->own || (decision_of (inode) & DECISION_UNIFORM) != 0);
}

gboolean
pst_gate_is_uniform_at (PstInode *dir, const char *name)
{
  g_autofree char *path = NULL;
  PstDecision decision;

  if (pst_gate_is_uniform (dir))
    return TRUE;
  path = pst_inode_path (dir, 0, name);
  if (path == NULL || pst_policy_get () == NULL)
    return FALSE;
  pst_policy_decide (path, PST_ACCESS_VIEW, &decision);
  return decision.uniform;
}

/* What is found in a directory below which all is alike inherits its verdicts. */
void
pst_gate_inherit (PstInode *parent, PstInode *inode)
{
  guint64 decision;

  if (parent->tree == NULL || parent->tree->own)
    return;
  decision = decision_load (parent);
  if ((decision & DECISION_UNIFORM) && decision >> 32 == pst_policy_generation () && inode->links != NULL &&
      !pst_inode_has_several_names (inode))
    __atomic_store_n (&inode->decision, decision, __ATOMIC_RELAXED);
}
