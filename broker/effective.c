/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "effective.h"

#include <string.h>

#include "pst-path.h"

struct _PstProtectedIndex
{
  GHashTable *paths;  /* set, borrowed */
  guint8 *has_length; /* up to longest: is one of them so long? */
  gsize longest;
};

typedef struct
{
  const PstDecideInput *input;
  const PstProtectedIndex *guarded;
  const PstServices *services;
  PstEffectiveRuleset running;
  gpointer user_data;
  PstRuleset *ruleset;    /* of input's sandbox */
  GHashTable *relevant;   /* those of guarded that an entry is at or below */
  GHashTable *by_service; /* "session:NAME" → GPtrArray of borrowed rules about it and its parts */
  GPtrArray *entries;
} Effective;

void
pst_entry_free (PstEntry *entry)
{
  if (!entry)
    return;
  g_free (entry->resource);
  g_free (entry);
}

/* A rule of a sandbox that does not run is in force nowhere. */
static PstRuleset *
ruleset_for (Effective *effective, guint64 sandbox)
{
  PstRuleset *other =
      sandbox != effective->input->sandbox && effective->running ? effective->running (sandbox, effective->user_data) : NULL;

  return other ? other : effective->ruleset;
}

PstProtectedIndex *
pst_protected_index_new (const PstHost *host)
{
  PstProtectedIndex *index = g_new0 (PstProtectedIndex, 1);
  const GStrv lists[] = { host->protected_paths, host->protected_real };

  index->paths = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **path = lists[i]; path && *path; path++)
      {
        g_hash_table_add (index->paths, *path);
        index->longest = MAX (index->longest, strlen (*path));
      }
  index->has_length = g_new0 (guint8, index->longest + 1);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (char **path = lists[i]; path && *path; path++)
      index->has_length[strlen (*path)] = TRUE;
  return index;
}

void
pst_protected_index_free (PstProtectedIndex *index)
{
  if (!index)
    return;
  g_hash_table_unref (index->paths);
  g_free (index->has_length);
  g_free (index);
}

/* The protected path that @path is at or below, NULL for none. */
static const char *
protected_above (const PstProtectedIndex *guarded, const char *path)
{
  g_autofree char *part = g_strdup (path);
  gpointer found;
  char *slash;

  do
    {
      gsize length = strlen (part);

      if (length <= guarded->longest && guarded->has_length[length] &&
          g_hash_table_lookup_extended (guarded->paths, part, &found, NULL))
        return found;
      slash = strrchr (part, '/');
      *slash = '\0';
    }
  while (slash != part);
  return NULL;
}

/* "session:NAME/PART" → "session:NAME" (transfer full) */
static char *
whole_of (const char *resource)
{
  const char *slash = strchr (resource, '/');

  return slash ? g_strndup (resource, (gsize)(slash - resource)) : g_strdup (resource);
}

static void
index_services (Effective *effective)
{
  const GPtrArray *rules = effective->input->rules;

  for (guint i = 0; rules && i < rules->len; i++)
    {
      PstStoredRule *rule = rules->pdata[i];
      g_autofree char *whole = NULL;
      GPtrArray *list;

      if (rule->kind != PST_KIND_BUS)
        continue;
      whole = whole_of (rule->resource);
      list = g_hash_table_lookup (effective->by_service, whole);
      if (!list)
        {
          list = g_ptr_array_new ();
          g_hash_table_insert (effective->by_service, g_steal_pointer (&whole), list);
        }
      g_ptr_array_add (list, rule);
    }
}

/* What would be asked for is refused where nothing is asked. */
static PstAnswer
unless_locked (const Effective *effective, PstAnswer answer)
{
  return answer == PST_ANSWER_ASK && effective->input->locked ? PST_ANSWER_DENY : answer;
}

static void
decide_files (Effective *effective, PstEntry *entry)
{
  const PstHost *host = effective->input->host;
  PstDecision decision;

  pst_ruleset_decide (ruleset_for (effective, entry->sandbox), entry->resource, entry->access, &decision);
  entry->effective = decision.answer;
  if (!decision.rule && pst_decide_is_private_name (host, entry->resource))
    entry->effective = PST_ANSWER_PRIVATE;
  entry->effective = unless_locked (effective, entry->effective);
  if (decision.rule && decision.rule->tier == PST_TIER_LOCK)
    entry->flags |= PST_ENTRY_LOCKED;
}

