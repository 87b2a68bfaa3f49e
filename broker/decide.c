/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From everything that was ever said about an application to one immutable ruleset.
 *
 * Rules of the three tiers go into the ruleset as they are; the ruleset itself knows that a lock beats a user's rule and a
 * user's rule a profile, and that the longest path wins. What it cannot know is done here:
 *
 *  - which rules are in force now (dates, the sandbox, the boot);
 *  - a rule for a shorter time stands before one for a longer on the same path: "deny this once" holds although "always allow"
 * is stored, and the other way about;
 *  - a tree whose real path is elsewhere (~/Documents → /mnt/d) carries the protected paths that lie in it under its own name:
 * if ~/.ssh leads to /mnt/d/ssh, then ~/Documents/ssh is protected too.
 */
#include "decide.h"

#include <string.h>

#include <glib/gi18n.h>

#include "pst-path.h"

gboolean
pst_decide_is_in_force (const PstStoredRule *rule, const PstHost *host, guint64 sandbox, gint64 now)
{
  switch (rule->lifetime)
    {
    case PST_LIFETIME_ONCE:
      return sandbox != 0 && rule->sandbox == sandbox && g_strcmp0 (rule->boot, host->boot) == 0;
    case PST_LIFETIME_SESSION:
      return g_strcmp0 (rule->boot, host->boot) == 0;
    case PST_LIFETIME_ALWAYS:
      return TRUE;
    case PST_LIFETIME_UNTIL:
      return now < rule->until;
    }
  return FALSE;
}

char *
pst_decide_expand (const PstHost *host, const char *written)
{
  if (g_str_has_prefix (written, "xdg:"))
    {
      for (guint i = 0; host->user_dirs && i < host->user_dirs->len; i++)
        {
          const PstUserDir *dir = host->user_dirs->pdata[i];

          if (strcmp (dir->key, written + 4) == 0)
            return g_strdup (dir->path);
        }
      return NULL;
    }
  return pst_path_normalise (written, "/", host->home);
}

gboolean
pst_decide_is_private_name (const PstHost *host, const char *path)
{
  return pst_path_is_below_or_equal (path, host->home) && g_str_has_prefix (path + strlen (host->home), "/.");
}

static void
add_written (PstRulesetBuilder *builder, const PstDecideInput *input, const char *written, PstAccess access, PstAnswer answer,
             PstTier tier)
{
  g_autofree char *path = pst_decide_expand (input->host, written);

  if (path)
    pst_ruleset_builder_add_rule (
        builder, &(PstRule){ .path = path, .scope = PST_SCOPE_TREE, .access = access, .answer = answer, .tier = tier });
}

/* Those in force for less than always, by their path: of borrowed rules. */
static GHashTable *
short_rules (const PstDecideInput *input)
{
  GHashTable *result = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);

  for (guint i = 0; input->rules && i < input->rules->len; i++)
    {
      PstStoredRule *rule = input->rules->pdata[i];
      GPtrArray *list;

      if (rule->kind != PST_KIND_FILES || pst_lifetime_span (rule->lifetime) >= 2 ||
          !pst_decide_is_in_force (rule, input->host, input->sandbox, input->now))
        continue;
      list = g_hash_table_lookup (result, rule->resource);
      if (!list)
        {
          list = g_ptr_array_new ();
          g_hash_table_insert (result, rule->resource, list);
        }
      g_ptr_array_add (list, rule);
    }
  return result;
}

static void
add_stored (PstRulesetBuilder *builder, const PstDecideInput *input, const PstStoredRule *rule, GHashTable *shorter)
{
  const GPtrArray *others;
  PstAccess access = rule->access;

  if (rule->kind != PST_KIND_FILES || !pst_decide_is_in_force (rule, input->host, input->sandbox, input->now))
    return;
  others = g_hash_table_lookup (shorter, rule->resource);
  for (guint i = 0; others && i < others->len; i++)
    {
      const PstStoredRule *other = others->pdata[i];

      if (pst_lifetime_span (other->lifetime) >= pst_lifetime_span (rule->lifetime) || other->scope != rule->scope)
        continue;
      switch (pst_stored_rule_clash (other, rule))
        {
        case PST_MERGE_REPLACE:
          return;
        case PST_MERGE_NARROW:
          access = PST_ACCESS_VIEW;
          break;
        case PST_MERGE_KEEP:
          break;
        }
    }
  pst_ruleset_builder_add_rule (builder, &(PstRule){ .id = rule->id,
                                                     .path = rule->resource,
                                                     .scope = rule->scope,
                                                     .access = access,
                                                     .answer = rule->answer,
                                                     .tier = PST_TIER_USER });
}

