/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ListEntries: what holds, for one application or for all of them. What is pure is in effective.c; here are the sandboxes, by
 * which something is in use, and the disk, on which it may be missing. */
#include "control.h"

#include <string.h>

#include "effective.h"
#include "entry-list.h"
#include "presence.h"
#include "sandbox-table.h"

#define PATIENCE_MS 100

/* One application's. */
typedef struct
{
  char *app;
  GPtrArray *entries; /* of PstEntry */
} Block;

typedef struct
{
  PstControlCall *call;
  PstProtectedIndex *guarded;
  GPtrArray *blocks;   /* of Block, owned */
  gboolean look_again; /* more may be known of what is missing than when the blocks were made */
} Listing;

static void
block_free (gpointer data)
{
  Block *block = data;

  g_free (block->app);
  g_ptr_array_unref (block->entries);
  g_free (block);
}

static PstRuleset *
ruleset_of (guint64 number, gpointer data)
{
  const PstSandbox *sandbox = pst_sandbox_lookup (data, number);

  return sandbox ? sandbox->ruleset : NULL;
}

static void
add_all_keys (GHashTable *to, GHashTable *from)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, from);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (to, key);
}

/* Files: a running sandbox has a tree that was attached by this rule. Services: a running sandbox has sent it something because
 * of this rule, and may go on. */
static void
mark_in_use (GPtrArray *entries, GPtrArray *sandboxes)
{
  g_autoptr (GHashTable) rules = g_hash_table_new (g_int64_hash, g_int64_equal),
                         services = g_hash_table_new (g_int64_hash, g_int64_equal),
                         paths = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < sandboxes->len; i++)
    {
      const PstSandbox *sandbox = sandboxes->pdata[i];

      if (sandbox->bus && pst_peer_is_open (sandbox->bus))
        add_all_keys (services, sandbox->used);
      for (guint k = 0; k < sandbox->trees->len; k++)
        {
          PstTree *tree = sandbox->trees->pdata[k];

          if (tree->state != PST_TREE_ATTACHED)
            continue;
          if (tree->rule)
            g_hash_table_add (rules, &tree->rule);
          else
            g_hash_table_add (paths, tree->path);
        }
    }
  for (guint i = 0; i < entries->len; i++)
    {
      PstEntry *entry = entries->pdata[i];
      gboolean used = entry->kind == PST_KIND_BUS
                          ? entry->effective == PST_ANSWER_ALLOW && g_hash_table_contains (services, &entry->id)
                      : entry->id ? g_hash_table_contains (rules, &entry->id)
                                  : g_hash_table_contains (paths, entry->resource);

      if (used)
        entry->flags |= PST_ENTRY_IN_USE;
    }
}

/* The person's own rules: what an administrator or a profile speaks of need not be on this machine. */
static gboolean
is_looked_for (const PstEntry *entry)
{
  return entry->kind == PST_KIND_FILES && entry->id;
}

static void
note_missing (PstPresence *presence, PstEntry *entry)
{
  entry->flags &= ~(guint)PST_ENTRY_MISSING;
  if (pst_presence_is_missing (presence, entry->resource))
    entry->flags |= PST_ENTRY_MISSING;
}

/* @sandboxes: its own, the newest last. */
static void
add_block (Listing *listing, const char *app, GPtrArray *sandboxes, gboolean general)
{
  PstBroker *broker = listing->call->broker;
  PstSandbox *newest = sandboxes && sandboxes->len > 0 ? sandboxes->pdata[sandboxes->len - 1] : NULL;
  PstDecideInput input;
  Block *block = g_new (Block, 1);

  pst_broker_decide_input_for (broker, app, newest, &input);
  block->app = g_strdup (app);
  block->entries = pst_effective_list (&input, listing->guarded, broker->services, general, ruleset_of, broker);
  if (sandboxes)
    mark_in_use (block->entries, sandboxes);
  pst_decide_input_clear (&input);
  for (guint i = 0; i < block->entries->len; i++)
    {
      PstEntry *entry = block->entries->pdata[i];

      if (is_looked_for (entry))
        note_missing (broker->presence, entry);
    }
  g_ptr_array_add (listing->blocks, block);
}

