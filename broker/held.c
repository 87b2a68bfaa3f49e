/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is held open: the links in /proc/PID/fd and cwd of each process in a sandbox's pid namespace. A process has as many of
 * them as it likes, and this is done in the main loop: it looks for so long and no longer.
 *
 * A link says where a file is in the sandbox. For one in a tree that has been taken away it says only where it is in that tree
 * ("/a.jpg"): the mount is in no namespace any more. It still has its number, though, so that the numbers of the mounts of live
 * trees are noted before they go. A number is given anew when nothing holds the old mount; then it is a mount that the process
 * can see. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decide.h"
#include "intent.h"
#include "pst-fd.h"
#include "pst-text.h"
#include "sandbox-table.h"

#define MAX_HELD 256u
#define GONE " (deleted)"
#define MAX_TIME (200 * G_TIME_SPAN_MILLISECOND)
/* Of trees that were taken away the oldest are of no use: they are noted again when they are attached again. */
#define MAX_DETACHED 256u

typedef struct _Search Search;
struct _Search
{
  PstSandbox *sandbox;
  GHashTable *paths;  /* (nullable) what is looked for */
  GHashTable *mounts; /* (nullable) set of mount ids: that the process can see */
  GVariantBuilder *builder;
  gint64 deadline;
  guint n;
};

static gboolean
is_over (const Search *search)
{
  return search->n >= MAX_HELD || g_get_monotonic_time () > search->deadline;
}

/* Mounts */

/* Calls @func with the number and the place of each mount that @pid can see. */
static void
foreach_mount (const char *pid, void (*func) (guint64 id, const char *place, gpointer data), gpointer data)
{
  g_autofree char *file = g_strdup_printf ("/proc/%s/mountinfo", pid), *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return;
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++)
    {
      g_auto (GStrv) words = g_strsplit (*line, " ", 6);
      g_autofree char *place = NULL;
      guint64 id;

      if (g_strv_length (words) < 6 || !g_ascii_string_to_unsigned (words[0], 10, 0, G_MAXUINT64, &id, NULL))
        continue;
      /* octal escapes, as C has them */
      place = g_strcompress (words[4]);
      func (id, place, data);
    }
}

static void
add_mount (guint64 id, const char *place, gpointer data)
{
  g_hash_table_add (data, g_memdup2 (&id, sizeof id));
}

typedef struct
{
  PstSandbox *sandbox;
  const PstTree *tree;
} Note;

static void
note_mount (guint64 id, const char *place, gpointer data)
{
  const Note *note = data;

  if (strcmp (place, note->tree->path) == 0)
    g_hash_table_insert (note->sandbox->detached, g_memdup2 (&id, sizeof id), g_strdup (place));
}

void
pst_sandbox_note_detached (PstSandbox *sandbox, const PstTree *tree)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int)sandbox->init);
  Note note = { sandbox, tree };

  if (!tree->live || sandbox->init == 0)
    return;
  if (g_hash_table_size (sandbox->detached) >= MAX_DETACHED)
    g_hash_table_remove_all (sandbox->detached);
  foreach_mount (pid, note_mount, &note);
}

/* What is wanted */

/* @path is shortened to the ancestor that is wanted. */
static gboolean
is_below_wanted (const Search *search, const char *path)
{
  g_autofree char *part = g_strdup (path);
  char *slash;

  do
    {
      if (g_hash_table_contains (search->paths, part))
        return TRUE;
      slash = strrchr (part, '/');
      if (slash)
        *slash = '\0';
    }
  while (slash && slash != part);
  return FALSE;
}

/* The number of the mount that the open file @link is in. Found out without a word to its file system: that may be the gate,
 * and a gate that has been taken over need not answer. 0: unknown. */
static guint64
mount_of (const char *link)
{
  pst_autofd fd = open (link, O_PATH | O_CLOEXEC);
  g_autofree char *file = g_strdup_printf ("/proc/self/fdinfo/%d", fd), *text = NULL;
  const char *line = fd >= 0 && g_file_get_contents (file, &text, NULL, NULL) ? strstr (text, "\nmnt_id:") : NULL;

  return line ? g_ascii_strtoull (line + strlen ("\nmnt_id:"), NULL, 10) : 0;
}