static void
add_protected_through (PstRulesetBuilder *builder, const PstHost *host, const char *path, const char *real)
{
  const GStrv lists[] = { host->protected_paths, host->protected_real };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **entry = lists[i]; entry && *entry; entry++)
      if (pst_path_is_below_or_equal (*entry, real) && strcmp (*entry, real) != 0)
        {
          g_autofree char *alias = g_strconcat (path, *entry + strlen (real), NULL);

          pst_ruleset_builder_add_protected (builder, alias);
        }
}

/* Where there is no asking, a closed door would only tell what there is. What is listed there is the way to what is allowed. */
static void
add_ways (PstRulesetBuilder *builder, const PstDecideInput *input)
{
  for (guint i = 0; input->rules && i < input->rules->len; i++)
    {
      const PstStoredRule *rule = input->rules->pdata[i];
      const char *root = pst_host_gate_root (input->host, rule->resource);

      if (rule->kind != PST_KIND_FILES || rule->answer != PST_ANSWER_ALLOW || !root ||
          !pst_decide_is_in_force (rule, input->host, input->sandbox, input->now))
        continue;
      for (g_autofree char *way = g_path_get_dirname (rule->resource); strlen (way) > strlen (root);)
        {
          char *above = g_path_get_dirname (way);

          pst_ruleset_builder_add_door (builder, way, TRUE);
          g_free (way);
          way = above;
        }
    }
}

static void
add_doors (PstRulesetBuilder *builder, const PstDecideInput *input)
{
  const PstHost *host = input->host;

  for (char **root = host->gate_roots; root && *root; root++)
    pst_ruleset_builder_add_door (builder, *root, FALSE);
  if (input->quiet)
    add_ways (builder, input);
  if (!input->quiet && host->user && pst_name_is_valid (host->user))
    {
      g_autofree char *media = g_build_filename ("/media", host->user, NULL);

      pst_ruleset_builder_add_door (builder, media, TRUE);
    }
  for (guint i = 0; !input->quiet && host->user_dirs && i < host->user_dirs->len; i++)
    {
      const PstUserDir *dir = host->user_dirs->pdata[i];

      if (pst_host_gate_root (host, dir->path) && !pst_decide_is_private_name (host, dir->path))
        pst_ruleset_builder_add_door (builder, dir->path, TRUE);
    }
  if (input->launch_dir && pst_path_is_normal (input->launch_dir) && pst_host_gate_root (host, input->launch_dir) &&
      !pst_decide_is_private_name (host, input->launch_dir))
    pst_ruleset_builder_add_door (builder, input->launch_dir, FALSE);
}

