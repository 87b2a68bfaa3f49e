/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the intent of a waiting thread.
 *
 * While a thread waits in the gate, /proc/TID/syscall names the system call and its six arguments. A table says for each call
 * which argument is the path, which the directory descriptor, and which the flags. The string is read with process_vm_readv.
 *
 * /proc/TID is opened once and everything is read through that descriptor: it stays bound to the thread, so a thread id that is
 * used again cannot lead to another program's memory. Before anything is read the thread has to prove that it lives in the
 * sandbox's pid namespace.
 */
#include "intent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pst-fd.h"
#include "pst-path.h"

#define NONE (-1)
#define MAX_GENERATIONS 256
#define RUNNING_RETRIES 20
#define RUNNING_PAUSE_US 50

typedef enum
{
  FLAGS_NONE,
  FLAGS_OPEN,    /* the flags argument is that of open(2) */
  FLAGS_OPENAT2, /* it points to a struct open_how */
  FLAGS_UNLINK,  /* that of unlinkat: AT_REMOVEDIR is still a removal */
} FlagsKind;

/* Positions of the arguments; NONE: there is none. @dir NONE with a path: relative to the working directory. */
static const struct
{
  long number;
  PstIntentKind kind;
  signed char dir, path, flags;
  FlagsKind flags_kind;
  signed char dir2, path2;
} calls[] = {
#define ROW(name, kind, dir, path, flags, flags_kind, dir2, path2)                                                             \
  {                                                                                                                            \
    SYS_##name, kind, dir, path, flags, flags_kind, dir2, path2                                                                \
  }
  ROW (openat, PST_INTENT_READ, 0, 1, 2, FLAGS_OPEN, NONE, NONE),
  ROW (openat2, PST_INTENT_READ, 0, 1, 2, FLAGS_OPENAT2, NONE, NONE),
  ROW (newfstatat, PST_INTENT_LOOK, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (statx, PST_INTENT_LOOK, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (faccessat, PST_INTENT_LOOK, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (faccessat2, PST_INTENT_LOOK, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (readlinkat, PST_INTENT_LOOK, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (chdir, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (statfs, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (getxattr, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (lgetxattr, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (listxattr, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (llistxattr, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (inotify_add_watch, PST_INTENT_LOOK, NONE, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (name_to_handle_at, PST_INTENT_LOOK, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (execve, PST_INTENT_READ, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (execveat, PST_INTENT_READ, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (truncate, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (fchmodat, PST_INTENT_WRITE, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (fchownat, PST_INTENT_WRITE, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (utimensat, PST_INTENT_WRITE, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (setxattr, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (lsetxattr, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (removexattr, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (lremovexattr, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (mknodat, PST_INTENT_CREATE, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (symlinkat, PST_INTENT_CREATE, 1, 2, NONE, FLAGS_NONE, NONE, NONE),
  ROW (mkdirat, PST_INTENT_MKDIR, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (unlinkat, PST_INTENT_REMOVE, 0, 1, 2, FLAGS_UNLINK, NONE, NONE),
  ROW (renameat2, PST_INTENT_RENAME, 0, 1, NONE, FLAGS_NONE, 2, 3),
  ROW (linkat, PST_INTENT_LINK, 0, 1, NONE, FLAGS_NONE, 2, 3),
#ifdef SYS_renameat
  ROW (renameat, PST_INTENT_RENAME, 0, 1, NONE, FLAGS_NONE, 2, 3),
#endif
#ifdef SYS_fchmodat2
  ROW (fchmodat2, PST_INTENT_WRITE, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
#endif
/* The calls that only the older architectures have. */
#ifdef SYS_open
  ROW (open, PST_INTENT_READ, NONE, 0, 1, FLAGS_OPEN, NONE, NONE),
  ROW (creat, PST_INTENT_CREATE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (stat, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (lstat, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (access, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (readlink, PST_INTENT_LOOK, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (mkdir, PST_INTENT_MKDIR, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (rmdir, PST_INTENT_REMOVE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (unlink, PST_INTENT_REMOVE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (rename, PST_INTENT_RENAME, NONE, 0, NONE, FLAGS_NONE, NONE, 1),
  ROW (link, PST_INTENT_LINK, NONE, 0, NONE, FLAGS_NONE, NONE, 1),
  ROW (symlink, PST_INTENT_CREATE, NONE, 1, NONE, FLAGS_NONE, NONE, NONE),
  ROW (mknod, PST_INTENT_CREATE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (chmod, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (chown, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (lchown, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (utime, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (utimes, PST_INTENT_WRITE, NONE, 0, NONE, FLAGS_NONE, NONE, NONE),
  ROW (futimesat, PST_INTENT_WRITE, 0, 1, NONE, FLAGS_NONE, NONE, NONE),
#endif
#undef ROW
};

void
pst_intent_clear (PstIntent *intent)
{
  g_clear_pointer (&intent->path, g_free);
  g_clear_pointer (&intent->path2, g_free);
  intent->kind = PST_INTENT_UNKNOWN;
}

static PstIntentKind
kind_of_open (guint64 flags)
{
  if (flags & O_PATH)
    return PST_INTENT_LOOK;
  if ((flags & O_TMPFILE) == O_TMPFILE || (flags & O_CREAT))
    return PST_INTENT_CREATE;
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC))
    return PST_INTENT_WRITE;
  return (flags & O_DIRECTORY) ? PST_INTENT_LIST : PST_INTENT_READ;
}

/* Those that open nothing. */
static gboolean
makes_only (long number)
{
  switch (number)
    {
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_symlinkat:
#ifdef SYS_mkdir
    case SYS_mkdir:
    case SYS_mknod:
    case SYS_symlink:
#endif
      return TRUE;
    default:
      return FALSE;
    }
}

static char *
resolve (const PstIntentReader *reader, const guint64 *args, int dir, int path)
{
  g_autofree char *written = reader->read_path (args[path], reader->data), *base = NULL;

  if (!written)
    return NULL;
  if (*written != '/')
    {
      base = reader->dir_path (dir == NONE ? AT_FDCWD : (int)args[dir], reader->data);
      if (!base || *base != '/')
        return NULL;
    }
  return pst_path_normalise (written, base ? base : "/", NULL);
}

gboolean
pst_intent_parse (const char *syscall_line, const PstIntentReader *reader, PstIntent *out)
{
  guint64 args[6];
  char *end;
  long number;

  memset (out, 0, sizeof *out);
  errno = 0;
  number = strtol (syscall_line, &end, 10);
  if (end == syscall_line || errno || number < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (args); i++)
    {
      const char *start = end;

      args[i] = g_ascii_strtoull (start, &end, 16);
      if (end == start)
        return FALSE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      if (calls[i].number != number)
        continue;
      out->kind = calls[i].kind;
      if (calls[i].flags_kind == FLAGS_OPEN)
        out->kind = kind_of_open (args[calls[i].flags]);
      else if (calls[i].flags_kind == FLAGS_OPENAT2)
        {
          struct open_how how;

          if (reader->read_bytes (args[calls[i].flags], &how, sizeof how, reader->data))
            out->kind = kind_of_open (how.flags);
        }
      out->walks_once = makes_only (number);
      out->path = resolve (reader, args, calls[i].dir, calls[i].path);
      if (calls[i].path2 != NONE)
        out->path2 = resolve (reader, args, calls[i].dir2, calls[i].path2);
      return TRUE;
    }
  return FALSE;
}

/* The effectful half */

typedef struct
{
  int proc; /* /proc/TID */
  pid_t tid;
} Thread;

static gboolean
read_bytes (guint64 address, gpointer out, gsize size, gpointer data)
{
  const Thread *thread = data;
  struct iovec local = { out, size }, remote = { (void *)(guintptr)address, size };

  return process_vm_readv (thread->tid, &local, 1, &remote, 1, 0) == (gssize)size;
}

/* Up to the end of the page each time: what lies behind it may not be there. */
static char *
read_path (guint64 address, gpointer data)
{
  char buffer[PATH_MAX];
  gsize done = 0, page = (gsize)sysconf (_SC_PAGESIZE);

  while (done < sizeof buffer)
    {
      gsize part = MIN (sizeof buffer - done, page - (gsize)((address + done) % page));
      char *nul;

      if (!read_bytes (address + done, buffer + done, part, data))
        return NULL;
      if ((nul = memchr (buffer + done, '\0', part)))
        return g_memdup2 (buffer, (gsize)(nul - buffer) + 1);
      done += part;
    }
  return NULL;
}

static char *
dir_path (int fd, gpointer data)
{
  const Thread *thread = data;
  char name[32], target[PATH_MAX];
  gssize length;

  if (fd == AT_FDCWD)
    g_strlcpy (name, "cwd", sizeof name);
  else
    g_snprintf (name, sizeof name, "fd/%d", fd);
  length = readlinkat (thread->proc, name, target, sizeof target - 1);
  return length > 0 ? g_strndup (target, (gsize)length) : NULL;
}

static guint64
namespace_at (int proc)
{
  struct stat st;

  return fstatat (proc, "ns/pid", &st, 0) == 0 ? (guint64)st.st_ino : 0;
}

guint64
pst_pid_namespace_of (pid_t pid)
{
  char path[64];
  struct stat st;

  g_snprintf (path, sizeof path, "/proc/%d/ns/pid", (int)pid);
  return stat (path, &st) == 0 ? (guint64)st.st_ino : 0;
}

gboolean
pst_pid_descends_from (pid_t pid, pid_t ancestor)
{
  for (int depth = 0; depth < MAX_GENERATIONS && pid > 1 && ancestor > 1; depth++)
    {
      char path[64];
      g_autofree char *status = NULL;
      const char *at;
      guint64 tgid;

      g_snprintf (path, sizeof path, "/proc/%d/status", (int)pid);
      if (!g_file_get_contents (path, &status, NULL, NULL) || !(at = strstr (status, "\nTgid:\t")))
        return FALSE;
      tgid = g_ascii_strtoull (at + strlen ("\nTgid:\t"), NULL, 10);
      if (pid == ancestor || tgid == (guint64)ancestor)
        return TRUE;
      if (!(at = strstr (at, "\nPPid:\t")))
        return FALSE;
      pid = (pid_t)g_ascii_strtoull (at + strlen ("\nPPid:\t"), NULL, 10);
    }
  return FALSE;
}

static gboolean
read_line (int proc, const char *name, char *buffer, gsize size)
{
  pst_autofd fd = openat (proc, name, O_RDONLY | O_CLOEXEC);
  gssize length;

  if (fd < 0 || (length = read (fd, buffer, size - 1)) <= 0)
    return FALSE;
  buffer[length] = '\0';
  return TRUE;
}

gboolean
pst_intent_read (pid_t tid, guint64 pid_ns, PstIntent *out)
{
  char path[64], line[512];
  pst_autofd proc = -1;
  Thread thread;
  PstIntentReader reader = { read_path, dir_path, read_bytes, &thread };

  memset (out, 0, sizeof *out);
  if (tid <= 0 || pid_ns == 0)
    return FALSE;
  g_snprintf (path, sizeof path, "/proc/%d", (int)tid);
  proc = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0 || namespace_at (proc) != pid_ns)
    return FALSE;
  /* The gate may have its request, and have asked, before the thread has quite gone to sleep. */
  for (int i = 0;; i++)
    {
      if (!read_line (proc, "syscall", line, sizeof line))
        return FALSE;
      if (!g_str_has_prefix (line, "running"))
        break;
      if (i == RUNNING_RETRIES)
        return FALSE;
      g_usleep (RUNNING_PAUSE_US);
    }
  thread = (Thread){ proc, tid };
  if (!pst_intent_parse (line, &reader, out))
    return FALSE;
  /* process_vm_readv goes by number: if the thread has gone meanwhile, the number may be another's. */
  if (namespace_at (proc) != pid_ns)
    {
      pst_intent_clear (out);
      return FALSE;
    }
  return TRUE;
}

PstIntentKind
pst_intent_from_op (PstOp op, PstAccess access)
{
  switch (op)
    {
    case PST_OP_LOOKUP:
      return access == PST_ACCESS_VIEW ? PST_INTENT_LOOK : PST_INTENT_WRITE;
    case PST_OP_OPEN:
      return access == PST_ACCESS_VIEW ? PST_INTENT_READ : PST_INTENT_WRITE;
    case PST_OP_OPENDIR:
      return PST_INTENT_LIST;
    case PST_OP_CREATE:
      return PST_INTENT_CREATE;
    case PST_OP_MKDIR:
      return PST_INTENT_MKDIR;
    case PST_OP_UNLINK:
      return PST_INTENT_REMOVE;
    case PST_OP_RENAME:
      return PST_INTENT_RENAME;
    case PST_OP_LINK:
      return PST_INTENT_LINK;
    case PST_OP_SETATTR:
      return PST_INTENT_WRITE;
    }
  return PST_INTENT_UNKNOWN;
}

PstAccess
pst_intent_access (PstIntentKind kind)
{
  switch (kind)
    {
    case PST_INTENT_UNKNOWN:
    case PST_INTENT_LOOK:
    case PST_INTENT_READ:
    case PST_INTENT_LIST:
      return PST_ACCESS_VIEW;
    case PST_INTENT_WRITE:
    case PST_INTENT_CREATE:
    case PST_INTENT_MKDIR:
    case PST_INTENT_REMOVE:
    case PST_INTENT_RENAME:
    case PST_INTENT_LINK:
      return PST_ACCESS_CHANGE;
    }
  return PST_ACCESS_VIEW;
}

gboolean
pst_intent_creates (PstIntentKind kind)
{
  return kind == PST_INTENT_CREATE || kind == PST_INTENT_MKDIR;
}

/* A child of ours is not more readable than a sandbox's process: with Yama the parent may read both. It shows whether the
 * kernel has the file (CONFIG_HAVE_ARCH_TRACEHOOK) and whether a policy forbids it altogether. */
gboolean
pst_intent_probe (void)
{
  char path[64], line[512];
  int pipe_fds[2];
  gboolean readable = FALSE;
  pid_t child;

  if (pipe2 (pipe_fds, O_CLOEXEC) < 0)
    return FALSE;
  child = fork ();
  if (child == 0)
    {
      char byte;

      close (pipe_fds[1]);
      while (read (pipe_fds[0], &byte, 1) < 0 && errno == EINTR)
        ;
      _exit (0);
    }
  close (pipe_fds[0]);
  if (child > 0)
    {
      int proc;

      g_snprintf (path, sizeof path, "/proc/%d", (int)child);
      proc = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      readable = proc >= 0 && read_line (proc, "syscall", line, sizeof line);
      if (proc >= 0)
        close (proc);
    }
  close (pipe_fds[1]);
  if (child > 0)
    waitpid (child, NULL, 0);
  return readable;
}
