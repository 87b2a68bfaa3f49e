/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a tree is removed that somebody has made as hard to remove as he could.
 *
 * It may be deeper than there are descriptors, so it is not walked down: every directory that is met is moved up, beside the
 * one that it was in, and waits there for its turn. So there are never more than two directories open, and never a path of more
 * than one name. Directories without permissions are opened first by their descriptor alone (O_PATH), through which they get
 * them. What somebody exchanges meanwhile is at worst another thing in the same tree: names are only ever removed, or moved,
 * from a directory that lies in it.
 */
#include "homes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "pst-fd.h"

#define MAX_DEPTH 200u
/* Of hard links each is counted once, as far as so many can be told apart. */
#define MAX_LINKS 100000u
#define MAX_COUNT (60 * G_USEC_PER_SEC)
#define MAX_REMOVE (600 * G_USEC_PER_SEC)
#define LAST_MOMENT_MS 1000
/* Each has a thread to itself. */
#define MAX_MEASURING 4u

/* Threads that delete. They may outlive the rest. */
typedef struct
{
  GMutex mutex;
  GCond ended;
  guint n;
} Crew;

struct _PstHomes
{
  char *state_dir;
  GCancellable *end;    /* of all that is being deleted */
  GHashTable *deleting; /* set of names, owned */
  Crew *crew;           /* an atomic box */
  guint n_measuring;
  gboolean ours; /* what is aside: no other broker runs */
  guint64 last;
};

/* Descriptors */

static int
open_below (int parent, const char *name, int flags)
{
  struct open_how how = { .flags = (guint64)(flags | O_NOFOLLOW | O_CLOEXEC),
                          .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV };

  return (int)syscall (SYS_openat2, parent, name, &how, sizeof how);
}