static int
compare_sandboxes (gconstpointer a, gconstpointer b)
{
  const PstSandbox *x = *(PstSandbox *const *)a, *y = *(PstSandbox *const *)b;

  return x->number < y->number ? -1 : x->number > y->number;
}

/* application → its sandboxes, the newest last */
static GHashTable *
sandboxes_by_app (PstBroker *broker)
{
  GHashTable *result = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
  g_autoptr (GPtrArray) all = pst_sandbox_list (broker, NULL);

  g_ptr_array_sort (all, compare_sandboxes);
  for (guint i = 0; i < all->len; i++)
    {
      PstSandbox *sandbox = all->pdata[i];
      GPtrArray *list = g_hash_table_lookup (result, sandbox->app->id);

      if (!list)
        {
          list = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_sandbox_unref);
          g_hash_table_insert (result, g_strdup (sandbox->app->id), list);
        }
      g_ptr_array_add (list, pst_sandbox_ref (sandbox));
    }
  return result;
}

static void
add_all (Listing *listing, GHashTable *sandboxes)
{
  PstBroker *broker = listing->call->broker;
  g_autoptr (GPtrArray) apps = pst_store_list_apps (broker->store), with_rules = pst_store_list_apps_with_rules (broker->store);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < apps->len; i++)
    if (g_hash_table_add (seen, ((PstStoredApp *)apps->pdata[i])->id))
      g_ptr_array_add (with_rules, ((PstStoredApp *)apps->pdata[i])->id);
  g_hash_table_remove_all (seen);
  for (guint i = 0; i < with_rules->len; i++)
    if (g_hash_table_add (seen, with_rules->pdata[i]))
      add_block (listing, with_rules->pdata[i], g_hash_table_lookup (sandboxes, with_rules->pdata[i]), FALSE);
}

static void
answer (gpointer data)
{
  Listing *listing = data;
  PstPresence *presence = listing->call->broker->presence;
  PstEntryList *list = pst_entry_list_new ();

  for (guint i = 0; i < listing->blocks->len; i++)
    {
      const Block *block = listing->blocks->pdata[i];

      for (guint k = 0; k < block->entries->len; k++)
        {
          PstEntry *entry = block->entries->pdata[k];

          if (listing->look_again && is_looked_for (entry))
            note_missing (presence, entry);
          pst_entry_list_add (list, block->app, entry);
        }
    }
  pst_control_reply (listing->call, pst_entry_list_end (list));
  g_ptr_array_unref (listing->blocks);
  g_free (listing);
}

void
pst_control_list_entries (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autofree char *app = NULL;
  g_autoptr (GHashTable) sandboxes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PstProtectedIndex) guarded = NULL;
  Listing *listing;

  g_variant_get (call->args, "(&s)", &word);
  if (*word && !(app = pst_control_take_app (call, word)))
    return;
  if (!pst_broker_read_policy (broker, &error) || !pst_host_refresh (broker->host, &error))
    {
      pst_control_fail (call, error->message);
      return;
    }
  pst_broker_expire (broker);
  pst_profiles_refresh (broker->profiles);
  sandboxes = sandboxes_by_app (broker);
  guarded = pst_protected_index_new (broker->host);
  listing = g_new (Listing, 1);
  *listing = (Listing){ call, guarded, g_ptr_array_new_with_free_func (block_free), FALSE };
  if (app)
    add_block (listing, app, g_hash_table_lookup (sandboxes, app), TRUE);
  else
    add_all (listing, sandboxes);
  listing->guarded = NULL;
  listing->look_again = pst_presence_has_unknown (broker->presence);
  pst_presence_look (broker->presence, PATIENCE_MS, answer, listing);
}
