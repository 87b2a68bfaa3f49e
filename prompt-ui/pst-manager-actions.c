/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-actions.h"

#include "postern-ipc.h"

#include <glib/gi18n.h>

/* As many as the broker keeps. */
#define MAX_UNDO 64

struct _PstManagerActions
{
  GObject parent_instance;
  PstManagerData *data;
  GArray *undo; /* of guint64, newest last */
};

G_DEFINE_TYPE (PstManagerActions, pst_manager_actions, G_TYPE_OBJECT)

enum
{
  DONE,
  FAILED,
  HELD,
  N_SIGNALS,
};
static guint signals[N_SIGNALS];

/* One change on its way. */
typedef struct
{
  PstManagerActions *self;
  char *sentence;            /* when it is done */
  char *app;                 /* (nullable): whose files may still be held */
  GCancellable *cancellable; /* (nullable): of who wants to hear of it */
  PstActionDone done;
  gpointer user_data;
} Change;

static Change *
change_new (PstManagerActions *self, const char *app, char *sentence_take)
{
  Change *change = g_new0 (Change, 1);

  change->self = g_object_ref (self);
  change->app = g_strdup (app);
  change->sentence = sentence_take;
  return change;
}

static void
change_free (Change *change)
{
  g_object_unref (change->self);
  g_clear_object (&change->cancellable);
  g_free (change->app);
  g_free (change->sentence);
  g_free (change);
}

static void
remember (PstManagerActions *self, guint64 undo)
{
  if (undo == 0)
    return;
  if (self->undo->len >= MAX_UNDO)
    g_array_remove_index (self->undo, 0);
  g_array_append_val (self->undo, undo);
}

/* Every reply has its number for Undo last, and what is held, if it is told, before it. */
static void
on_changed (GVariant *reply, const GError *error, gpointer data)
{
  Change *change = data;
  PstManagerActions *self = change->self;
  guint64 undo = 0;

  if (error != NULL)
    g_signal_emit (self, signals[FAILED], 0, error->message);
  else
    {
      gsize n = g_variant_n_children (reply);

      for (gsize i = 0; i < n; i++)
        {
          g_autoptr (GVariant) child = g_variant_get_child_value (reply, i);

          if (i == n - 1 && g_variant_is_of_type (child, G_VARIANT_TYPE_UINT64))
            undo = g_variant_get_uint64 (child);
          else if (change->app != NULL && g_variant_is_of_type (child, G_VARIANT_TYPE ("a(usay)")))
            g_signal_emit (self, signals[HELD], 0, change->app, child);
        }
      remember (self, undo);
      g_signal_emit (self, signals[DONE], 0, change->sentence, undo != 0);
    }
  if (change->done != NULL && !g_cancellable_is_cancelled (change->cancellable))
    change->done (error == NULL, change->user_data);
  change_free (change);
}

static void
send (PstManagerActions *self, const char *member, GVariant *args, const char *out, Change *change)
{
  pst_manager_link_call (pst_manager_data_get_link (self->data), member, args, out, NULL, on_changed, change);
}

static char *
title_of (PstManagerActions *self, const PstEntry *entry)
{
  return pst_words_resource (pst_manager_data_get_places (self->data), entry->kind, entry->resource);
}

static GVariant *
bytes_of (const char *text)
{
  return g_variant_new_bytestring (text);
}

static void
change_grant (PstManagerActions *self, const PstEntry *entry, const char *resource, PstScope scope, PstAccess access,
              PstAnswer answer, PstLifetime lifetime, gint64 until, char *sentence_take)
{
  Change *change = change_new (self, entry->app, sentence_take);

  if (!pst_entry_is_own (entry))
    {
      send (self, PST_CONTROL_GRANT,
            g_variant_new ("(su@ayuuuux)", entry->app, (guint32)entry->kind, bytes_of (entry->resource), (guint32)scope,
                           (guint32)access, (guint32)answer, (guint32)lifetime, until),
            PST_CONTROL_GRANT_OUT, change);
      return;
    }
  send (self, PST_CONTROL_CHANGE_GRANT,
        g_variant_new ("(t@ayuuuux)", entry->id, bytes_of (resource), (guint32)scope, (guint32)access, (guint32)answer,
                       (guint32)lifetime, until),
        PST_CONTROL_CHANGE_GRANT_OUT, change);
}

