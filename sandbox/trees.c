/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model: a tree is opened by its real path, in the host's view of the mounts (A), with not one symbolic link followed, and
 * its device and inode are compared with those that the person was shown. Then it is cloned (open_tree), restricted while it is
 * attached nowhere, and either handed to the gate or moved into the sandbox (B).
 *
 * A path is never trusted twice: mounting opens and compares again. So whoever renames or links things in between gets an
 * error, not a mount.
 *
 * Inside, the place to mount on is also found without following links, and must be a directory of the gate's own file system or
 * the very directory that is to be mounted.
 *
 * Entering B and returning is the one thing that a thread beside this would see; the process has only this one.
 */
#include "trees.h"

#include "mounts.h"
#include "pst-fd.h"

#include <glib/gi18n.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct
{
  guint64 id;
  PstTreeKind kind;
  PstAccess access;
  char *path;
  char *real;
  guint64 device;
  guint64 inode;
  gboolean live;
  guint64 mount; /* STATX_MNT_ID of the mount inside, 0: none */
  /* What was cloned, to notice that the host has mounted or unmounted something there. */
  char *from_path;
  guint64 from_mount;
  guint64 from_device;
  guint64 from_inode;
  PstNames *names;
} Tree;

struct _PstTrees
{
  int host;
  int inside;
  guint64 gate_device;
  GHashTable *by_id;
  PstMade *made;
  int mountinfo; /* of A, whichever namespace this process is in */
};

static void
tree_free (gpointer data)
{
  Tree *tree = data;

  g_free (tree->path);
  g_free (tree->real);
  g_free (tree->from_path);
  pst_names_free (tree->names);
  g_free (tree);
}

/* Without asking the file system, so that the gate is not asked to answer us. */
static gboolean
mount_id_of (int dir, const char *name, guint64 *device, guint64 *mount)
{
  struct statx stx;

  if (statx (dir, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_MNT_ID, &stx) < 0)
    return FALSE;
  if (device)
    *device = (guint64)stx.stx_dev_major << 32 | stx.stx_dev_minor;
  *mount = stx.stx_mnt_id;
  return TRUE;
}

PstTrees *
pst_trees_new (int host, int inside, int gate)
{
  PstTrees *trees = g_new0 (PstTrees, 1);
  guint64 mount;

  trees->host = host;
  trees->inside = inside;
  if (!mount_id_of (gate, "", &trees->gate_device, &mount))
    trees->gate_device = G_MAXUINT64; /* nothing is mounted, and the gate serves all */
  trees->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, tree_free);
  trees->made = pst_made_new ();
  trees->mountinfo = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  return trees;
}

static int
open_path (const char *path, guint64 flags)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };

  return syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static gboolean
is_same (const struct stat *st, guint64 device, guint64 inode)
{
  return (device == 0 && inode == 0) || (st->st_dev == device && st->st_ino == inode);
}

/* @path opened, if it is what it was. -1 with errno (ESTALE: something else is there now). */
static int
open_real (const char *path, guint64 device, guint64 inode, struct stat *st)
{
  pst_autofd fd = open_path (path, 0);

  if (fd < 0 || fstat (fd, st) < 0)
    return -1;
  if (!is_same (st, device, inode))
    {
      errno = ESTALE;
      return -1;
    }
  return pst_fd_steal (&fd);
}

/* A detached, restricted clone of the directory @fd. */
static int
clone_dir (int fd, PstAccess access)
{
  pst_autofd clone = open_tree (fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

  if (clone < 0 ||
      !pst_mounts_restrict (clone, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (access == PST_ACCESS_VIEW ? MOUNT_ATTR_RDONLY : 0)))
    return -1;
  return pst_fd_steal (&clone);
}

static gboolean
fail (GError **error, const PstTreeRequest *request)
{
  int saved = errno;
  g_autofree char *shown = g_strescape (request->real, NULL);

  if (saved == ESTALE)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, _ ("%s is not what it was when the question was asked"), shown);
  else if (saved == ELOOP)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_LOOP, _ ("%s has become, or leads through, a symbolic link"), shown);
  else
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved), _ ("%s cannot be attached: %s"), shown,
                 g_strerror (saved));
  return FALSE;
}

