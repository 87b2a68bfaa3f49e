/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-notes.h"

#include "package.h"

typedef struct
{
  PstBroker *broker;
  char *app, *executable, *package;
  gint64 stamp;
} Lookup;

static gboolean
on_found (gpointer data)
{
  Lookup *lookup = data;

  if (lookup->broker->store)
    pst_store_queue_package (lookup->broker->store, lookup->app, lookup->package, lookup->stamp);
  g_free (lookup->app);
  g_free (lookup->executable);
  g_free (lookup->package);
  g_free (lookup);
  return G_SOURCE_REMOVE;
}

static gpointer
look_up (gpointer data)
{
  Lookup *lookup = data;

  lookup->package = pst_package_of ("", lookup->executable);
  g_idle_add (on_found, lookup);
  return NULL;
}

void
pst_app_notes_launched (PstBroker *broker, const PstAppInfo *app)
{
  gint64 stamp = pst_package_stamp ("");
  const PstStoredApp *known;
  Lookup *lookup;
  GThread *thread;

  if (!broker->store)
    return;
  pst_store_queue_app (broker->store, app->id, app->name, app->icon, app->executable, g_get_real_time () / G_USEC_PER_SEC);
  known = pst_store_get_app (broker->store, app->id);
  if (known->package && known->package_stamp == stamp)
    return;
  lookup = g_new0 (Lookup, 1);
  lookup->broker = broker;
  lookup->app = g_strdup (app->id);
  lookup->executable = g_strdup (app->executable);
  lookup->stamp = stamp;
  thread = g_thread_try_new ("package", look_up, lookup, NULL);
  if (thread)
    {
      g_thread_unref (thread);
      return;
    }
  g_free (lookup->app);
  g_free (lookup->executable);
  g_free (lookup);
}
