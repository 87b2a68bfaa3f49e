/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-posix-random.h"

#include "pst-fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The same operations, at random, in a directory served by the stand-alone server and in a plain one: every result, every
 * attribute and every byte must be the same. The sequence depends on the seed alone, which is printed (--seed). */

#define N_FDS 8
#define STEPS 20000

typedef struct
{
  int dir;
  int fds[N_FDS];
} Side;

static Side plain, served;
static GRand *rnd;
static char step[256];

static const char *const names[] = { "a", "b", "c", "d", "d/a", "d/b", "e", "e/a", "e/b/c", "e/b", "no/such" };

static const char *
any_name (void)
{
  return names[g_rand_int_range (rnd, 0, G_N_ELEMENTS (names))];
}

static int
any (int n)
{
  return g_rand_int_range (rnd, 0, n);
}

/* The result of one operation on one side, as text. */

static void
note (GString *out, long result)
{
  g_string_append_printf (out, "%ld%s%s ", result, result < 0 ? " " : "", result < 0 ? g_strerror (errno) : "");
}

static void
note_stat (GString *out, const struct stat *st)
{
  g_string_append_printf (out, "[%o %lu %u:%u", st->st_mode, S_ISDIR (st->st_mode) ? 0 : (unsigned long)st->st_nlink,
                          st->st_uid, st->st_gid);
  if (!S_ISDIR (st->st_mode))
    g_string_append_printf (out, " %ld", (long)st->st_size);
  g_string_append (out, "] ");
}