PstRuleset *
pst_decide_compile (const PstDecideInput *input, guint64 generation)
{
  PstRulesetBuilder *builder = pst_ruleset_builder_new ();
  g_autoptr (GHashTable) shorter = short_rules (input);
  const PstHost *host = input->host;

  for (guint i = 0; input->admin && i < input->admin->len; i++)
    {
      const PstAdminRule *rule = input->admin->pdata[i];

      if (rule->kind == PST_KIND_FILES)
        pst_ruleset_builder_add_rule (builder, &(PstRule){ .path = rule->resource,
                                                           .scope = PST_SCOPE_TREE,
                                                           .access = rule->access,
                                                           .answer = rule->answer,
                                                           .tier = rule->tier });
    }
  for (guint i = 0; input->rules && i < input->rules->len; i++)
    {
      const PstStoredRule *rule = input->rules->pdata[i];

      add_stored (builder, input, rule, shorter);
      if (rule->real && rule->answer == PST_ANSWER_ALLOW && strcmp (rule->real, rule->resource) != 0)
        add_protected_through (builder, host, rule->resource, rule->real);
    }
  if (input->profile)
    {
      gsize n;
      const PstProfileRule *rules = pst_profile_get_rules (input->profile, &n);

      for (gsize i = 0; i < n; i++)
        if (!input->only || rules[i].answer == PST_ANSWER_DENY || rules[i].answer == PST_ANSWER_HIDE)
          add_written (builder, input, rules[i].path, rules[i].access, rules[i].answer, PST_TIER_PROFILE);
    }
  /* The weakest rules that there can be: any other is for something deeper, or of a stronger tier. */
  for (char **root = host->gate_roots; input->quiet && root && *root; root++)
    pst_ruleset_builder_add_rule (builder, &(PstRule){ .path = *root,
                                                       .scope = PST_SCOPE_TREE,
                                                       .access = PST_ACCESS_VIEW,
                                                       .answer = PST_ANSWER_HIDE,
                                                       .tier = PST_TIER_PROFILE });
  for (char **path = host->protected_paths; path && *path; path++)
    pst_ruleset_builder_add_protected (builder, *path);
  for (char **path = host->protected_real; path && *path; path++)
    pst_ruleset_builder_add_protected (builder, *path);
  add_doors (builder, input);
  return pst_ruleset_builder_end (builder, generation);
}

char *
pst_decide_unit (const PstHost *host, const PstDecision *decision, const char *path)
{
  const char *root = pst_host_gate_root (host, path), *slash;

  if (!decision->rule || !root)
    return NULL;
  if (decision->rule->scope == PST_SCOPE_FILE || !pst_path_is_below_or_equal (root, decision->rule->path))
    return g_strdup (decision->rule->path);
  if (strcmp (path, root) == 0 || pst_decide_is_private_name (host, path))
    return NULL;
  slash = strchr (path + strlen (root) + 1, '/');
  return slash ? g_strndup (path, (gsize)(slash - path)) : g_strdup (path);
}

static gboolean
speaks_below (const char *path, PstAnswer answer, PstAccess have, PstAccess access, const char *unit)
{
  if (!pst_path_is_below_or_equal (path, unit) || strcmp (path, unit) == 0)
    return FALSE;
  return answer != PST_ANSWER_ALLOW || have != access;
}

gboolean
pst_decide_may_be_live (const PstDecideInput *input, const PstRuleset *ruleset, const char *unit, const char *real,
                        PstAccess access)
{
  const PstHost *host = input->host;
  PstDecision decision;

  pst_ruleset_decide (ruleset, unit, access, &decision);
  if (decision.answer == PST_ANSWER_ALLOW && decision.uniform)
    return !real || !pst_host_protected_below (host, real);
  if (pst_host_protected_below (host, unit) || (real && pst_host_protected_below (host, real)))
    return FALSE;
  /* Only doors, or rules that say the same, may lie below. */
  for (guint i = 0; input->rules && i < input->rules->len; i++)
    {
      const PstStoredRule *rule = input->rules->pdata[i];

      if (rule->kind == PST_KIND_FILES && pst_decide_is_in_force (rule, host, input->sandbox, input->now) &&
          speaks_below (rule->resource, rule->answer, rule->access, access, unit))
        return FALSE;
    }
  for (guint i = 0; input->admin && i < input->admin->len; i++)
    {
      const PstAdminRule *rule = input->admin->pdata[i];

      if (rule->kind == PST_KIND_FILES && speaks_below (rule->resource, rule->answer, rule->access, access, unit))
        return FALSE;
    }
  if (input->profile)
    {
      gsize n;
      const PstProfileRule *rules = pst_profile_get_rules (input->profile, &n);

      for (gsize i = 0; i < n; i++)
        {
          g_autofree char *path = pst_decide_expand (host, rules[i].path);

          if (path && speaks_below (path, rules[i].answer, rules[i].access, access, unit))
            return FALSE;
        }
    }
  return TRUE;
}

static const PstStoredRule *
find_stored (const PstDecideInput *input, guint64 id)
{
  for (guint i = 0; id && input->rules && i < input->rules->len; i++)
    if (((PstStoredRule *)input->rules->pdata[i])->id == id)
      return input->rules->pdata[i];
  return NULL;
}