void
pst_manager_actions_set_access (PstManagerActions *self, const PstEntry *entry, PstAccess access, PstAnswer answer)
{
  g_autofree char *title = title_of (self, entry);

  change_grant (self, entry, "", entry->scope, access, answer, entry->lifetime, entry->until,
                g_strdup_printf ("%s: %s", title, pst_words_answer (entry->kind, access, answer)));
}

void
pst_manager_actions_set_lifetime (PstManagerActions *self, const PstEntry *entry, PstLifetime lifetime, gint64 until)
{
  g_autofree char *title = title_of (self, entry);
  g_autofree char *words = pst_words_lifetime (lifetime, until, g_get_real_time () / G_USEC_PER_SEC);

  change_grant (self, entry, "", entry->scope, entry->access, entry->answer, lifetime, until,
                g_strdup_printf ("%s: %s", title, words));
}

void
pst_manager_actions_narrow (PstManagerActions *self, const PstEntry *entry, const char *path, PstScope scope)
{
  g_autofree char *title = pst_words_resource (pst_manager_data_get_places (self->data), entry->kind, path);

  /* Translators: a place that a permission now is for: "Pictures/2026" */
  change_grant (self, entry, path, scope, entry->access, entry->answer, entry->lifetime, entry->until,
                g_strdup_printf (_ ("Now only %s"), title));
}

void
pst_manager_actions_revoke (PstManagerActions *self, const GPtrArray *entries)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  const PstEntry *first = NULL;
  gboolean one_app = TRUE;
  g_autofree char *title = NULL;

  for (guint i = 0; i < entries->len; i++)
    {
      const PstEntry *entry = g_ptr_array_index (entries, i);

      if (!pst_entry_is_own (entry))
        continue;
      one_app = one_app && (first == NULL || g_str_equal (first->app, entry->app));
      if (first == NULL)
        first = entry;
      g_array_append_val (ids, entry->id);
    }
  if (first == NULL)
    return;
  title = title_of (self, first);
  send (self, PST_CONTROL_REMOVE_GRANTS,
        g_variant_new ("(@at)", g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, ids->data, ids->len, sizeof (guint64))),
        PST_CONTROL_REMOVE_GRANTS_OUT,
        change_new (self, one_app ? first->app : NULL,
                    ids->len == 1
                        ? g_strdup_printf (_ ("Revoked %s"), title)
                        : g_strdup_printf (ngettext ("Revoked %u permission", "Revoked %u permissions", ids->len), ids->len)));
}

static const char *
name_of (PstManagerActions *self, const char *id)
{
  const PstApp *app = pst_manager_data_find (self->data, id);

  return app != NULL ? app->name : id;
}

void
pst_manager_actions_reset (PstManagerActions *self, const char *app, gboolean home)
{
  send (self, PST_CONTROL_RESET_APP, g_variant_new ("(sb)", app, home), PST_CONTROL_RESET_APP_OUT,
        change_new (self, app, g_strdup_printf (_ ("%s was reset"), name_of (self, app))));
}

void
pst_manager_actions_set_switch (PstManagerActions *self, const char *app, const char *key, gboolean value,
                                GCancellable *cancellable, PstActionDone done, gpointer user_data)
{
  const char *name = name_of (self, app);
  gboolean lock = g_str_equal (key, "locked");
  GVariantBuilder changes;
  Change *change;

  if (lock)
    change = change_new (self, app,
                         value ? g_strdup_printf (_ ("%s never asks any more"), name)
                               : g_strdup_printf (_ ("%s may ask again"), name));
  else
    change = change_new (self, app,
                         value ? g_strdup_printf (_ ("%s will be strict from its next start"), name)
                               : g_strdup_printf (_ ("%s will not be strict from its next start"), name));
  change->cancellable = g_object_ref (cancellable);
  change->done = done;
  change->user_data = user_data;
  g_variant_builder_init (&changes, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&changes, "{sv}", key, g_variant_new_boolean (value));
  send (self, PST_CONTROL_SET_APP, g_variant_new ("(sa{sv})", app, &changes), PST_CONTROL_SET_APP_OUT, change);
}

