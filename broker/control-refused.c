/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allowing afterwards what was refused.
 *
 * A row of the history is a name that an application reached for some time ago, and nothing has held on to what was there. So
 * what is given is exactly that name, and only if it is beyond doubt what it stands for: no link on the way to it, of the same
 * kind as then, and nothing that only a question with a warning would give. Whoever means more grants it by its own name.
 */
#include "control.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "facts.h"
#include "look.h"
#include "pst-path.h"
#include "store-change.h"
#include "undo.h"

typedef struct
{
  PstControlCall *call;
  guint64 number;
  PstLifetime lifetime;
} Request;

static gboolean
is_refusal (const PstEvent *event)
{
  return strcmp (event->what, "asked") == 0 || strcmp (event->what, "refused") == 0 ||
         (strcmp (event->what, "answered") == 0 &&
          (event->answer == PST_ANSWER_DENY || event->answer == PST_ANSWER_HIDE || event->answer == PST_ANSWER_PRIVATE));
}

/* Is there anything of the administrator's, or of the protected set, that speaks about it? */
static const char *
check_rules (PstBroker *broker, const PstStoredRule *rule, const char *named)
{
  g_autoptr (PstRuleset) ruleset = NULL;
  PstDecideInput input = { 0 };
  PstDecision decision;

  pst_broker_decide_input_for (broker, rule->app, NULL, &input);
  ruleset = pst_decide_compile (&input, 0);
  pst_decide_input_clear (&input);
  pst_ruleset_decide (ruleset, named, rule->access, &decision);
  if (decision.rule && decision.rule->tier == PST_TIER_LOCK && decision.answer != PST_ANSWER_ALLOW)
    return _ ("Your administrator has decided about this, and it cannot be allowed here.");
  if (decision.protected_by || pst_host_protected_above (broker->host, named) ||
      pst_decide_is_private_name (broker->host, named))
    return _ ("This is protected: it can be allowed when the application asks for it, with a warning, or by “postern grant”.");
  return NULL;
}

static const char *
check_service (PstBroker *broker, const PstStoredRule *rule)
{
  PstDecideInput input;
  PstBusSaid said;

  if (!pst_broker_read_policy (broker, NULL))
    return _ ("The administrator’s policy cannot be read; see the log of postern-broker.");
  pst_broker_decide_input_for (broker, rule->app, NULL, &input);
  said = pst_bus_rules_says (&input, rule->resource);
  pst_decide_input_clear (&input);
  if (said.tier == PST_TIER_LOCK && said.answer != 0 && said.answer != PST_ANSWER_ALLOW)
    return _ ("Your administrator has decided about this, and it cannot be allowed here.");
  if (pst_bus_rules_is_never (broker->services, rule->resource))
    return _ ("This service is never given by a question; it can be allowed by “postern grant” alone.");
  return NULL;
}

/* What is there now. Fills in @rule->scope and real. */
static const char *
check_place (PstBroker *broker, PstStoredRule *rule, guint kind)
{
  g_autofree char *named = NULL;
  struct stat st;

  rule->real = pst_host_real_path (rule->resource);
  named = rule->real ? pst_facts_as_named (broker->host, rule->real) : NULL;
  if (!named || pst_look (rule->real, FALSE, &st) < 0)
    {
      if (named && strcmp (named, rule->resource) == 0 && rule->access != PST_ACCESS_VIEW && kind == 0)
        {
          rule->scope = PST_SCOPE_FILE; /* something new, that is still to be made */
          return check_rules (broker, rule, named);
        }
      return _ ("It is not there any more, so nothing was allowed.");
    }
  if (strcmp (named, rule->resource) != 0)
    return _ (
        "A link leads from there to somewhere else, so nothing was allowed; use “postern grant” with the name of what you "
        "mean.");
  if ((!S_ISREG (st.st_mode) && !S_ISDIR (st.st_mode)) || (kind != 0 && (st.st_mode & S_IFMT) != kind))
    return _ ("It is something else now than it was when it was refused, so nothing was allowed; use “postern grant” if you "
              "mean what is there now.");
  rule->scope = S_ISDIR (st.st_mode) ? PST_SCOPE_TREE : PST_SCOPE_FILE;
  return check_rules (broker, rule, named);
}

