/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control1: what the command line and the manager ask. One dispatcher for the private socket and for the session bus. */
#include "connection.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "consent.h"
#include "intent.h"
#include "postern-config.h"
#include "postern-ipc.h"
#include "pst-path.h"
#include "push.h"
#include "sandbox-table.h"

#define MAX_EVENTS 100000u

typedef struct
{
  PstControlReply reply;
  gpointer user_data;
  GVariant *result;      /* of a Grant: taken */
  GVariantBuilder *held; /* of a Revoke */
  guint32 removed;
  char *app;
} Call;

static Call *
call_new (PstControlReply reply, gpointer user_data, const char *app)
{
  Call *call = g_new0 (Call, 1);

  call->reply = reply;
  call->user_data = user_data;
  call->app = g_strdup (app);
  return call;
}

static void
call_free (Call *call)
{
  g_clear_pointer (&call->held, g_variant_builder_unref);
  g_free (call->app);
  g_free (call);
}

/* The id for a word of the person's; "" stays "". (transfer full) (nullable) */
static char *
resolve_app (PstBroker *broker, const char *word)
{
  g_autoptr (PstAppInfo) info = NULL;

  if (!*word)
    return g_strdup ("");
  /* What has rules, or has been started, is known by its id even if its desktop file has gone. */
  if (broker->store && pst_app_id_is_valid (word))
    {
      g_autoptr (GPtrArray) rules = pst_store_list_rules (broker->store, word);

      if (rules->len > 0 || pst_store_get_app (broker->store, word))
        return g_strdup (word);
    }
  info = pst_identity_for_word (broker->identity, word);
  return info ? g_strdup (info->id) : NULL;
}

static gboolean
is_running (PstBroker *broker, const char *app)
{
  g_autoptr (GPtrArray) list = pst_sandbox_list (broker, app);

  return list->len > 0;
}

static char *
valid_utf8 (const char *text)
{
  return g_utf8_make_valid (text ? text : "", -1);
}

/* Lists */

static void
list_apps (PstBroker *broker, PstControlReply reply, gpointer user_data)
{
  g_autoptr (GPtrArray) apps = pst_store_list_apps (broker->store), rules = pst_store_list_rules (broker->store, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssssutb)"));
  for (guint i = 0; i < apps->len; i++)
    {
      const PstStoredApp *app = apps->pdata[i];
      g_autoptr (GPtrArray) own = pst_store_list_rules (broker->store, app->id);
      g_autofree char *name = valid_utf8 (app->name), *icon = valid_utf8 (app->icon),
                      *executable = valid_utf8 (app->executable);

      g_hash_table_add (seen, app->id);
      g_variant_builder_add (&builder, "(ssssutb)", app->id, name, icon, executable, own->len, (guint64)app->used,
                             is_running (broker, app->id));
    }
  /* Those that were granted something and have never run. */
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];
      g_autoptr (PstAppInfo) info = NULL;
      g_autoptr (GPtrArray) own = NULL;

      if (!g_hash_table_add (seen, rule->app))
        continue;
      info = pst_identity_for_word (broker->identity, rule->app);
      own = pst_store_list_rules (broker->store, rule->app);
      g_variant_builder_add (&builder, "(ssssutb)", rule->app, info ? info->name : rule->app, info ? info->icon : "",
                             info ? info->executable : "", own->len, (guint64)0, is_running (broker, rule->app));
    }
  reply (g_variant_new ("(a(ssssutb))", &builder), NULL, user_data);
}

static void
list_grants (PstBroker *broker, GVariant *args, PstControlReply reply, gpointer user_data)
{
  const char *word;
  g_autofree char *app = NULL;
  g_autoptr (GPtrArray) rules = NULL;
  GVariantBuilder builder;

  g_variant_get (args, "(&s)", &word);
  pst_broker_purge (broker);
  app = resolve_app (broker, word);
  rules = app ? pst_store_list_rules (broker->store, *app ? app : NULL) : g_ptr_array_new ();
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tsuayuuuuxuxx)"));
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      g_variant_builder_add (&builder, "(tsu^ayuuuuxuxx)", rule->id, rule->app, (guint32)rule->kind, rule->resource,
                             (guint32)rule->scope, (guint32)rule->access, (guint32)rule->answer, (guint32)rule->lifetime,
                             rule->until, (guint32)PST_TIER_USER, rule->created, rule->used);
    }
  reply (g_variant_new ("(a(tsuayuuuuxuxx))", &builder), NULL, user_data);
}