void
pst_manager_actions_add (PstManagerActions *self, const char *app, PstKind kind, const char *resource, PstAccess access,
                         PstAnswer answer, PstLifetime lifetime, gint64 until)
{
  g_autofree char *title = pst_words_resource (pst_manager_data_get_places (self->data), kind, resource);

  send (self, PST_CONTROL_GRANT,
        g_variant_new ("(su@ayuuuux)", app, (guint32)kind, bytes_of (resource), 0u, (guint32)access, (guint32)answer,
                       (guint32)lifetime, until),
        PST_CONTROL_GRANT_OUT, change_new (self, app, g_strdup_printf (_ ("Added %s"), title)));
}

void
pst_manager_actions_stop (PstManagerActions *self, const char *app, gboolean force)
{
  send (self, PST_CONTROL_STOP_APP, g_variant_new ("(sb)", app, force), PST_CONTROL_STOP_APP_OUT,
        change_new (self, NULL, g_strdup_printf (_ ("%s was told to stop"), name_of (self, app))));
}

void
pst_manager_actions_allow_refused (PstManagerActions *self, guint64 row, PstLifetime lifetime)
{
  send (self, PST_CONTROL_ALLOW_REFUSED, g_variant_new ("(tu)", row, (guint32)lifetime), PST_CONTROL_ALLOW_REFUSED_OUT,
        change_new (self, NULL, g_strdup (_ ("Allowed from now on"))));
}

void
pst_manager_actions_import (PstManagerActions *self, const char *json, gboolean replace)
{
  send (self, PST_CONTROL_IMPORT, g_variant_new ("(sbb)", json, replace, FALSE), PST_CONTROL_IMPORT_OUT,
        change_new (self, NULL, g_strdup (_ ("The permissions were imported"))));
}

void
pst_manager_actions_undo (PstManagerActions *self)
{
  guint64 undo;

  if (self->undo->len == 0)
    {
      g_signal_emit (self, signals[DONE], 0, _ ("There is nothing to undo"), FALSE);
      return;
    }
  undo = g_array_index (self->undo, guint64, self->undo->len - 1);
  g_array_set_size (self->undo, self->undo->len - 1);
  send (self, PST_CONTROL_UNDO, g_variant_new ("(t)", undo), PST_CONTROL_UNDO_OUT,
        change_new (self, NULL, g_strdup (_ ("The change was taken back"))));
}

void
pst_manager_actions_fail (PstManagerActions *self, const char *sentence)
{
  g_signal_emit (self, signals[FAILED], 0, sentence);
}

void
pst_manager_actions_tell (PstManagerActions *self, const char *sentence)
{
  g_signal_emit (self, signals[DONE], 0, sentence, FALSE);
}

PstManagerData *
pst_manager_actions_get_data (PstManagerActions *self)
{
  return self->data;
}

static void
pst_manager_actions_finalize (GObject *object)
{
  PstManagerActions *self = PST_MANAGER_ACTIONS (object);

  g_object_unref (self->data);
  g_array_unref (self->undo);
  G_OBJECT_CLASS (pst_manager_actions_parent_class)->finalize (object);
}

static void
pst_manager_actions_class_init (PstManagerActionsClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = pst_manager_actions_finalize;
  signals[DONE] =
      g_signal_new ("done", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
  signals[FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[HELD] =
      g_signal_new ("held", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_VARIANT);
}

static void
pst_manager_actions_init (PstManagerActions *self)
{
  self->undo = g_array_new (FALSE, FALSE, sizeof (guint64));
}

PstManagerActions *
pst_manager_actions_new (PstManagerData *data)
{
  PstManagerActions *self = g_object_new (PST_TYPE_MANAGER_ACTIONS, NULL);

  self->data = g_object_ref (data);
  return self;
}
