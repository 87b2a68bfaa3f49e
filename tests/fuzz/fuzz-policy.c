/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "admin-policy.h"
#include "bus-rules.h"

#include <string.h>

/* The administrator's files are trusted once they are root's; but a slip in one must be told, never read as something else. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  for (PstPolicyForm form = PST_POLICY_FORM_POLICY; form <= PST_POLICY_FORM_LOCKS; form++)
    {
      g_autoptr (PstAdminPolicy) policy = pst_admin_policy_new ();
      g_autoptr (GError) error = NULL;
      const GPtrArray *rules;

      if (!pst_admin_policy_parse (policy, form, (const char *)data, size, "fuzz", &error))
        {
          g_assert_true (g_utf8_validate (error->message, -1, NULL));
          g_assert_true (strchr (error->message, '\n') == NULL && g_str_has_prefix (error->message, "fuzz, line "));
          continue;
        }
      rules = pst_admin_policy_rules (policy);
      for (guint i = 0; i < rules->len; i++)
        {
          const PstAdminRule *rule = rules->pdata[i];

          g_assert_true (rule->tier == PST_TIER_LOCK || rule->tier == PST_TIER_DEFAULT);
          g_assert_true (pst_access_is_for (rule->kind, rule->access));
          g_assert_true (rule->answer >= PST_ANSWER_ALLOW && rule->answer <= PST_ANSWER_ASK && rule->line > 0);
          g_assert_true (rule->kind != PST_KIND_BUS || pst_bus_rules_is_resource (rule->resource));
        }
    }
  return 0;
}
