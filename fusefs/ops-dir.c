/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include "backing-names.h"
#include "backing-tree.h"
#include "gate-list.h"
#include "hold.h"
#include "pst-fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reading directories. A directory of a tree is read with getdents64(2) into a buffer, and its own offsets are handed on, so
 * that seeking works however many entries there are. What exists only here, or is put together from several places ($HOME,
 * doors with grants in them), is listed once when it is opened; offsets are indices into that list. */

#define BUFFER_SIZE (32 * 1024)

struct _PstReader
{
  GMutex lock;
  GPtrArray *list; /* PstListed; NULL: a directory of a tree */
  PstInode *dir;   /* a reference; NULL with a list */
  gint64 next;     /* the offset that the descriptor is at */
  gsize used, at;
  char *buffer;
};

struct dirent64_
{
  guint64 d_ino;
  gint64 d_off;
  guint16 d_reclen;
  guint8 d_type;
  char d_name[];
};

void
pst_reader_free (PstReader *reader)
{
  if (reader == NULL)
    return;
  g_mutex_clear (&reader->lock);
  g_clear_pointer (&reader->list, g_ptr_array_unref);
  pst_inode_unref (reader->dir);
  g_free (reader->buffer);
  g_free (reader);
}

void
pst_ops_reply_opendir (PstCall *call, PstInode *inode, PstInode *dir, GPtrArray *list_take, gboolean keep)
{
  PstHandle *handle = pst_handle_new_take_fd (inode, -1, call->fi.flags);
  struct fuse_file_info fi = { .flags = call->fi.flags, .fh = pst_handle_number (handle) };

  handle->reader = g_new0 (PstReader, 1);
  g_mutex_init (&handle->reader->lock);
  handle->reader->list = list_take;
  handle->reader->dir = dir != NULL ? pst_inode_ref (dir) : NULL;
  /* The kernel keeps what it has read, as long as the directory's time is the same. Not where a rule may hide one of the names.
   */
  fi.cache_readdir = fi.keep_cache = keep;
  if (fuse_reply_open (call->req, &fi) < 0)
    pst_handle_release (handle);
}

static void
run_opendir (PstCall *call)
{
  PstInode *inode = pst_inode_from_number (call->ino);
  PstPlace place;

  call->op = PST_OP_OPENDIR;
  pst_gate_place_inode (call, inode, PST_ACCESS_VIEW, TRUE, &place);
  if (pst_place_settle (call, &place))
    return;
  switch (place.kind)
    {
    case PST_PLACE_TREE:
      pst_ops_reply_opendir (call, inode, place.dir, NULL, pst_gate_is_uniform (place.dir));
      break;
    case PST_PLACE_VIRTUAL:
      if (place.empty)
        {
          g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

          /* as good as empty: what was allowed in it by name is there */
          pst_ops_reply_opendir (call, inode, NULL, pst_list_local (inode, seen), FALSE);
        }
      else
        pst_list_for_opendir (call, inode);
      break;
    case PST_PLACE_NAMES:
    default:
      fuse_reply_err (call->req, ENOTDIR);
      break;
    }
  pst_place_clear (&place);
}

static void
op_opendir (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  PstCall call = { .req = req, .func = run_opendir, .tid = fuse_req_ctx (req)->pid, .ino = ino, .fi = *fi, .has_fi = TRUE };
  run_opendir (&call);
}

static void
op_releasedir (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
  pst_handle_release (pst_handle_from_number (fi->fh));
  fuse_reply_err (req, 0);
}

/* The descriptor to read from, at @offset. */
static int
seek_to (PstHandle *handle, gint64 offset)
{
  PstReader *reader = handle->reader;

  if (handle->fd < 0)
    {
      int fd = pst_backing_open (reader->dir, O_RDONLY);
      if (fd < 0)
        return -fd;
      handle->fd = fd;
      reader->next = 0;
    }
  if (reader->buffer == NULL)
    reader->buffer = g_malloc (BUFFER_SIZE);
  if (offset == reader->next && offset != 0)
    return 0;
  /* from the start, or elsewhere: read anew, so that rewinddir(3) shows what has changed */
  if (lseek (handle->fd, offset, SEEK_SET) < 0)
    return errno;
  reader->used = reader->at = 0;
  reader->next = offset;
  return 0;
}

/* Names that nobody has allowed to see are left out. */
static gboolean
may_show (PstReader *reader, const char *name, gboolean uniform)
{
  return uniform || strcmp (name, ".") == 0 || strcmp (name, "..") == 0 ||
         pst_gate_decide (reader->dir, name, PST_ACCESS_VIEW) == PST_ANSWER_ALLOW;
}

