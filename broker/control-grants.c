/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changing the person's rules. Each change is answered when every running gate uses it. */
#include "control.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "consent.h"
#include "pst-path.h"
#include "push.h"
#include "sandbox-table.h"

/* One that is on its way to the gates. */
typedef struct
{
  PstControlCall *call;
  GVariant *result;      /* of a Grant: floating */
  GVariantBuilder *held; /* of a Revoke */
  guint32 removed;
  char *app;
} Change;

static Change *
change_new (PstControlCall *call, const char *app)
{
  Change *change = g_new0 (Change, 1);

  change->call = call;
  change->app = g_strdup (app);
  return change;
}

static void
change_free (Change *change)
{
  g_clear_pointer (&change->held, g_variant_builder_unref);
  g_free (change->app);
  g_free (change);
}

static void
on_granted (PstBroker *broker, gpointer user_data)
{
  Change *change = user_data;

  pst_consent_resettle (broker, change->app, NULL);
  pst_control_reply (change->call, change->result);
  change_free (change);
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

void
pst_control_grant (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word, *problem;
  g_autoptr (GVariant) bytes = NULL;
  g_autoptr (PstStoredRule) rule = g_new0 (PstStoredRule, 1);
  g_autoptr (GPtrArray) sandboxes = NULL;
  g_autoptr (GError) error = NULL;
  guint32 kind, scope, access, answer, lifetime;
  gboolean replaced = FALSE, any_replaced = FALSE;
  guint64 id = 0;
  struct stat st;
  Change *change;

  g_variant_get (call->args, "(&su@ayuuuux)", &word, &kind, &bytes, &scope, &access, &answer, &lifetime, &rule->until);
  rule->kind = kind;
  rule->scope = scope;
  rule->access = access;
  rule->answer = answer;
  rule->lifetime = lifetime;
  rule->resource = pst_dup_bytes (bytes);
  if (!*word || !(rule->app = pst_control_resolve_app (broker, word)))
    {
      pst_control_fail (call, _ ("This is neither an application nor a program."));
      return;
    }
  if ((problem = check_grant (broker, rule)))
    {
      pst_control_fail (call, problem);
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
          pst_control_fail (
              call, _ ("That path is a link to your home or to a whole file system; grant what you mean by its own name."));
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
      pst_control_fail (call,
                        _ ("“once” lasts until the application exits, and it is not running; use “session” or “always”."));
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
          pst_control_fail (call, error->message);
          return;
        }
      any_replaced |= replaced;
    }
  if (rule->answer == PST_ANSWER_ALLOW && !drop_refusals_below (broker, rule, &error))
    g_warning ("%s", error->message);
  pst_broker_watch_expiry (broker);
  change = change_new (call, rule->app);
  change->result = g_variant_new ("(tb)", id, any_replaced);
  pst_push_app (broker, change->app, on_granted, change);
}

static void
on_revoked (PstBroker *broker, gpointer user_data)
{
  Change *change = user_data;

  pst_consent_resettle (broker, change->app, NULL);
  pst_control_reply (change->call, g_variant_new ("(ua(usay))", change->removed, change->held));
  change_free (change);
}

void
pst_control_revoke (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *app = NULL, *path = NULL;
  g_autoptr (GPtrArray) rules = NULL;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GError) error = NULL;
  Change *change;

  g_variant_get (call->args, "(&s@ay)", &word, &bytes);
  path = pst_dup_bytes (bytes);
  if (!*word || !(app = pst_control_resolve_app (broker, word)) || !path ||
      (*path && !pst_path_is_normal (path) && !pst_bus_rules_is_resource (path)))
    {
      pst_control_fail (call, _ ("The application or the path makes no sense."));
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
      pst_control_fail (call, error->message);
      return;
    }
  change = change_new (call, app);
  change->removed = ids->len;
  change->held = g_variant_builder_new (G_VARIANT_TYPE ("a(usay)"));
  /* Without a path: everything below the home. */
  pst_push_app_collecting (broker, app, ids->len > 0 && *path != 's' ? (*path ? path : broker->host->home) : NULL, change->held,
                           on_revoked, change);
}
