/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox-table.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "changes.h"
#include "consent.h"
#include "intent.h"
#include "notify.h"
#include "postern-ipc.h"
#include "pst-fd.h"
#include "pst-path.h"
#include "pst-text.h"

#define TERMINATE_MS 1000
#define STATE_TYPE "(uxaya(tuuayaybt))"

static void
tree_free (gpointer data)
{
  PstTree *tree = data;

  g_free (tree->path);
  g_free (tree->real);
  g_ptr_array_unref (tree->waiting);
  g_free (tree);
}

static void
ask_free (gpointer data)
{
  PstAsk *ask = data;

  g_free (ask->path);
  g_free (ask->target);
  g_free (ask->program);
  g_free (ask->past_rule);
  if (ask->bus)
    {
      g_free (ask->bus->interface);
      g_free (ask->bus->member);
      g_free (ask->bus);
    }
  g_free (ask);
}

PstSandbox *
pst_sandbox_new (PstBroker *broker, guint64 number, PstAppInfo *app_take)
{
  PstSandbox *sandbox = g_new0 (PstSandbox, 1);

  sandbox->refs = 1;
  sandbox->supervisor_pidfd = -1;
  sandbox->broker = broker;
  sandbox->number = number;
  sandbox->app = app_take;
  sandbox->started = g_get_real_time () / G_USEC_PER_SEC;
  sandbox->asks = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, ask_free);
  sandbox->trees = g_ptr_array_new_with_free_func (tree_free);
  sandbox->detached = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  sandbox->cooldowns = g_ptr_array_new_with_free_func (g_free);
  sandbox->notices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sandbox->used = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return sandbox;
}

PstSandbox *
pst_sandbox_ref (PstSandbox *sandbox)
{
  sandbox->refs++;
  return sandbox;
}

void
pst_sandbox_unref (PstSandbox *sandbox)
{
  if (!sandbox || --sandbox->refs > 0)
    return;
  pst_app_info_free (sandbox->app);
  pst_profile_free (sandbox->profile);
  g_clear_pointer (&sandbox->launcher, pst_peer_unref);
  g_clear_pointer (&sandbox->gate, pst_peer_unref);
  g_clear_pointer (&sandbox->bus, pst_peer_unref);
  g_clear_pointer (&sandbox->environment, g_variant_unref);
  g_clear_pointer (&sandbox->ruleset, pst_ruleset_unref);
  pst_fd_clear (&sandbox->supervisor_pidfd);
  g_free (sandbox->screen);
  g_free (sandbox->launch_dir);
  g_hash_table_unref (sandbox->asks);
  g_ptr_array_unref (sandbox->trees);
  g_hash_table_unref (sandbox->detached);
  g_ptr_array_unref (sandbox->cooldowns);
  g_hash_table_unref (sandbox->notices);
  g_hash_table_unref (sandbox->used);
  g_free (sandbox);
}

static gboolean
on_still_there (gpointer data)
{
  g_autoptr (PstSandbox) sandbox = data;

  if (!sandbox->ended && pst_peer_is_open (sandbox->launcher) && sandbox->supervisor_pidfd >= 0)
    syscall (SYS_pidfd_send_signal, sandbox->supervisor_pidfd, SIGKILL, NULL, 0);
  return G_SOURCE_REMOVE;
}

/* A supervisor that is stopped obeys nobody, and a program can have its own one stopped: it stops itself as the program does,
 * for the shell to notice. */
void
pst_sandbox_terminate (PstSandbox *sandbox)
{
  if (sandbox->launcher && pst_peer_is_open (sandbox->launcher))
    {
      pst_peer_call (sandbox->launcher, PST_LAUNCHER_TERMINATE, g_variant_new ("(b)", TRUE), NULL, 0, NULL, NULL);
      g_timeout_add (TERMINATE_MS, on_still_there, pst_sandbox_ref (sandbox));
    }
  if (sandbox->gate)
    pst_peer_close (sandbox->gate);
  if (sandbox->bus)
    pst_peer_close (sandbox->bus);
}

static char *
state_file (PstSandbox *sandbox)
{
  return g_strdup_printf ("%s/sandbox-%" G_GUINT64_FORMAT, sandbox->broker->runtime_dir, sandbox->number);
}

