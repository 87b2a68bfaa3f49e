/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One function decides: may_touch(). Its rules:
 *
 *   file, to view     the file
 *   file, to change   the file; a side file whose name contains the file's; another side file (a temporary one with a random
 * name) if this sandbox made it, or if there is none yet save              a file that this sandbox made, or a name that does
 * not exist yet
 *
 * What may not be touched does not exist for whoever looks, and cannot be made by whoever creates. No symbolic link is ever
 * followed, and only regular files are opened: the directory belongs to the user, and anybody may have put anything there.
 */
#include "names.h"

#include "pst-fd.h"
#include "pst-path.h"
#include "pst-ruleset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number of an inode is given to the next file when its file is gone, perhaps removed by the user: what tells the two apart
 * is the time of birth. Where a file system has none, it is 0. */
struct _PstMade
{
  GHashTable *inodes; /* Inode → gint64, nanoseconds of its birth */
};

typedef struct
{
  guint64 device;
  guint64 inode;
} Inode;

struct _PstNames
{
  int directory;
  char *file;
  PstAccess access;
  PstMade *made;
};

static guint
inode_hash (gconstpointer data)
{
  const Inode *inode = data;

  return g_int64_hash (&inode->inode) ^ g_int64_hash (&inode->device);
}

static gboolean
inode_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Inode)) == 0;
}

PstMade *
pst_made_new (void)
{
  PstMade *made = g_new0 (PstMade, 1);

  made->inodes = g_hash_table_new_full (inode_hash, inode_equal, g_free, g_free);
  return made;
}

void
pst_made_free (PstMade *made)
{
  if (!made)
    return;
  g_hash_table_unref (made->inodes);
  g_free (made);
}

/* The birth of @name in @dir, or of @dir itself if it is empty. FALSE if that is no longer @st. */
static gboolean
birth_of (int dir, const char *name, const struct stat *st, gint64 *birth)
{
  struct statx stx;

  if (statx (dir, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &stx) < 0 || stx.stx_ino != st->st_ino)
    return FALSE;
  *birth = stx.stx_mask & STATX_BTIME ? stx.stx_btime.tv_sec * G_GINT64_CONSTANT (1000000000) + stx.stx_btime.tv_nsec : 0;
  return TRUE;
}

static void
note_made (PstNames *names, int dir, const char *name, const struct stat *st)
{
  Inode inode = { st->st_dev, st->st_ino };
  gint64 birth;

  if (birth_of (dir, name, st, &birth))
    g_hash_table_replace (names->made->inodes, g_memdup2 (&inode, sizeof inode), g_memdup2 (&birth, sizeof birth));
}

static gboolean
is_made (PstNames *names, int dir, const char *name, const struct stat *st)
{
  Inode inode = { st->st_dev, st->st_ino };
  const gint64 *noted = g_hash_table_lookup (names->made->inodes, &inode);
  gint64 birth;

  return noted && birth_of (dir, name, st, &birth) && birth == *noted;
}

/* The number may be given to somebody else's file next. */
static void
forget_made (PstNames *names, const struct stat *st)
{
  Inode inode = { st->st_dev, st->st_ino };

  if (st->st_nlink <= 1)
    g_hash_table_remove (names->made->inodes, &inode);
}

PstNames *
pst_names_new_take_fd (int directory, const char *file, PstAccess access, PstMade *made)
{
  PstNames *names = g_new0 (PstNames, 1);

  names->directory = directory;
  names->file = g_strdup (file);
  names->access = access;
  names->made = made;
  return names;
}

void
pst_names_free (PstNames *names)
{
  if (!names)
    return;
  pst_fd_clear (&names->directory);
  g_free (names->file);
  g_free (names);
}