static void
list_sandboxes (PstBroker *broker, PstControlReply reply, gpointer user_data)
{
  g_autoptr (GPtrArray) list = pst_sandbox_list (broker, NULL);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tssuuxbuu)"));
  for (guint i = 0; i < list->len; i++)
    {
      const PstSandbox *sandbox = list->pdata[i];
      g_autofree char *name = valid_utf8 (sandbox->app->name);
      GHashTableIter iter;
      gpointer ask;
      guint waiting = 0;

      g_hash_table_iter_init (&iter, sandbox->asks);
      while (g_hash_table_iter_next (&iter, NULL, &ask))
        waiting += ((PstAsk *)ask)->question != NULL;
      g_variant_builder_add (&builder, "(tssuuxbuu)", sandbox->number, sandbox->app->id, name, (guint32)sandbox->supervisor,
                             (guint32)sandbox->init, sandbox->started, sandbox->strict, sandbox->trees->len, waiting);
    }
  reply (g_variant_new ("(a(tssuuxbuu))", &builder), NULL, user_data);
}

static void
list_events (PstBroker *broker, GVariant *args, PstControlReply reply, gpointer user_data)
{
  const char *word;
  guint32 limit;
  g_autofree char *app = NULL;
  g_autoptr (GPtrArray) events = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder builder;

  g_variant_get (args, "(&su)", &word, &limit);
  app = resolve_app (broker, word);
  events = pst_store_list_events (broker->store, app && *app ? app : *word ? word : NULL, MIN (limit, MAX_EVENTS), &error);
  if (!events)
    {
      reply (NULL, error->message, user_data);
      return;
    }
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(xstsayuuus)"));
  for (guint i = 0; i < events->len; i++)
    {
      const PstEvent *event = events->pdata[i];
      g_autofree char *id = valid_utf8 (event->app), *text = valid_utf8 (event->text);

      g_variant_builder_add (&builder, "(xsts^ayuuus)", event->time, id, event->sandbox, event->what,
                             event->resource ? event->resource : "", (guint32)event->access, (guint32)event->answer,
                             (guint32)event->lifetime, text);
    }
  reply (g_variant_new ("(a(xstsayuuus))", &builder), NULL, user_data);
}

/* Changes */

static void
on_granted (PstBroker *broker, gpointer user_data)
{
  Call *call = user_data;

  pst_consent_resettle (broker, call->app, NULL);
  call->reply (g_variant_ref_sink (call->result), NULL, call->user_data);
  g_variant_unref (call->result);
  call_free (call);
}

/* Refusals for this run that the new permission would otherwise be stopped by: nobody means them any more. */
static gboolean
drop_refusals_below (PstBroker *broker, const PstStoredRule *grant, GError **error)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (broker->store, grant->app),
                        sandboxes = pst_sandbox_list (broker, grant->app);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];

      for (guint k = sandbox->cooldowns->len; k-- > 0;)
        if (pst_path_is_below_or_equal (sandbox->cooldowns->pdata[k], grant->resource))
          g_ptr_array_remove_index (sandbox->cooldowns, k);
    }
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      if (rule->lifetime == PST_LIFETIME_ONCE && rule->answer == PST_ANSWER_DENY &&
          pst_path_is_below_or_equal (rule->resource, grant->resource))
        g_array_append_val (ids, rule->id);
    }
  return ids->len == 0 || pst_store_remove_rules (broker->store, (guint64 *)(void *)ids->data, ids->len, NULL, error);
}

