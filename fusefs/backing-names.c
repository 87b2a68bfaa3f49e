/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backing-names.h"

#include "backing-tree.h"
#include "epoch.h"
#include "hold.h"
#include "ops.h"
#include "postern-ipc.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* A job is a request on its way to the supervisor and back. It is made by whichever thread runs the request, sent and finished
 * by the main thread. The kernel keeps the inodes that the request names until it is answered; the tree is referenced. */

typedef struct _Job Job;
typedef void (*JobFunc) (Job *job, PstMessage *reply);

struct _Job
{
  PstCall *call;
  PstTree *tree;
  PstInode *parent, *inode; /* references, nullable */
  char *name, *name2;
  const char *member;
  const char *signature; /* of the reply */
  GVariant *args;
  int flags;
  gboolean open;
  JobFunc func;
};

static PstPeer *link_peer;

void
pst_names_set_link (PstPeer *peer)
{
  link_peer = peer;
}

static Job *
job_new (PstCall *call, PstTree *tree, PstInode *parent, PstInode *inode, const char *name, JobFunc func)
{
  Job *job = g_new0 (Job, 1);
  job->call = pst_call_copy (call);
  job->tree = pst_tree_ref (tree);
  job->parent = parent != NULL ? pst_inode_ref (parent) : NULL;
  job->inode = inode != NULL ? pst_inode_ref (inode) : NULL;
  job->name = g_strdup (name);
  job->func = func;
  return job;
}

static void
job_free (Job *job)
{
  pst_call_free (job->call);
  pst_tree_unref (job->tree);
  pst_inode_unref (job->parent);
  pst_inode_unref (job->inode);
  g_free (job->name);
  g_free (job->name2);
  g_free (job);
}

static void
on_reply (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Job *job = user_data;
  gint32 failure = EIO;

  if (error == NULL && pst_message_check (reply, job->signature, NULL))
    g_variant_get_child (reply->args, 0, "i", &failure);
  if (failure != 0)
    fuse_reply_err (job->call->req, failure > 0 && failure < 4096 ? failure : EIO);
  else
    job->func (job, reply);
  job_free (job);
}

/* 0, or why the job is not sent now. For an operation on an entry the kernel holds the directory's lock; if a tree above is
 * being mounted, the supervisor is waiting for that lock, and the two would wait for each other. The mount is sent by this
 * thread too, so what is sent before is done before. */
static int
error_of_sending (Job *job)
{
  g_autofree char *path = job->parent != NULL ? pst_inode_path (job->parent, 0, job->name) : NULL;
  int error = 0;

  if (pst_tree_is_dropped (job->tree))
    return EACCES;
  if (link_peer == NULL || !pst_peer_is_open (link_peer))
    return EIO;
  if (path != NULL)
    pst_hold_is_mounting_above (path, job->call->tid, &error);
  return error;
}

static gboolean
send_in_main_loop (gpointer data)
{
  Job *job = data;
  int error = error_of_sending (job);

  if (error == 0)
    pst_peer_call (link_peer, job->member, job->args, NULL, 0, on_reply, job);
  else
    {
      g_variant_unref (g_variant_ref_sink (job->args));
      fuse_reply_err (job->call->req, error);
      job_free (job);
    }
  return G_SOURCE_REMOVE;
}

static void
job_send (Job *job, const char *member, const char *signature, GVariant *args)
{
  job->member = member;
  job->signature = signature;
  job->args = args;
  g_idle_add_full (G_PRIORITY_DEFAULT, send_in_main_loop, job, NULL);
}

/* The last component of the inode's path: its name in the tree's directory. NULL: replied. */
static char *
name_of (PstCall *call, PstInode *inode)
{
  g_autofree char *path = pst_inode_path (inode, 0, NULL);
  if (path != NULL)
    return g_path_get_basename (path);
  fuse_reply_err (call->req, ESTALE);
  return NULL;
}

static GVariant *
bytes (const char *s)
{
  return g_variant_new_bytestring (s);
}

static gboolean
get_stat (PstMessage *reply, struct stat *st)
{
  g_autoptr (GVariant) value = g_variant_get_child_value (reply->args, 1);
  gsize n;
  gconstpointer data = g_variant_get_fixed_array (value, &n, 1);
  if (n != sizeof *st)
    return FALSE;
  memcpy (st, data, sizeof *st);
  return TRUE;
}

static PstInode *
enter (Job *job, const char *name, struct fuse_entry_param *entry)
{
  PstInode *inode = pst_inode_enter (job->tree, &entry->attr, job->parent, name, TRUE);
  pst_backing_show (inode, &entry->attr);
  entry->ino = pst_inode_number (inode);
  entry->generation = 0;
  entry->attr_timeout = entry->entry_timeout = PST_TIMEOUT;
  return inode;
}

static void
reply_entry (Job *job, const char *name, const struct stat *st)
{
  struct fuse_entry_param entry = { .attr = *st };
  PstInode *inode = enter (job, name, &entry);
  if (fuse_reply_entry (job->call->req, &entry) < 0)
    pst_inode_forget (inode, 1);
}

