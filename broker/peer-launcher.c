/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The broker's side of Launcher1: the one place where an application's identity is fixed. */
#include "connection.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "accessibility.h"
#include "app-notes.h"
#include "changes.h"
#include "consent.h"
#include "grantable.h"
#include "intent.h"
#include "postern-ipc.h"
#include "private-home.h"
#include "pst-fd.h"
#include "pst-path.h"
#include "push.h"
#include "sandbox-table.h"
#include "sheet.h"

#define MAX_ENVIRONMENT 64

static gboolean
lookup_boolean (GVariant *dict, const char *key)
{
  gboolean value = FALSE;

  g_variant_lookup (dict, key, "b", &value);
  return value;
}

/* Only strings, and only so many: what is kept of a launch's environment. */
static GVariant *
copy_environment (GVariant *request)
{
  g_autoptr (GVariant) given = g_variant_lookup_value (request, "environment", G_VARIANT_TYPE_VARDICT);
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *value;
  guint n = 0;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (given)
    {
      g_variant_iter_init (&iter, given);
      while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
        {
          if (n++ < MAX_ENVIRONMENT &&
              (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING) || g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)))
            g_variant_builder_add (&builder, "{sv}", key, value);
          g_variant_unref (value);
        }
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static PstAppInfo *
identify (PstBroker *broker, GVariant *request, const char **problem)
{
  g_autofree char *executable = pst_lookup_bytes (request, "executable");
  const char *app = NULL, *again = NULL;
  PstAppInfo *info;

  g_variant_lookup (request, "app", "&s", &app);
  g_variant_lookup (request, "app_id", "&s", &again);
  if (again && *again)
    app = again;
  if (!executable || !pst_path_is_normal (executable))
    return *problem = _ ("The launch names no program."), NULL;
  if (!app || !*app)
    return pst_identity_for_executable (broker->identity, executable);
  if (!pst_app_id_is_valid (app))
    return *problem = _ (
               "The application’s name may hold letters, digits, “.”, “_”, “+” and “-” only, and not begin with “.” or “-”."),
           NULL;
  info = pst_identity_for_executable (broker->identity, executable);
  if (strcmp (info->id, app) != 0)
    {
      pst_app_info_free (info);
      info = pst_identity_for_word (broker->identity, app);
      /* A word that is also a command would have given the command's identity. */
      if (strcmp (info->id, app) != 0)
        {
          g_free (info->id);
          info->id = g_strdup (app);
        }
    }
  g_free (info->executable);
  info->executable = g_steal_pointer (&executable);
  return info;
}

static gboolean
apply_profile (PstBroker *broker, GVariant *request, PstSandbox *sandbox, GError **error)
{
  g_autofree char *file = pst_lookup_bytes (request, "profile");
  g_autoptr (GError) find_error = NULL;

  if (file && *file)
    sandbox->profile = pst_profiles_load (broker->services, file, &find_error);
  else
    sandbox->profile = pst_profiles_find (broker->profiles, sandbox->app->id, sandbox->app->executable, &find_error);
  if (find_error)
    {
      g_propagate_error (error, g_steal_pointer (&find_error));
      return FALSE;
    }
  if (sandbox->profile && pst_profile_get_name (sandbox->profile))
    {
      g_free (sandbox->app->name);
      sandbox->app->name = g_strdup (pst_profile_get_name (sandbox->profile));
    }
  if (sandbox->profile && pst_profile_get_icon (sandbox->profile))
    {
      g_free (sandbox->app->icon);
      sandbox->app->icon = g_strdup (pst_profile_get_icon (sandbox->profile));
    }
  return TRUE;
}

/* What may wait until the launch has its answer. */
static gboolean
after_register (gpointer data)
{
  PstSandbox *sandbox = data;
  PstBroker *broker = sandbox->broker;

  if (!sandbox->ended)
    {
      if (g_str_has_prefix (sandbox->screen, "display:"))
        pst_screen_start (broker, sandbox->screen, sandbox->environment, sandbox);
      pst_app_notes_launched (broker, sandbox->app);
    }
  pst_sandbox_unref (sandbox);
  return G_SOURCE_REMOVE;
}

