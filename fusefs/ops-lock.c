/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

#include "backing-tree.h"
#include "notify.h"
#include "pst-fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

/* Locks, so that they hold against programs outside too.
 *
 * flock(2) belongs to an open file description, and a handle is one: it is done on the handle's descriptor. fcntl(2) locks
 * belong to a process, which all look like one from outside. Each owner that the kernel names therefore gets a descriptor of
 * its own for the file, and open-file-description locks on it: that of the handle it first locked through, or a newly opened
 * one if that serves another owner (after fork(2)) or has the wrong mode.
 *
 * Whoever gets a lock must see what its last holder wrote, perhaps outside: before the answer the kernel is told to drop what
 * it has cached of the file, if that has changed since.
 *
 * Nobody waits for a lock in a system call. A request that may wait is tried again whenever a lock is given up here, and every
 * RETRY_MS for those given up outside. */

#define RETRY_MS 20
#define MAX_WAITING 4096

typedef struct
{
  guint64 owner;
  pid_t pid;
  int fd;
  gboolean close_fd;
  PstHandle *handle; /* a reference, unless close_fd */
  int mode;          /* O_ACCMODE of fd */
} Owner;

typedef struct
{
  guint64 number;
  fuse_req_t req;
  PstHandle *handle; /* a reference */
  guint64 owner;
  struct flock lock;
  int flock_op; /* -1: lock */
} Waiter;

static GMutex lock;
static GHashTable *inodes; /* PstInode → GPtrArray of Owner; a reference of the inode each */
static gint n_inodes;      /* atomic */
static GPtrArray *waiters;
static guint64 next_number = 1;
static guint timer;

static void
owner_free (gpointer data)
{
  Owner *owner = data;
  if (owner->close_fd)
    pst_fd_clear (&owner->fd);
  pst_handle_unref (owner->handle);
  g_free (owner);
}

static void
inode_key_free (gpointer data)
{
  g_atomic_int_add (&n_inodes, -1);
  pst_inode_unref (data);
}

void
pst_locks_init (void)
{
  inodes = g_hash_table_new_full (NULL, NULL, inode_key_free, (GDestroyNotify)g_ptr_array_unref);
  waiters = g_ptr_array_new ();
}

static GPtrArray *
owners_of (PstInode *inode, gboolean make)
{
  GPtrArray *owners = g_hash_table_lookup (inodes, inode);
  if (owners == NULL && make)
    {
      owners = g_ptr_array_new_with_free_func (owner_free);
      g_hash_table_insert (inodes, pst_inode_ref (inode), owners);
      g_atomic_int_inc (&n_inodes);
      g_mutex_lock (&pst_table_lock);
      inode->posix_locks = TRUE;
      g_mutex_unlock (&pst_table_lock);
    }
  return owners;
}

static gboolean
mode_suffices (int mode, short type)
{
  return type == F_UNLCK || mode == O_RDWR || (type == F_RDLCK) == (mode == O_RDONLY);
}

/* The descriptor on which @owner locks; NULL with errno. */
static Owner *
owner_get (PstHandle *handle, guint64 number, pid_t pid, short type)
{
  GPtrArray *owners = owners_of (handle->inode, TRUE);
  gboolean taken = FALSE;
  Owner *owner;
  int fd;

  for (guint i = 0; i < owners->len; i++)
    {
      owner = g_ptr_array_index (owners, i);
      if (owner->owner == number && mode_suffices (owner->mode, type))
        return owner;
      taken |= owner->handle == handle;
    }
  if (!mode_suffices (handle->flags & O_ACCMODE, type))
    {
      errno = EBADF;
      return NULL;
    }
  fd = handle->fd;
  if (taken)
    {
      fd = pst_backing_open (handle->inode, handle->flags & O_ACCMODE);
      if (fd < 0)
        {
          errno = ENOLCK;
          return NULL;
        }
    }
  owner = g_new0 (Owner, 1);
  *owner = (Owner){ .owner = number, .pid = pid, .fd = fd, .close_fd = taken, .mode = handle->flags & O_ACCMODE };
  owner->handle = taken ? NULL : pst_handle_ref (handle);
  g_atomic_int_set (&handle->locks, TRUE);
  g_ptr_array_add (owners, owner);
  return owner;
}

/* On every other descriptor of the same owner the range is given up: it is about to be locked on @keep. */
static void
unlock_others (PstInode *inode, guint64 number, const Owner *keep, const struct flock *range)
{
  GPtrArray *owners = owners_of (inode, FALSE);
  for (guint i = 0; owners != NULL && i < owners->len; i++)
    {
      Owner *owner = g_ptr_array_index (owners, i);
      struct flock unlock = *range;
      unlock.l_type = F_UNLCK;
      unlock.l_pid = 0;
      if (owner->owner == number && owner != keep)
        fcntl (owner->fd, F_OFD_SETLK, &unlock);
    }
}