static const char *
check_grant (PstBroker *broker, const PstStoredRule *rule)
{
  if (rule->kind != PST_KIND_FILES && rule->kind != PST_KIND_BUS)
    return _ ("Only files and services can be granted by this version.");
  if (rule->scope > PST_SCOPE_FILE || !pst_access_is_for (rule->kind, rule->access) || rule->answer < PST_ANSWER_ALLOW ||
      rule->answer > PST_ANSWER_ASK || rule->lifetime < PST_LIFETIME_ONCE || rule->lifetime > PST_LIFETIME_UNTIL)
    return _ ("The grant makes no sense: a word of it is none that is known.");
  if (rule->lifetime == PST_LIFETIME_UNTIL && rule->until <= g_get_real_time () / G_USEC_PER_SEC)
    return _ ("The date until which it shall hold has passed.");
  if (rule->kind == PST_KIND_BUS)
    {
      if (!rule->resource || !pst_bus_rules_is_resource (rule->resource))
        return _ ("A service is session:NAME or system:NAME, for example session:org.freedesktop.secrets.");
      if (rule->access != PST_ACCESS_TALK ||
          (rule->answer != PST_ANSWER_ALLOW && rule->answer != PST_ANSWER_DENY && rule->answer != PST_ANSWER_ASK))
        return _ ("Of a service, “talk” can be allowed, denied or asked for.");
      return NULL;
    }
  if (!rule->resource || !pst_path_is_normal (rule->resource))
    return _ ("The path must be absolute and without “.”, “..” and double slashes.");
  if (!pst_host_gate_root (broker->host, rule->resource))
    return _ ("Only what is in your home, /media, /run/media, /mnt or /srv can be granted; applications see the rest of the "
              "system anyway, or never.");
  return NULL;
}

static void
grant_rule (PstBroker *broker, GVariant *args, PstControlReply reply, gpointer user_data)
{
  const char *word, *problem;
  g_autoptr (GVariant) bytes = NULL;
  g_autoptr (PstStoredRule) rule = g_new0 (PstStoredRule, 1);
  g_autoptr (GPtrArray) sandboxes = NULL;
  g_autoptr (GError) error = NULL;
  guint32 kind, scope, access, answer, lifetime;
  gboolean replaced = FALSE, any_replaced = FALSE;
  guint64 id = 0;
  struct stat st;
  Call *call;

  g_variant_get (args, "(&su@ayuuuux)", &word, &kind, &bytes, &scope, &access, &answer, &lifetime, &rule->until);
  rule->kind = kind;
  rule->scope = scope;
  rule->access = access;
  rule->answer = answer;
  rule->lifetime = lifetime;
  rule->resource = pst_dup_bytes (bytes);
  if (!*word || !(rule->app = resolve_app (broker, word)))
    {
      reply (NULL, _ ("This is neither an application nor a program."), user_data);
      return;
    }
  if ((problem = check_grant (broker, rule)))
    {
      reply (NULL, problem, user_data);
      return;
    }
  if (rule->lifetime != PST_LIFETIME_UNTIL)
    rule->until = 0;
  if (rule->kind == PST_KIND_BUS)
    rule->scope = PST_SCOPE_FILE;
  else if (rule->scope == 0)
    {
      const PstUserDir *dir = pst_host_user_dir (broker->host, rule->resource);
      gboolean is_dir = stat (rule->resource, &st) == 0 ? S_ISDIR (st.st_mode) : dir && strcmp (dir->path, rule->resource) == 0;

      rule->scope = is_dir || rule->answer == PST_ANSWER_PRIVATE ? PST_SCOPE_TREE : PST_SCOPE_FILE;
    }
  if (rule->kind == PST_KIND_FILES && rule->answer == PST_ANSWER_ALLOW)
    {
      rule->real = pst_host_real_path (rule->resource);
      if (rule->real && strcmp (rule->real, rule->resource) != 0 && pst_host_is_root_or_above (broker->host, rule->real))
        {
          reply (NULL, _ ("That path is a link to your home or to a whole file system; grant what you mean by its own name."),
                 user_data);
          return;
        }
      if (rule->scope == PST_SCOPE_FILE && rule->access == PST_ACCESS_SAVE)
        rule->access = PST_ACCESS_CHANGE;
    }
  rule->created = g_get_real_time () / G_USEC_PER_SEC;
  rule->origin = PST_ORIGIN_COMMAND;
  rule->boot = g_strdup (lifetime == PST_LIFETIME_ONCE || lifetime == PST_LIFETIME_SESSION ? broker->host->boot : "");
  rule->login = lifetime == PST_LIFETIME_SESSION ? pst_host_login () : g_strdup ("");
  sandboxes = pst_sandbox_list (broker, rule->app);
  if (lifetime == PST_LIFETIME_ONCE && sandboxes->len == 0)
    {
      reply (NULL, _ ("“once” lasts until the application exits, and it is not running; use “session” or “always”."),
             user_data);
      return;
    }
  for (guint i = 0; i < (lifetime == PST_LIFETIME_ONCE ? sandboxes->len : 1); i++)
    {
      PstEvent *event = pst_event_new (rule->answer == PST_ANSWER_ALLOW ? "granted" : "answered", rule->app, 0, rule->resource,
                                       _ ("by command"));

      event->access = rule->access;
      event->answer = rule->answer;
      event->lifetime = rule->lifetime;
      rule->sandbox = lifetime == PST_LIFETIME_ONCE ? ((PstSandbox *)sandboxes->pdata[i])->number : 0;
      id = pst_store_add_rule (broker->store, rule, event, &replaced, &error);
      if (!id)
        {
          reply (NULL, error->message, user_data);
          return;
        }
      any_replaced |= replaced;
    }
  if (rule->answer == PST_ANSWER_ALLOW && !drop_refusals_below (broker, rule, &error))
    g_warning ("%s", error->message);
  pst_broker_watch_expiry (broker);
  call = call_new (reply, user_data, rule->app);
  call->result = g_variant_new ("(tb)", id, any_replaced);
  pst_push_app (broker, call->app, on_granted, call);
}