void
pst_sandbox_end (PstSandbox *sandbox)
{
  PstBroker *broker = sandbox->broker;
  g_autofree char *file = state_file (sandbox);

  if (sandbox->ended)
    return;
  sandbox->ended = TRUE;
  pst_changes_note (broker, PST_TOPIC_SANDBOXES, sandbox->app->id);
  pst_notify_ended (sandbox);
  g_clear_handle_id (&sandbox->early_source, g_source_remove);
  pst_sandbox_drop_asks (sandbox, FALSE);
  pst_sandbox_drop_asks (sandbox, TRUE);
  if (sandbox->gate)
    pst_peer_close (sandbox->gate);
  if (sandbox->bus)
    pst_peer_close (sandbox->bus);
  unlink (file);
  if (broker->store)
    {
      g_autoptr (GPtrArray) rules = pst_store_list_rules (broker->store, sandbox->app->id);
      g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < rules->len; i++)
        {
          const PstStoredRule *rule = rules->pdata[i];

          if (rule->lifetime == PST_LIFETIME_ONCE && rule->sandbox == sandbox->number)
            g_array_append_val (ids, rule->id);
        }
      if (ids->len > 0 && !pst_store_remove_rules (broker->store, (guint64 *)(void *)ids->data, ids->len, NULL, &error))
        g_warning ("%s", error->message);
      pst_store_queue_event (broker->store, pst_event_new ("ended", sandbox->app->id, sandbox->number, NULL, NULL));
    }
  g_hash_table_remove (broker->sandboxes, &sandbox->number);
}

PstSandbox *
pst_sandbox_lookup (PstBroker *broker, guint64 number)
{
  return g_hash_table_lookup (broker->sandboxes, &number);
}

GPtrArray *
pst_sandbox_list (PstBroker *broker, const char *app)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_sandbox_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, broker->sandboxes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!app || strcmp (((PstSandbox *)value)->app->id, app) == 0)
      g_ptr_array_add (list, pst_sandbox_ref (value));
  return list;
}

/* State */

/* In the runtime directory, for a broker that was killed: nothing of it has to survive the power, so nothing is flushed. */
static gboolean
replace_file (const char *file, GVariant *content)
{
  g_autofree char *new = g_strconcat (file, ".new", NULL);
  pst_autofd fd = open (new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  gsize size = g_variant_get_size (content);

  return fd >= 0 && write (fd, g_variant_get_data (content), size) == (gssize)size && rename (new, file) == 0;
}

void
pst_sandbox_save_state (PstSandbox *sandbox)
{
  g_autofree char *file = state_file (sandbox);
  g_autoptr (GVariant) state = NULL;
  GVariantBuilder trees;

  if (sandbox->ended)
    return;
  pst_changes_note (sandbox->broker, PST_TOPIC_SANDBOXES, sandbox->app->id);
  g_variant_builder_init (&trees, G_VARIANT_TYPE ("a(tuuayaybt)"));
  for (guint i = 0; i < sandbox->trees->len; i++)
    {
      const PstTree *tree = sandbox->trees->pdata[i];

      g_variant_builder_add (&trees, "(tuu^ay^aybt)", tree->number, tree->kind, tree->access, tree->path,
                             tree->real ? tree->real : "", tree->live, tree->rule);
    }
  state = g_variant_ref_sink (g_variant_new ("(ux^aya(tuuayaybt))", (guint32)sandbox->init, sandbox->started,
                                             sandbox->launch_dir ? sandbox->launch_dir : "", &trees));
  if (!replace_file (file, state))
    g_warning ("what is attached cannot be noted: %s", g_strerror (errno));
}

gboolean
pst_sandbox_load_state (PstSandbox *sandbox)
{
  g_autofree char *file = state_file (sandbox), *launch_dir = NULL;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariantIter) trees = NULL;
  char *data, *path, *real;
  gsize size;
  guint32 init, kind, access;
  guint64 number, rule;
  gboolean live;

  if (!g_file_get_contents (file, &data, &size, NULL))
    return FALSE;
  state = g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE (STATE_TYPE), data, size, FALSE, g_free, data));
  if (!g_variant_is_normal_form (state))
    return FALSE;
  g_variant_get (state, "(ux^aya(tuuayaybt))", &init, &sandbox->started, &launch_dir, &trees);
  sandbox->init = (pid_t)init;
  sandbox->pid_ns = init ? pst_pid_namespace_of ((pid_t)init) : 0;
  while (g_variant_iter_next (trees, "(tuu^ay^aybt)", &number, &kind, &access, &path, &real, &live, &rule))
    {
      PstTree *tree = pst_sandbox_add_tree (sandbox, path, kind);

      tree->number = number;
      tree->access = access;
      tree->live = live;
      tree->rule = rule;
      g_hash_table_add (sandbox->used, g_memdup2 (&rule, sizeof rule));
      tree->state = PST_TREE_ATTACHED;
      tree->real = *real ? g_strdup (real) : NULL;
      sandbox->last_tree = MAX (sandbox->last_tree, number);
      g_free (path);
      g_free (real);
    }
  return TRUE;
}

