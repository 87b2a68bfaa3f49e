/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event.h"

#include <string.h>

PstEvent *
pst_event_new (const char *what, const char *app, guint64 sandbox, const char *resource, const char *text)
{
  PstEvent *event = g_new0 (PstEvent, 1);

  event->time = g_get_real_time () / G_USEC_PER_SEC;
  event->what = g_intern_string (what);
  event->app = g_strdup (app);
  event->sandbox = sandbox;
  event->resource = g_strdup (resource);
  event->text = g_strdup (text);
  return event;
}

PstEvent *
pst_event_copy (const PstEvent *event)
{
  PstEvent *copy = g_memdup2 (event, sizeof *event);

  copy->app = g_strdup (event->app);
  copy->name = g_strdup (event->name);
  copy->resource = g_strdup (event->resource);
  copy->text = g_strdup (event->text);
  copy->program = g_strdup (event->program);
  return copy;
}

void
pst_event_free (PstEvent *event)
{
  if (!event)
    return;
  g_free (event->app);
  g_free (event->name);
  g_free (event->resource);
  g_free (event->text);
  g_free (event->program);
  g_free (event);
}

gboolean
pst_event_is_common (const char *what)
{
  static const char *const common[] = { "asked", "refused", "started", "ended", "used", "left out" };

  for (gsize i = 0; i < G_N_ELEMENTS (common); i++)
    if (strcmp (what, common[i]) == 0)
      return TRUE;
  return FALSE;
}
