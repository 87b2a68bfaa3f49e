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
 * Shared memory does not reach outside: a mapping here and one there are two. SQLite keeps the index of its write-ahead log in
 * one
 * ("x.db-shm") and would lose what the other side wrote. Whoever uses it holds a shared lock on one byte of it, the "dead man's
 * switch". So while anybody here holds that, a guard holds it exclusively towards outside, and the other way round a lock that
 * is held outside is shown as an exclusive one: SQLite then says that the database is locked.
 *
 * Nobody waits for a lock in a system call. A request that may wait is tried again whenever a lock is given up here, and every
 * RETRY_MS for those given up outside. */

#define RETRY_MS 20
#define MAX_WAITING 4096
#define SWITCH_BYTE 128 /* sqlite/src/os_unix.c: UNIX_SHM_DMS, part of the file format */
#define GUARD G_MAXUINT64

typedef struct
{
  guint64 owner;
  pid_t pid;
  int fd;
  gboolean close_fd;
  PstHandle *handle; /* a reference, unless close_fd */
  int mode;          /* O_ACCMODE of fd */
  short on_switch;   /* F_UNLCK, or how it holds the dead man's switch; then that byte is not locked on fd */
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
  *owner = (Owner){
    .owner = number, .pid = pid, .fd = fd, .close_fd = taken, .mode = handle->flags & O_ACCMODE, .on_switch = F_UNLCK
  };
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

/* ---- the dead man's switch of a shared index ---- */

static gboolean
is_switch (PstInode *inode, const struct flock *range)
{
  gboolean found = FALSE;

  if (G_LIKELY (range->l_start != SWITCH_BYTE || range->l_len != 1))
    return FALSE;
  g_mutex_lock (&pst_table_lock);
  for (PstLink *link = inode->links; link != NULL && !found; link = link->next)
    found = g_str_has_suffix (link->name, "-shm");
  g_mutex_unlock (&pst_table_lock);
  return found;
}

static Owner *
find_guard (GPtrArray *owners)
{
  for (guint i = 0; owners != NULL && i < owners->len; i++)
    if (((Owner *)g_ptr_array_index (owners, i))->owner == GUARD)
      return g_ptr_array_index (owners, i);
  return NULL;
}

/* Somebody else here whose hold on the switch forbids @type. (nullable) */
static Owner *
find_on_switch (GPtrArray *owners, guint64 number, short type)
{
  for (guint i = 0; owners != NULL && i < owners->len; i++)
    {
      Owner *owner = g_ptr_array_index (owners, i);
      if (owner->owner != number && owner->on_switch != F_UNLCK && (type == F_WRLCK || owner->on_switch == F_WRLCK))
        return owner;
    }
  return NULL;
}

static int
guard_lock (Owner *guard, short type)
{
  struct flock lock_ = { .l_type = type, .l_whence = SEEK_SET, .l_start = SWITCH_BYTE, .l_len = 1 };
  return fcntl (guard->fd, F_OFD_SETLK, &lock_) < 0 ? errno : 0;
}

/* When the last one here has let go of the switch, the guard does. (Else it locks once more: it may share a description from
 * which all locks of a range were just taken.) */
static void
relax_guard (GPtrArray *owners)
{
  Owner *guard = find_guard (owners);
  if (guard != NULL)
    guard_lock (guard, find_on_switch (owners, GUARD, F_WRLCK) != NULL ? F_WRLCK : F_UNLCK);
}

static void
let_go_of_switch (GPtrArray *owners, guint64 number)
{
  for (guint i = 0; owners != NULL && i < owners->len; i++)
    {
      Owner *owner = g_ptr_array_index (owners, i);
      if (owner->owner == number)
        owner->on_switch = F_UNLCK;
    }
  relax_guard (owners);
}

static int
set_switch (PstHandle *handle, guint64 number, const struct flock *wanted)
{
  GPtrArray *owners = owners_of (handle->inode, TRUE);
  Owner *guard = find_guard (owners), *owner;
  int error;

  if (find_on_switch (owners, number, wanted->l_type) != NULL)
    return EAGAIN;
  owner = owner_get (handle, number, wanted->l_pid, wanted->l_type);
  if (owner == NULL)
    return errno;
  if (guard == NULL)
    {
      int fd = pst_backing_open (handle->inode, O_RDWR);
      if (fd < 0 && (handle->flags & O_ACCMODE) == O_RDWR)
        fd = fcntl (handle->fd, F_DUPFD_CLOEXEC, 3); /* a file that is reached by name */
      if (fd < 0)
        return ENOLCK;
      guard = g_new0 (Owner, 1);
      *guard = (Owner){ .owner = GUARD, .fd = fd, .close_fd = TRUE, .mode = O_RDWR, .on_switch = F_UNLCK };
      g_ptr_array_add (owners, guard);
    }
  error = guard_lock (guard, F_WRLCK);
  if (error != 0)
    return error;
  for (guint i = 0; i < owners->len; i++)
    {
      Owner *other = g_ptr_array_index (owners, i);
      if (other->owner == number)
        other->on_switch = F_UNLCK;
    }
  owner->on_switch = wanted->l_type;
  return 0;
}

static void
get_switch (PstHandle *handle, guint64 number, struct flock *found)
{
  GPtrArray *owners = owners_of (handle->inode, FALSE);
  Owner *guard = find_guard (owners), *other = find_on_switch (owners, number, found->l_type);
  struct flock outside = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SWITCH_BYTE, .l_len = 1 };

  if (other != NULL)
    {
      found->l_type = other->on_switch;
      found->l_pid = other->pid;
    }
  else if (fcntl (guard != NULL ? guard->fd : handle->fd, F_OFD_GETLK, &outside) == 0 && outside.l_type != F_UNLCK)
    found->l_type = F_WRLCK;
  else
    found->l_type = F_UNLCK;
}

static int
set_lock (PstHandle *handle, guint64 number, const struct flock *wanted)
{
  struct flock request = *wanted;
  Owner *owner;

  request.l_pid = 0;
  if (request.l_type == F_UNLCK)
    {
      GPtrArray *owners = owners_of (handle->inode, FALSE);
      if (owners != NULL)
        unlock_others (handle->inode, number, NULL, &request);
      if (request.l_start <= SWITCH_BYTE && (request.l_len == 0 || request.l_start + request.l_len > SWITCH_BYTE))
        let_go_of_switch (owners, number);
      return 0;
    }
  if (G_UNLIKELY (is_switch (handle->inode, &request)))
    return set_switch (handle, number, wanted);
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
  if (G_UNLIKELY (is_switch (handle->inode, &found)))
    {
      g_mutex_lock (&lock);
      get_switch (handle, fi->lock_owner, &found);
      g_mutex_unlock (&lock);
      fuse_reply_lock (req, &found);
      return;
    }
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
  relax_guard (owners);
  if (owners != NULL && (owners->len == 0 || (owners->len == 1 && find_guard (owners) != NULL)))
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