/* Where the open file @link is, if its tree has been taken away. (transfer full) (nullable) */
static char *
path_in_detached (const Search *search, const char *link, const char *target)
{
  const char *tree;
  guint64 id;

  if (g_hash_table_size (search->sandbox->detached) == 0 || !(id = mount_of (link)))
    return NULL;
  tree = g_hash_table_lookup (search->sandbox->detached, &id);
  if (!tree || g_hash_table_contains (search->mounts, &id))
    return NULL;
  return g_strconcat (tree, strcmp (target, "/") == 0 ? "" : target, NULL);
}

/* Does no rule give @path, which lies behind the gate? */
static gboolean
is_not_given (const Search *search, const char *path)
{
  static const PstAccess accesses[] = { PST_ACCESS_VIEW, PST_ACCESS_CHANGE, PST_ACCESS_SAVE };
  const PstSandbox *sandbox = search->sandbox;
  PstDecision decision;

  if (!sandbox->ruleset || !pst_host_gate_root (sandbox->broker->host, path) ||
      pst_decide_is_private_name (sandbox->broker->host, path))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (accesses); i++)
    {
      pst_ruleset_decide (sandbox->ruleset, path, accesses[i], &decision);
      if (decision.answer == PST_ANSWER_ALLOW || decision.answer == PST_ANSWER_PRIVATE || decision.is_door)
        return FALSE;
    }
  return TRUE;
}

static void
look_at (Search *search, const char *link, guint32 pid, const char *comm)
{
  char target[PATH_MAX];
  gssize length = readlink (link, target, sizeof target - 1);
  g_autofree char *detached = NULL;

  if (length <= 0 || target[0] != '/')
    return;
  target[length] = '\0';
  /* The kernel says so also of a name that the gate has made it forget. */
  if (g_str_has_suffix (target, GONE) && !search->paths)
    target[length - (gssize)strlen (GONE)] = '\0';
  if (search->paths ? !is_below_wanted (search, target)
                    : !(detached = path_in_detached (search, link, target)) && !is_not_given (search, target))
    return;
  g_variant_builder_add (search->builder, "(us^ay)", pid, comm, detached ? detached : target);
  search->n++;
}

static void
look_at_process (Search *search, const char *pid_name, guint32 pid)
{
  g_autofree char *comm = NULL, *comm_file = g_strdup_printf ("/proc/%s/comm", pid_name), *shown = NULL,
                  *cwd = g_strdup_printf ("/proc/%s/cwd", pid_name), *fds = g_strdup_printf ("/proc/%s/fd", pid_name);
  g_autoptr (GHashTable) mounts = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *fd;

  if (g_file_get_contents (comm_file, &comm, NULL, NULL))
    g_strchomp (comm);
  /* A program chooses its own name. */
  shown = pst_text_for_display (comm ? comm : "", 32);
  if (!search->paths && g_hash_table_size (search->sandbox->detached) > 0)
    {
      mounts = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
      foreach_mount (pid_name, add_mount, mounts);
      search->mounts = mounts;
    }
  look_at (search, cwd, pid, shown);
  dir = g_dir_open (fds, 0, NULL);
  while (dir && !is_over (search) && (fd = g_dir_read_name (dir)))
    {
      g_autofree char *link = g_build_filename (fds, fd, NULL);

      look_at (search, link, pid, shown);
    }
  search->mounts = NULL;
}

static void
look_at_sandbox (Search *search)
{
  guint64 pid_ns = search->sandbox->pid_ns;
  g_autoptr (GDir) proc = pid_ns ? g_dir_open ("/proc", 0, NULL) : NULL;
  const char *name;

  search->deadline = g_get_monotonic_time () + MAX_TIME;
  while (proc && !is_over (search) && (name = g_dir_read_name (proc)))
    {
      guint64 pid;

      if (g_ascii_string_to_unsigned (name, 10, 1, G_MAXINT32, &pid, NULL) && pst_pid_namespace_of ((pid_t)pid) == pid_ns)
        look_at_process (search, name, (guint32)pid);
    }
}

void
pst_sandbox_collect_held (PstSandbox *sandbox, GHashTable *paths, GVariantBuilder *builder)
{
  Search search = { .sandbox = sandbox, .paths = paths, .builder = builder };

  look_at_sandbox (&search);
}

void
pst_sandbox_collect_not_given (PstSandbox *sandbox, GVariantBuilder *builder)
{
  Search search = { .sandbox = sandbox, .builder = builder };

  look_at_sandbox (&search);
}
