/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making and changing the person's rules. Each change is answered when every running gate uses it. */
#include "control.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "look.h"
#include "pst-path.h"
#include "sandbox-table.h"

/* Refusals for this run that the new permission would otherwise be stopped by: nobody means them any more. */
static void
drop_refusals_below (PstBroker *broker, PstStoreChange *change, const PstStoredRule *grant)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (broker->store, grant->app);

  if (grant->answer != PST_ANSWER_ALLOW)
    return;
  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      if (rule->lifetime == PST_LIFETIME_ONCE && rule->answer == PST_ANSWER_DENY &&
          pst_path_is_below_or_equal (rule->resource, grant->resource))
        pst_store_change_remove_rule (change, rule->id);
    }
}

/* The same for those that no rule can say. */
static void
drop_cooldowns_below (PstBroker *broker, const PstStoredRule *grant)
{
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, grant->app);

  for (guint i = 0; grant->answer == PST_ANSWER_ALLOW && i < sandboxes->len; i++)
    {
      PstSandbox *sandbox = sandboxes->pdata[i];

      for (guint k = sandbox->cooldowns->len; k-- > 0;)
        if (pst_path_is_below_or_equal (sandbox->cooldowns->pdata[k], grant->resource))
          g_ptr_array_remove_index (sandbox->cooldowns, k);
    }
}

