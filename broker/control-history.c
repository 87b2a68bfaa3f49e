/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What happened: pages of the history, and new rows for whoever watches. */
#include "control.h"

#include <string.h>

#include <glib/gi18n.h>

#include "postern-ipc.h"

#define ROW_TYPE "(txstsayuuus)"
/* ListEvents takes them in one message. */
#define MAX_EVENTS 10000u

/* What the text says, and the program that asked, if it is known, in a second line. (transfer full) */
static char *
text_of (const PstEvent *event)
{
  g_autofree char *both = NULL;

  if (!event->program || !*event->program)
    return pst_control_text (event->text);
  both = g_strconcat (event->text ? event->text : "", "\n", event->program, NULL);
  return pst_control_text (both);
}

static GVariant *
row (const PstEvent *event)
{
  g_autofree char *app = pst_control_text (event->app), *what = pst_control_text (event->what), *text = text_of (event);

  return g_variant_new ("(txsts^ayuuus)", event->number, event->time, app, event->sandbox, what,
                        event->resource ? event->resource : "", (guint32)event->access, (guint32)event->answer,
                        (guint32)event->lifetime, text);
}

static GVariant *
rows (GPtrArray *events)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a" ROW_TYPE));
  for (guint i = 0; i < events->len; i++)
    if (((PstEvent *)events->pdata[i])->number > 0)
      g_variant_builder_add_value (&builder, row (events->pdata[i]));
  return g_variant_builder_end (&builder);
}

void
pst_control_tell_rows (PstBroker *broker, GPtrArray *events)
{
  if (pst_changes_has_history_watcher (broker))
    pst_changes_tell_history (broker, g_variant_new ("(@a" ROW_TYPE ")", rows (events)));
}

/* The filter */

/* "" is all. What nobody knows any more may still be in the history. */
static char *
app_filter (PstBroker *broker, const char *word)
{
  g_autofree char *app = *word ? pst_control_resolve_app (broker, word) : NULL;

  if (!*word)
    return NULL;
  return app && *app ? g_steal_pointer (&app) : g_strdup (word);
}

/* NULL, or a sentence on what is wrong with it. */
static const char *
take_key (PstBroker *broker, PstHistoryFilter *filter, const char *key, GVariant *value)
{
  if (strcmp (key, "app") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    {
      g_free (filter->app);
      filter->app = app_filter (broker, g_variant_get_string (value, NULL));
    }
  else if (strcmp (key, "what") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      if (g_variant_n_children (value) > PST_HISTORY_MAX_WHAT)
        return _ ("These are more kinds of events than there are.");
      g_strfreev (filter->what);
      filter->what = g_variant_n_children (value) > 0 ? g_variant_dup_strv (value, NULL) : NULL;
    }
  else if (strcmp (key, "text") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    {
      if (strlen (g_variant_get_string (value, NULL)) > PST_HISTORY_MAX_TEXT)
        return _ ("The text to search for is too long; a part of it will do.");
      g_free (filter->text);
      filter->text = g_variant_dup_string (value, NULL);
    }
  else if (strcmp (key, "since") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    filter->since = g_variant_get_int64 (value);
  else if (strcmp (key, "until") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    filter->until = g_variant_get_int64 (value);
  else if (strcmp (key, "before") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    filter->before = g_variant_get_uint64 (value);
  else if (strcmp (key, "after") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    filter->after = g_variant_get_uint64 (value);
  else if (strcmp (key, "limit") == 0 && g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    {
      filter->limit = MIN (g_variant_get_uint32 (value), PST_HISTORY_MAX_LIMIT);
      if (filter->limit == 0)
        return _ ("A page of no rows makes no sense; limit is from 1 to 1000.");
    }
  else
    return _ ("The filter has a key that is not known, or a value of the wrong type; "
              "known are app, what, text, since, until, before, after and limit.");
  return NULL;
}

static void
on_page (GPtrArray *events, guint64 next, const GError *error, gpointer user_data)
{
  PstControlCall *call = user_data;

  if (error)
    pst_control_fail (call, error->message);
  else
    pst_control_reply (call, g_variant_new ("(@a" ROW_TYPE "t)", rows (events), next));
}

void
pst_control_history (PstControlCall *call)
{
  g_autoptr (GVariant) dict = g_variant_get_child_value (call->args, 0);
  g_autoptr (PstHistoryFilter) filter = pst_history_filter_new ();
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    {
      const char *problem = take_key (call->broker, filter, key, value);

      if (problem)
        {
          g_variant_unref (value);
          pst_control_fail (call, problem);
          return;
        }
    }
  pst_history_query (pst_store_get_history (call->broker->store), g_steal_pointer (&filter), on_page, call);
}

/* ListEvents: several pages in one answer */

typedef struct
{
  PstControlCall *call;
  char *app;
  guint limit;
  guint64 next;
  GPtrArray *events; /* newest first */
} Listing;

static void list_page (Listing *listing);

static void
listing_free (Listing *listing)
{
  g_ptr_array_unref (listing->events);
  g_free (listing->app);
  g_free (listing);
}

static GVariant *
listed (const Listing *listing)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(xstsayuuus)"));
  for (guint i = listing->events->len; i-- > 0;)
    {
      const PstEvent *event = listing->events->pdata[i];
      g_autofree char *id = pst_control_text (event->app), *what = pst_control_text (event->what), *text = text_of (event);

      g_variant_builder_add (&builder, "(xsts^ayuuus)", event->time, id, event->sandbox, what,
                             event->resource ? event->resource : "", (guint32)event->access, (guint32)event->answer,
                             (guint32)event->lifetime, text);
    }
  return g_variant_builder_end (&builder);
}

static void
on_list_page (GPtrArray *events, guint64 next, const GError *error, gpointer user_data)
{
  Listing *listing = user_data;

  if (error)
    {
      pst_control_fail (listing->call, error->message);
      listing_free (listing);
      return;
    }
  for (guint i = 0; i < events->len; i++)
    g_ptr_array_add (listing->events, pst_event_copy (events->pdata[i]));
  listing->next = next;
  if (next > 0 && listing->events->len < listing->limit && listing->call->broker->store)
    {
      list_page (listing);
      return;
    }
  pst_control_reply (listing->call, g_variant_new ("(@a(xstsayuuus))", listed (listing)));
  listing_free (listing);
}

static void
list_page (Listing *listing)
{
  PstHistoryFilter *filter = pst_history_filter_new ();

  filter->app = g_strdup (listing->app);
  filter->limit = MIN (listing->limit - listing->events->len, PST_HISTORY_MAX_LIMIT);
  filter->before = listing->next;
  pst_history_query (pst_store_get_history (listing->call->broker->store), filter, on_list_page, listing);
}

void
pst_control_list_events (PstControlCall *call)
{
  Listing *listing = g_new0 (Listing, 1);
  const char *word;
  guint32 limit;

  g_variant_get (call->args, "(&su)", &word, &limit);
  listing->call = call;
  listing->app = app_filter (call->broker, word);
  listing->limit = CLAMP (limit, 1, MAX_EVENTS);
  listing->events = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_event_free);
  list_page (listing);
}