/* A directory of ours, whatever its permissions were. -1: it is none, or lies on another file system. */
static int
open_anyway (int parent, const char *name)
{
  pst_autofd fd = open_below (parent, name, O_RDONLY | O_DIRECTORY), handle = -1;
  g_autofree char *link = NULL;
  struct stat st;

  if (fd >= 0 && fstat (fd, &st) == 0 && (st.st_mode & 0700) == 0700)
    return pst_fd_steal (&fd);
  handle = open_below (parent, name, O_PATH | O_DIRECTORY);
  if (handle < 0)
    return -1;
  link = g_strdup_printf ("/proc/self/fd/%d", handle);
  if (chmod (link, 0700) < 0)
    return -1;
  pst_fd_clear (&fd);
  fd = openat (handle, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return pst_fd_steal (&fd);
}

static gboolean
is_over (GCancellable *cancellable)
{
  return cancellable && g_cancellable_is_cancelled (cancellable);
}

static gboolean
is_dots (const char *name)
{
  return strcmp (name, ".") == 0 || strcmp (name, "..") == 0;
}

/* Removing */

typedef struct
{
  int waiting;     /* the directory in which directories wait */
  guint64 counter; /* that names them */
  GCancellable *cancellable;
  gint64 deadline;
  gboolean failed; /* something cannot be removed */
} Removal;

/* Somebody who makes new things all the time is not followed for ever. */
static gboolean
goes_on (const Removal *removal)
{
  return !removal->failed && !is_over (removal->cancellable) && g_get_monotonic_time () < removal->deadline;
}

static DIR *
read_directory (int fd)
{
  pst_autofd copy = openat (fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = copy < 0 ? NULL : fdopendir (copy);

  if (dir)
    pst_fd_steal (&copy);
  return dir;
}

/* Removes what is in @fd, or moves it to those that wait. */
static void
empty (Removal *removal, int fd)
{
  DIR *dir = read_directory (fd);
  struct dirent *entry;

  removal->failed |= dir == NULL;
  while (goes_on (removal) && (entry = readdir (dir)))
    {
      pst_autofd child = -1;
      char name[32];

      if (is_dots (entry->d_name) || unlinkat (fd, entry->d_name, 0) == 0 || errno == ENOENT ||
          unlinkat (fd, entry->d_name, AT_REMOVEDIR) == 0)
        continue;
      /* A directory can be moved only by who may write to it. */
      child = open_anyway (fd, entry->d_name);
      g_snprintf (name, sizeof name, "%" G_GUINT64_FORMAT, ++removal->counter);
      removal->failed = child < 0 || renameat (fd, entry->d_name, removal->waiting, name) < 0;
    }
  if (dir)
    closedir (dir);
}

/* Empties and removes those that wait now. Returns how many went: those that came meanwhile wait for the next time. */
static guint
empty_waiting (Removal *removal)
{
  DIR *dir = read_directory (removal->waiting);
  struct dirent *entry;
  guint n = 0;

  removal->failed |= dir == NULL;
  while (goes_on (removal) && (entry = readdir (dir)))
    {
      pst_autofd fd = -1;

      if (is_dots (entry->d_name))
        continue;
      /* A link that was exchanged for a directory at the moment when that was moved waits here too. */
      if (unlinkat (removal->waiting, entry->d_name, 0) == 0)
        {
          n++;
          continue;
        }
      fd = open_anyway (removal->waiting, entry->d_name);
      if (fd < 0)
        continue;
      empty (removal, fd);
      n += unlinkat (removal->waiting, entry->d_name, AT_REMOVEDIR) == 0;
    }
  if (dir)
    closedir (dir);
  return n;
}

gboolean
pst_homes_remove_tree (int parent, const char *name, GCancellable *cancellable)
{
  Removal removal = { .waiting = -1, .counter = (guint64)g_get_real_time (), .cancellable = cancellable };
  g_autofree char *waiting = g_strconcat (name, ".waiting", NULL);
  pst_autofd root = open_anyway (parent, name), place = -1;

  if (root < 0)
    return unlinkat (parent, name, 0) == 0 || errno == ENOENT;
  if ((mkdirat (parent, waiting, 0700) < 0 && errno != EEXIST) || (place = open_anyway (parent, waiting)) < 0)
    return FALSE;
  removal.waiting = place;
  removal.deadline = g_get_monotonic_time () + MAX_REMOVE;
  empty (&removal, root);
  while (goes_on (&removal) && empty_waiting (&removal) > 0)
    ;
  return unlinkat (parent, waiting, AT_REMOVEDIR) == 0 && unlinkat (parent, name, AT_REMOVEDIR) == 0;
}

/* Counting */

typedef struct
{
  DIR *dirs[MAX_DEPTH];
  guint depth;
  GHashTable *links; /* set of "device inode" */
  GCancellable *cancellable;
  gint64 deadline;
  guint64 size, files;
} Count;

static void
push (Count *count, int fd_take)
{
  DIR *dir = count->depth < MAX_DEPTH ? fdopendir (fd_take) : NULL;

  if (dir)
    count->dirs[count->depth++] = dir;
  else
    close (fd_take);
}

static void
count_entry (Count *count, int parent, const char *name)
{
  struct stat st;
  int fd;

  if (fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return;
  if (!S_ISDIR (st.st_mode) && st.st_nlink > 1 && g_hash_table_size (count->links) < MAX_LINKS &&
      !g_hash_table_add (count->links, g_strdup_printf ("%lu %lu", (gulong)st.st_dev, (gulong)st.st_ino)))
    return;
  count->size += (guint64)st.st_blocks * 512;
  if (!S_ISDIR (st.st_mode))
    {
      count->files++;
      return;
    }
  fd = open_below (parent, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
  if (fd >= 0)
    push (count, fd);
}

gboolean
pst_homes_count_tree (int root, GCancellable *cancellable, guint64 *size, guint64 *files)
{
  g_autofree Count *count = g_new0 (Count, 1);
  int fd = openat (root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  count->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  count->cancellable = cancellable;
  count->deadline = g_get_monotonic_time () + MAX_COUNT;
  if (fd >= 0)
    push (count, fd);
  while (count->depth > 0)
    {
      DIR *dir = count->dirs[count->depth - 1];
      struct dirent *entry = is_over (cancellable) || g_get_monotonic_time () > count->deadline ? NULL : readdir (dir);

      if (!entry)
        {
          closedir (dir);
          count->depth--;
        }
      else if (!is_dots (entry->d_name))
        count_entry (count, dirfd (dir), entry->d_name);
    }
  *size = count->size;
  *files = count->files;
  g_hash_table_unref (count->links);
  return !is_over (cancellable);
}

/* Places */

PstHomes *
pst_homes_new (const char *state_dir)
{
  PstHomes *homes = g_new0 (PstHomes, 1);

  homes->state_dir = g_strdup (state_dir);
  homes->end = g_cancellable_new ();
  homes->deleting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  homes->crew = g_atomic_rc_box_new0 (Crew);
  g_mutex_init (&homes->crew->mutex);
  g_cond_init (&homes->crew->ended);
  return homes;
}

/* STATE/NAME; not through a link. */
static int
open_place (const char *state_dir, const char *name, gboolean make)
{
  pst_autofd state = open (state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (state < 0 || (make && mkdirat (state, name, 0700) < 0 && errno != EEXIST))
    return -1;
  return openat (state, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* With errno. */
static gboolean
fail (GError **error, int code, char *text_take)
{
  g_autofree char *text = text_take;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s (%s)", text, g_strerror (code));
  return FALSE;
}

static gboolean
fail_aside (GError **error, int code, const char *app)
{
  return fail (error, code, g_strdup_printf (_ ("The private home of %s cannot be put aside; nothing has changed"), app));
}

static gboolean
fail_back (GError **error, int code, const char *app)
{
  return fail (error, code,
               code == EEXIST
                   ? g_strdup_printf (_ ("%s has been started again and has a new private home; nothing was taken back"), app)
                   : g_strdup_printf (_ ("The private home of %s cannot be put back; nothing has changed"), app));
}

gboolean
pst_homes_put_aside (PstHomes *homes, const char *app, char **aside, GError **error)
{
  pst_autofd from = open_place (homes->state_dir, "homes", FALSE), to = -1;
  g_autofree char *name =
      g_strdup_printf ("%s-%" G_GINT64_FORMAT "-%" G_GUINT64_FORMAT, app, g_get_real_time (), ++homes->last);

  *aside = NULL;
  if (from < 0)
    return errno == ENOENT ? TRUE : fail_aside (error, errno, app);
  to = open_place (homes->state_dir, "aside", TRUE);
  if (to < 0)
    return fail_aside (error, errno, app);
  if (renameat2 (from, app, to, name, RENAME_NOREPLACE) < 0)
    return errno == ENOENT ? TRUE : fail_aside (error, errno, app);
  *aside = g_steal_pointer (&name);
  return TRUE;
}

gboolean
pst_homes_put_back (PstHomes *homes, const char *app, const char *aside, GError **error)
{
  pst_autofd from = open_place (homes->state_dir, "aside", FALSE), to = open_place (homes->state_dir, "homes", TRUE);

  if (from < 0 || to < 0)
    return fail_back (error, errno, app);
  unlinkat (to, app, AT_REMOVEDIR);
  if (renameat2 (from, aside, to, app, RENAME_NOREPLACE) < 0)
    return fail_back (error, errno, app);
  return TRUE;
}

/* Threads */

typedef struct
{
  PstHomes *homes; /* not the thread's */
  Crew *crew;
  char *state_dir, *name;
} Deletion;

static void
crew_clear (gpointer data)
{
  Crew *crew = data;

  g_mutex_clear (&crew->mutex);
  g_cond_clear (&crew->ended);
}

static void
deletion_free (gpointer data)
{
  Deletion *deletion = data;

  g_atomic_rc_box_release_full (deletion->crew, crew_clear);
  g_free (deletion->state_dir);
  g_free (deletion->name);
  g_free (deletion);
}

static void
delete_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Deletion *deletion = data;
  pst_autofd aside = open_place (deletion->state_dir, "aside", FALSE);

  if (aside >= 0 && !pst_homes_remove_tree (aside, deletion->name, cancellable) && !is_over (cancellable))
    g_warning ("what was put aside in %s/aside/%s cannot be deleted whole", deletion->state_dir, deletion->name);
  g_mutex_lock (&deletion->crew->mutex);
  deletion->crew->n--;
  g_cond_broadcast (&deletion->crew->ended);
  g_mutex_unlock (&deletion->crew->mutex);
  g_task_return_boolean (task, TRUE);
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer data)
{
  const Deletion *deletion = g_task_get_task_data (G_TASK (result));

  if (!is_over (g_task_get_cancellable (G_TASK (result))))
    g_hash_table_remove (deletion->homes->deleting, deletion->name);
}

void
pst_homes_delete (PstHomes *homes, const char *aside)
{
  g_autoptr (GTask) task = NULL;
  Deletion *deletion;

  if (!g_hash_table_add (homes->deleting, g_strdup (aside)))
    return;
  deletion = g_new (Deletion, 1);
  *deletion = (Deletion){ homes, g_atomic_rc_box_acquire (homes->crew), g_strdup (homes->state_dir), g_strdup (aside) };
  g_mutex_lock (&homes->crew->mutex);
  homes->crew->n++;
  g_mutex_unlock (&homes->crew->mutex);
  task = g_task_new (NULL, homes->end, on_deleted, NULL);
  g_task_set_task_data (task, deletion, deletion_free);
  g_task_run_in_thread (task, delete_in_thread);
}

static void
foreach_aside (PstHomes *homes, void (*func) (PstHomes *homes, const char *name))
{
  pst_autofd aside = open_place (homes->state_dir, "aside", FALSE);
  DIR *dir = aside < 0 ? NULL : read_directory (aside);
  struct dirent *entry;

  if (!dir)
    return;
  while ((entry = readdir (dir)))
    if (!is_dots (entry->d_name))
      func (homes, entry->d_name);
  closedir (dir);
}

void
pst_homes_clean (PstHomes *homes)
{
  homes->ours = TRUE;
  foreach_aside (homes, pst_homes_delete);
}

static gpointer
count_down (gpointer data)
{
  g_usleep (LAST_MOMENT_MS * 1000);
  g_cancellable_cancel (data);
  g_object_unref (data);
  return NULL;
}

/* Two that delete the same tree would take the directories away in which the other lets some wait. */
static void
wait_for_crew (Crew *crew)
{
  gint64 end = g_get_monotonic_time () + LAST_MOMENT_MS * 1000;

  g_mutex_lock (&crew->mutex);
  while (crew->n > 0 && g_cond_wait_until (&crew->ended, &crew->mutex, end))
    ;
  g_mutex_unlock (&crew->mutex);
}

/* The main loop has ended, and with it whoever could have put something back. */
void
pst_homes_free (PstHomes *homes)
{
  g_autoptr (GCancellable) moment = NULL;
  pst_autofd aside = -1;

  if (!homes)
    return;
  g_cancellable_cancel (homes->end);
  wait_for_crew (homes->crew);
  aside = homes->ours ? open_place (homes->state_dir, "aside", FALSE) : -1;
  if (aside >= 0)
    {
      DIR *dir = read_directory (aside);
      struct dirent *entry;

      moment = g_cancellable_new ();
      g_thread_unref (g_thread_new ("last-moment", count_down, g_object_ref (moment)));
      while (dir && (entry = readdir (dir)) && !is_over (moment))
        if (!is_dots (entry->d_name))
          pst_homes_remove_tree (aside, entry->d_name, moment);
      if (dir)
        closedir (dir);
    }
  g_hash_table_unref (homes->deleting);
  g_atomic_rc_box_release_full (homes->crew, crew_clear);
  g_object_unref (homes->end);
  g_free (homes->state_dir);
  g_free (homes);
}

typedef struct
{
  PstHomes *homes;
  int home; /* the directory, or -1 */
  PstHomesMeasured done;
  gpointer user_data;
  guint64 size, files;
} Measure;

static void
measure_free (gpointer data)
{
  Measure *measure = data;

  pst_fd_clear (&measure->home);
  g_free (measure);
}

static void
measure_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Measure *measure = data;

  if (measure->home >= 0)
    pst_homes_count_tree (measure->home, cancellable, &measure->size, &measure->files);
  g_task_return_boolean (task, TRUE);
}

static void
on_measured (GObject *source, GAsyncResult *result, gpointer data)
{
  Measure *measure = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  measure->homes->n_measuring--;
  g_task_propagate_boolean (G_TASK (result), &error);
  measure->done (measure->size, measure->files, error, measure->user_data);
}

void
pst_homes_measure (PstHomes *homes, const char *app, GCancellable *cancellable, PstHomesMeasured done, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  pst_autofd place = -1;
  Measure *measure;

  if (homes->n_measuring >= MAX_MEASURING)
    {
      g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_BUSY,
                                              _ ("Several private homes are being measured already; try again in a moment."));

      done (0, 0, error, user_data);
      return;
    }
  homes->n_measuring++;
  place = open_place (homes->state_dir, "homes", FALSE);
  measure = g_new0 (Measure, 1);
  measure->homes = homes;
  measure->home = place < 0 ? -1 : openat (place, app, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  measure->done = done;
  measure->user_data = user_data;
  task = g_task_new (NULL, cancellable, on_measured, NULL);
  g_task_set_task_data (task, measure, measure_free);
  g_task_run_in_thread (task, measure_in_thread);
}