/* @st: (nullable): what has the name now; NULL if nothing has. @fd: it, if it has been opened, or -1. */
static gboolean
may_touch (PstNames *names, const char *name, int fd, const struct stat *st)
{
  int dir = fd >= 0 ? fd : names->directory;
  const char *in_dir = fd >= 0 ? "" : name;

  if (!pst_name_is_valid (name))
    return FALSE;
  if (!names->file)
    return !st || is_made (names, dir, in_dir, st);
  if (strcmp (name, names->file) == 0)
    return TRUE;
  if (names->access == PST_ACCESS_VIEW || !pst_is_side_file (names->file, name))
    return FALSE;
  return !st || pst_is_side_file_by_name (names->file, name) || is_made (names, dir, in_dir, st);
}

/* Looks @name up. *exists is FALSE and *st cleared if there is none. An errno if it may not be touched: ENOENT to @looking,
 * else EACCES, or EEXIST in a save grant, where the name is taken by a file that may not be seen. */
static int
look_up (PstNames *names, const char *name, gboolean looking, struct stat *st, gboolean *exists)
{
  memset (st, 0, sizeof *st);
  *exists = FALSE;
  if (!pst_name_is_valid (name))
    return EINVAL;
  if (fstatat (names->directory, name, st, AT_SYMLINK_NOFOLLOW) == 0)
    *exists = TRUE;
  else if (errno != ENOENT)
    return errno;
  if (may_touch (names, name, -1, *exists ? st : NULL))
    return 0;
  if (looking)
    return ENOENT;
  return names->file ? EACCES : EEXIST;
}

static int
look_up_existing (PstNames *names, const char *name, struct stat *st)
{
  gboolean exists;
  int r = look_up (names, name, TRUE, st, &exists);

  return r != 0 ? r : exists ? 0 : ENOENT;
}

static gboolean
may_write (PstNames *names)
{
  return names->access != PST_ACCESS_VIEW;
}

/* A name of ours has just come to be. */
static void
note_new (PstNames *names, const char *name)
{
  struct stat st;

  if (fstatat (names->directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
    note_made (names, names->directory, name, &st);
}

int
pst_names_open (PstNames *names, const char *name, int flags, mode_t mode, int *out)
{
  int base = (flags & (O_ACCMODE | O_APPEND)) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  gboolean exists;
  struct stat st;
  pst_autofd fd = -1;
  int r;

  if (!may_write (names) && ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC))))
    return EACCES;
  r = look_up (names, name, !(flags & O_CREAT), &st, &exists);
  if (r != 0)
    return r;
  if (!exists && !(flags & O_CREAT))
    return ENOENT;
  if (exists && (flags & O_CREAT) && (flags & O_EXCL))
    return EEXIST;

  if (!exists)
    {
      /* O_EXCL: if somebody is faster, it is theirs, and the answer is to look again. */
      fd = openat (names->directory, name, base | O_CREAT | O_EXCL, mode & 0777);
      if (fd < 0)
        return errno;
      if (fstat (fd, &st) < 0)
        return errno;
      note_made (names, fd, "", &st);
      *out = pst_fd_steal (&fd);
      return 0;
    }

  if (!S_ISREG (st.st_mode))
    return S_ISLNK (st.st_mode) ? ELOOP : EACCES;
  fd = openat (names->directory, name, base);
  if (fd < 0)
    return errno;
  /* What was opened, not what had been there. */
  if (fstat (fd, &st) < 0)
    return errno;
  if (!S_ISREG (st.st_mode) || !may_touch (names, name, fd, &st))
    return EACCES;
  if ((flags & O_TRUNC) && ftruncate (fd, 0) < 0)
    return errno;
  fcntl (fd, F_SETFL, flags & O_APPEND);
  *out = pst_fd_steal (&fd);
  return 0;
}

int
pst_names_stat (PstNames *names, const char *name, struct stat *st)
{
  return look_up_existing (names, name, st);
}

