/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether what an export says may be said here. An import is no way around a question that warns, nor around the administrator:
 * what goes against a lock would be without effect, and whoever wrote the file should know that it is. */
#include "import.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "decide.h"
#include "import-private.h"
#include "pst-path.h"
#include "pst-text.h"

typedef struct
{
  const PstImportPlace *place;
  GError **error;
  /* what the administrator says of the application whose rules are being looked at */
  PstDecideInput input;
  PstRuleset *ruleset;
} Check;

static void
leave_app (Check *check)
{
  g_clear_pointer (&check->input.admin, g_ptr_array_unref);
  g_clear_pointer (&check->ruleset, pst_ruleset_unref);
}

static void
enter_app (Check *check, const char *app)
{
  if (g_strcmp0 (check->input.app, app) == 0)
    return;
  leave_app (check);
  check->input = (PstDecideInput){
    .host = check->place->host,
    .app = app,
    .admin = pst_admin_policy_rules_for (check->place->policy, check->place->host, app),
  };
  check->ruleset = pst_decide_compile (&check->input, 0);
}

static gboolean
refuse_locked (const Check *check, guint line, const PstAdminRule *lock, const char *resource)
{
  g_autofree char *shown = pst_text_for_display (resource, 120);

  return pst_import_refuse (check->error, line, _ ("it allows “%s”, which your administrator has locked (%s, line %u)"), shown,
                            lock ? lock->source : "?", lock ? lock->line : 0);
}

/* @path is @rule's, or where that leads. */
static gboolean
check_file_locks (const Check *check, const PstStoredRule *rule, guint line, const char *path)
{
  for (PstAccess access = PST_ACCESS_VIEW; access <= PST_ACCESS_SAVE; access++)
    {
      PstDecision decision;

      if (!pst_rule_speaks_about (rule->answer, rule->access, access))
        continue;
      pst_ruleset_decide (check->ruleset, path, access, &decision);
      if (decision.rule && decision.rule->tier == PST_TIER_LOCK && decision.rule->answer != PST_ANSWER_ALLOW)
        return refuse_locked (check, line, pst_decide_find_admin (&check->input, decision.rule), rule->resource);
    }
  return TRUE;
}

static gboolean
check_protected (const Check *check, guint line, const char *resource, const char *path)
{
  g_autofree char *shown = pst_text_for_display (resource, 120);
  const char *above = pst_host_protected_above (check->place->host, path);
  g_autofree char *above_shown = above ? pst_text_for_display (above, 120) : NULL;

  if (!above || check->place->protected_too)
    return TRUE;
  return pst_import_refuse (
      check->error, line,
      _ ("it allows “%s”, and %s is protected, as keys and passwords are; if that is what you want, import "
         "with --protected, or leave the line out"),
      shown, above_shown);
}

/* What no question offers either: there every application has its own. */
static gboolean
check_private (const Check *check, guint line, const char *resource, const char *path)
{
  g_autofree char *shown = pst_text_for_display (resource, 120);

  return check->place->protected_too || !pst_decide_is_private_name (check->place->host, path) ||
         pst_import_refuse (
             check->error, line,
             _ ("it allows “%s”, and what begins with a dot in your home are settings of programs, of which every "
                "application has its own; if that is what you want, import with --protected, or leave the line out"),
             shown);
}

static gboolean
check_files (const Check *check, PstStoredRule *rule, guint line)
{
  const PstHost *host = check->place->host;
  g_autofree char *shown = pst_text_for_display (rule->resource, 120), *home = NULL, *named = NULL;

  if (!pst_host_gate_root (host, rule->resource))
    return pst_import_refuse (check->error, line,
                              _ ("“%s” is not in your home, /media, /run/media, /mnt or /srv, and only what is there can be "
                                 "allowed or denied"),
                              shown);
  if (rule->answer != PST_ANSWER_ALLOW)
    return TRUE;
  rule->real = check->place->real_path ? check->place->real_path (rule->resource) : NULL;
  if (rule->real && strcmp (rule->real, rule->resource) != 0 && pst_host_is_root_or_above (host, rule->real))
    return pst_import_refuse (check->error, line, _ ("“%s” is a link to your home or to a whole file system here"), shown);
  /* Where that leads, by the name that people have for it: a home may be a link itself. */
  home = rule->real ? check->place->real_path (host->home) : NULL;
  named = home && pst_path_is_below_or_equal (rule->real, home) ? g_strconcat (host->home, rule->real + strlen (home), NULL)
                                                                : g_strdup (rule->real);
  return check_file_locks (check, rule, line, rule->resource) && (!named || check_file_locks (check, rule, line, rule->real)) &&
         (!named || check_file_locks (check, rule, line, named)) &&
         check_protected (check, line, rule->resource, rule->resource) &&
         (!named || check_protected (check, line, rule->resource, rule->real)) &&
         (!named || check_protected (check, line, rule->resource, named)) &&
         check_private (check, line, rule->resource, rule->resource) &&
         (!named || check_private (check, line, rule->resource, named));
}

static gboolean
check_bus (const Check *check, const PstStoredRule *rule, guint line)
{
  PstDecideInput nobody = { .host = check->place->host };
  g_autofree char *shown = pst_text_for_display (rule->resource, 120);
  PstBusSaid said;

  if (rule->answer != PST_ANSWER_ALLOW)
    return TRUE;
  said = pst_bus_rules_says (&check->input, rule->resource);
  if (said.tier == PST_TIER_LOCK && said.answer != 0 && said.answer != PST_ANSWER_ALLOW)
    return refuse_locked (check, line, said.admin, rule->resource);
  if (!check->place->protected_too && pst_bus_rules_decide (&nobody, check->place->services, rule->resource) == PST_ANSWER_DENY)
    return pst_import_refuse (check->error, line,
                              _ ("it allows “%s”, which no question ever offers, because it gives control of the host; if that "
                                 "is what you want, import with --protected, or leave the line out"),
                              shown);
  return TRUE;
}

gboolean
pst_import_check (PstImport *import, const PstImportPlace *place, GError **error)
{
  Check check = { .place = place, .error = error };
  gboolean fine = TRUE;

  for (guint i = 0; fine && i < import->rules->len; i++)
    {
      PstStoredRule *rule = import->rules->pdata[i];
      guint line = g_array_index (import->lines, guint, i);

      enter_app (&check, rule->app);
      fine = rule->kind == PST_KIND_FILES ? check_files (&check, rule, line) : check_bus (&check, rule, line);
    }
  leave_app (&check);
  return fine;
}
