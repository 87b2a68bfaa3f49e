/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include "backing-names.h"
#include "backing-tree.h"
#include "hold.h"
#include "policy.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* Operations on names: each has a front that libfuse calls and that only packs the request, and a function that runs it,
 * perhaps several times. */

PstInode *
pst_ops_enter (PstInode *dir, const char *name, struct fuse_entry_param *entry)
{
  PstInode *inode = pst_inode_enter (dir->tree, &entry->attr, dir, name, TRUE);
  pst_gate_inherit (dir, inode);
  pst_backing_show (inode, &entry->attr);
  entry->ino = pst_inode_number (inode);
  entry->generation = 0;
  entry->attr_timeout = entry->entry_timeout = PST_TIMEOUT;
  return inode;
}

void
pst_ops_reply_virtual (PstCall *call, PstInode *parent, const char *name, const char *path)
{
  PstInode *inode = pst_inode_enter_virtual (parent, name, path, TRUE);
  struct fuse_entry_param entry = {
    .ino = pst_inode_number (inode),
    .attr_timeout = PST_TIMEOUT,
    .entry_timeout = PST_TIMEOUT_VIRTUAL,
  };
  pst_ops_virtual_attr (inode, &entry.attr);
  if (fuse_reply_entry (call->req, &entry) < 0)
    pst_inode_forget (inode, 1);
}

/* What was made or found under @name is told to the kernel. */
static void
reply_entry_at (PstCall *call, PstInode *dir, int dirfd, const char *name)
{
  struct fuse_entry_param entry;
  PstInode *inode;

  if (fstatat (dirfd, name, &entry.attr, AT_SYMLINK_NOFOLLOW) < 0)
    {
      int error = errno;
      if (error == ENOENT)
        pst_inode_name_gone (dir, name, FALSE);
      fuse_reply_err (call->req, error);
      return;
    }
  inode = pst_ops_enter (dir, name, &entry);
  /* The private home's own directories are mounted upon, at launch: were the name to be asked for again, and the answer to be
   * another, the kernel would take the mount away. */
  if (name[0] == '.' && dir->tree->own && dir->is_root && S_ISDIR (entry.attr.st_mode))
    entry.entry_timeout = PST_TIMEOUT_VIRTUAL;
  if (fuse_reply_entry (call->req, &entry) < 0)
    pst_inode_forget (inode, 1);
}

static gboolean
reply_no_dir (PstCall *call, PstDir *dir)
{
  if (dir != NULL)
    return FALSE;
  fuse_reply_err (call->req, errno);
  return TRUE;
}

static void
run_lookup (PstCall *call)
{
  PstInode *parent = pst_inode_from_number (call->ino);
  PstPlace place;
  PstDir *dir;

  if (strcmp (call->name, ".") == 0 || strcmp (call->name, "..") == 0)
    {
      fuse_reply_err (call->req, ENOENT);
      return;
    }
  call->op = PST_OP_LOOKUP;
  pst_gate_place (call, parent, call->name, PST_ACCESS_VIEW, &place);
  if (pst_place_settle (call, &place))
    return;
  switch (place.kind)
    {
    case PST_PLACE_TREE:
      dir = pst_dir_acquire (place.dir);
      if (!reply_no_dir (call, dir))
        reply_entry_at (call, place.dir, dir->fd, call->name);
      pst_dir_unref (dir);
      break;
    case PST_PLACE_NAMES:
      pst_names_lookup (call, place.tree, parent, call->name);
      break;
    case PST_PLACE_VIRTUAL:
    default:
      if (!pst_hold_for_mount (call, place.path))
        pst_ops_reply_virtual (call, parent, call->name, place.path);
      break;
    }
  pst_place_clear (&place);
}

static void
op_lookup (fuse_req_t req, fuse_ino_t parent, const char *name)
{
  PstCall call = { .req = req, .func = run_lookup, .tid = fuse_req_ctx (req)->pid, .ino = parent, .name = name };
  run_lookup (&call);
}

static void
op_forget (fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
  pst_inode_forget (pst_inode_from_number (ino), nlookup);
  fuse_reply_none (req);
}

static void
op_forget_multi (fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
  for (size_t i = 0; i < count; i++)
    pst_inode_forget (pst_inode_from_number (forgets[i].ino), forgets[i].nlookup);
  fuse_reply_none (req);
}

/* For an operation that makes or removes @name: its directory, opened. FALSE when the request is settled, or goes on by name.
 */