/* The trees that the supervisor still has and we no longer know of are taken away. */
static void
drop_unknown_trees (PstSandbox *sandbox, GVariant *request)
{
  g_autoptr (GVariant) numbers = g_variant_lookup_value (request, "trees", G_VARIANT_TYPE ("at"));
  gsize n;
  const guint64 *number = numbers ? g_variant_get_fixed_array (numbers, &n, sizeof *number) : NULL;
  g_autoptr (GPtrArray) gone = g_ptr_array_new ();

  if (!numbers)
    n = 0;
  for (gsize i = 0; i < n; i++)
    {
      gboolean known = FALSE;

      sandbox->last_tree = MAX (sandbox->last_tree, number[i]);
      for (guint k = 0; k < sandbox->trees->len; k++)
        known |= ((PstTree *)sandbox->trees->pdata[k])->number == number[i];
      if (!known)
        pst_peer_call (sandbox->launcher, PST_LAUNCHER_DETACH, g_variant_new ("(t)", number[i]), NULL, 0, NULL, NULL);
    }
  for (guint k = 0; k < sandbox->trees->len; k++)
    {
      PstTree *tree = sandbox->trees->pdata[k];
      gboolean there = FALSE;

      for (gsize i = 0; i < n; i++)
        there |= number[i] == tree->number;
      if (!there)
        g_ptr_array_add (gone, tree);
    }
  for (guint k = 0; k < gone->len; k++)
    pst_sandbox_remove_tree (sandbox, gone->pdata[k]);
}

static GVariant *
describe_result (PstSandbox *sandbox, const char *home)
{
  GVariantBuilder result;
  g_autofree char *name = g_utf8_make_valid (sandbox->app->name, -1);

  g_variant_builder_init (&result, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&result, "{sv}", "sandbox", g_variant_new_uint64 (sandbox->number));
  g_variant_builder_add (&result, "{sv}", "app_id", g_variant_new_string (sandbox->app->id));
  g_variant_builder_add (&result, "{sv}", "name", g_variant_new_string (name));
  g_variant_builder_add (&result, "{sv}", "home", g_variant_new_bytestring (home));
  g_variant_builder_add (&result, "{sv}", "strict", g_variant_new_boolean (sandbox->strict));
  g_variant_builder_add (&result, "{sv}", "sys",
                         g_variant_new_boolean (sandbox->profile && pst_profile_get_sys (sandbox->profile)));
  g_variant_builder_add (&result, "{sv}", "nested",
                         g_variant_new_boolean (sandbox->profile && pst_profile_get_nested_namespaces (sandbox->profile)));
  g_variant_builder_add (&result, "{sv}", "bus", g_variant_new_boolean (sandbox->bus != NULL));
  g_variant_builder_add (&result, "{sv}", "nested_namespaces",
                         g_variant_new_boolean (sandbox->profile && pst_profile_get_nested_namespaces (sandbox->profile)));
  return g_variant_new ("(a{sv})", &result);
}

static gboolean
is_strict (PstBroker *broker, const char *app)
{
  const PstStoredApp *stored = pst_store_get_app (broker->store, app);

  return (stored && stored->strict) || pst_admin_policy_app (broker->policy, app).strict;
}

/* Is it kept to one folder? Then it is not told what the others are called either. */
static gboolean
is_kept_to_one (const PstSandbox *sandbox, GVariant *request)
{
  g_autoptr (GVariant) only = g_variant_lookup_value (request, "only", NULL);

  return only || (sandbox->profile && pst_profile_get_one_folder (sandbox->profile) != 0);
}

/* The user directories that it is told of. (nullable) */
static const GPtrArray *
told_of (const PstSandbox *sandbox, GVariant *request)
{
  return is_kept_to_one (sandbox, request) ? NULL : sandbox->broker->host->user_dirs;
}

