/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-history-search.h"

#include "postern-ipc.h"
#include "pst-history-row.h"

#define PAGE 100u

struct _PstHistorySearch
{
  PstManagerLink *link;
  const PstHistorySearchEvents *events;
  gpointer user_data;
  GVariant *filter;          /* (nullable): none yet */
  GCancellable *cancellable; /* of what is asked */
  GPtrArray *kept;           /* (nullable): rows that are not shown before the page is complete */
  guint64 next;              /* 0: no more */
  guint n;                   /* rows of this page */
  gboolean is_running, is_first, is_again;
  gboolean has_shown; /* at least one row */
};

static void ask (PstHistorySearch *self);

static void
show_take (PstHistorySearch *self, GPtrArray *rows)
{
  gboolean is_first = self->is_first;

  self->is_first = FALSE;
  self->has_shown |= rows->len > 0;
  self->events->found (rows, is_first, self->user_data);
}

static void
on_rows (GVariant *reply, const GError *error, gpointer data)
{
  PstHistorySearch *self = data;
  g_autoptr (GVariant) rows = NULL;
  GPtrArray *items;
  gboolean is_complete;

  if (error != NULL)
    {
      self->is_running = FALSE;
      if (self->has_shown)
        self->events->rests (self->user_data);
      else
        self->events->failed (error->message, self->user_data);
      return;
    }
  rows = g_variant_get_child_value (reply, 0);
  g_variant_get_child (reply, 1, "t", &self->next);
  items = pst_history_rows_parse (rows);
  self->n += items->len;
  is_complete = self->next == 0 || self->n >= PAGE;
  self->is_running = !is_complete;
  if (self->kept != NULL)
    {
      g_ptr_array_extend_and_steal (self->kept, items);
      items = g_steal_pointer (&self->kept);
    }
  if (self->is_first && self->is_again && !is_complete)
    self->kept = items;
  else
    show_take (self, items);
  if (!is_complete)
    ask (self);
  else
    self->events->rests (self->user_data);
}

static void
ask (PstHistorySearch *self)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, self->filter);
  if (self->next > 0)
    g_variant_dict_insert (&dict, "before", "t", self->next);
  g_variant_dict_insert (&dict, "limit", "u", PAGE - self->n);
  pst_manager_link_call (self->link, PST_CONTROL_HISTORY, g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)),
                         PST_CONTROL_HISTORY_OUT, self->cancellable, on_rows, self);
}

static void
ask_page (PstHistorySearch *self)
{
  self->n = 0;
  self->is_running = TRUE;
  ask (self);
}

void
pst_history_search_start (PstHistorySearch *self, GVariant *filter, gboolean is_again)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  self->cancellable = g_cancellable_new ();
  g_clear_pointer (&self->filter, g_variant_unref);
  self->filter = g_variant_ref_sink (filter);
  g_clear_pointer (&self->kept, g_ptr_array_unref);
  self->is_again = is_again;
  self->next = 0;
  self->is_first = TRUE;
  self->has_shown = FALSE;
  ask_page (self);
}

void
pst_history_search_go_on (PstHistorySearch *self)
{
  if (self->next > 0 && !self->is_running)
    ask_page (self);
}

gboolean
pst_history_search_is_running (PstHistorySearch *self)
{
  return self->is_running;
}

PstHistorySearch *
pst_history_search_new (PstManagerLink *link, const PstHistorySearchEvents *events, gpointer user_data)
{
  PstHistorySearch *self = g_new0 (PstHistorySearch, 1);

  self->link = g_object_ref (link);
  self->events = events;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  return self;
}

void
pst_history_search_free (PstHistorySearch *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_clear_pointer (&self->filter, g_variant_unref);
  g_clear_pointer (&self->kept, g_ptr_array_unref);
  g_object_unref (self->link);
  g_free (self);
}