static gboolean
begin (PstCall *call, PstOp op, PstPlace *place, PstDir **dir)
{
  PstInode *parent = pst_inode_from_number (call->ino);

  call->op = op;
  pst_gate_place (call, parent, call->name, PST_ACCESS_CHANGE, place);
  if (pst_place_settle (call, place))
    return FALSE;
  if (place->kind != PST_PLACE_TREE)
    return TRUE;
  *dir = pst_dir_acquire (place->dir);
  if (!reply_no_dir (call, *dir))
    return TRUE;
  pst_place_clear (place);
  return FALSE;
}

static void
run_mkdir (PstCall *call)
{
  PstDir *dir = NULL;
  PstPlace place;

  if (!begin (call, PST_OP_MKDIR, &place, &dir))
    return;
  if (place.kind == PST_PLACE_TREE)
    {
      if (mkdirat (dir->fd, call->name, call->mode) < 0)
        fuse_reply_err (call->req, errno);
      else
        reply_entry_at (call, place.dir, dir->fd, call->name);
    }
  else if (place.kind == PST_PLACE_VIRTUAL && call->was_asked)
    /* Allowing it made it, outside: from here on it is there, as this request wanted. */
    pst_ops_reply_virtual (call, pst_inode_from_number (call->ino), call->name, place.path);
  else
    fuse_reply_err (call->req, place.kind == PST_PLACE_VIRTUAL ? EEXIST : EACCES);
  pst_dir_unref (dir);
  pst_place_clear (&place);
}

static void
op_mkdir (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
  PstCall call = { .req = req, .func = run_mkdir, .tid = fuse_req_ctx (req)->pid, .ino = parent, .name = name, .mode = mode };
  run_mkdir (&call);
}

static void
run_mknod (PstCall *call)
{
  PstDir *dir = NULL;
  PstPlace place;

  if (!begin (call, PST_OP_CREATE, &place, &dir))
    return;
  if (place.kind == PST_PLACE_TREE)
    {
      if (mknodat (dir->fd, call->name, call->mode, call->rdev) < 0)
        fuse_reply_err (call->req, errno);
      else
        reply_entry_at (call, place.dir, dir->fd, call->name);
    }
  else if (place.kind == PST_PLACE_NAMES && S_ISREG (call->mode))
    pst_names_create (call, place.tree, pst_inode_from_number (call->ino), call->name, O_RDONLY | O_CREAT | O_EXCL, FALSE);
  else
    fuse_reply_err (call->req, place.kind == PST_PLACE_VIRTUAL ? EEXIST : EPERM);
  pst_dir_unref (dir);
  pst_place_clear (&place);
}

static void
op_mknod (fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
  PstCall call = {
    .req = req, .func = run_mknod, .tid = fuse_req_ctx (req)->pid, .ino = parent, .name = name, .mode = mode, .rdev = rdev
  };

  call.stays = S_ISSOCK (mode); /* bind(2) does not walk twice */
  run_mknod (&call);
}

/* Rules speak of paths. A directory with a rule below it stays where it is, else what the rule forbids would move from under
 * it. */
static gboolean
may_move (PstInode *dir, const char *name)
{
  g_autoptr (PstInode) inode = NULL;

  if (dir->tree->own || pst_gate_is_uniform (dir))
    return TRUE;
  inode = pst_inode_find_name (dir, name);
  if (inode == NULL)
    return pst_gate_is_uniform_at (dir, name);
  return inode->type != S_IFDIR || pst_gate_is_uniform (inode);
}

/* Nor does anything prepared elsewhere get a name that a rule or a protected path lies below, else it would bring its own
 * contents to the place that is forbidden: a directory with an autostart entry in it, or a symbolic link to one. There a new
 * directory can be made, which is empty. */
static gboolean
may_place (PstInode *dir, const char *name)
{
  return dir->tree->own || pst_gate_is_uniform_at (dir, name);
}

static void
run_symlink (PstCall *call)
{
  PstDir *dir = NULL;
  PstPlace place;

  if (!begin (call, PST_OP_CREATE, &place, &dir))
    return;
  if (place.kind == PST_PLACE_TREE)
    {
      if (!may_place (place.dir, call->name))
        fuse_reply_err (call->req, EACCES);
      else if (symlinkat (call->name2, dir->fd, call->name) < 0)
        fuse_reply_err (call->req, errno);
      else
        reply_entry_at (call, place.dir, dir->fd, call->name);
    }
  else if (place.kind == PST_PLACE_NAMES)
    pst_names_symlink (call, place.tree, pst_inode_from_number (call->ino), call->name, call->name2);
  else
    fuse_reply_err (call->req, EEXIST);
  pst_dir_unref (dir);
  pst_place_clear (&place);
}

