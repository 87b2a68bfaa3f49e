/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is held open: the links in /proc/PID/fd and cwd of each process in a sandbox's pid namespace. A process has as many of
 * them as it likes, and this is done in the main loop: it looks for so long and no longer. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "intent.h"
#include "pst-text.h"
#include "sandbox-table.h"

#define MAX_HELD 256u
#define MAX_TIME (200 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  GHashTable *paths;
  GVariantBuilder *builder;
  gint64 deadline;
  guint n;
} Search;

static gboolean
is_over (const Search *search)
{
  return search->n >= MAX_HELD || g_get_monotonic_time () > search->deadline;
}

/* @path is shortened to the ancestor that is wanted. */
static gboolean
is_wanted (const Search *search, char *path)
{
  char *slash;

  do
    {
      if (g_hash_table_contains (search->paths, path))
        return TRUE;
      slash = strrchr (path, '/');
      if (slash)
        *slash = '\0';
    }
  while (slash && slash != path);
  return FALSE;
}

static void
look_at (Search *search, const char *link, guint32 pid, const char *comm)
{
  char target[PATH_MAX];
  gssize length = readlink (link, target, sizeof target - 1);
  g_autofree char *part = NULL;

  if (length <= 0 || target[0] != '/')
    return;
  target[length] = '\0';
  part = g_strdup (target);
  if (!is_wanted (search, part))
    return;
  g_variant_builder_add (search->builder, "(us^ay)", pid, comm, target);
  search->n++;
}

static void
look_at_process (Search *search, const char *pid_name, guint32 pid)
{
  g_autofree char *comm = NULL, *comm_file = g_strdup_printf ("/proc/%s/comm", pid_name), *shown = NULL,
                  *cwd = g_strdup_printf ("/proc/%s/cwd", pid_name), *fds = g_strdup_printf ("/proc/%s/fd", pid_name);
  g_autoptr (GDir) dir = NULL;
  const char *fd;

  if (g_file_get_contents (comm_file, &comm, NULL, NULL))
    g_strchomp (comm);
  /* A program chooses its own name. */
  shown = pst_text_for_display (comm ? comm : "", 32);
  look_at (search, cwd, pid, shown);
  dir = g_dir_open (fds, 0, NULL);
  while (dir && !is_over (search) && (fd = g_dir_read_name (dir)))
    {
      g_autofree char *link = g_build_filename (fds, fd, NULL);

      look_at (search, link, pid, shown);
    }
}

void
pst_sandbox_collect_held (PstSandbox *sandbox, GHashTable *paths, GVariantBuilder *builder)
{
  g_autoptr (GDir) proc = sandbox->pid_ns ? g_dir_open ("/proc", 0, NULL) : NULL;
  Search search = { paths, builder, g_get_monotonic_time () + MAX_TIME, 0 };
  const char *name;

  while (proc && !is_over (&search) && (name = g_dir_read_name (proc)))
    {
      guint64 pid;

      if (g_ascii_string_to_unsigned (name, 10, 1, G_MAXINT32, &pid, NULL) &&
          pst_pid_namespace_of ((pid_t)pid) == sandbox->pid_ns)
        look_at_process (&search, name, (guint32)pid);
    }
}
