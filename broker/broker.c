/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broker.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "agent-start.h"
#include "changes.h"
#include "consent.h"
#include "policy-watch.h"
#include "control.h"
#include "daily.h"
#include "postern-config.h"
#include "pst-programs.h"
#include "push.h"
#include "sandbox-table.h"

#define QUESTION_TIMEOUT (300 * G_USEC_PER_SEC)

static PstIdentity *
make_identity (PstHost *host)
{
  g_autoptr (GPtrArray) dirs = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *user = g_build_filename (host->data_home, "applications", NULL);
  g_autofree char *path =
      g_strconcat (g_getenv ("PATH") ? g_getenv ("PATH") : "", ":/usr/local/bin:/usr/bin:/bin:/usr/games", NULL);

  for (const char *const *dir = g_get_system_data_dirs (); *dir; dir++)
    g_ptr_array_add (dirs, g_build_filename (*dir, "applications", NULL));
  g_ptr_array_add (dirs, NULL);
  return pst_identity_new ((const char *const *)dirs->pdata, user, path);
}

static PstProfiles *
make_profiles (PstHost *host, const PstServices *services)
{
  g_autofree char *own = g_build_filename (host->config_home, "postern", "profiles", NULL),
                  *packaged = pst_data_find ("profiles");
  const char *dirs[] = { "/etc/postern/profiles", PST_SYSCONFDIR "/profiles", own, packaged, NULL };

  return pst_profiles_new (services, dirs);
}

static PstServices *
make_services (PstHost *host, GError **error)
{
  g_autofree char *own = g_build_filename (host->config_home, "postern", "services", NULL),
                  *packaged = pst_data_find ("services");
  const char *dirs[] = { "/etc/postern/services", PST_SYSCONFDIR "/services", own, packaged, NULL };

  return pst_services_load (dirs, error);
}

/* Without duplicates: an ordinary installation has its /etc in /etc. */
static GStrv
places (const char *const *all)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (const char *const *place = all; *place; place++)
    {
      gboolean before = FALSE;

      for (const char *const *other = all; other != place; other++)
        before |= strcmp (*other, *place) == 0;
      if (!before)
        g_strv_builder_add (builder, *place);
    }
  return g_strv_builder_end (builder);
}

static void
find_policy (PstBroker *broker)
{
  broker->policy_places.policy =
      places ((const char *const[]){ "/etc/postern/policy.d", PST_SYSCONFDIR "/policy.d", PST_PKGDATADIR "/policy.d", NULL });
  broker->policy_places.locks = places ((const char *const[]){ "/etc/postern/locks.d", PST_SYSCONFDIR "/locks.d", NULL });
  broker->policy_places.owner = 0;
}

static void
on_stored (guint what, const char *app, gpointer data)
{
  pst_changes_note (data,
                    (what & PST_STORE_RULES ? PST_TOPIC_GRANTS : 0) | (what & PST_STORE_APPS ? PST_TOPIC_APPS : 0) |
                        (what & PST_STORE_EVENTS ? PST_TOPIC_HISTORY : 0),
                    app);
}

static void
on_presence (gpointer data)
{
  pst_changes_note (data, PST_TOPIC_GRANTS, NULL);
}

static void
on_rows (GPtrArray *events, gpointer data)
{
  pst_control_tell_rows (data, events);
}

static void
open_store (PstBroker *broker)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&broker->store_error, g_free);
  broker->store = pst_store_open (broker->store_path, &error);
  if (!broker->store)
    {
      broker->store_error = g_strdup (error->message);
      g_warning ("%s", broker->store_error);
      return;
    }
  pst_store_set_listener (broker->store, on_stored, broker);
  pst_store_set_row_listener (broker->store, on_rows, broker);
  pst_broker_expire (broker);
  pst_broker_watch_expiry (broker);
  pst_daily_start (broker);
  pst_changes_note (broker, PST_TOPIC_GRANTS | PST_TOPIC_APPS | PST_TOPIC_HISTORY, NULL);
}

static gboolean
make_runtime_dir (PstBroker *broker, GError **error)
{
  g_autofree char *socket = pst_broker_socket_path (error);
  struct stat st;

  if (!socket)
    return FALSE;
  broker->runtime_dir = g_path_get_dirname (socket);
  if ((mkdir (broker->runtime_dir, 0700) < 0 && errno != EEXIST) || lstat (broker->runtime_dir, &st) < 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _ ("%s cannot be made: %s."), broker->runtime_dir,
                   g_strerror (errno));
      return FALSE;
    }
  if (!S_ISDIR (st.st_mode) || st.st_uid != geteuid () || (st.st_mode & 077) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _ ("%s must be a directory of yours that nobody else may enter (mode 0700)."), broker->runtime_dir);
      return FALSE;
    }
  return TRUE;
}