static const char *
make_rule (PstBroker *broker, const PstEvent *event, PstLifetime lifetime, PstStoredRule *rule)
{
  g_autoptr (GError) error = NULL;

  if (!is_refusal (event) || !event->resource)
    return _ ("In this row nothing was refused.");
  if (lifetime < PST_LIFETIME_ONCE || lifetime > PST_LIFETIME_ALWAYS)
    return _ ("It can be allowed once, for the session, or always.");
  if (!pst_broker_read_policy (broker, &error) || !pst_host_refresh (broker->host, &error))
    {
      g_warning ("%s", error->message);
      return _ ("The administrator’s policy or the protected places cannot be read; see the log of postern-broker.");
    }
  if (pst_admin_policy_app (broker->policy, event->app).locked)
    return _ ("Your administrator has locked this application, and nothing more can be allowed to it here.");
  rule->app = g_strdup (event->app);
  rule->resource = g_strdup (event->resource);
  rule->answer = PST_ANSWER_ALLOW;
  rule->lifetime = lifetime;
  rule->created = g_get_real_time () / G_USEC_PER_SEC;
  rule->origin = PST_ORIGIN_REFUSAL;
  if (pst_bus_rules_is_resource (rule->resource))
    {
      rule->kind = PST_KIND_BUS;
      rule->access = PST_ACCESS_TALK;
      return check_service (broker, rule);
    }
  rule->kind = PST_KIND_FILES;
  rule->access = pst_access_is_for (PST_KIND_FILES, event->access) ? event->access : PST_ACCESS_VIEW;
  if (!pst_path_is_normal (rule->resource))
    return _ ("In this row nothing was refused.");
  return check_place (broker, rule, event->kind);
}

static GVariant *
allowed (PstControlChange *change)
{
  return g_variant_new ("(tt)", change->id, change->undo);
}

static void
allow (PstControlCall *call, const PstEvent *event, PstLifetime lifetime)
{
  PstBroker *broker = call->broker;
  g_autoptr (PstStoredRule) rule = g_new0 (PstStoredRule, 1);
  g_autoptr (PstStoreChange) change = pst_store_change_new (broker->store);
  g_autoptr (GError) error = NULL;
  const char *problem = make_rule (broker, event, lifetime, rule);
  PstControlChange *out;

  if (problem || (problem = pst_control_complete (broker, rule)) || (problem = pst_control_add_to_change (call, change, rule)))
    {
      pst_control_fail (call, problem);
      return;
    }
  out = pst_control_change_new (call, allowed);
  out->undo = pst_undo_apply (broker->undo, broker->store, g_steal_pointer (&change), &error);
  if (out->undo == 0)
    pst_control_change_fail (out, error->message);
  else
    pst_control_finish (call, rule, out);
}

static void
on_row (GPtrArray *rows, guint64 next, const GError *error, gpointer user_data)
{
  g_autofree Request *request = user_data;

  if (error)
    pst_control_fail (request->call, error->message);
  else if (rows->len == 0 || !request->call->broker->store)
    pst_control_fail (request->call, _ ("There is no such row in the history any more."));
  else
    allow (request->call, rows->pdata[0], request->lifetime);
}

void
pst_control_allow_refused (PstControlCall *call)
{
  Request *request = g_new0 (Request, 1);
  PstHistoryFilter *filter = pst_history_filter_new ();
  guint32 lifetime;

  request->call = call;
  g_variant_get (call->args, "(tu)", &request->number, &lifetime);
  request->lifetime = lifetime;
  filter->limit = 1;
  /* A number that is none finds none. */
  filter->after = request->number > 0 ? request->number - 1 : G_MAXUINT64;
  filter->before = request->number < G_MAXUINT64 ? request->number + 1 : 0;
  pst_history_query (pst_store_get_history (call->broker->store), filter, on_row, request);
}
