/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model: a tmpfs becomes the root by pivot_root, with the host's whole tree kept at /.host until the end. Each source is
 * cloned from there, restricted while it is still attached nowhere, and only then moved to its place: there is no moment in
 * which it is writable inside. Two more stages are removed at the end: /.scratch, one tmpfs whose directories are bound to the
 * writable places, and
 * /.gate, the gate's file system, whose directories are bound over the user's. */
#include "mounts.h"

#include "pst-fd.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define HOST "/.host"
#define GATE "/.gate"
#define SCRATCH "/.scratch"

struct _PstMounts
{
  int host; /* the host's root */
  int gate; /* borrowed */
  gboolean has_gate;
  guint n_scratch;
  int sockets[PST_MOUNTS_MAX_SOCKETS];
  gsize n_sockets;
};

static gboolean
fail (GError **error, const char *what, const char *path)
{
  int saved = errno;
  g_autofree char *shown = g_strescape (path ? path : "", NULL);

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved), _ ("the sandbox could not be built: %s%s%s: %s"), what,
               path ? " " : "", shown, g_strerror (saved));
  return FALSE;
}

gboolean
pst_mounts_restrict (int fd, guint64 attributes)
{
  struct mount_attr attr = { .attr_set = attributes, .propagation = MS_PRIVATE };

  return mount_setattr (fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) == 0;
}

/* mkdir -p of the parent of @path, in the new root. */
static gboolean
make_parents (const char *path)
{
  char *copy = strdupa (path);

  for (char *slash = strchr (copy + 1, '/'); slash; slash = strchr (slash + 1, '/'))
    {
      *slash = '\0';
      if (mkdir (copy, 0755) < 0 && errno != EEXIST)
        return FALSE;
      *slash = '/';
    }
  return TRUE;
}

static gboolean
make_dir (const char *path, mode_t mode)
{
  if (mkdir (path, mode) == 0 || errno == EEXIST)
    return TRUE;
  return errno == ENOENT && make_parents (path) && mkdir (path, mode) == 0;
}

static int
create (const char *path, mode_t mode)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

  if (fd < 0 && errno == ENOENT && make_parents (path))
    fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  return fd;
}

static gboolean
make_file (const char *path, mode_t mode, GBytes *data)
{
  pst_autofd fd = create (path, mode);
  gsize size = 0;
  const char *bytes = data ? g_bytes_get_data (data, &size) : NULL;

  if (fd < 0)
    return !data && errno == EEXIST; /* a place to bind to may be there already */
  while (size > 0)
    {
      ssize_t n = write (fd, bytes, size);

      if (n < 0)
        return FALSE;
      bytes += n;
      size -= n;
    }
  return TRUE;
}

static gboolean
make_symlink (const char *text, const char *path)
{
  if (symlink (text, path) == 0)
    return TRUE;
  return errno == ENOENT && make_parents (path) && symlink (text, path) == 0;
}