static void
on_revoked (PstBroker *broker, gpointer user_data)
{
  Call *call = user_data;

  pst_consent_resettle (broker, call->app, NULL);
  call->reply (g_variant_new ("(ua(usay))", call->removed, call->held), NULL, call->user_data);
  call_free (call);
}

static void
revoke_rules (PstBroker *broker, GVariant *args, PstControlReply reply, gpointer user_data)
{
  const char *word;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *app = NULL, *path = NULL;
  g_autoptr (GPtrArray) rules = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GError) error = NULL;
  Call *call;

  g_variant_get (args, "(&s@ay)", &word, &bytes);
  path = pst_dup_bytes (bytes);
  if (!*word || !(app = resolve_app (broker, word)) || !path ||
      (*path && !pst_path_is_normal (path) && !pst_bus_rules_is_resource (path)))
    {
      reply (NULL, _ ("The application or the path makes no sense."), user_data);
      return;
    }
  rules = pst_store_list_rules (broker->store, app);
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      /* Below the path only permissions are taken back: what was forbidden there stays forbidden. */
      if (!*path || strcmp (rule->resource, path) == 0 ||
          (rule->kind == PST_KIND_FILES && rule->answer == PST_ANSWER_ALLOW &&
           pst_path_is_below_or_equal (rule->resource, path)))
        g_array_append_val (ids, rule->id);
    }
  if (ids->len > 0 &&
      !pst_store_remove_rules (broker->store, (guint64 *)(void *)ids->data, ids->len,
                               pst_event_new ("revoked", app, 0, *path ? path : NULL, _ ("by command")), &error))
    {
      reply (NULL, error->message, user_data);
      return;
    }
  call = call_new (reply, user_data, app);
  call->removed = ids->len;
  call->held = g_variant_builder_new (G_VARIANT_TYPE ("a(usay)"));
  /* Without a path: everything below the home. */
  pst_push_app_collecting (broker, app, ids->len > 0 && *path != 's' ? (*path ? path : broker->host->home) : NULL, call->held,
                           on_revoked, call);
}

/* Questions about */