/* NULL with *sentence: the launch is refused. */
static PstSandbox *
make_sandbox (PstConnection *connection, GVariant *request, char **home, char **sentence)
{
  PstBroker *broker = connection->broker;
  g_autoptr (PstSandbox) sandbox = NULL;
  g_autoptr (GError) error = NULL;
  const char *problem = NULL;
  guint64 number = 0;
  PstAppInfo *info;
  gboolean again = g_variant_lookup (request, "sandbox", "t", &number) && number != 0;

  if (!pst_broker_ready (broker, &problem))
    return *sentence = g_strdup (problem), NULL;
  if (g_hash_table_size (broker->sandboxes) >= PST_MAX_SANDBOXES)
    return *sentence = g_strdup (_ ("Too many sandboxes are running; end some first.")), NULL;
  if (!pst_broker_read_policy (broker, &error) || !pst_host_refresh (broker->host, &error))
    return *sentence = g_strdup (error->message), NULL;
  if (again && pst_sandbox_lookup (broker, number))
    return *sentence = g_strdup (_ ("A sandbox of this number is running already.")), NULL;
  if (!(info = identify (broker, request, &problem)))
    return *sentence = g_strdup (problem), NULL;

  sandbox = pst_sandbox_new (broker, again ? number : pst_store_next_sandbox (broker->store), info);
  sandbox->launcher = pst_peer_ref (connection->peer);
  sandbox->supervisor = connection->pid;
  sandbox->supervisor_pidfd = (int)syscall (SYS_pidfd_open, connection->pid, 0);
  sandbox->environment = copy_environment (request);
  sandbox->tty = lookup_boolean (request, "tty");
  sandbox->screen = pst_screen_key (sandbox->environment, sandbox->tty, sandbox->number);
  sandbox->launch_dir = pst_lookup_bytes (request, "cwd");
  if (!apply_profile (broker, request, sandbox, &error) ||
      !(*home = pst_private_home (broker->state_dir, info->id, told_of (sandbox, request), broker->host->home, &error)))
    return *sentence = g_strdup (error->message), NULL;
  sandbox->quiet = sandbox->profile && pst_profile_get_one_folder (sandbox->profile) != 0;
  sandbox->strict = lookup_boolean (request, "strict") || (sandbox->profile && pst_profile_get_strict (sandbox->profile)) ||
                    is_strict (broker, info->id);
  if (again)
    pst_sandbox_load_state (sandbox);
  return g_steal_pointer (&sandbox);
}

/* A start between Register and the sandbox that comes of it. */
typedef struct _PstStart
{
  PstConnection *connection;
  PstSandbox *sandbox;
  GVariant *request;
  char *home;
  int gate, bus;          /* -1: none */
  PstSheetWaiter *waiter; /* (nullable): a person is being asked */
  guint32 await;          /* the serial of AwaitSheet, 0: not called yet */
  GVariant *outcome;      /* (nullable): for an AwaitSheet that comes later */
} PstStart;

static void
start_free (PstStart *start)
{
  g_clear_pointer (&start->sandbox, pst_sandbox_unref);
  g_clear_pointer (&start->request, g_variant_unref);
  g_clear_pointer (&start->outcome, g_variant_unref);
  pst_fd_clear (&start->gate);
  pst_fd_clear (&start->bus);
  g_free (start->home);
  g_free (start);
}

static gboolean
is_again (const PstStart *start)
{
  guint64 again = 0;

  g_variant_lookup (start->request, "sandbox", "t", &again);
  return again != 0;
}

/* Nobody has to be asked any more: the sandbox is one of ours. The answer: floating. */
static GVariant *
admit (PstStart *start)
{
  PstSandbox *sandbox = start->sandbox;
  PstBroker *broker = sandbox->broker;
  GVariant *result;

  start->connection->sandbox = pst_sandbox_ref (sandbox);
  g_hash_table_insert (broker->sandboxes, &sandbox->number, pst_sandbox_ref (sandbox));
  pst_changes_note (broker, PST_TOPIC_SANDBOXES, sandbox->app->id);
  pst_peer_gate_start (sandbox, pst_fd_steal (&start->gate));
  if (start->bus >= 0)
    pst_peer_bus_start (sandbox, pst_fd_steal (&start->bus));
  pst_push_first (sandbox);
  result = describe_result (sandbox, start->home);
  if (!is_again (start))
    pst_store_queue_event (broker->store,
                           pst_event_new ("started", sandbox->app->id, sandbox->number, NULL, sandbox->app->executable));
  g_idle_add (after_register, pst_sandbox_ref (sandbox));
  return result;
}

static void on_sheet (PstSheetOutcome outcome, const char *sentence, gpointer user_data);

