/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-cache.h"

#include <fcntl.h>
#include <string.h>

#include "pst-fd.h"

#define MAX_ENTRIES 16u

typedef struct
{
  char *fingerprint;
  PstRuleset *ruleset;
  int fd;
} Entry;

struct _PstPolicyCache
{
  GHashTable *entries; /* app → Entry, both owned */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->fingerprint);
  pst_ruleset_unref (entry->ruleset);
  pst_fd_clear (&entry->fd);
  g_free (entry);
}

PstPolicyCache *
pst_policy_cache_new (void)
{
  PstPolicyCache *cache = g_new0 (PstPolicyCache, 1);

  cache->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  return cache;
}

void
pst_policy_cache_free (PstPolicyCache *cache)
{
  if (!cache)
    return;
  g_hash_table_unref (cache->entries);
  g_free (cache);
}

static void
add_string (GString *text, const char *string)
{
  if (string)
    g_string_append (text, string);
  g_string_append_c (text, '\n');
  g_string_append_c (text, '\0');
}

static void
add_list (GString *text, char **list)
{
  for (; list && *list; list++)
    add_string (text, *list);
  add_string (text, NULL);
}

char *
pst_policy_fingerprint (const PstDecideInput *input, guint64 revision)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const PstHost *host = input->host;

  for (guint i = 0; input->rules && i < input->rules->len; i++)
    {
      const PstStoredRule *rule = input->rules->pdata[i];

      if (rule->lifetime == PST_LIFETIME_UNTIL || (rule->lifetime == PST_LIFETIME_ONCE && rule->sandbox == input->sandbox))
        return NULL;
    }
  g_string_append_printf (text, "%" G_GUINT64_FORMAT " %d %d", revision, input->quiet, input->only);
  add_string (text, input->launch_dir);
  add_string (text, host->home);
  add_string (text, host->boot);
  add_list (text, host->gate_roots);
  add_list (text, host->protected_paths);
  add_list (text, host->protected_real);
  for (guint i = 0; host->user_dirs && i < host->user_dirs->len; i++)
    {
      const PstUserDir *dir = host->user_dirs->pdata[i];

      add_string (text, dir->key);
      add_string (text, dir->path);
    }
  add_string (text, NULL);
  for (guint i = 0; input->admin && i < input->admin->len; i++)
    {
      const PstAdminRule *rule = input->admin->pdata[i];

      add_string (text, rule->resource);
      g_string_append_printf (text, "%d %d %d %d", rule->kind, rule->access, rule->answer, rule->tier);
    }
  add_string (text, NULL);
  if (input->profile)
    {
      gsize n;
      const PstProfileRule *rules = pst_profile_get_rules (input->profile, &n);

      for (gsize i = 0; i < n; i++)
        {
          add_string (text, rules[i].path);
          g_string_append_printf (text, "%d %d", rules[i].access, rules[i].answer);
        }
    }
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *)text->str, text->len);
}

PstRuleset *
pst_policy_cache_get (PstPolicyCache *cache, const char *app, const char *fingerprint, int *fd)
{
  const Entry *entry = g_hash_table_lookup (cache->entries, app);

  if (!entry || strcmp (entry->fingerprint, fingerprint) != 0)
    return NULL;
  *fd = entry->fd;
  return pst_ruleset_ref (entry->ruleset);
}

void
pst_policy_cache_put (PstPolicyCache *cache, const char *app, const char *fingerprint, PstRuleset *ruleset, int fd)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  Entry *entry;

  if (copy < 0)
    return;
  if (g_hash_table_size (cache->entries) >= MAX_ENTRIES)
    g_hash_table_remove_all (cache->entries);
  entry = g_new (Entry, 1);
  *entry = (Entry){ g_strdup (fingerprint), pst_ruleset_ref (ruleset), copy };
  g_hash_table_insert (cache->entries, g_strdup (app), entry);
}