/* The directory that holds @path, and the last component in *name. */
static int
open_parent (const char *path, const char **name)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = slash == path ? g_strdup ("/") : g_strndup (path, slash - path);

  *name = slash + 1;
  return open_path (parent, O_DIRECTORY);
}

static gboolean
make_dir (const char *path)
{
  const char *name;
  pst_autofd parent = open_parent (path, &name);

  return parent >= 0 && (mkdirat (parent, name, 0755) == 0 || errno == EEXIST);
}

static void
note_origin (Tree *tree, int fd, const char *path)
{
  struct stat st;

  if (fstat (fd, &st) < 0 || !mount_id_of (fd, "", NULL, &tree->from_mount))
    return;
  tree->from_path = g_strdup (path);
  tree->from_device = st.st_dev;
  tree->from_inode = st.st_ino;
}

/* Unmounted, or covered by another mount. A directory that was only renamed or removed is not lost: whoever has it keeps it, as
 * outside. */
static gboolean
is_lost (const Tree *tree, GHashTable *mounts)
{
  pst_autofd fd = -1;
  guint64 mount;
  struct stat st;

  if (!tree->from_path)
    return FALSE;
  if (!g_hash_table_contains (mounts, &tree->from_mount))
    return TRUE;
  fd = open_path (tree->from_path, 0);
  return fd >= 0 && mount_id_of (fd, "", NULL, &mount) && mount != tree->from_mount && fstat (fd, &st) == 0 &&
         !is_same (&st, tree->from_device, tree->from_inode);
}

static gboolean
attach_tree (const PstTreeRequest *request, Tree *tree, int *root, GError **error)
{
  struct stat st;
  pst_autofd fd = -1;

  if (request->create && !make_dir (request->real))
    return fail (error, request);
  fd = open_real (request->real, request->device, request->inode, &st);
  if (fd >= 0 && !S_ISDIR (st.st_mode))
    {
      errno = ENOTDIR;
      return fail (error, request);
    }
  if (fd < 0 || (*root = clone_dir (fd, request->access)) < 0)
    return fail (error, request);
  note_origin (tree, fd, request->real);
  /* From now on it is this one, whatever was asked. */
  tree->device = st.st_dev;
  tree->inode = st.st_ino;
  return TRUE;
}