/* FALSE: a person is asked, and on_sheet() is called. */
static gboolean
may_start (PstStart *start)
{
  start->waiter = is_again (start) ? NULL : pst_sheet_wait (start->sandbox, start->bus >= 0, on_sheet, start);
  return start->waiter == NULL;
}

static void
answer_await (PstStart *start)
{
  PstConnection *connection = start->connection;

  if (!start->await || !start->outcome)
    return;
  pst_peer_reply (connection->peer, start->await, start->outcome, NULL, 0);
  connection->start = NULL;
  start_free (start);
}

static void
on_sheet (PstSheetOutcome outcome, const char *sentence, gpointer user_data)
{
  PstStart *start = user_data;
  GVariant *result;

  start->waiter = NULL;
  if (outcome == PST_SHEET_ANSWERED && !may_start (start))
    return;
  if (outcome == PST_SHEET_ANSWERED || outcome == PST_SHEET_SKIPPED)
    result = admit (start);
  else
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "cancelled", "b", outcome == PST_SHEET_CANCELLED);
      g_variant_dict_insert (&dict, "text", "s", sentence);
      result = g_variant_new ("(@a{sv})", g_variant_dict_end (&dict));
    }
  start->outcome = g_variant_ref_sink (result);
  answer_await (start);
}

void
pst_peer_launcher_gone (PstConnection *connection)
{
  PstStart *start = connection->start;

  connection->start = NULL;
  if (!start)
    return;
  if (start->waiter)
    pst_sheet_leave (start->waiter);
  start_free (start);
}

/* With `only`: the one place that this run is given, checked, and as a rule that ends with it. */
static char *
give_only (PstSandbox *sandbox, GVariant *request, gboolean again)
{
  PstBroker *broker = sandbox->broker;
  g_autofree char *path = pst_lookup_bytes (request, "only"), *problem = NULL;
  g_auto (PstGrantable) found = { 0 };
  g_autoptr (PstStoredRule) rule = NULL;
  g_autoptr (GError) error = NULL;
  guint32 access = 0;
  PstEvent *event;

  if (!path)
    return NULL;
  g_variant_lookup (request, "only_access", "u", &access);
  if (access != PST_ACCESS_VIEW && access != PST_ACCESS_CHANGE)
    return g_strdup (_ ("What is given with --only can be viewed or changed."));
  sandbox->quiet = sandbox->only = TRUE;
  if (again)
    return NULL;
  pst_push_compile (sandbox);
  problem = pst_grantable_check (sandbox, path, access, TRUE, TRUE, &found);
  if (problem)
    return g_steal_pointer (&problem);
  rule = g_new0 (PstStoredRule, 1);
  rule->app = g_strdup (sandbox->app->id);
  rule->kind = PST_KIND_FILES;
  rule->resource = g_steal_pointer (&path);
  rule->scope = PST_SCOPE_TREE;
  rule->access = access;
  rule->answer = PST_ANSWER_ALLOW;
  rule->lifetime = PST_LIFETIME_ONCE;
  rule->sandbox = sandbox->number;
  rule->boot = g_strdup (broker->host->boot);
  rule->login = g_strdup ("");
  rule->real = g_strdup (found.real);
  rule->created = g_get_real_time () / G_USEC_PER_SEC;
  rule->origin = PST_ORIGIN_COMMAND;
  event = pst_event_new ("granted", rule->app, sandbox->number, rule->resource, "--only");
  event->access = access;
  event->answer = PST_ANSWER_ALLOW;
  event->lifetime = PST_LIFETIME_ONCE;
  return pst_store_add_rule (broker->store, rule, event, NULL, &error) ? NULL : g_strdup (error->message);
}