static void
decide_service (Effective *effective, PstEntry *entry)
{
  g_autofree char *whole = whole_of (entry->resource);
  PstDecideInput input = *effective->input;

  input.sandbox = entry->sandbox;
  input.rules = g_hash_table_lookup (effective->by_service, whole);
  entry->effective = unless_locked (effective, pst_bus_rules_effective (&input, effective->services, entry->resource));
  if (pst_bus_rules_says (&input, entry->resource).tier == PST_TIER_LOCK)
    entry->flags |= PST_ENTRY_LOCKED;
}

/* Of a service nothing can be hidden. */
static PstAnswer
comes_to (const PstEntry *entry)
{
  if (entry->kind == PST_KIND_BUS && (entry->answer == PST_ANSWER_HIDE || entry->answer == PST_ANSWER_PRIVATE))
    return PST_ANSWER_DENY;
  return entry->answer;
}

static void
decide (Effective *effective, PstEntry *entry)
{
  if (entry->kind == PST_KIND_FILES)
    decide_files (effective, entry);
  else if (entry->kind == PST_KIND_BUS)
    decide_service (effective, entry);
  else
    entry->effective = unless_locked (effective, PST_ANSWER_ASK);
  if (entry->effective != comes_to (entry))
    entry->flags |= PST_ENTRY_OVERRULED;
}

/* Takes @entry. */
static void
add (Effective *effective, PstEntry *entry, guint64 sandbox)
{
  const char *above = entry->kind == PST_KIND_FILES ? protected_above (effective->guarded, entry->resource) : NULL;

  if (above)
    {
      entry->flags |= PST_ENTRY_PROTECTED;
      g_hash_table_add (effective->relevant, (gpointer)above);
    }
  entry->sandbox = sandbox;
  g_ptr_array_add (effective->entries, entry);
}

static void
add_written (Effective *effective, const char *written, PstAccess access, PstAnswer answer, PstTier tier, PstOrigin origin,
             const char *source)
{
  g_autofree char *path = pst_decide_expand (effective->input->host, written);
  PstEntry *entry;

  if (!path)
    return;
  entry = g_new0 (PstEntry, 1);
  entry->kind = PST_KIND_FILES;
  entry->resource = g_steal_pointer (&path);
  entry->scope = PST_SCOPE_TREE;
  entry->access = access;
  entry->answer = answer;
  entry->lifetime = PST_LIFETIME_ALWAYS;
  entry->tier = tier;
  entry->origin = origin;
  entry->source = source ? g_intern_string (source) : "";
  add (effective, entry, effective->input->sandbox);
}

static void
add_admin (Effective *effective, gboolean general)
{
  const PstDecideInput *input = effective->input;

  for (guint i = 0; input->admin && i < input->admin->len; i++)
    {
      const PstAdminRule *rule = input->admin->pdata[i];
      PstEntry *entry;

      if (!rule->app && !general)
        continue;
      entry = g_new0 (PstEntry, 1);
      entry->kind = rule->kind;
      entry->resource = g_strdup (rule->resource);
      entry->scope = rule->kind == PST_KIND_FILES ? PST_SCOPE_TREE : PST_SCOPE_FILE;
      entry->access = rule->access;
      entry->answer = rule->answer;
      entry->lifetime = PST_LIFETIME_ALWAYS;
      entry->tier = rule->tier;
      entry->origin = PST_ORIGIN_ADMINISTRATOR;
      entry->source = rule->source;
      add (effective, entry, input->sandbox);
    }
}

static void
add_stored (Effective *effective, const PstStoredRule *rule)
{
  PstEntry *entry = g_new0 (PstEntry, 1);

  entry->id = rule->id;
  entry->kind = rule->kind;
  entry->resource = g_strdup (rule->resource);
  entry->scope = rule->scope;
  entry->access = rule->access;
  entry->answer = rule->answer;
  entry->lifetime = rule->lifetime;
  entry->until = rule->until;
  entry->tier = PST_TIER_USER;
  entry->created = rule->created;
  entry->used = rule->used;
  entry->origin = rule->origin;
  entry->source = "";
  add (effective, entry, rule->lifetime == PST_LIFETIME_ONCE ? rule->sandbox : effective->input->sandbox);
}