PstBroker *
pst_broker_new (GError **error)
{
  PstBroker *broker = g_new0 (PstBroker, 1);

  broker->loop = g_main_loop_new (NULL, FALSE);
  broker->queue = pst_ask_queue_new ();
  broker->policies = pst_policy_cache_new ();
  broker->sandboxes = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify)pst_sandbox_unref);
  broker->screens = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)pst_screen_free);
  broker->agents = g_ptr_array_new ();
  broker->changes = pst_changes_new ();
  broker->undo = pst_undo_list_new ();
  broker->presence = pst_presence_new (on_presence, broker);
  broker->sheets = g_ptr_array_new ();
  broker->question_timeout = QUESTION_TIMEOUT;
  broker->started = g_get_real_time () / G_USEC_PER_SEC;
  /* Gates outlive a broker: its generations go on from where an earlier one's were. */
  broker->last_generation = (guint64)g_get_real_time ();
  find_policy (broker);
  if (!(broker->host = pst_host_new (error)) || !make_runtime_dir (broker, error))
    {
      pst_broker_free (broker);
      return NULL;
    }
  broker->state_dir = pst_state_dir ();
  broker->homes = pst_homes_new (broker->state_dir);
  broker->store_path = g_build_filename (broker->state_dir, "grants.db", NULL);
  broker->identity = make_identity (broker->host);
  broker->services = make_services (broker->host, error);
  if (!broker->services)
    {
      pst_broker_free (broker);
      return NULL;
    }
  broker->profiles = make_profiles (broker->host, broker->services);
  open_store (broker);
  return broker;
}

void
pst_broker_free (PstBroker *broker)
{
  if (!broker)
    return;
  g_clear_handle_id (&broker->show_source, g_source_remove);
  g_clear_handle_id (&broker->deadline_source, g_source_remove);
  g_clear_handle_id (&broker->expiry_source, g_source_remove);
  g_clear_handle_id (&broker->killed_source, g_source_remove);
  pst_daily_stop (broker);
  pst_undo_list_free (broker->undo);
  pst_homes_free (broker->homes);
  pst_presence_free (broker->presence);
  pst_store_close (g_steal_pointer (&broker->store));
  g_clear_pointer (&broker->sandboxes, g_hash_table_unref);
  g_clear_pointer (&broker->screens, g_hash_table_unref);
  g_clear_pointer (&broker->sheets, g_ptr_array_unref);
  g_ptr_array_unref (broker->agents);
  pst_ask_queue_free (broker->queue);
  pst_changes_free (broker->changes);
  pst_policy_cache_free (broker->policies);
  pst_identity_free (broker->identity);
  pst_profiles_free (broker->profiles);
  pst_services_free (broker->services);
  pst_policy_watch_free (broker->policy_watch);
  pst_admin_policy_free (broker->policy);
  g_strfreev (broker->policy_places.policy);
  g_strfreev (broker->policy_places.locks);
  pst_host_free (broker->host);
  g_free (broker->runtime_dir);
  g_free (broker->state_dir);
  g_free (broker->store_path);
  g_free (broker->store_error);
  g_main_loop_unref (broker->loop);
  g_free (broker);
}

gboolean
pst_broker_ready (PstBroker *broker, const char **sentence)
{
  if (!broker->store)
    open_store (broker);
  if (!broker->store && sentence)
    *sentence = broker->store_error;
  return broker->store != NULL;
}

void
pst_broker_set_policy_dir (PstBroker *broker, const char *directory)
{
  g_strfreev (broker->policy_places.policy);
  g_strfreev (broker->policy_places.locks);
  broker->policy_places.policy = places ((const char *const[]){ directory, NULL });
  broker->policy_places.locks = g_new0 (char *, 1);
  broker->policy_places.owner = geteuid ();
}

static void
on_policy_pushed (PstBroker *broker, gpointer user_data)
{
  pst_consent_resettle (broker, NULL, NULL);
}