static void
handle_register (PstConnection *connection, PstMessage *message)
{
  PstStart *start = g_new0 (PstStart, 1);
  g_autofree char *sentence = NULL;

  start->connection = connection;
  start->request = g_variant_get_child_value (message->args, 0);
  start->gate = pst_message_steal_fd (message, 0);
  start->bus = pst_message_steal_fd (message, 1);
  if (start->gate < 0)
    {
      start_free (start);
      pst_connection_refuse (connection, "Register without a gate");
      return;
    }
  start->sandbox = make_sandbox (connection, start->request, &start->home, &sentence);
  if (start->sandbox && (sentence = give_only (start->sandbox, start->request, is_again (start))))
    g_clear_pointer (&start->sandbox, pst_sandbox_unref);
  if (!start->sandbox)
    {
      start_free (start);
      pst_peer_reply_error (connection->peer, message->serial, sentence);
      return;
    }
  /* A profile that leaves the buses out is heard at the launch; what a sandbox has had from its start it keeps. */
  if (!is_again (start) && start->sandbox->profile && !pst_profile_get_bus (start->sandbox->profile) &&
      !lookup_boolean (start->request, "bus"))
    pst_fd_clear (&start->bus);
  /* What the administrator leaves out nobody asks for. */
  if (!is_again (start) && pst_admin_policy_app (connection->broker->policy, start->sandbox->app->id).no_bus)
    pst_fd_clear (&start->bus);
  if (may_start (start))
    {
      pst_peer_reply (connection->peer, message->serial, admit (start), NULL, 0);
      if (is_again (start))
        drop_unknown_trees (start->sandbox, start->request);
      start_free (start);
    }
  else
    {
      GVariantDict dict;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "sandbox", "t", start->sandbox->number);
      g_variant_dict_insert (&dict, "sheet", "b", TRUE);
      pst_peer_reply (connection->peer, message->serial, g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)), NULL, 0);
      connection->start = start;
    }
}

/* Its file system was unmounted on the host; a later question attaches what is there then. */
static void
lose_tree (PstSandbox *sandbox, guint64 number)
{
  for (guint i = 0; i < sandbox->trees->len; i++)
    {
      PstTree *tree = sandbox->trees->pdata[i];

      if (tree->number == number && tree->state == PST_TREE_ATTACHED)
        {
          pst_sandbox_remove_tree (sandbox, tree);
          pst_sandbox_save_state (sandbox);
          return;
        }
    }
}

void
pst_peer_launcher_handle (PstConnection *connection, PstMessage *message)
{
  if (strcmp (message->member, PST_LAUNCHER_REGISTER) == 0 && pst_message_check (message, PST_LAUNCHER_REGISTER_IN, NULL) &&
      message->serial && !connection->sandbox && !connection->start)
    {
      handle_register (connection, message);
      return;
    }
  if (strcmp (message->member, PST_LAUNCHER_AWAIT_SHEET) == 0 &&
      pst_message_check (message, PST_LAUNCHER_AWAIT_SHEET_IN, NULL) && message->serial && connection->start &&
      !connection->start->await)
    {
      connection->start->await = message->serial;
      answer_await (connection->start);
      return;
    }
  if (strcmp (message->member, PST_LAUNCHER_LOST) == 0 && pst_message_check (message, PST_LAUNCHER_LOST_IN, NULL) &&
      connection->sandbox)
    {
      guint64 number;

      g_variant_get (message->args, "(t)", &number);
      lose_tree (connection->sandbox, number);
      return;
    }
  if (strcmp (message->member, PST_LAUNCHER_ACCESSIBILITY_BUS) == 0 && message->serial && connection->sandbox &&
      pst_message_check (message, PST_LAUNCHER_ACCESSIBILITY_BUS_IN, NULL))
    {
      pst_accessibility_find (connection->sandbox, message->serial);
      return;
    }
  if (strcmp (message->member, PST_LAUNCHER_STARTED) == 0 && pst_message_check (message, PST_LAUNCHER_STARTED_IN, NULL) &&
      connection->sandbox)
    {
      PstSandbox *sandbox = connection->sandbox;
      guint32 pid;

      g_variant_get (message->args, "(u)", &pid);
      sandbox->init = (pid_t)pid;
      sandbox->pid_ns = pst_pid_namespace_of (sandbox->init);
      /* Init of a sandbox is never in our own namespace: intents of the person's other programs are not read. */
      if (sandbox->pid_ns == pst_pid_namespace_of (getpid ()))
        sandbox->pid_ns = 0;
      pst_sandbox_save_state (sandbox);
      pst_peer_gate_started (sandbox);
      if (message->serial)
        pst_peer_reply (connection->peer, message->serial, NULL, NULL, 0);
      return;
    }
  pst_connection_refuse (connection, "a message that is none of Launcher1");
}