static void
op_symlink (fuse_req_t req, const char *link, fuse_ino_t parent, const char *name)
{
  PstCall call = {
    .req = req, .func = run_symlink, .tid = fuse_req_ctx (req)->pid, .ino = parent, .name = name, .name2 = link
  };
  run_symlink (&call);
}

/* What is about to lose its name, and has no open file here by which it could be reached then: directories and special files.
 */
static void
keep_removed (PstInode *parent, PstDir *dir, const char *name)
{
  g_autoptr (PstInode) inode = pst_inode_find_name (parent, name);

  if (inode == NULL || inode->tree == NULL)
    return;
  if (inode->type == S_IFDIR)
    pst_dir_unref (pst_dir_acquire (inode));
  else
    pst_dir_keep_special (inode, dir, name);
}

static void
run_remove (PstCall *call)
{
  PstDir *dir = NULL;
  PstPlace place;

  if (!begin (call, PST_OP_UNLINK, &place, &dir))
    return;
  if (place.kind == PST_PLACE_TREE)
    {
      int error;
      keep_removed (place.dir, dir, call->name);
      error = unlinkat (dir->fd, call->name, call->flags) < 0 ? errno : 0;
      if (error == 0 || error == ENOENT)
        pst_inode_name_gone (place.dir, call->name, error == 0);
      fuse_reply_err (call->req, error);
    }
  else if (place.kind == PST_PLACE_NAMES && call->flags == 0)
    pst_names_unlink (call, place.tree, pst_inode_from_number (call->ino), call->name);
  else
    fuse_reply_err (call->req, place.kind == PST_PLACE_VIRTUAL ? EBUSY : ENOTDIR);
  pst_dir_unref (dir);
  pst_place_clear (&place);
}

static void
op_unlink (fuse_req_t req, fuse_ino_t parent, const char *name)
{
  PstCall call = { .req = req, .func = run_remove, .tid = fuse_req_ctx (req)->pid, .ino = parent, .name = name };
  run_remove (&call);
}

static void
op_rmdir (fuse_req_t req, fuse_ino_t parent, const char *name)
{
  PstCall call = {
    .req = req, .func = run_remove, .tid = fuse_req_ctx (req)->pid, .ino = parent, .name = name, .flags = AT_REMOVEDIR
  };
  run_remove (&call);
}

/* The file that a rename is about to replace, opened; NULL: there is none that anybody could be opening. */
static PstHandle *
open_replaced (PstInode *dir, const char *name)
{
  g_autoptr (PstInode) inode = pst_inode_find_name (dir, name);
  int fd;

  if (inode == NULL || inode->type != S_IFREG || inode->nlink > 1)
    return NULL;
  fd = pst_backing_open (inode, O_RDONLY);
  return fd >= 0 ? pst_handle_new_take_fd (inode, fd, O_RDONLY) : NULL;
}

static void
rename_in_trees (PstCall *call, PstInode *from, PstInode *to)
{
  PstDir *dir = pst_dir_acquire (from), *new_dir = NULL;
  PstHandle *replaced = NULL;
  int error;

  if (dir != NULL)
    new_dir = pst_dir_acquire (to);
  if (new_dir == NULL)
    error = errno;
  else if (from->tree != to->tree)
    error = EXDEV;
  else if (!may_move (from, call->name) || !may_place (to, call->name2))
    error = EACCES;
  else if ((call->flags & RENAME_EXCHANGE) && (!may_move (to, call->name2) || !may_place (from, call->name)))
    error = EACCES;
  else
    {
      if (call->flags == 0)
        {
          replaced = open_replaced (to, call->name2);
          keep_removed (to, new_dir, call->name2);
        }
      error = renameat2 (dir->fd, call->name, new_dir->fd, call->name2, call->flags) < 0 ? errno : 0;
    }
  if (replaced != NULL)
    {
      if (error == 0)
        pst_handle_keep_replaced (replaced);
      else
        pst_handle_release (replaced);
    }
  if (error == 0)
    {
      pst_inode_renamed (from, call->name, to, call->name2, (call->flags & RENAME_EXCHANGE) != 0);
      /* what lies below a moved directory may be decided otherwise at its new place */
      if (!pst_gate_is_uniform (from) || !pst_gate_is_uniform (to))
        pst_policy_outdate ();
    }
  pst_dir_unref (dir);
  pst_dir_unref (new_dir);
  fuse_reply_err (call->req, error);
}