gboolean
pst_broker_read_policy (PstBroker *broker, GError **error)
{
  PstAdminPolicy *policy = pst_admin_policy_read (&broker->policy_places, broker->services, error), *before = broker->policy;

  if (!policy)
    return FALSE;
  if (pst_admin_policy_equal (policy, before))
    {
      pst_admin_policy_free (policy);
      return TRUE;
    }
  broker->policy = policy;
  pst_changes_note (broker, PST_TOPIC_ADMINISTRATOR | PST_TOPIC_APPS | PST_TOPIC_SETTINGS, NULL);
  pst_push_app (broker, NULL, on_policy_pushed, NULL);
  pst_admin_policy_free (before);
  return TRUE;
}

gboolean
pst_broker_is_locked (PstBroker *broker, const char *app)
{
  const PstStoredApp *stored = broker->store ? pst_store_get_app (broker->store, app) : NULL;

  return (stored && stored->locked) || pst_admin_policy_app (broker->policy, app).locked;
}

/* A run that was given one thing has nothing of what was allowed at other times; what was refused then stays refused, but for
 * exactly what it was given. */
static void
keep_for_this_run (PstDecideInput *input)
{
  for (guint i = input->rules->len; i-- > 0;)
    {
      const PstStoredRule *rule = input->rules->pdata[i];
      gboolean is_own = rule->lifetime == PST_LIFETIME_ONCE && rule->sandbox == input->sandbox;

      if (!is_own && rule->answer != PST_ANSWER_DENY && rule->answer != PST_ANSWER_HIDE)
        g_ptr_array_remove_index (input->rules, i);
    }
}

/* What is kept to one folder has nothing beside it by default; what an administrator refuses, and what they insist on, stands.
 */
static void
drop_admin_defaults (PstDecideInput *input)
{
  for (guint i = input->admin->len; i-- > 0;)
    {
      const PstAdminRule *rule = input->admin->pdata[i];

      if (rule->tier == PST_TIER_DEFAULT && rule->answer != PST_ANSWER_DENY && rule->answer != PST_ANSWER_HIDE)
        g_ptr_array_remove_index (input->admin, i);
    }
}

void
pst_broker_decide_input (PstBroker *broker, PstSandbox *sandbox, PstDecideInput *input)
{
  *input = (PstDecideInput){
    .host = broker->host,
    .app = sandbox->app->id,
    .sandbox = sandbox->number,
    .rules = broker->store ? pst_store_list_rules (broker->store, sandbox->app->id) : NULL,
    .admin = pst_admin_policy_rules_for (broker->policy, broker->host, sandbox->app->id),
    .profile = sandbox->profile,
    .locked = pst_broker_is_locked (broker, sandbox->app->id),
    .launch_dir = sandbox->launch_dir,
    .now = g_get_real_time () / G_USEC_PER_SEC,
    .quiet = sandbox->quiet,
    .only = sandbox->only,
  };
  if (sandbox->only && input->rules)
    keep_for_this_run (input);
  if (sandbox->quiet && input->admin)
    drop_admin_defaults (input);
}

void
pst_broker_decide_input_for (PstBroker *broker, const char *app, PstSandbox *sandbox, PstDecideInput *input)
{
  const PstStoredApp *stored = broker->store ? pst_store_get_app (broker->store, app) : NULL;
  g_autoptr (PstAppInfo) info = NULL;

  if (sandbox)
    {
      pst_broker_decide_input (broker, sandbox, input);
      return;
    }
  if (!stored || !*stored->executable)
    info = pst_identity_for_word (broker->identity, app);
  *input = (PstDecideInput){
    .host = broker->host,
    .app = app,
    .rules = broker->store ? pst_store_list_rules (broker->store, app) : NULL,
    .admin = pst_admin_policy_rules_for (broker->policy, broker->host, app),
    .profile = pst_profiles_peek (broker->profiles, app,
                                  info     ? info->executable
                                  : stored ? stored->executable
                                           : ""),
    .locked = pst_broker_is_locked (broker, app),
    .now = g_get_real_time () / G_USEC_PER_SEC,
  };
}

void
pst_decide_input_clear (PstDecideInput *input)
{
  g_clear_pointer (&input->admin, g_ptr_array_unref);
  g_clear_pointer (&input->rules, g_ptr_array_unref);
}

char *
pst_dup_bytes (GVariant *bytes)
{
  gsize size;
  const char *data = g_variant_get_fixed_array (bytes, &size, 1);

  if (size > 0 && data[size - 1] == '\0')
    size--;
  if (size > 0 && memchr (data, '\0', size))
    return NULL;
  return g_strndup (data ? data : "", size);
}

char *
pst_lookup_bytes (GVariant *dict, const char *key)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (dict, key, NULL);

  if (!value)
    return NULL;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return pst_dup_bytes (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  return NULL;
}