const PstAdminRule *
pst_decide_find_admin (const PstDecideInput *input, const PstRule *rule)
{
  for (guint i = 0; rule && rule->tier != PST_TIER_USER && input->admin && i < input->admin->len; i++)
    {
      const PstAdminRule *admin = input->admin->pdata[i];

      if (admin->kind == PST_KIND_FILES && admin->tier == rule->tier && admin->answer == rule->answer &&
          admin->access == rule->access && strcmp (admin->resource, rule->path) == 0)
        return admin;
    }
  return NULL;
}

static const char *
answer_sentence (PstAnswer answer, gboolean locked)
{
  if (answer == PST_ANSWER_ASK && locked)
    return _ ("It is refused: nothing is asked for this application (postern unlock).");
  switch (answer)
    {
    case PST_ANSWER_ALLOW:
      return _ ("It is allowed.");
    case PST_ANSWER_DENY:
      return _ ("It is denied: the application gets “permission denied”.");
    case PST_ANSWER_HIDE:
      return _ ("It is hidden: the application is told that there is nothing.");
    case PST_ANSWER_PRIVATE:
      return _ ("It is kept in the application’s private home.");
    case PST_ANSWER_ASK:
      return _ ("You would be asked.");
    }
  return "";
}

char *
pst_decide_explain (const PstDecideInput *input, const PstDecision *decision, const char *path, PstAccess access)
{
  GString *text = g_string_new (NULL);
  const PstRule *rule = decision->rule;
  const PstStoredRule *stored = rule ? find_stored (input, rule->id) : NULL;

  if (!pst_host_gate_root (input->host, path))
    {
      g_string_append (text, _ ("This is not among the places that are asked about: applications see the system’s own programs "
                                "and data there, read-only, "
                                "or nothing.\n"));
      return g_string_free (text, FALSE);
    }
  if (pst_decide_is_private_name (input->host, path) && !rule)
    g_string_append (
        text, _ ("Names that begin with a dot are the application’s own: it sees its private home there, never yours.\n"));
  g_string_append (text, answer_sentence (decision->answer, input->locked));
  g_string_append_c (text, '\n');
  if (!rule)
    g_string_append (text, _ ("No rule speaks about it.\n"));
  else
    {
      const PstAdminRule *admin = pst_decide_find_admin (input, rule);
      const char *by = rule->tier == PST_TIER_LOCK      ? _ ("The administrator’s lock")
                       : rule->tier == PST_TIER_USER    ? _ ("Your rule")
                       : rule->tier == PST_TIER_DEFAULT ? _ ("The administrator’s default, which you may change,")
                                                        : _ ("Its profile");
      const char *what = rule->scope == PST_SCOPE_TREE ? _ ("and everything below it") : _ ("this one file");

      g_string_append_printf (text, _ ("%s decides: %s %s for %s (%s)."), by, pst_answer_to_string (rule->answer),
                              pst_access_to_string (rule->access), rule->path, what);
      g_string_append_c (text, '\n');
      if (admin)
        {
          g_string_append_printf (text, _ ("It stands in %s, line %u."), admin->source, admin->line);
          g_string_append_c (text, '\n');
        }
      if (rule->tier == PST_TIER_PROFILE && input->profile && pst_profile_get_file (input->profile))
        {
          g_string_append_printf (text, _ ("It stands in %s."), pst_profile_get_file (input->profile));
          g_string_append_c (text, '\n');
        }
      if (stored)
        {
          g_autoptr (GDateTime) created = g_date_time_new_from_unix_local (stored->created);
          g_autofree char *date = created ? g_date_time_format (created, "%F %H:%M") : g_strdup ("?");

          g_string_append_printf (text, _ ("It is rule %llu, made %s, lifetime: %s."), (unsigned long long)stored->id, date,
                                  pst_lifetime_to_string (stored->lifetime));
          g_string_append_c (text, '\n');
          if (stored->real && strcmp (stored->real, stored->resource) != 0)
            {
              g_string_append_printf (text, _ ("It leads to %s."), stored->real);
              g_string_append_c (text, '\n');
            }
        }
    }
  if (decision->protected_by)
    {
      g_string_append_printf (text, _ ("%s is protected: a permission for something above it never includes it."),
                              decision->protected_by);
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}
