/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-control.h"

#include <string.h>

#include "postern-ipc.h"

#define ENTRIES "a(tsuayuuuuxuxxusuu)"

void
test_control_on_watched (PstPeer *peer, PstMessage *message, gpointer data)
{
  TestControl *f = data;
  g_auto (GStrv) apps = NULL;
  guint32 topics;

  if (strcmp (message->member, PST_CONTROL_CHANGED) != 0)
    return;
  g_assert_true (pst_message_check (message, PST_CONTROL_CHANGED_IN, NULL));
  g_assert_cmpuint (message->serial, ==, 0);
  g_variant_get (message->args, "(u^as)", &topics, &apps);
  f->topics |= topics;
  for (char **app = apps; *app; app++)
    g_ptr_array_add (f->apps, g_strdup (*app));
  if (!*apps)
    g_ptr_array_add (f->apps, g_strdup ("any"));
  f->n_changed++;
}

void
test_control_set_up (TestControl *f, gconstpointer data)
{
  f->broker = test_broker_new ();
  test_make_file (f->broker, "Pictures/a.jpg");
  test_make_file (f->broker, "Documents/x.txt");
  test_make_file (f->broker, ".ssh/id_rsa");
  test_broker_start (f->broker, NULL);
  f->agent = test_agent_new (f->broker, "gtk", DISPLAY);
  f->sandbox = test_sandbox_new (f->broker, "/usr/bin/cat", DISPLAY, FALSE, 0, NULL);
  f->control = test_connect (f->broker, "control");
  f->watcher = test_connect (f->broker, "control");
  f->apps = g_ptr_array_new_with_free_func (g_free);
  g_variant_unref (test_call (f->watcher, PST_CONTROL_WATCH, g_variant_new ("(b)", FALSE)));
  pst_peer_start (f->watcher, test_control_on_watched, NULL, f);
}

void
test_control_tear_down (TestControl *f, gconstpointer data)
{
  g_clear_pointer (&f->sandbox, test_sandbox_free);
  g_clear_pointer (&f->agent, test_agent_free);
  pst_peer_unref (f->control);
  pst_peer_unref (f->watcher);
  test_broker_free (f->broker);
  g_ptr_array_unref (f->apps);
}

guint64
test_control_grant (TestControl *f, const char *app, const char *path, PstAccess access, PstAnswer answer, PstLifetime lifetime)
{
  g_autoptr (GVariant) reply =
      test_control_call (f->broker, PST_CONTROL_GRANT,
                         g_variant_new ("(su^ayuuuux)", app, (guint32)PST_KIND_FILES, path, 0u, (guint32)access,
                                        (guint32)answer, (guint32)lifetime, (gint64)0));
  gboolean replaced;
  guint64 id;

  g_variant_get (reply, "(tb)", &id, &replaced);
  return id;
}

static void
entry_free (gpointer data)
{
  TestEntry *entry = data;

  g_free (entry->app);
  g_free (entry->resource);
  g_free (entry->source);
  g_free (entry);
}

GPtrArray *
test_control_entries (TestControl *f, const char *app)
{
  g_autoptr (GVariant) reply = test_control_call (f->broker, PST_CONTROL_LIST_ENTRIES, g_variant_new ("(s)", app));
  g_autoptr (GVariantIter) iter = NULL;
  GPtrArray *list = g_ptr_array_new_with_free_func (entry_free);
  TestEntry entry;

  g_assert_cmpstr (g_variant_get_type_string (reply), ==, "(" ENTRIES ")");
  g_variant_get (reply, "(" ENTRIES ")", &iter);
  while (g_variant_iter_next (iter, "(tsu^ayuuuuxuxxusuu)", &entry.id, &entry.app, &entry.kind, &entry.resource, &entry.scope,
                              &entry.access, &entry.answer, &entry.lifetime, &entry.until, &entry.tier, &entry.created,
                              &entry.used, &entry.origin, &entry.source, &entry.effective, &entry.flags))
    g_ptr_array_add (list, g_memdup2 (&entry, sizeof entry));
  return list;
}

/* Runs the loop until a Changed about @topics has come since the last call. */
void
test_control_await (TestControl *f, guint topics)
{
  while ((f->topics & topics) != topics)
    test_wait_count (&f->n_changed, f->n_changed + 1);
  f->topics = 0;
}

void
test_control_undo (TestControl *f, guint64 number)
{
  g_variant_unref (test_control_call (f->broker, PST_CONTROL_UNDO, g_variant_new ("(t)", number)));
}

const TestEntry *
test_control_find (GPtrArray *list, guint64 id)
{
  for (guint i = 0; i < list->len; i++)
    if (((TestEntry *)list->pdata[i])->id == id)
      return list->pdata[i];
  return NULL;
}