static const char *
check_grant (PstBroker *broker, const PstStoredRule *rule)
{
  if (rule->kind != PST_KIND_FILES && rule->kind != PST_KIND_BUS)
    return _ ("Only files and services can be granted by this version.");
  if (rule->scope > PST_SCOPE_FILE || !pst_access_is_for (rule->kind, rule->access) || rule->answer < PST_ANSWER_ALLOW ||
      rule->answer > PST_ANSWER_ASK || rule->lifetime < PST_LIFETIME_ONCE || rule->lifetime > PST_LIFETIME_UNTIL)
    return _ (
        "A word of the grant is not understood: its kind, scope, access, answer or lifetime is none of those that there are.");
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

const char *
pst_control_complete (PstBroker *broker, PstStoredRule *rule)
{
  const char *problem = check_grant (broker, rule);
  struct stat st;

  if (problem)
    return problem;
  if (rule->lifetime != PST_LIFETIME_UNTIL)
    rule->until = 0;
  if (rule->kind == PST_KIND_BUS)
    rule->scope = PST_SCOPE_FILE;
  else if (rule->scope == 0)
    {
      const PstUserDir *dir = pst_host_user_dir (broker->host, rule->resource);
      gboolean is_dir =
          pst_look (rule->resource, TRUE, &st) == 0 ? S_ISDIR (st.st_mode) : dir && strcmp (dir->path, rule->resource) == 0;

      rule->scope = is_dir || rule->answer == PST_ANSWER_PRIVATE ? PST_SCOPE_TREE : PST_SCOPE_FILE;
    }
  if (rule->kind == PST_KIND_FILES && rule->answer == PST_ANSWER_ALLOW)
    {
      if (!rule->real)
        rule->real = pst_host_real_path (rule->resource);
      /* It would be resolved when it is used, and lead wherever it leads then. */
      if (!rule->real)
        return _ (
            "That path is a link that leads nowhere, or it is being changed at this moment; grant what you mean by its own "
            "name.");
      if (strcmp (rule->real, rule->resource) != 0 && pst_host_is_root_or_above (broker->host, rule->real))
        return _ ("That path is a link to your home or to a whole file system; grant what you mean by its own name.");
      if (rule->scope == PST_SCOPE_FILE && rule->access == PST_ACCESS_SAVE)
        rule->access = PST_ACCESS_CHANGE;
    }
  else
    g_clear_pointer (&rule->real, g_free);
  g_free (rule->boot);
  rule->boot = g_strdup (pst_lifetime_span (rule->lifetime) < 2 ? broker->host->boot : "");
  g_free (rule->login);
  rule->login = rule->lifetime == PST_LIFETIME_SESSION ? pst_host_login () : g_strdup ("");
  return NULL;
}

const char *
pst_control_add_to_change (const PstControlCall *call, PstStoreChange *change, PstStoredRule *rule)
{
  PstBroker *broker = call->broker;
  g_autoptr (GPtrArray) sandboxes = pst_sandbox_list (broker, rule->app);
  gboolean once = rule->lifetime == PST_LIFETIME_ONCE;
  PstEvent *event;

  if (once && sandboxes->len == 0)
    return _ ("“once” lasts until the application exits, and it is not running; use “session” or “always”.");
  drop_refusals_below (broker, change, rule);
  for (guint i = 0; i < (once ? sandboxes->len : 1); i++)
    {
      rule->sandbox = once ? ((PstSandbox *)sandboxes->pdata[i])->number : 0;
      pst_store_change_add_rule (change, rule);
    }
  event = pst_event_new (rule->answer == PST_ANSWER_ALLOW ? "granted" : "answered", rule->app, 0, rule->resource,
                         pst_control_origin_text (call));
  event->access = rule->access;
  event->answer = rule->answer;
  event->lifetime = rule->lifetime;
  pst_store_change_take_event (change, event);
  return NULL;
}

/* That of the rule which was added last. */
static guint64
last_id (PstBroker *broker, const char *app)
{
  g_autoptr (GPtrArray) rules = pst_store_list_rules (broker->store, app);

  return ((PstStoredRule *)rules->pdata[rules->len - 1])->id;
}

void
pst_control_finish (PstControlCall *call, const PstStoredRule *rule, PstControlChange *out)
{
  PstBroker *broker = call->broker;

  drop_cooldowns_below (broker, rule);
  pst_broker_watch_expiry (broker);
  out->id = last_id (broker, rule->app);
  pst_control_change_add_app (out, rule->app);
  pst_control_change_push (out);
}

static GVariant *
granted (PstControlChange *change)
{
  return g_variant_new ("(tb)", change->id, change->replaced);
}

void
pst_control_grant (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word, *problem;
  g_autoptr (GVariant) bytes = NULL;
  g_autoptr (PstStoredRule) rule = g_new0 (PstStoredRule, 1);
  g_autoptr (PstStoreChange) change = pst_store_change_new (broker->store);
  g_autoptr (GError) error = NULL;
  guint32 kind, scope, access, answer, lifetime;
  PstControlChange *out;

  g_variant_get (call->args, "(&su@ayuuuux)", &word, &kind, &bytes, &scope, &access, &answer, &lifetime, &rule->until);
  rule->kind = kind;
  rule->scope = scope;
  rule->access = access;
  rule->answer = answer;
  rule->lifetime = lifetime;
  rule->resource = pst_dup_bytes (bytes);
  rule->created = g_get_real_time () / G_USEC_PER_SEC;
  rule->origin = pst_control_origin (call);
  if (!(rule->app = pst_control_take_app (call, word)))
    return;
  if ((problem = pst_control_complete (broker, rule)) || (problem = pst_control_add_to_change (call, change, rule)))
    {
      pst_control_fail (call, problem);
      return;
    }
  out = pst_control_change_new (call, granted);
  out->replaced = pst_store_change_replaces (change);
  if (!pst_store_apply (broker->store, change, &error))
    {
      pst_control_change_fail (out, error->message);
      return;
    }
  pst_control_finish (call, rule, out);
}

static GVariant *
changed (PstControlChange *change)
{
  return g_variant_new ("(tt)", change->id, change->undo);
}

void
pst_control_change_grant (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const PstStoredRule *old;
  const char *problem;
  g_autoptr (GVariant) bytes = NULL;
  g_autofree char *resource = NULL;
  g_autoptr (PstStoredRule) rule = NULL;
  g_autoptr (PstStoreChange) change = pst_store_change_new (broker->store);
  g_autoptr (GError) error = NULL;
  guint32 scope, access, answer, lifetime;
  PstControlChange *out;
  gint64 until;
  guint64 id;

  g_variant_get (call->args, "(t@ayuuuux)", &id, &bytes, &scope, &access, &answer, &lifetime, &until);
  resource = pst_dup_bytes (bytes);
  old = pst_store_get_rule (broker->store, id);
  if (!old || !resource)
    {
      pst_control_fail (call, old ? _ ("The path must be absolute and without “.”, “..” and double slashes.")
                                  : _ ("There is no such rule any more: it has been changed or taken away meanwhile."));
      return;
    }
  rule = pst_stored_rule_copy (old);
  rule->access = access;
  rule->answer = answer;
  rule->lifetime = lifetime;
  rule->until = until;
  if (*resource && strcmp (resource, old->resource) != 0)
    {
      g_free (rule->resource);
      rule->resource = g_steal_pointer (&resource);
      g_clear_pointer (&rule->real, g_free);
      rule->scope = scope;
    }
  else if (scope != 0)
    rule->scope = scope;
  pst_store_change_remove_rule (change, id);
  if ((problem = pst_control_complete (broker, rule)) || (problem = pst_control_add_to_change (call, change, rule)))
    {
      pst_control_fail (call, problem);
      return;
    }
  out = pst_control_change_new (call, changed);
  out->undo = pst_undo_apply (broker->undo, broker->store, g_steal_pointer (&change), &error);
  if (!out->undo)
    {
      pst_control_change_fail (out, error->message);
      return;
    }
  pst_control_finish (call, rule, out);
}