static void
reply_attr (Job *job, struct stat *st)
{
  if (!pst_inode_matches (job->inode, st))
    {
      fuse_reply_err (job->call->req, ESTALE);
      return;
    }
  pst_backing_show (job->inode, st);
  fuse_reply_attr (job->call->req, st, PST_TIMEOUT);
}

static void
finish_stat (Job *job, PstMessage *reply)
{
  struct stat st;
  if (!get_stat (reply, &st))
    fuse_reply_err (job->call->req, EIO);
  else if (job->inode != NULL)
    reply_attr (job, &st);
  else
    reply_entry (job, job->name, &st);
}

void
pst_names_lookup (PstCall *call, PstTree *tree, PstInode *parent, const char *name)
{
  Job *job = job_new (call, tree, parent, NULL, name, finish_stat);
  job_send (job, PST_LINK_NAME_STAT, PST_LINK_NAME_STAT_OUT, g_variant_new ("(t@ay)", tree->id, bytes (name)));
}

static void
finish_create (Job *job, PstMessage *reply)
{
  pst_autofd fd = pst_message_steal_fd (reply, 0);
  struct fuse_entry_param entry;
  PstInode *inode;

  if (fd < 0 || fstat (fd, &entry.attr) < 0)
    {
      fuse_reply_err (job->call->req, EIO);
      return;
    }
  if (!job->open)
    {
      reply_entry (job, job->name, &entry.attr);
      return;
    }
  if ((job->flags & O_TRUNC) && (ftruncate (fd, 0) < 0 || fstat (fd, &entry.attr) < 0))
    {
      fuse_reply_err (job->call->req, errno);
      return;
    }
  inode = enter (job, job->name, &entry);
  pst_ops_reply_open (job->call, inode, pst_fd_steal (&fd), &entry.attr, &entry);
}

static int
passed_flags (int flags)
{
  return (pst_ops_open_flags (flags) & O_ACCMODE) | (flags & (O_CREAT | O_EXCL));
}

void
pst_names_create (PstCall *call, PstTree *tree, PstInode *parent, const char *name, int flags, gboolean open)
{
  Job *job = job_new (call, tree, parent, NULL, name, finish_create);
  job->flags = flags;
  job->open = open;
  job_send (job, PST_LINK_NAME_OPEN, PST_LINK_NAME_OPEN_OUT,
            g_variant_new ("(t@ayiu)", tree->id, bytes (name), passed_flags (flags), call->mode & 07777));
}

static void
finish_open (Job *job, PstMessage *reply)
{
  pst_autofd fd = pst_message_steal_fd (reply, 0);
  struct stat st;

  if (fd < 0 || fstat (fd, &st) < 0)
    fuse_reply_err (job->call->req, EIO);
  else if (!pst_inode_matches (job->inode, &st))
    fuse_reply_err (job->call->req, ESTALE); /* replaced meanwhile, as by a safe save: the kernel looks it up anew */
  else if ((job->flags & O_TRUNC) && (ftruncate (fd, 0) < 0 || fstat (fd, &st) < 0))
    fuse_reply_err (job->call->req, errno);
  else
    pst_ops_reply_open (job->call, job->inode, pst_fd_steal (&fd), &st, NULL);
}

static void
send_open (PstCall *call, PstTree *tree, PstInode *inode, int flags, JobFunc func)
{
  g_autofree char *name = name_of (call, inode);
  Job *job;

  if (name == NULL)
    return;
  job = job_new (call, tree, NULL, inode, name, func);
  job->flags = flags;
  job_send (job, PST_LINK_NAME_OPEN, PST_LINK_NAME_OPEN_OUT,
            g_variant_new ("(t@ayiu)", tree->id, bytes (name), passed_flags (flags) & O_ACCMODE, 0));
}

void
pst_names_open (PstCall *call, PstTree *tree, PstInode *inode)
{
  send_open (call, tree, inode, call->fi.flags, finish_open);
}

void
pst_names_getattr (PstCall *call, PstTree *tree, PstInode *inode)
{
  PstHandle *handle = pst_handle_any (inode, FALSE);
  struct stat st;

  if (handle != NULL)
    {
      if (fstat (handle->fd, &st) < 0)
        fuse_reply_err (call->req, errno);
      else
        {
          pst_backing_show (inode, &st);
          fuse_reply_attr (call->req, &st, PST_TIMEOUT);
        }
      pst_handle_unref (handle);
      return;
    }
  g_autofree char *name = name_of (call, inode);
  if (name != NULL)
    job_send (job_new (call, tree, NULL, inode, name, finish_stat), PST_LINK_NAME_STAT, PST_LINK_NAME_STAT_OUT,
              g_variant_new ("(t@ay)", tree->id, bytes (name)));
}