static void
why (PstBroker *broker, GVariant *args, PstControlReply reply, gpointer user_data)
{
  const char *word;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *app = NULL, *path = NULL, *text = NULL;
  g_autoptr (PstProfile) profile = NULL;
  g_autoptr (PstRuleset) ruleset = NULL;
  g_autoptr (GPtrArray) sandboxes = NULL;
  g_autoptr (GError) error = NULL;
  PstDecideInput input = { 0 };
  PstDecision decision;
  guint32 access;

  g_variant_get (args, "(&s@ayu)", &word, &bytes, &access);
  path = pst_dup_bytes (bytes);
  app = resolve_app (broker, word);
  if (!app || !*app || !path || !pst_path_is_normal (path) || access < PST_ACCESS_VIEW || access > PST_ACCESS_SAVE)
    {
      reply (NULL, _ ("The application, the path or the access makes no sense."), user_data);
      return;
    }
  if (!pst_broker_read_locks (broker, &error) || !pst_host_refresh (broker->host, &error))
    {
      reply (NULL, error->message, user_data);
      return;
    }
  sandboxes = pst_sandbox_list (broker, app);
  if (sandboxes->len > 0)
    pst_broker_decide_input (broker, sandboxes->pdata[sandboxes->len - 1], &input);
  else
    {
      g_autoptr (PstAppInfo) info = pst_identity_for_word (broker->identity, app);

      profile = pst_profiles_find (broker->profiles, app, info ? info->executable : "", NULL);
      input.host = broker->host;
      input.app = app;
      input.rules = pst_store_list_rules (broker->store, app);
      input.locks = broker->locks;
      input.profile = profile;
      input.now = g_get_real_time () / G_USEC_PER_SEC;
    }
  ruleset = pst_decide_compile (&input, 0);
  pst_ruleset_decide (ruleset, path, access, &decision);
  if (!decision.rule && pst_decide_is_private_name (broker->host, path))
    decision.answer = PST_ANSWER_PRIVATE;
  text = pst_decide_explain (&input, &decision, path, access);
  pst_decide_input_clear (&input);
  {
    g_autofree char *valid = valid_utf8 (text);

    reply (g_variant_new ("(uts)", (guint32)decision.answer, decision.rule ? decision.rule->id : (guint64)0, valid), NULL,
           user_data);
  }
}

static void
get_status (PstBroker *broker, PstControlReply reply, gpointer user_data)
{
  GVariantBuilder dict, agents;
  const char *sentence = NULL;

  pst_broker_ready (broker, &sentence);
  g_variant_builder_init (&agents, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < broker->agents->len; i++)
    {
      const PstAgent *agent = broker->agents->pdata[i];
      g_autofree char *text = g_strdup_printf ("%s %s", agent->kind, agent->target);

      g_variant_builder_add (&agents, "s", text);
    }
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "version", g_variant_new_string (PST_VERSION));
  g_variant_builder_add (&dict, "{sv}", "pid", g_variant_new_uint32 ((guint32)getpid ()));
  g_variant_builder_add (&dict, "{sv}", "agents", g_variant_builder_end (&agents));
  g_variant_builder_add (&dict, "{sv}", "database", g_variant_new_string (sentence ? sentence : "ok"));
  g_variant_builder_add (&dict, "{sv}", "sandboxes", g_variant_new_uint32 (g_hash_table_size (broker->sandboxes)));
  g_variant_builder_add (&dict, "{sv}", "pending", g_variant_new_uint32 (pst_ask_queue_get_n_questions (broker->queue)));
  g_variant_builder_add (&dict, "{sv}", "intent", g_variant_new_boolean (pst_intent_probe ()));
  reply (g_variant_new ("(a{sv})", &dict), NULL, user_data);
}

static void
on_agent_ready (gboolean ready, gpointer user_data)
{
  Call *call = user_data;

  if (ready)
    call->reply (g_variant_new ("()"), NULL, call->user_data);
  else
    call->reply (NULL, _ ("The prompt agent could not be started on this display."), call->user_data);
  call_free (call);
}

static void
ensure_agent (PstBroker *broker, GVariant *args, PstControlReply reply, gpointer user_data)
{
  g_autoptr (GVariant) environment = g_variant_get_child_value (args, 0);
  g_autofree char *key = pst_screen_key (environment, FALSE, 0);

  if (strcmp (key, "none") == 0)
    {
      reply (NULL, _ ("There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set."), user_data);
      return;
    }
  pst_screen_ensure (broker, key, environment, on_agent_ready, call_new (reply, user_data, NULL));
}