static int
set_lock (PstHandle *handle, guint64 number, const struct flock *wanted)
{
  struct flock request = *wanted;
  Owner *owner;

  request.l_pid = 0;
  if (request.l_type == F_UNLCK)
    {
      if (owners_of (handle->inode, FALSE) != NULL)
        unlock_others (handle->inode, number, NULL, &request);
      return 0;
    }
  owner = owner_get (handle, number, wanted->l_pid, request.l_type);
  if (owner == NULL)
    return errno;
  unlock_others (handle->inode, number, owner, &request);
  return fcntl (owner->fd, F_OFD_SETLK, &request) < 0 ? errno : 0;
}

static int
try (PstHandle *handle, guint64 number, const struct flock *wanted, int flock_op)
{
  if (flock_op < 0)
    return set_lock (handle, number, wanted);
  g_atomic_int_set (&handle->locks, TRUE);
  return flock (handle->fd, flock_op | LOCK_NB) < 0 ? errno : 0;
}

static void
reply_locked (gpointer data)
{
  fuse_reply_err (data, 0);
}

/* The lock is held, or given up if not @taken. */
static void
reply_done (fuse_req_t req, PstHandle *handle, gboolean taken)
{
  struct stat st;

  if (!taken || (fstat (handle->fd, &st) == 0 && pst_ops_cache_is_current (handle->inode, &st)))
    fuse_reply_err (req, 0);
  else
    pst_notify_changed (pst_inode_ref (handle->inode), reply_locked, req);
}

/* ---- waiting ---- */

static void
waiter_free (Waiter *waiter)
{
  pst_handle_unref (waiter->handle);
  g_free (waiter);
}

