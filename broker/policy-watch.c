/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One inotify descriptor in the main loop: GFileMonitor would start a thread, and look every few seconds for a directory that
 * is not there. A directory that is not there is waited for in the nearest one above it that is. */
#include "policy-watch.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <glib-unix.h>

#include "pst-fd.h"

/* An editor or a package manager writes, renames and removes; the last of it counts. */
#define SETTLE_MS 100

struct _PstPolicyWatch
{
  PstBroker *broker;
  int fd;
  guint source, settle_source;
};

static void
watch_place (PstPolicyWatch *watch, const char *path)
{
  g_autofree char *at = g_strdup (path);
  uint32_t what =
      IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

  /* It may be made between a look and the next one further up: then the launch that comes next sees it. */
  while (inotify_add_watch (watch->fd, at, what | IN_ONLYDIR | IN_MASK_ADD) < 0 && strcmp (at, "/") != 0)
    {
      char *parent = g_path_get_dirname (at);

      g_free (at);
      at = parent;
      what = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF;
    }
}

static void
watch_all (PstPolicyWatch *watch)
{
  const PstPolicyPlaces *places = &watch->broker->policy_places;
  const GStrv lists[] = { places->policy, places->locks };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **place = lists[i]; place && *place; place++)
      watch_place (watch, *place);
}

static gboolean
on_settled (gpointer data)
{
  PstPolicyWatch *watch = data;
  g_autoptr (GError) error = NULL;

  watch->settle_source = 0;
  watch_all (watch);
  if (!pst_broker_read_policy (watch->broker, &error))
    g_warning ("%s", error->message);
  return G_SOURCE_REMOVE;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  PstPolicyWatch *watch = data;
  char events[4096];
  gssize size;

  /* What happened does not matter: everything is read again. */
  while ((size = read (fd, events, sizeof events)) > 0)
    ;
  if (size < 0 && errno != EAGAIN && errno != EINTR)
    {
      watch->source = 0;
      return G_SOURCE_REMOVE;
    }
  if (!watch->settle_source)
    watch->settle_source = g_timeout_add (SETTLE_MS, on_settled, watch);
  return G_SOURCE_CONTINUE;
}

PstPolicyWatch *
pst_policy_watch_new (PstBroker *broker)
{
  PstPolicyWatch *watch = g_new0 (PstPolicyWatch, 1);

  watch->broker = broker;
  watch->fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (watch->fd < 0)
    g_message ("changes of the administrator's policy are seen at the next launch only: %s", g_strerror (errno));
  else
    {
      watch_all (watch);
      watch->source = g_unix_fd_add (watch->fd, G_IO_IN, on_readable, watch);
    }
  return watch;
}

void
pst_policy_watch_free (PstPolicyWatch *watch)
{
  if (!watch)
    return;
  g_clear_handle_id (&watch->source, g_source_remove);
  g_clear_handle_id (&watch->settle_source, g_source_remove);
  pst_fd_clear (&watch->fd);
  g_free (watch);
}