static gboolean
attach_names (PstTrees *trees, const PstTreeRequest *request, Tree *tree, GError **error)
{
  struct stat st;
  const char *name = NULL;
  pst_autofd fd = -1, clone = -1;

  if (request->kind == PST_TREE_FILE)
    {
      fd = open_parent (request->real, &name);
      if (fd >= 0 && (request->device != 0 || request->inode != 0))
        {
          if (fstatat (fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return fail (error, request);
          if (!is_same (&st, request->device, request->inode))
            {
              errno = ESTALE;
              return fail (error, request);
            }
        }
    }
  else
    {
      if (request->create && !make_dir (request->real))
        return fail (error, request);
      fd = open_real (request->real, request->device, request->inode, &st);
    }
  if (fd < 0 || (clone = clone_dir (fd, request->access)) < 0)
    return fail (error, request);
  {
    g_autofree char *directory = name ? g_path_get_dirname (request->real) : g_strdup (request->real);

    note_origin (tree, fd, directory);
  }
  tree->names = pst_names_new_take_fd (pst_fd_steal (&clone), name, request->access, trees->made);
  return TRUE;
}

gboolean
pst_trees_attach (PstTrees *trees, const PstTreeRequest *request, int *root, GError **error)
{
  Tree *tree = g_new0 (Tree, 1);
  gboolean ok;

  tree->id = request->id;
  tree->kind = request->kind;
  tree->access = request->access;
  tree->live = request->live && request->kind == PST_TREE_TREE;
  tree->path = g_strdup (request->path);
  tree->real = g_strdup (request->real);
  *root = -1;
  if (request->kind == PST_TREE_TREE)
    ok = attach_tree (request, tree, root, error);
  else
    ok = attach_names (trees, request, tree, error);
  if (!ok)
    {
      tree_free (tree);
      return FALSE;
    }
  pst_trees_detach (trees, tree->id);
  g_hash_table_insert (trees->by_id, &tree->id, tree);
  return TRUE;
}

static void
enter (int ns)
{
  if (setns (ns, CLONE_NEWNS) == 0)
    return;
  /* Half here, half there: nothing that this process did from now on could be trusted. */
  g_printerr ("postern: a mount namespace cannot be entered: %s\n", g_strerror (errno));
  abort ();
}

/* In B. */
static int
move_inside (PstTrees *trees, Tree *tree, int clone)
{
  pst_autofd place = open_path (tree->path, O_DIRECTORY);
  guint64 device, mount;
  struct stat st;

  if (place < 0 || !mount_id_of (place, "", &device, &mount))
    return errno;
  if (tree->mount != 0 && mount == tree->mount)
    return 0; /* it is there already */
  if (device != trees->gate_device && (fstat (place, &st) < 0 || st.st_dev != tree->device || st.st_ino != tree->inode))
    return EBUSY;
  if (move_mount (clone, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
    return errno;
  if (!mount_id_of (clone, "", NULL, &tree->mount))
    return errno;
  return 0;
}

int
pst_trees_mount (PstTrees *trees, guint64 id)
{
  Tree *tree = g_hash_table_lookup (trees->by_id, &id);
  pst_autofd fd = -1, clone = -1;
  struct stat st;
  int r;

  if (!tree || !tree->live)
    return EINVAL;
  fd = open_real (tree->real, tree->device, tree->inode, &st);
  if (fd < 0 || (clone = clone_dir (fd, tree->access)) < 0)
    return errno;
  pst_fd_clear (&fd);
  enter (trees->inside);
  r = move_inside (trees, tree, clone);
  enter (trees->host);
  return r;
}

void
pst_trees_detach (PstTrees *trees, guint64 id)
{
  Tree *tree = g_hash_table_lookup (trees->by_id, &id);

  if (!tree)
    return;
  if (tree->mount != 0)
    {
      const char *name;
      guint64 mount;
      int parent;

      enter (trees->inside);
      parent = open_parent (tree->path, &name);
      /* If something else is on top by now, the gate's invalidation of the name removes what lies beneath. */
      if (parent >= 0 && mount_id_of (parent, name, NULL, &mount) && mount == tree->mount && fchdir (parent) == 0)
        umount2 (name, MNT_DETACH | UMOUNT_NOFOLLOW);
      pst_fd_clear (&parent);
      enter (trees->host);
    }
  g_hash_table_remove (trees->by_id, &id);
}

PstNames *
pst_trees_names (PstTrees *trees, guint64 id)
{
  Tree *tree = g_hash_table_lookup (trees->by_id, &id);

  return tree ? tree->names : NULL;
}

int
pst_trees_get_watch (PstTrees *trees)
{
  return trees->mountinfo;
}

/* The first number of each line. (transfer full) (nullable) */
static GHashTable *
read_mounts (int fd)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GHashTable *found;
  char buffer[8192];
  ssize_t n;

  if (lseek (fd, 0, SEEK_SET) < 0)
    return NULL;
  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  if (n < 0)
    return NULL;
  found = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  for (const char *line = text->str; *line; line = strchrnul (line, '\n'), line += *line == '\n')
    {
      guint64 id = g_ascii_strtoull (line, NULL, 10);

      g_hash_table_add (found, g_memdup2 (&id, sizeof id));
    }
  return found;
}

GArray *
pst_trees_find_lost (PstTrees *trees)
{
  g_autoptr (GHashTable) mounts = read_mounts (trees->mountinfo);
  GArray *lost = g_array_new (FALSE, FALSE, sizeof (guint64));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, trees->by_id);
  while (mounts && g_hash_table_iter_next (&iter, NULL, &value))
    {
      Tree *tree = value;

      if (is_lost (tree, mounts))
        g_array_append_val (lost, tree->id);
    }
  return lost;
}

GVariant *
pst_trees_list (PstTrees *trees)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("at"));
  g_hash_table_iter_init (&iter, trees->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_variant_builder_add (&builder, "t", ((Tree *)value)->id);
  return g_variant_builder_end (&builder);
}