static void
run_rename (PstCall *call)
{
  PstInode *parent = pst_inode_from_number (call->ino), *new_parent = pst_inode_from_number (call->ino2);
  PstPlace from, to;

  call->op = PST_OP_RENAME;
  pst_gate_place (call, parent, call->name, PST_ACCESS_CHANGE, &from);
  if (pst_place_settle (call, &from))
    return;
  pst_gate_place (call, new_parent, call->name2, PST_ACCESS_CHANGE, &to);
  if (!pst_place_settle (call, &to))
    {
      if (from.kind == PST_PLACE_TREE && to.kind == PST_PLACE_TREE)
        rename_in_trees (call, from.dir, to.dir);
      else if (from.kind == PST_PLACE_NAMES && to.kind == PST_PLACE_NAMES && from.tree == to.tree && parent == new_parent)
        pst_names_rename (call, from.tree, parent, call->name, call->name2, call->flags);
      else if (from.kind == PST_PLACE_VIRTUAL || to.kind == PST_PLACE_VIRTUAL)
        fuse_reply_err (call->req, EBUSY);
      else
        fuse_reply_err (call->req, EXDEV);
      pst_place_clear (&to);
    }
  pst_place_clear (&from);
}

static void
op_rename (fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent, const char *newname, unsigned int flags)
{
  PstCall call = { .req = req,
                   .func = run_rename,
                   .tid = fuse_req_ctx (req)->pid,
                   .ino = parent,
                   .name = name,
                   .ino2 = newparent,
                   .name2 = newname,
                   .flags = flags };
  run_rename (&call);
}

/* By one of its names; what then stands under the new one must be the very file. */
static int
link_in_trees (PstInode *inode, PstInode *to, PstDir *dir, const char *name)
{
  int error = ESTALE;
  struct stat st;
  PstAt at;

  for (guint skip = 0; error == ESTALE && pst_at_init (&at, inode, skip); skip++)
    {
      error = 0;
      if (fstatat (at.dir->fd, at.name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !pst_inode_matches (inode, &st))
        error = ESTALE;
      else if (linkat (at.dir->fd, at.name, dir->fd, name, 0) < 0)
        error = errno;
      else if (fstatat (dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !pst_inode_matches (inode, &st))
        {
          unlinkat (dir->fd, name, 0);
          error = ESTALE;
        }
      pst_at_clear (&at);
    }
  return error;
}

static void
run_link (PstCall *call)
{
  PstInode *inode = pst_inode_from_number (call->ino2), *new_parent = pst_inode_from_number (call->ino);
  PstDir *dir = NULL;
  PstPlace from, to;

  call->op = PST_OP_LINK;
  /* "change", of the file too: by its new name it could be written, if that allows it */
  pst_gate_place_inode (call, inode, PST_ACCESS_CHANGE, FALSE, &from);
  if (pst_place_settle (call, &from))
    return;
  if (begin (call, PST_OP_LINK, &to, &dir))
    {
      if (from.kind == PST_PLACE_TREE && to.kind == PST_PLACE_TREE)
        {
          int error = from.dir->tree != to.dir->tree ? EXDEV : link_in_trees (inode, to.dir, dir, call->name);
          if (error != 0)
            fuse_reply_err (call->req, error);
          else
            reply_entry_at (call, to.dir, dir->fd, call->name);
        }
      else if (from.kind == PST_PLACE_NAMES && to.kind == PST_PLACE_NAMES && from.tree == to.tree)
        pst_names_link (call, from.tree, inode, new_parent, call->name);
      else
        fuse_reply_err (call->req, EXDEV);
      pst_dir_unref (dir);
      pst_place_clear (&to);
    }
  pst_place_clear (&from);
}

static void
op_link (fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
  PstCall call = {
    .req = req, .func = run_link, .tid = fuse_req_ctx (req)->pid, .ino = newparent, .ino2 = ino, .name = newname
  };
  run_link (&call);
}

void
pst_ops_entry_fill (struct fuse_lowlevel_ops *ops)
{
  ops->lookup = op_lookup;
  ops->forget = op_forget;
  ops->forget_multi = op_forget_multi;
  ops->mkdir = op_mkdir;
  ops->mknod = op_mknod;
  ops->symlink = op_symlink;
  ops->unlink = op_unlink;
  ops->rmdir = op_rmdir;
  ops->rename = op_rename;
  ops->link = op_link;
}
