/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet-store.h"

#include <glib/gi18n.h>

#include "store-change.h"

static gint64
now_seconds (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
add_rule (PstSandbox *sandbox, PstStoreChange *change, const PstStoredRule *what, const char *text)
{
  g_autoptr (PstStoredRule) rule = pst_stored_rule_copy (what);
  PstEvent *event = pst_event_new (rule->answer == PST_ANSWER_ALLOW ? "granted" : "answered", sandbox->app->id, sandbox->number,
                                   rule->resource, text);

  rule->lifetime = event->lifetime = PST_LIFETIME_ALWAYS;
  rule->created = now_seconds ();
  rule->origin = PST_ORIGIN_SHEET;
  event->access = rule->access;
  event->answer = rule->answer;
  pst_store_change_add_rule (change, rule);
  pst_store_change_take_event (change, event);
}

/* A switch that is on is a permission. One that is off is nothing, but where the administrator had it on: then the person says
 * that they want to be asked. */
static void
add_line (PstSandbox *sandbox, PstStoreChange *change, const PstSheetLine *line, gboolean is_on)
{
  const PstStoredRule rule = { .app = sandbox->app->id,
                               .kind = line->kind,
                               .resource = line->resource,
                               .scope = line->scope,
                               .access = line->access,
                               .answer = is_on ? PST_ANSWER_ALLOW : PST_ANSWER_ASK,
                               .boot = (char *)"",
                               .login = (char *)"",
                               .real = is_on ? line->found.real : NULL };

  if (is_on || line->on)
    add_rule (sandbox, change, &rule, line->label);
}

gboolean
pst_sheet_store (PstSandbox *sandbox, const GPtrArray *lines, GVariant *on, const char *folder, PstAccess access,
                 const PstGrantable *found, GError **error)
{
  PstStore *store = sandbox->broker->store;
  g_autoptr (PstStoreChange) change = pst_store_change_new (store);
  const char *id = sandbox->app->id;
  const PstStoredApp *app = pst_store_get_app (store, id);

  for (guint i = 0; i < lines->len; i++)
    {
      gboolean is_on;

      g_variant_get_child (on, i, "b", &is_on);
      add_line (sandbox, change, lines->pdata[i], is_on);
    }
  if (folder)
    add_rule (sandbox, change,
              &(PstStoredRule){ .app = sandbox->app->id,
                                .kind = PST_KIND_FILES,
                                .resource = (char *)folder,
                                .scope = PST_SCOPE_TREE,
                                .access = access,
                                .answer = PST_ANSWER_ALLOW,
                                .boot = (char *)"",
                                .login = (char *)"",
                                .real = found->real },
              NULL);
  pst_store_change_set_app (change, id, app && app->locked, app && app->strict, now_seconds ());
  pst_store_change_take_event (change, pst_event_new ("answered", id, sandbox->number, NULL, _ ("started for the first time")));
  return pst_store_apply (store, change, error);
}