/* What the modules of a profile let it use without a question. */
static void
add_modules (Effective *effective, const PstProfile *profile)
{
  static const PstServiceBus buses[] = { PST_SERVICE_BUS_SESSION, PST_SERVICE_BUS_SYSTEM };
  const char *const *modules = pst_profile_get_modules (profile);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (; modules && *modules; modules++)
    {
      const GPtrArray *rules = pst_services_module_rules (effective->services, *modules);

      for (guint i = 0; rules && i < rules->len; i++)
        {
          const PstServiceRule *rule = rules->pdata[i];

          for (gsize k = 0; k < G_N_ELEMENTS (buses); k++)
            {
              g_autofree char *resource = NULL;
              PstEntry *entry;

              if (!(rule->entry->buses & (1u << buses[k])) || rule->entry->family || rule->verdict != PST_SERVICE_QUIET)
                continue;
              resource = g_strconcat (buses[k] == PST_SERVICE_BUS_SYSTEM ? "system:" : "session:", rule->entry->name, NULL);
              if (!g_hash_table_add (seen, g_strdup (resource)))
                continue;
              entry = g_new0 (PstEntry, 1);
              entry->kind = PST_KIND_BUS;
              entry->resource = g_steal_pointer (&resource);
              entry->scope = PST_SCOPE_FILE;
              entry->access = PST_ACCESS_TALK;
              entry->answer = PST_ANSWER_ALLOW;
              entry->lifetime = PST_LIFETIME_ALWAYS;
              entry->tier = PST_TIER_PROFILE;
              entry->origin = PST_ORIGIN_PROFILE;
              entry->source = pst_profile_get_file (profile) ? g_intern_string (pst_profile_get_file (profile)) : "";
              add (effective, entry, effective->input->sandbox);
            }
        }
    }
}

static void
add_profile (Effective *effective, const PstProfile *profile)
{
  gsize n;
  const PstProfileRule *rules = pst_profile_get_rules (profile, &n);

  for (gsize i = 0; i < n; i++)
    add_written (effective, rules[i].path, rules[i].access, rules[i].answer, PST_TIER_PROFILE, PST_ORIGIN_PROFILE,
                 pst_profile_get_file (profile));
  add_modules (effective, profile);
}

static gboolean
has_aliases (const PstDecideInput *input)
{
  for (guint i = 0; input->rules && i < input->rules->len; i++)
    {
      const PstStoredRule *rule = input->rules->pdata[i];

      if (rule->real && strcmp (rule->real, rule->resource) != 0)
        return TRUE;
    }
  return FALSE;
}

/* A ruleset that is only good for deciding about the entries: of the protected paths, which are many, it has those that lie
 * above one. With three hundred applications they would cost more than all the rest. */
static PstRuleset *
compile (Effective *effective)
{
  PstDecideInput input = *effective->input;
  PstHost host = *input.host;
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer path;

  /* Protected paths are also what a rule's path leads to by another name. */
  if (has_aliases (&input))
    return pst_decide_compile (&input, 0);
  g_hash_table_iter_init (&iter, effective->relevant);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    g_ptr_array_add (paths, path);
  g_ptr_array_add (paths, NULL);
  host.protected_paths = (GStrv)paths->pdata;
  host.protected_real = NULL;
  input.host = &host;
  return pst_decide_compile (&input, 0);
}

GPtrArray *
pst_effective_list (const PstDecideInput *input, const PstProtectedIndex *guarded, const PstServices *services,
                    gboolean general, PstEffectiveRuleset running, gpointer user_data)
{
  Effective effective = {
    .input = input, .guarded = guarded, .services = services, .running = running, .user_data = user_data
  };

  effective.entries = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_entry_free);
  effective.relevant = g_hash_table_new (g_str_hash, g_str_equal);
  effective.by_service = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  index_services (&effective);
  add_admin (&effective, general);
  for (guint i = 0; input->rules && i < input->rules->len; i++)
    add_stored (&effective, input->rules->pdata[i]);
  if (input->profile)
    add_profile (&effective, input->profile);
  effective.ruleset = input->sandbox && running ? running (input->sandbox, user_data) : NULL;
  effective.ruleset = effective.ruleset ? pst_ruleset_ref (effective.ruleset) : compile (&effective);
  for (guint i = 0; i < effective.entries->len; i++)
    decide (&effective, effective.entries->pdata[i]);
  g_hash_table_unref (effective.relevant);
  g_hash_table_unref (effective.by_service);
  pst_ruleset_unref (effective.ruleset);
  return effective.entries;
}