static void
note_times (GString *out, const struct stat *st)
{
  /* reading changes the other one */
  g_string_append_printf (out, "{%ld.%09ld} ", (long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static void
note_listing (GString *out, int dir, const char *name)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  int fd = openat (dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const struct dirent *entry;
  DIR *stream;

  note (out, fd < 0 ? -1 : 0);
  if (fd < 0)
    return;
  stream = fdopendir (fd);
  while ((entry = readdir (stream)) != NULL)
    g_ptr_array_add (list, g_strdup_printf ("%s:%d", entry->d_name, entry->d_type));
  closedir (stream);
  g_ptr_array_sort (list, compare_names);
  for (guint i = 0; i < list->len; i++)
    g_string_append_printf (out, "%s ", (char *)list->pdata[i]);
}

/* What an operation is done with; chosen once, for both sides. */
typedef struct
{
  int op, fd, fd2, flags;
  const char *name, *name2;
  long size, offset;
  mode_t mode;
} Action;

static GString *
perform (Side *side, const Action *a)
{
  GString *out = g_string_new (NULL);
  static char buffer[70000];
  char text[70000];
  struct stat st;
  int fd = side->fds[a->fd], fd2 = side->fds[a->fd2];
  long n;

  memset (buffer, 'a' + a->size % 23, sizeof buffer);
  switch (a->op)
    {
    case 0:
    case 1:
    case 2:
      pst_fd_clear (&side->fds[a->fd]);
      fd = openat (side->dir, a->name, a->flags | O_CLOEXEC | O_NONBLOCK, a->mode);
      note (out, fd < 0 ? -1 : 0);
      if (fd >= 0 && fstat (fd, &st) == 0)
        note_stat (out, &st);
      side->fds[a->fd] = fd;
      break;
    case 3:
    case 4:
      note (out, pwrite (fd, buffer, a->size, a->offset));
      break;
    case 5:
      note (out, write (fd, buffer, a->size));
      break;
    case 6:
    case 7:
      n = pread (fd, text, a->size, a->offset);
      note (out, n);
      if (n > 0)
        {
          g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_MD5, (guchar *)text, n);
          g_string_append (out, sum);
        }
      break;
    case 8:
      note (out, ftruncate (fd, a->offset));
      break;
    case 9:
      n = openat (side->dir, a->name, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK);
      note (out, n < 0 ? -1 : 0);
      if (n >= 0)
        close (n);
      break;
    case 10:
      note (out, mkdirat (side->dir, a->name, a->mode | 0700));
      break;
    case 11:
      note (out, unlinkat (side->dir, a->name, AT_REMOVEDIR));
      break;
    case 12:
    case 13:
      note (out, unlinkat (side->dir, a->name, 0));
      break;
    case 14:
    case 15:
      note (out, renameat2 (side->dir, a->name, side->dir, a->name2, a->flags % 3));
      break;
    case 16:
      note (out, linkat (side->dir, a->name, side->dir, a->name2, 0));
      break;
    case 17:
      note (out, symlinkat (a->name2, side->dir, a->name));
      break;
    case 18:
      n = readlinkat (side->dir, a->name, text, sizeof text);
      note (out, n);
      if (n > 0)
        g_string_append_len (out, text, n);
      break;
    case 19:
      note (out, mknodat (side->dir, a->name, (a->flags & 1 ? S_IFIFO : S_IFREG) | 0600, 0));
      break;
    case 20:
      note (out, fchmodat (side->dir, a->name, a->mode | 0700, 0));
      break;
    case 21:
      note (out, fchmod (fd, a->mode | 0700));
      break;
    case 22:
      {
        struct timespec ts[2] = { { 1000 + a->offset, a->size }, { 2000 + a->size, a->flags & 1 ? UTIME_OMIT : 5 } };
        n = utimensat (side->dir, a->name, ts, AT_SYMLINK_NOFOLLOW);
        note (out, n);
        if (n == 0 && !(a->flags & 1) && fstatat (side->dir, a->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
          note_times (out, &st);
        break;
      }
    case 23:
    case 24:
      n = fstatat (side->dir, a->name, &st, a->flags & 1 ? AT_SYMLINK_NOFOLLOW : 0);
      note (out, n);
      if (n == 0)
        note_stat (out, &st);
      break;
    case 25:
      n = fstat (fd, &st);
      note (out, n);
      if (n == 0)
        note_stat (out, &st);
      break;
    case 26:
      note_listing (out, side->dir, a->flags & 1 ? a->name : ".");
      break;
    case 27:
      note (out, fsetxattr (fd, a->flags & 1 ? "user.x" : "user.y", buffer, a->size % 100, a->flags % 3));
      break;
    case 28:
      n = fgetxattr (fd, a->flags & 1 ? "user.x" : "user.y", text, a->size % 200);
      note (out, n);
      if (n > 0 && a->size % 200 > 0)
        g_string_append_len (out, text, n);
      break;
    case 29:
      note (out, flistxattr (fd, text, a->flags & 1 ? sizeof text : 0));
      break;
    case 30:
      note (out, fremovexattr (fd, a->flags & 1 ? "user.x" : "user.y"));
      break;
    case 31:
      note (out, fallocate (fd, a->flags & 1 ? 0 : FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, a->offset, a->size + 1));
      break;
    case 32:
      /* Offsets in a directory are the file system's own affair, and so is what it calls a hole. */
      if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
        break;
      if (a->flags & 2)
        note (out, lseek (fd, a->offset, a->flags & 1 ? SEEK_DATA : SEEK_HOLE) < 0 && a->offset >= st.st_size ? -1 : 0);
      else
        note (out, lseek (fd, a->offset, a->flags & 1 ? SEEK_SET : SEEK_END));
      break;
    case 33:
      {
        loff_t from = a->offset, to = a->offset * 2 + 70000;
        note (out, copy_file_range (fd, &from, fd2, &to, a->size, 0));
        break;
      }
    case 34:
      {
        char *map;
        if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) || st.st_size == 0)
          break;
        map = mmap (NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        note (out, map == MAP_FAILED ? -1 : 0);
        if (map == MAP_FAILED)
          break;
        memset (map + a->offset % st.st_size, 'M', MIN (a->size, st.st_size - a->offset % st.st_size));
        if (a->flags & 1)
          note (out, msync (map, st.st_size, MS_SYNC));
        munmap (map, st.st_size);
        break;
      }
    case 35:
      note (out, a->flags & 1 ? fsync (fd) : fdatasync (fd));
      break;
    case 36:
      note (out, flock (fd, (a->flags & 1 ? LOCK_EX : LOCK_SH) | LOCK_NB));
      break;
    case 37:
      note (out, flock (fd, LOCK_UN));
      break;
    case 38:
      {
        struct flock lock = { .l_type = a->flags % 3, .l_whence = SEEK_SET, .l_start = a->offset, .l_len = a->size + 1 };
        note (out, fcntl (fd, F_SETLK, &lock));
        break;
      }
    case 39:
      pst_fd_clear (&side->fds[a->fd]);
      break;
    case 40:
      note (out, fchownat (side->dir, a->name, getuid (), getgid (), AT_SYMLINK_NOFOLLOW));
      break;
    case 41:
      note (out, faccessat (side->dir, a->name, a->flags % 8, 0));
      break;
    default:
      g_assert_not_reached ();
    }
  return out;
}

#define N_OPS 42

static void
choose (Action *a)
{
  static const int create[] = { 0,        O_CREAT,     O_CREAT | O_EXCL, O_CREAT | O_TRUNC, O_TRUNC, O_CREAT | O_APPEND,
                                O_APPEND, O_DIRECTORY, O_NOFOLLOW };
  *a = (Action){ .op = any (N_OPS), .fd = any (N_FDS), .fd2 = any (N_FDS), .name = any_name (), .name2 = any_name () };
  a->flags = a->op <= 2 ? any (3) | create[any (G_N_ELEMENTS (create))] : any (1000);
  a->mode = any (2) ? 0644 : 0755;
  a->size = any (4) == 0 ? any (65536) : any (5000);
  a->offset = any (4) == 0 ? any (200000) : any (5000);
}

static void
same (const GString *expected, const GString *found)
{
  if (!g_string_equal (expected, found))
    g_error ("%s\n  plain:  %s\n  served: %s", step, expected->str, found->str);
}

static void
compare_trees (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      Action look = { .op = 23, .flags = 1, .name = names[i] }, list = { .op = 26, .flags = 1, .name = names[i] };
      g_autoptr (GString) a = perform (&plain, &look), b = perform (&served, &look);
      g_autoptr (GString) c = perform (&plain, &list), d = perform (&served, &list);
      g_snprintf (step, sizeof step, "in the end: %s", names[i]);
      same (a, b);
      same (c, d);
    }
  for (int i = 0; i < N_FDS; i++)
    {
      Action read = { .op = 6, .fd = i, .size = 65536 };
      g_autoptr (GString) a = perform (&plain, &read), b = perform (&served, &read);
      g_snprintf (step, sizeof step, "in the end: descriptor %d", i);
      same (a, b);
    }
}

void
posix_random (int plain_dir, int served_dir)
{
  plain.dir = plain_dir;
  served.dir = served_dir;
  for (int i = 0; i < N_FDS; i++)
    plain.fds[i] = served.fds[i] = -1;
  rnd = g_rand_new_with_seed (g_test_rand_int ());
  for (int i = 0; i < STEPS; i++)
    {
      Action action;
      choose (&action);
      g_snprintf (step, sizeof step, "step %d: op %d fd %d,%d %s %s flags %o mode %o size %ld offset %ld", i, action.op,
                  action.fd, action.fd2, action.name, action.name2, action.flags, action.mode, action.size, action.offset);
      g_autoptr (GString) expected = perform (&plain, &action), found = perform (&served, &action);
      same (expected, found);
      if (i % 500 == 0)
        compare_trees ();
    }
  compare_trees ();
  for (int i = 0; i < N_FDS; i++)
    {
      pst_fd_clear (&plain.fds[i]);
      pst_fd_clear (&served.fds[i]);
    }
  g_rand_free (rnd);
}