gboolean
pst_sandbox_notice (PstSandbox *sandbox, const char *key, const char *text)
{
  if (key && !g_hash_table_add (sandbox->notices, g_strdup (key)))
    return FALSE;
  if (g_hash_table_size (sandbox->notices) > 1000)
    g_hash_table_remove_all (sandbox->notices);
  if (sandbox->launcher && pst_peer_is_open (sandbox->launcher))
    pst_peer_notify (sandbox->launcher, PST_LAUNCHER_NOTICE, g_variant_new ("(s)", text), NULL, 0);
  return TRUE;
}

/* Trees */

PstTree *
pst_sandbox_find_tree (PstSandbox *sandbox, const char *path, PstTreeKind kind)
{
  for (guint i = 0; i < sandbox->trees->len; i++)
    {
      PstTree *tree = sandbox->trees->pdata[i];

      if (tree->kind == kind && strcmp (tree->path, path) == 0)
        return tree;
    }
  return NULL;
}

PstTree *
pst_sandbox_add_tree (PstSandbox *sandbox, const char *path, PstTreeKind kind)
{
  PstTree *tree = g_new0 (PstTree, 1);

  tree->number = ++sandbox->last_tree;
  tree->kind = kind;
  tree->path = g_strdup (path);
  tree->state = PST_TREE_ATTACHING;
  tree->waiting = g_ptr_array_new ();
  g_ptr_array_add (sandbox->trees, tree);
  return tree;
}

void
pst_sandbox_remove_tree (PstSandbox *sandbox, PstTree *tree)
{
  for (guint i = 0; i < tree->waiting->len; i++)
    ((PstAsk *)tree->waiting->pdata[i])->tree = NULL;
  g_ptr_array_remove (sandbox->trees, tree);
}

void
pst_sandbox_note_use (PstSandbox *sandbox, guint64 number)
{
  PstStore *store = sandbox->broker->store;
  const PstStoredRule *rule = store ? pst_store_get_rule (store, number) : NULL;
  PstEvent *event;

  if (!rule)
    return;
  pst_store_queue_use (store, number, g_get_real_time () / G_USEC_PER_SEC);
  if (!g_hash_table_add (sandbox->used, g_memdup2 (&number, sizeof number)))
    return;
  event = pst_event_new ("used", sandbox->app->id, sandbox->number, rule->resource, NULL);
  event->access = rule->access;
  event->answer = rule->answer;
  event->lifetime = rule->lifetime;
  pst_store_queue_event (store, event);
}

/* Asks */

PstAsk *
pst_ask_new (PstSandbox *sandbox, guint64 id)
{
  PstAsk *ask = g_new0 (PstAsk, 1);

  ask->sandbox = sandbox;
  ask->id = id;
  g_hash_table_insert (sandbox->asks, &ask->id, ask);
  return ask;
}

void
pst_sandbox_drop_asks (PstSandbox *sandbox, gboolean of_bus)
{
  g_autoptr (GPtrArray) asks = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer ask;

  g_hash_table_iter_init (&iter, sandbox->asks);
  while (g_hash_table_iter_next (&iter, NULL, &ask))
    if ((((PstAsk *)ask)->bus != NULL) == of_bus)
      g_ptr_array_add (asks, ask);
  for (guint i = 0; i < asks->len; i++)
    pst_ask_drop (asks->pdata[i]);
}

void
pst_ask_drop (PstAsk *ask)
{
  if (ask->question)
    pst_consent_leave (ask);
  if (ask->tree)
    g_ptr_array_remove (ask->tree->waiting, ask);
  g_hash_table_remove (ask->sandbox->asks, &ask->id);
}

void
pst_ask_finish (PstAsk *ask, PstOutcome outcome)
{
  PstSandbox *sandbox = ask->sandbox;
  PstPeer *gate = ask->bus ? sandbox->bus : sandbox->gate;

  if (outcome == PST_OUTCOME_RETRY && ask->is_made)
    outcome = PST_OUTCOME_RETRY_HERE;
  if (gate && pst_peer_is_open (gate))
    pst_peer_reply (gate, ask->serial, g_variant_new ("(u)", outcome), NULL, 0);
  pst_ask_drop (ask);
}
