/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An application as it was before it was ever started: its rules, its switches, its private home; and its end. */
#include "control.h"

#include <glib/gi18n.h>

#include "postern-ipc.h"
#include "sandbox-table.h"
#include "sheet.h"

/* A home that was put aside */

typedef struct
{
  PstBroker *broker;
  char *app, *aside;
} Aside;

/* By a sandbox, or by a start that waits for a person. */
static gboolean
is_used (PstBroker *broker, const char *app)
{
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, app);

  return sandboxes->len > 0 || pst_sheet_is_open (broker, app);
}

static gboolean
aside_restore (gpointer data, GError **error)
{
  const Aside *aside = data;

  if (is_used (aside->broker, aside->app))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                   _ ("%s is running with a new private home; end it first. Nothing was taken back."), aside->app);
      return FALSE;
    }
  return pst_homes_put_back (aside->broker->homes, aside->app, aside->aside, error);
}

static void
aside_put_aside (gpointer data)
{
  Aside *aside = data;
  g_autoptr (GError) error = NULL;
  char *name = NULL;

  if (!pst_homes_put_aside (aside->broker->homes, aside->app, &name, &error))
    g_warning ("%s", error->message);
  else if (name)
    {
      g_free (aside->aside);
      aside->aside = name;
    }
}

static void
aside_drop (gpointer data, gboolean restored)
{
  Aside *aside = data;

  if (!restored)
    pst_homes_delete (aside->broker->homes, aside->aside);
  g_free (aside->app);
  g_free (aside->aside);
  g_free (aside);
}

static const PstUndoBeside aside_functions = { aside_restore, aside_put_aside, aside_drop };

/* NULL: there is none, or @error. */
static Aside *
put_home_aside (PstBroker *broker, const char *app, GError **error)
{
  g_autofree char *name = NULL;
  Aside *aside;

  if (is_used (broker, app))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                   _ ("%s is running, and its private home is in use; end it first (postern stop %s)."), app, app);
      return NULL;
    }
  if (!pst_homes_put_aside (broker->homes, app, &name, error) || !name)
    return NULL;
  aside = g_new (Aside, 1);
  *aside = (Aside){ broker, g_strdup (app), g_steal_pointer (&name) };
  return aside;
}

/* Refusals that no rule says, and what it has been told already. */
static void
forget_run (PstBroker *broker, const char *app)
{
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, app);

  for (guint i = 0; i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];

      g_ptr_array_set_size (sandbox->cooldowns, 0);
      sandbox->n_refused_creations = sandbox->n_refused_services = 0;
      g_hash_table_remove_all (sandbox->notices);
    }
}

static GVariant *
reset (PstControlChange *change)
{
  return g_variant_new ("(a(usay)t)", change->held, change->undo);
}

void
pst_control_reset_app (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  gboolean home;
  g_autofree char *app = NULL;
  g_autoptr (GPtrArray) rules = NULL;
  g_autoptr (PstStoreChange) change = pst_store_change_new (broker->store);
  g_autoptr (GError) error = NULL;
  PstControlChange *out;
  Aside *aside;

  g_variant_get (call->args, "(&sb)", &word, &home);
  if (!(app = pst_control_take_app (call, word)))
    return;
  aside = home ? put_home_aside (broker, app, &error) : NULL;
  if (error)
    {
      pst_control_fail (call, error->message);
      return;
    }
  out = pst_control_change_new (call, reset);
  pst_control_change_add_app (out, app);
  rules = pst_store_list_rules (broker->store, app);
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      pst_store_change_remove_rule (change, rule->id);
      if (rule->kind == PST_KIND_FILES && rule->answer == PST_ANSWER_ALLOW)
        pst_control_change_add_path (out, rule->resource);
    }
  if (pst_store_get_app (broker->store, app))
    pst_store_change_set_app (change, app, FALSE, FALSE, 0);
  pst_store_change_take_event (
      change, pst_event_new ("revoked", app, 0, NULL, home ? _ ("reset, with its private home") : _ ("reset")));
  out->undo = pst_undo_apply_with (broker->undo, broker->store, g_steal_pointer (&change), aside ? &aside_functions : NULL,
                                   aside, &error);
  if (!out->undo)
    {
      if (aside)
        {
          g_autoptr (GError) back = NULL;
          gboolean restored = pst_homes_put_back (broker->homes, app, aside->aside, &back);

          if (!restored)
            g_warning ("%s", back->message);
          aside_drop (aside, TRUE);
        }
      pst_control_change_fail (out, error->message);
      return;
    }
  forget_run (broker, app);
  pst_control_change_push (out);
}

static void
on_measured (guint64 size, guint64 files, const GError *error, gpointer data)
{
  PstControlCall *call = data;

  if (error)
    pst_control_fail (call, error->message);
  else
    pst_control_reply (call, g_variant_new ("(tt)", size, files));
}

void
pst_control_home_size (PstControlCall *call)
{
  const char *word;
  g_autofree char *app = NULL;

  g_variant_get (call->args, "(&s)", &word);
  if ((app = pst_control_take_app (call, word)))
    pst_homes_measure (call->broker->homes, app, call->client->gone, on_measured, call);
}

void
pst_control_list_held (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autofree char *app = NULL;
  g_autoptr (GPtrArray) sandboxes = NULL;
  GVariantBuilder held;

  g_variant_get (call->args, "(&s)", &word);
  if (!(app = pst_control_take_app (call, word)))
    return;
  sandboxes = pst_sandbox_list (broker, app);
  g_variant_builder_init (&held, G_VARIANT_TYPE ("a(usay)"));
  for (guint i = 0; i < sandboxes->len; i++)
    pst_sandbox_collect_not_given (sandboxes->pdata[i], &held);
  pst_control_reply (call, g_variant_new ("(a(usay))", &held));
}

void
pst_control_stop_app (PstControlCall *call)
{
  const char *word;
  gboolean force;
  g_autofree char *app = NULL;
  g_autoptr (GPtrArray) sandboxes = NULL;
  guint32 stopped = 0;

  g_variant_get (call->args, "(&sb)", &word, &force);
  if (!(app = pst_control_take_app (call, word)))
    return;
  sandboxes = pst_sandbox_list (call->broker, app);
  for (guint i = 0; i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];

      if (sandbox->ended || !pst_peer_is_open (sandbox->launcher))
        continue;
      if (force)
        pst_sandbox_terminate (sandbox);
      else
        pst_peer_call (sandbox->launcher, PST_LAUNCHER_TERMINATE, g_variant_new ("(b)", FALSE), NULL, 0, NULL, NULL);
      stopped++;
    }
  pst_control_reply (call, g_variant_new ("(u)", stopped));
}