/* Dispatch */

static const struct
{
  const char *name, *signature;
  gboolean needs_store;
} methods[] = {
  { PST_CONTROL_LIST_APPS, PST_CONTROL_LIST_APPS_IN, TRUE },
  { PST_CONTROL_LIST_GRANTS, PST_CONTROL_LIST_GRANTS_IN, TRUE },
  { PST_CONTROL_GRANT, PST_CONTROL_GRANT_IN, TRUE },
  { PST_CONTROL_REVOKE, PST_CONTROL_REVOKE_IN, TRUE },
  { PST_CONTROL_WHY, PST_CONTROL_WHY_IN, TRUE },
  { PST_CONTROL_LIST_SANDBOXES, PST_CONTROL_LIST_SANDBOXES_IN, FALSE },
  { PST_CONTROL_LIST_EVENTS, PST_CONTROL_LIST_EVENTS_IN, TRUE },
  { PST_CONTROL_GET_STATUS, PST_CONTROL_GET_STATUS_IN, FALSE },
  { PST_CONTROL_ENSURE_AGENT, PST_CONTROL_ENSURE_AGENT_IN, FALSE },
};

const char *
pst_control_signature (const char *method)
{
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, method) == 0)
      return methods[i].signature;
  return NULL;
}

void
pst_control_call (PstBroker *broker, const char *method, GVariant *args, PstControlReply reply, gpointer user_data)
{
  const char *sentence = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    if (strcmp (methods[i].name, method) == 0 && methods[i].needs_store && !pst_broker_ready (broker, &sentence))
      {
        reply (NULL, sentence, user_data);
        return;
      }
  if (strcmp (method, PST_CONTROL_LIST_APPS) == 0)
    list_apps (broker, reply, user_data);
  else if (strcmp (method, PST_CONTROL_LIST_GRANTS) == 0)
    list_grants (broker, args, reply, user_data);
  else if (strcmp (method, PST_CONTROL_GRANT) == 0)
    grant_rule (broker, args, reply, user_data);
  else if (strcmp (method, PST_CONTROL_REVOKE) == 0)
    revoke_rules (broker, args, reply, user_data);
  else if (strcmp (method, PST_CONTROL_WHY) == 0)
    why (broker, args, reply, user_data);
  else if (strcmp (method, PST_CONTROL_LIST_SANDBOXES) == 0)
    list_sandboxes (broker, reply, user_data);
  else if (strcmp (method, PST_CONTROL_LIST_EVENTS) == 0)
    list_events (broker, args, reply, user_data);
  else if (strcmp (method, PST_CONTROL_GET_STATUS) == 0)
    get_status (broker, reply, user_data);
  else if (strcmp (method, PST_CONTROL_ENSURE_AGENT) == 0)
    ensure_agent (broker, args, reply, user_data);
  else
    reply (NULL, _ ("There is no such method."), user_data);
}

typedef struct
{
  PstPeer *peer;
  guint32 serial;
} SocketCall;

static void
reply_on_socket (GVariant *result, const char *error, gpointer user_data)
{
  SocketCall *call = user_data;
  g_autoptr (GVariant) owned = result ? g_variant_ref_sink (result) : NULL;

  if (call->serial && pst_peer_is_open (call->peer))
    {
      if (error)
        pst_peer_reply_error (call->peer, call->serial, error);
      else
        pst_peer_reply (call->peer, call->serial, owned, NULL, 0);
    }
  pst_peer_unref (call->peer);
  g_free (call);
}

void
pst_peer_control_handle (PstConnection *connection, PstMessage *message)
{
  const char *signature = pst_control_signature (message->member);
  SocketCall *call;

  if (!signature || !pst_message_check (message, signature, NULL))
    {
      pst_connection_refuse (connection, "a message that is none of Control1");
      return;
    }
  call = g_new (SocketCall, 1);
  *call = (SocketCall){ pst_peer_ref (connection->peer), message->serial };
  pst_control_call (connection->broker, message->member, message->args, reply_on_socket, call);
}