static void
setattr_on (PstCall *call, PstInode *inode, int fd)
{
  struct stat st;
  int error = fstat (fd, &st) < 0 ? errno : pst_inode_matches (inode, &st) ? 0 : ESTALE;

  if (error == 0)
    error = pst_ops_setattr_fd (call, fd, TRUE);
  if (error == 0 && fstat (fd, &st) < 0)
    error = errno;
  if (error != 0)
    {
      fuse_reply_err (call->req, error);
      return;
    }
  pst_backing_show (inode, &st);
  fuse_reply_attr (call->req, &st, PST_TIMEOUT);
}

static void
finish_setattr (Job *job, PstMessage *reply)
{
  pst_autofd fd = pst_message_steal_fd (reply, 0);
  if (fd < 0)
    fuse_reply_err (job->call->req, EIO);
  else
    setattr_on (job->call, job->inode, fd);
}

void
pst_names_setattr (PstCall *call, PstTree *tree, PstInode *inode)
{
  gboolean size = (call->to_set & FUSE_SET_ATTR_SIZE) != 0;
  PstHandle *handle = pst_handle_any (inode, size);

  if (handle != NULL)
    {
      setattr_on (call, inode, handle->fd);
      pst_handle_unref (handle);
    }
  else
    send_open (call, tree, inode, size ? O_WRONLY : O_RDONLY, finish_setattr);
}

static void
finish_readlink (Job *job, PstMessage *reply)
{
  const char *target;
  g_variant_get_child (reply->args, 1, "^&ay", &target);
  fuse_reply_readlink (job->call->req, target);
}

void
pst_names_readlink (PstCall *call, PstTree *tree, PstInode *inode)
{
  g_autofree char *name = name_of (call, inode);
  if (name != NULL)
    job_send (job_new (call, tree, NULL, inode, name, finish_readlink), PST_LINK_NAME_READLINK, PST_LINK_NAME_READLINK_OUT,
              g_variant_new ("(t@ay)", tree->id, bytes (name)));
}

/* What was made is looked up for the reply. */
static void
finish_made (Job *job, PstMessage *reply)
{
  pst_names_lookup (job->call, job->tree, job->parent, job->name);
}

void
pst_names_symlink (PstCall *call, PstTree *tree, PstInode *parent, const char *name, const char *target)
{
  job_send (job_new (call, tree, parent, NULL, name, finish_made), PST_LINK_NAME_SYMLINK, PST_LINK_NAME_SYMLINK_OUT,
            g_variant_new ("(t@ay@ay)", tree->id, bytes (target), bytes (name)));
}

static void
finish_unlink (Job *job, PstMessage *reply)
{
  pst_inode_name_gone (job->parent, job->name, TRUE);
  fuse_reply_err (job->call->req, 0);
}

void
pst_names_unlink (PstCall *call, PstTree *tree, PstInode *parent, const char *name)
{
  job_send (job_new (call, tree, parent, NULL, name, finish_unlink), PST_LINK_NAME_UNLINK, PST_LINK_NAME_UNLINK_OUT,
            g_variant_new ("(t@ay)", tree->id, bytes (name)));
}

static void
finish_rename (Job *job, PstMessage *reply)
{
  pst_inode_renamed (job->parent, job->name, job->parent, job->name2, (job->flags & RENAME_EXCHANGE) != 0);
  fuse_reply_err (job->call->req, 0);
}

void
pst_names_rename (PstCall *call, PstTree *tree, PstInode *parent, const char *from, const char *to, guint flags)
{
  Job *job = job_new (call, tree, parent, NULL, from, finish_rename);
  job->name2 = g_strdup (to);
  job->flags = flags;
  job_send (job, PST_LINK_NAME_RENAME, PST_LINK_NAME_RENAME_OUT,
            g_variant_new ("(t@ay@ayu)", tree->id, bytes (from), bytes (to), flags));
}

void
pst_names_link (PstCall *call, PstTree *tree, PstInode *inode, PstInode *parent, const char *name)
{
  g_autofree char *from = name_of (call, inode);
  if (from != NULL)
    job_send (job_new (call, tree, parent, NULL, name, finish_made), PST_LINK_NAME_LINK, PST_LINK_NAME_LINK_OUT,
              g_variant_new ("(t@ay@ay)", tree->id, bytes (from), bytes (name)));
}

typedef struct
{
  PstNamesListed func;
  gpointer data;
} Listing;

static void
on_listed (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  g_autofree Listing *listing = user_data;
  g_auto (GStrv) names = NULL;
  gint32 failure = EIO;

  if (error == NULL && pst_message_check (reply, PST_LINK_NAME_LIST_OUT, NULL))
    g_variant_get (reply->args, "(i^aay)", &failure, &names);
  listing->func (failure == 0 ? (const char *const *)names : NULL, listing->data);
}

void
pst_names_list (PstTree *tree, PstNamesListed func, gpointer data)
{
  if (link_peer == NULL || !pst_peer_is_open (link_peer))
    {
      func (NULL, data);
      return;
    }
  Listing *listing = g_new (Listing, 1);
  *listing = (Listing){ func, data };
  pst_peer_call (link_peer, PST_LINK_NAME_LIST, g_variant_new (PST_LINK_NAME_LIST_IN, tree->id), NULL, 0, on_listed, listing);
}