int
pst_names_rename (PstNames *names, const char *from, const char *to, guint flags)
{
  struct stat from_st, to_st;
  gboolean exists;
  int r;

  if (!may_write (names))
    return EACCES;
  if (flags & ~(guint)(RENAME_NOREPLACE | RENAME_EXCHANGE))
    return EINVAL;
  r = look_up_existing (names, from, &from_st);
  if (r == 0)
    r = look_up (names, to, FALSE, &to_st, &exists);
  if (r != 0)
    return r;
  /* Nor by a detour: only a regular file becomes the file. */
  if (names->file && ((strcmp (to, names->file) == 0 && !S_ISREG (from_st.st_mode)) ||
                      ((flags & RENAME_EXCHANGE) && strcmp (from, names->file) == 0 && !S_ISREG (to_st.st_mode))))
    return EACCES;
  /* If somebody has made a file of that name meanwhile, it is theirs. */
  if (!exists && !(flags & RENAME_EXCHANGE))
    r = renameat2 (names->directory, from, names->directory, to, flags | RENAME_NOREPLACE);
  if (exists || (flags & RENAME_EXCHANGE) || (r < 0 && errno == EINVAL))
    r = renameat2 (names->directory, from, names->directory, to, flags);
  if (r < 0)
    return errno;
  /* The file itself, moved aside as a backup, is ours to move back or remove. */
  if (names->file && strcmp (to, names->file) != 0)
    note_made (names, names->directory, to, &from_st);
  if (exists && !(flags & RENAME_EXCHANGE) && (to_st.st_dev != from_st.st_dev || to_st.st_ino != from_st.st_ino))
    forget_made (names, &to_st);
  return 0;
}

int
pst_names_link (PstNames *names, const char *from, const char *to)
{
  struct stat from_st, to_st;
  gboolean exists;
  int r;

  if (!may_write (names))
    return EACCES;
  r = look_up_existing (names, from, &from_st);
  if (r == 0)
    r = look_up (names, to, FALSE, &to_st, &exists);
  if (r != 0)
    return r;
  if (exists)
    return EEXIST;
  if (!S_ISREG (from_st.st_mode))
    return EPERM;
  if (linkat (names->directory, from, names->directory, to, 0) < 0)
    return errno;
  note_new (names, to);
  return 0;
}

int
pst_names_symlink (PstNames *names, const char *target, const char *name)
{
  struct stat st;
  gboolean exists;
  int r;

  if (!may_write (names))
    return EACCES;
  r = look_up (names, name, FALSE, &st, &exists);
  if (r != 0)
    return r;
  /* What may be saved is files. A link out of the directory is for somebody else to follow: the user, or a program of theirs
   * that writes to that name next. (A lock like Emacs' .#FILE, whose target is no path, is none.) */
  if (!names->file && strchr (target, '/'))
    return EPERM;
  /* The user's other programs would follow it: the file itself never becomes one. */
  if (names->file && strcmp (name, names->file) == 0)
    return exists ? EEXIST : EACCES;
  if (symlinkat (target, names->directory, name) < 0)
    return errno;
  note_new (names, name);
  return 0;
}

int
pst_names_readlink (PstNames *names, const char *name, char **target)
{
  char text[PATH_MAX];
  struct stat st;
  ssize_t n;
  int r = look_up_existing (names, name, &st);

  if (r != 0)
    return r;
  n = readlinkat (names->directory, name, text, sizeof text - 1);
  if (n < 0)
    return errno;
  *target = g_strndup (text, n);
  return 0;
}

int
pst_names_unlink (PstNames *names, const char *name)
{
  struct stat st;
  int r;

  if (!may_write (names))
    return EACCES;
  r = look_up_existing (names, name, &st);
  if (r != 0)
    return r;
  if (unlinkat (names->directory, name, 0) < 0)
    return errno;
  forget_made (names, &st);
  return 0;
}

int
pst_names_list (PstNames *names, GStrv *list)
{
  int fd = openat (names->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd >= 0 ? fdopendir (fd) : NULL;
  GPtrArray *found;
  struct dirent *entry;

  if (!dir)
    {
      int saved = errno;

      pst_fd_clear (&fd);
      return saved;
    }
  found = g_ptr_array_new ();
  while ((entry = readdir (dir)))
    {
      struct stat st;

      if (look_up_existing (names, entry->d_name, &st) == 0)
        g_ptr_array_add (found, g_strdup (entry->d_name));
    }
  closedir (dir);
  g_ptr_array_add (found, NULL);
  *list = (GStrv)g_ptr_array_free (found, FALSE);
  return 0;
}