static gsize
add_entry (fuse_req_t req, PstHandle *handle, PstDir *dir, const struct dirent64_ *entry, gboolean plus, char *out, gsize left)
{
  PstReader *reader = handle->reader;
  struct fuse_entry_param param = { 0 };
  gboolean dots = strcmp (entry->d_name, ".") == 0 || strcmp (entry->d_name, "..") == 0;
  PstInode *inode;
  gsize size;

  param.attr.st_ino = pst_inode_visible_number (reader->dir->dev, entry->d_ino);
  param.attr.st_mode = DTTOIF (entry->d_type);
  if (!plus)
    return fuse_add_direntry (req, out, left, entry->d_name, &param.attr, entry->d_off);
  size = fuse_add_direntry_plus (req, NULL, 0, entry->d_name, NULL, 0);
  if (size > left)
    return size;
  if (!dots && dir != NULL && fstatat (dir->fd, entry->d_name, &param.attr, AT_SYMLINK_NOFOLLOW) == 0)
    {
      inode = pst_ops_enter (reader->dir, entry->d_name, &param);
      (void)inode;
    }
  return fuse_add_direntry_plus (req, out, left, entry->d_name, &param, entry->d_off);
}

static void
read_tree (fuse_req_t req, PstHandle *handle, gsize size, gint64 offset, gboolean plus)
{
  PstReader *reader = handle->reader;
  gboolean uniform = pst_gate_is_uniform (reader->dir);
  g_autofree char *out = g_malloc (size);
  PstDir *dir = NULL;
  gsize filled = 0;
  int error = pst_gate_check_open (reader->dir);

  if (error == 0)
    error = seek_to (handle, offset);
  if (error == 0 && plus)
    dir = pst_dir_acquire (reader->dir);
  while (error == 0)
    {
      const struct dirent64_ *entry;
      gsize n = 0;

      if (reader->at == reader->used)
        {
          long got = syscall (SYS_getdents64, handle->fd, reader->buffer, BUFFER_SIZE);
          if (got < 0)
            error = errno == ENOENT ? 0 : errno; /* removed: empty */
          if (got <= 0)
            break;
          reader->used = got;
          reader->at = 0;
        }
      entry = (const struct dirent64_ *)(void *)(reader->buffer + reader->at);
      if (may_show (reader, entry->d_name, uniform))
        n = add_entry (req, handle, dir, entry, plus, out + filled, size - filled);
      if (n > size - filled)
        break;
      filled += n;
      reader->at += entry->d_reclen;
      reader->next = entry->d_off;
    }
  pst_dir_unref (dir);
  if (error != 0 && filled == 0)
    fuse_reply_err (req, error);
  else
    fuse_reply_buf (req, out, filled);
}

static void
read_list (fuse_req_t req, PstHandle *handle, gsize size, gint64 offset, gboolean plus)
{
  g_autofree char *out = g_malloc (size);
  GPtrArray *list = handle->reader->list;
  gsize filled = 0;

  for (guint i = MAX (offset, 0); i < list->len; i++)
    {
      const PstListed *listed = g_ptr_array_index (list, i);
      struct fuse_entry_param param = { .attr = { .st_ino = listed->ino, .st_mode = listed->type } };
      gsize n = plus ? fuse_add_direntry_plus (req, out + filled, size - filled, listed->name, &param, i + 1)
                     : fuse_add_direntry (req, out + filled, size - filled, listed->name, &param.attr, i + 1);
      if (n > size - filled)
        break;
      filled += n;
    }
  fuse_reply_buf (req, out, filled);
}

static void
read_any (fuse_req_t req, gsize size, gint64 offset, struct fuse_file_info *fi, gboolean plus)
{
  /* a reference: once it is answered, the directory may be closed by another worker */
  PstHandle *handle = pst_handle_ref (pst_handle_from_number (fi->fh));

  g_mutex_lock (&handle->reader->lock);
  if (handle->reader->list != NULL)
    read_list (req, handle, size, offset, plus);
  else
    read_tree (req, handle, size, offset, plus);
  g_mutex_unlock (&handle->reader->lock);
  pst_handle_unref (handle);
}

static void
op_readdir (fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
  read_any (req, size, off, fi, FALSE);
}

static void
op_readdirplus (fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
  read_any (req, size, off, fi, TRUE);
}

static void
op_fsyncdir (fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
  PstHandle *handle = pst_handle_from_number (fi->fh);
  int error = 0;

  g_mutex_lock (&handle->reader->lock);
  if (handle->reader->dir != NULL)
    {
      error = pst_gate_check_open (handle->reader->dir);
      if (error == 0 && handle->fd < 0)
        {
          int fd = pst_backing_open (handle->reader->dir, O_RDONLY);
          if (fd < 0)
            error = -fd;
          else
            handle->fd = fd;
        }
      if (error == 0)
        error = (datasync ? fdatasync (handle->fd) : fsync (handle->fd)) < 0 ? errno : 0;
    }
  g_mutex_unlock (&handle->reader->lock);
  fuse_reply_err (req, error);
}

void
pst_ops_dir_fill (struct fuse_lowlevel_ops *ops)
{
  ops->opendir = op_opendir;
  ops->releasedir = op_releasedir;
  ops->readdir = op_readdir;
  ops->readdirplus = op_readdirplus;
  ops->fsyncdir = op_fsyncdir;
}