/* Attaches the detached mount @fd, a directory or not, at @path. */
static gboolean
attach (int fd, gboolean directory, const char *path)
{
  if (!(directory ? make_dir (path, 0755) : make_file (path, 0444, NULL)))
    return FALSE;
  return move_mount (fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

/* A detached clone of @path on the host, with the mounts below it. Symbolic links on the way mean what they mean there; with
 * @exact there are none: somebody has put one where a moment ago there was the thing itself. */
static int
clone_host (PstMounts *mounts, const char *path, gboolean exact, struct stat *st)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | (exact ? RESOLVE_NO_SYMLINKS : 0) };
  pst_autofd fd = syscall (SYS_openat2, mounts->host, path, &how, sizeof how);

  if (fd < 0 || fstat (fd, st) < 0)
    return -1;
  return open_tree (fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
}

static gboolean
bind_host (PstMounts *mounts, const char *source, gboolean exact, const char *target, guint64 attributes)
{
  struct stat st;
  pst_autofd fd = clone_host (mounts, source, exact, &st);

  return fd >= 0 && pst_mounts_restrict (fd, attributes) && attach (fd, S_ISDIR (st.st_mode), target);
}

static gboolean
mirror (PstMounts *mounts, const char *source, const char *target)
{
  char text[PATH_MAX];
  ssize_t n = readlinkat (mounts->host, source + 1, text, sizeof text - 1);

  if (n >= 0)
    {
      text[n] = '\0';
      return make_symlink (text, target);
    }
  if (errno == ENOENT || errno == ENOTDIR)
    return TRUE;
  if (errno != EINVAL)
    return FALSE;
  return bind_host (mounts, source, FALSE, target, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

static gboolean
scratch (PstMounts *mounts, const char *target, mode_t mode)
{
  char stage[32];

  if (mounts->n_scratch == 0)
    if (!make_dir (SCRATCH, 0700) || mount ("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
      return FALSE;
  g_snprintf (stage, sizeof stage, SCRATCH "/%u", ++mounts->n_scratch);
  return mkdir (stage, mode) == 0 && make_dir (target, mode) && mount (stage, target, NULL, MS_BIND, NULL) == 0;
}

static gboolean
gate (PstMounts *mounts, const char *name, const char *target)
{
  g_autofree char *stage = g_build_filename (GATE, name, NULL);
  pst_autofd fd = -1;

  if (!mounts->has_gate)
    {
      if (!make_dir (GATE, 0700) || move_mount (mounts->gate, "", AT_FDCWD, GATE, MOVE_MOUNT_F_EMPTY_PATH) < 0)
        return FALSE;
      mounts->has_gate = TRUE;
    }
  fd = open_tree (AT_FDCWD, stage, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  return fd >= 0 && attach (fd, TRUE, target);
}

/* The empty file is that of the composed /etc. */
static gboolean
cover (const char *target)
{
  pst_autofd fd = open_tree (AT_FDCWD, "/etc/resolv.conf", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);

  if (fd < 0 || !pst_mounts_restrict (fd, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC))
    return FALSE;
  return move_mount (fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) == 0 || errno == ENOENT;
}

/* Programs may connect before the proxy serves it: they wait in the kernel's list. */
static gboolean
listen_at (PstMounts *mounts, const char *target, mode_t mode)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  pst_autofd fd = -1;

  if (mounts->n_sockets == G_N_ELEMENTS (mounts->sockets) || strlen (target) >= sizeof address.sun_path)
    {
      errno = EINVAL;
      return FALSE;
    }
  strcpy (address.sun_path, target);
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || !make_parents (target) || bind (fd, (struct sockaddr *)&address, sizeof address) < 0 ||
      chmod (target, mode) < 0 || listen (fd, SOMAXCONN) < 0)
    return FALSE;
  mounts->sockets[mounts->n_sockets++] = pst_fd_steal (&fd);
  return TRUE;
}

gsize
pst_mounts_steal_sockets (PstMounts *mounts, int *fds)
{
  gsize n = mounts->n_sockets;

  memcpy (fds, mounts->sockets, n * sizeof *fds);
  mounts->n_sockets = 0;
  return n;
}

static gboolean
run_op (PstMounts *mounts, const PstPlanOp *op, const int *privates, gsize n_privates, gsize *private_index)
{
  switch (op->type)
    {
    case PST_PLAN_DIR:
      return make_dir (op->target, op->mode);
    case PST_PLAN_FILE:
      return make_file (op->target, op->mode, op->data);
    case PST_PLAN_SYMLINK:
      return make_symlink (op->source, op->target);
    case PST_PLAN_BIND:
      return bind_host (mounts, op->source, TRUE, op->target, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    case PST_PLAN_MIRROR:
      return mirror (mounts, op->source, op->target);
    case PST_PLAN_DEVICE:
      return bind_host (mounts, op->source, FALSE, op->target, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    case PST_PLAN_SCRATCH:
      return scratch (mounts, op->target, op->mode);
    case PST_PLAN_PROC:
      return make_dir (op->target, op->mode) && mount ("proc", op->target, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
    case PST_PLAN_DEVPTS:
      return make_dir (op->target, op->mode) &&
             mount ("devpts", op->target, "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620") == 0;
    case PST_PLAN_GATE:
      return gate (mounts, op->source, op->target);
    case PST_PLAN_SOCKET:
      return listen_at (mounts, op->target, op->mode);
    case PST_PLAN_COVER:
      return cover (op->target);
    case PST_PLAN_PRIVATE:
      if (*private_index >= n_privates)
        {
          errno = EINVAL;
          return FALSE;
        }
      return move_mount (privates[(*private_index)++], "", AT_FDCWD, op->target, MOVE_MOUNT_F_EMPTY_PATH) == 0;
    default:
      errno = EINVAL;
      return FALSE;
    }
}

PstMounts *
pst_mounts_begin (int gate_mount, GError **error)
{
  PstMounts *mounts;
  int host;

  /* /tmp is on every system and is only borrowed: pivot_root takes the tmpfs off it again. */
  if (mount ("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0 || chdir ("/tmp") < 0)
    {
      fail (error, "a tmpfs", NULL);
      return NULL;
    }
  if (mkdir (&HOST[1], 0700) < 0 || syscall (SYS_pivot_root, ".", &HOST[1]) < 0 || chdir ("/") < 0)
    {
      fail (error, "changing the root", NULL);
      return NULL;
    }
  host = open (HOST, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (host < 0)
    {
      fail (error, HOST, NULL);
      return NULL;
    }
  mounts = g_new0 (PstMounts, 1);
  mounts->host = host;
  mounts->gate = gate_mount;
  return mounts;
}

gboolean
pst_mounts_run (PstMounts *mounts, const PstPlan *plan, const int *privates, gsize n_privates, GError **error)
{
  gsize private_index = 0;

  for (guint i = 0; i < plan->ops->len; i++)
    {
      const PstPlanOp *op = g_ptr_array_index (plan->ops, i);

      if (run_op (mounts, op, privates, n_privates, &private_index))
        continue;
      if (op->type == PST_PLAN_PROC && errno == EPERM)
        {
          g_set_error_literal (
              error, G_FILE_ERROR, G_FILE_ERROR_PERM,
              _ ("the sandbox could not be built: the kernel refuses a new /proc, because parts of the present one are "
                 "covered (inside a container, start the container with its /proc unmasked)"));
          return FALSE;
        }
      return fail (error, "step", op->target);
    }
  return TRUE;
}

gboolean
pst_mounts_end (PstMounts *mounts, GError **error)
{
  struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
  gboolean ok;

  pst_fd_clear (&mounts->host);
  ok = umount2 (HOST, MNT_DETACH) == 0 && rmdir (HOST) == 0;
  if (ok && mounts->has_gate)
    ok = umount2 (GATE, MNT_DETACH) == 0 && rmdir (GATE) == 0;
  if (ok && mounts->n_scratch > 0)
    ok = umount2 (SCRATCH, MNT_DETACH) == 0 && rmdir (SCRATCH) == 0;
  /* Shared among the application's own nested namespaces, so that live mounts reach them; private towards the host. */
  ok = ok && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount (NULL, "/", NULL, MS_REC | MS_SHARED, NULL) == 0;
  ok = ok && mount_setattr (AT_FDCWD, "/", 0, &read_only, sizeof read_only) == 0;
  if (!ok)
    fail (error, "finishing the root", NULL);
  g_free (mounts);
  return ok;
}

static gboolean
set_number (int context, const char *key, guint number, gboolean octal)
{
  char text[16];

  g_snprintf (text, sizeof text, octal ? "%o" : "%u", number);
  return fsconfig (context, FSCONFIG_SET_STRING, key, text, 0) == 0;
}

gboolean
pst_mounts_new_gate (uid_t uid, gid_t gid, int *device, int *mount_fd, GError **error)
{
  pst_autofd fuse = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  pst_autofd context = -1;

  if (fuse < 0)
    {
      int saved = errno;

      if (saved == ENOENT || saved == ENODEV || saved == ENXIO)
        g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                             _ ("there is no /dev/fuse: load the kernel module (sudo modprobe fuse)"));
      else
        g_set_error (
            error, G_FILE_ERROR, g_file_error_from_errno (saved),
            _ ("/dev/fuse cannot be opened (%s): it must be readable and writable for everyone (sudo chmod 666 /dev/fuse)"),
            g_strerror (saved));
      return FALSE;
    }
  context = fsopen ("fuse", FSOPEN_CLOEXEC);
  if (context < 0 || fsconfig (context, FSCONFIG_SET_STRING, "source", "postern", 0) < 0 ||
      fsconfig (context, FSCONFIG_SET_STRING, "subtype", "postern", 0) < 0 || !set_number (context, "fd", fuse, FALSE) ||
      !set_number (context, "rootmode", 040000, TRUE) || !set_number (context, "user_id", uid, FALSE) ||
      !set_number (context, "group_id", gid, FALSE) ||
      fsconfig (context, FSCONFIG_SET_FLAG, "default_permissions", NULL, 0) < 0 ||
      fsconfig (context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
    return fail (error, "mounting the gate", NULL);
  *mount_fd = fsmount (context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (*mount_fd < 0)
    return fail (error, "mounting the gate", NULL);
  *device = pst_fd_steal (&fuse);
  return TRUE;
}