static gboolean
retry (gpointer data)
{
  g_autoptr (GPtrArray) done = g_ptr_array_new ();
  gboolean more;

  g_mutex_lock (&lock);
  for (guint i = 0; i < waiters->len;)
    {
      Waiter *waiter = g_ptr_array_index (waiters, i);
      int error = try (waiter->handle, waiter->owner, &waiter->lock, waiter->flock_op);
      if (error == EAGAIN || error == EACCES)
        {
          i++;
          continue;
        }
      waiter->lock.l_pid = error;
      g_ptr_array_add (done, g_ptr_array_steal_index (waiters, i));
    }
  more = waiters->len > 0;
  if (!more && data == NULL)
    timer = 0;
  g_mutex_unlock (&lock);
  for (guint i = 0; i < done->len; i++)
    {
      Waiter *waiter = g_ptr_array_index (done, i);
      fuse_req_interrupt_func (waiter->req, NULL, NULL);
      if (waiter->lock.l_pid == 0)
        reply_done (waiter->req, waiter->handle, TRUE);
      else
        fuse_reply_err (waiter->req, waiter->lock.l_pid);
      waiter_free (waiter);
    }
  return more && data == NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
retry_once (gpointer data)
{
  retry (GINT_TO_POINTER (1));
  return G_SOURCE_REMOVE;
}

/* With the lock held */
static void
given_up (void)
{
  if (waiters->len > 0)
    g_idle_add_full (G_PRIORITY_DEFAULT, retry_once, NULL, NULL);
}

static gboolean
interrupted_in_main_loop (gpointer data)
{
  guint64 number = *(guint64 *)data;
  Waiter *found = NULL;

  g_mutex_lock (&lock);
  for (guint i = 0; i < waiters->len && found == NULL; i++)
    if (((Waiter *)g_ptr_array_index (waiters, i))->number == number)
      found = g_ptr_array_steal_index (waiters, i);
  g_mutex_unlock (&lock);
  if (found != NULL)
    {
      /* the kernel makes the call restartable by itself */
      fuse_reply_err (found->req, EINTR);
      waiter_free (found);
    }
  return G_SOURCE_REMOVE;
}

static void
on_interrupt (fuse_req_t req, void *data)
{
  guint64 number = GPOINTER_TO_SIZE (data);
  g_idle_add_full (G_PRIORITY_DEFAULT, interrupted_in_main_loop, g_memdup2 (&number, sizeof number), g_free);
}

static void
lock_or_wait (fuse_req_t req, PstHandle *handle, guint64 number, const struct flock *wanted, int flock_op, gboolean waits)
{
  guint64 waiter_number = 0;
  int error;

  /* before it can be answered: the number is known beforehand */
  g_mutex_lock (&lock);
  if (waits)
    waiter_number = next_number++;
  g_mutex_unlock (&lock);
  if (waits)
    fuse_req_interrupt_func (req, on_interrupt, GSIZE_TO_POINTER (waiter_number));

  g_mutex_lock (&lock);
  error = try (handle, number, wanted, flock_op);
  if (waits && (error == EAGAIN || error == EACCES) && waiters->len < MAX_WAITING)
    {
      Waiter *waiter = g_new0 (Waiter, 1);
      *waiter = (Waiter){
        .number = waiter_number, .req = req, .handle = pst_handle_ref (handle), .owner = number, .flock_op = flock_op
      };
      if (wanted != NULL)
        waiter->lock = *wanted;
      g_ptr_array_add (waiters, waiter);
      if (timer == 0)
        timer = g_timeout_add (RETRY_MS, retry, NULL);
      /* an interrupt that came before it was in the list */
      if (fuse_req_interrupted (req))
        on_interrupt (req, GSIZE_TO_POINTER (waiter_number));
      g_mutex_unlock (&lock);
      return;
    }
  if (error == 0)
    given_up (); /* unlocked, or made weaker */
  g_mutex_unlock (&lock);
  if (waits)
    fuse_req_interrupt_func (req, NULL, NULL);
  if (error == 0)
    reply_done (req, handle, flock_op < 0 ? wanted->l_type != F_UNLCK : (flock_op & LOCK_UN) == 0);
  else
    fuse_reply_err (req, error == EACCES ? EAGAIN : error);
}

static void
op_setlk (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *wanted, int sleep)
{
  PstHandle *handle = pst_handle_from_number (fi->fh);
  int error = pst_handle_check (handle);
  if (error != 0)
    fuse_reply_err (req, error);
  else
    lock_or_wait (req, handle, fi->lock_owner, wanted, -1, sleep && wanted->l_type != F_UNLCK);
}

static void
op_flock (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int op)
{
  PstHandle *handle = pst_handle_from_number (fi->fh);
  int error = pst_handle_check (handle);
  if (error != 0)
    fuse_reply_err (req, error);
  else
    lock_or_wait (req, handle, 0, NULL, op & ~LOCK_NB, !(op & (LOCK_NB | LOCK_UN)));
}

static void
op_getlk (fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *wanted)
{
  PstHandle *handle = pst_handle_from_number (fi->fh);
  struct flock found = *wanted;
  GPtrArray *owners;
  int fd = handle->fd, error;

  found.l_pid = 0;
  g_mutex_lock (&lock);
  owners = owners_of (handle->inode, FALSE);
  for (guint i = 0; owners != NULL && i < owners->len; i++)
    {
      Owner *owner = g_ptr_array_index (owners, i);
      if (owner->owner == fi->lock_owner)
        fd = owner->fd;
    }
  error = fcntl (fd, F_OFD_GETLK, &found) < 0 ? errno : 0;
  if (error == 0 && found.l_type != F_UNLCK && found.l_pid < 0)
    {
      /* one of ours: say whose, as far as that can be told */
      found.l_pid = 0;
      for (guint i = 0; owners != NULL && i < owners->len; i++)
        {
          Owner *owner = g_ptr_array_index (owners, i);
          if (owner->owner != fi->lock_owner)
            found.l_pid = owner->pid;
        }
    }
  g_mutex_unlock (&lock);
  if (error != 0)
    fuse_reply_err (req, error);
  else
    fuse_reply_lock (req, &found);
}

/* Drops the owners of @inode that @number (0: any) and @handle (NULL: any) describe. */
static void
drop (PstInode *inode, guint64 number, PstHandle *handle)
{
  GPtrArray *owners;

  g_mutex_lock (&lock);
  owners = owners_of (inode, FALSE);
  for (guint i = 0; owners != NULL && i < owners->len;)
    {
      Owner *owner = g_ptr_array_index (owners, i);
      if ((number == 0 || owner->owner == number) && (handle == NULL || owner->handle == handle))
        {
          struct flock all = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
          /* the descriptor may stay open */
          fcntl (owner->fd, F_OFD_SETLK, &all);
          g_ptr_array_remove_index_fast (owners, i);
        }
      else
        i++;
    }
  if (owners != NULL && owners->len == 0)
    g_hash_table_remove (inodes, inode);
  given_up ();
  g_mutex_unlock (&lock);
}

void
pst_locks_flush (PstInode *inode, guint64 owner)
{
  if (g_atomic_int_get (&n_inodes) > 0)
    drop (inode, owner, NULL);
}

void
pst_locks_release (PstHandle *handle)
{
  drop (handle->inode, 0, handle);
}

void
pst_ops_lock_fill (struct fuse_lowlevel_ops *ops)
{
  ops->getlk = op_getlk;
  ops->setlk = op_setlk;
  ops->flock = op_flock;
}
