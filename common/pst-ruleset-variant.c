/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset-private.h"

#include "pst-path.h"

#include <string.h>

/* The wire form
 *
 *   head       magic (u32), generation (u64), number of rules, doors, protected paths (u32 each)
 *   each rule  id (u64), scope, access, answer, tier (one byte each), path
 *   each door  listed (one byte, 0 or 1), path
 *   each protected path
 *
 * without any padding, numbers in the byte order of the machine, paths ended by NUL, and nothing after the last. There are no
 * offsets: what comes in can only be read from its beginning to its end, so that nothing overlaps and what is built is not much
 * larger than what was sent. It is read as if an enemy had written it.
 */

#define MAGIC 0x31525350u /* "PSR1" */

/* ---- writing ---- */

static void
put_u32 (GByteArray *out, guint32 number)
{
  g_byte_array_append (out, (const guint8 *)&number, sizeof number);
}

static void
put_u64 (GByteArray *out, guint64 number)
{
  g_byte_array_append (out, (const guint8 *)&number, sizeof number);
}

static void
put_path (GByteArray *out, const char *path)
{
  g_byte_array_append (out, (const guint8 *)path, (guint)strlen (path) + 1);
}

static void
put_path_of_node (GByteArray *out, const PstRuleset *ruleset, guint32 index)
{
  g_autoptr (GString) path = g_string_new (NULL);

  for (; index != PST_NODE_ROOT; index = ruleset->nodes[index].parent)
    {
      g_string_prepend_len (path, ruleset->nodes[index].name, ruleset->nodes[index].name_length);
      g_string_prepend_c (path, '/');
    }
  put_path (out, path->len > 0 ? path->str : "/");
}

GVariant *
pst_ruleset_to_variant (const PstRuleset *ruleset)
{
  GByteArray *out = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  guint32 n_doors = 0, n_guards = 0;

  for (guint32 i = 0; i < ruleset->n_nodes; i++)
    {
      n_doors += (ruleset->nodes[i].flags & PST_NODE_ADDED_DOOR) != 0;
      n_guards += (ruleset->nodes[i].flags & PST_NODE_PROTECTED) != 0;
    }
  put_u32 (out, MAGIC);
  put_u64 (out, ruleset->generation);
  put_u32 (out, ruleset->n_rules);
  put_u32 (out, n_doors);
  put_u32 (out, n_guards);

  for (guint32 i = 0; i < ruleset->n_rules; i++)
    {
      const PstRule *rule = &ruleset->rules[i];
      const guint8 words[4] = { (guint8)rule->scope, (guint8)rule->access, (guint8)rule->answer, (guint8)rule->tier };

      put_u64 (out, rule->id);
      g_byte_array_append (out, words, sizeof words);
      put_path (out, rule->path);
    }
  for (guint32 i = 0; i < ruleset->n_nodes; i++)
    if ((ruleset->nodes[i].flags & PST_NODE_ADDED_DOOR) != 0)
      {
        const guint8 listed = (ruleset->nodes[i].flags & PST_NODE_LISTED) != 0;

        g_byte_array_append (out, &listed, 1);
        put_path_of_node (out, ruleset, i);
      }
  for (guint32 i = 0; i < ruleset->n_nodes; i++)
    if ((ruleset->nodes[i].flags & PST_NODE_PROTECTED) != 0)
      put_path (out, ruleset->nodes[i].path);

  bytes = g_byte_array_free_to_bytes (out);
  return g_variant_new_from_bytes (G_VARIANT_TYPE (PST_RULESET_TYPE), bytes, TRUE);
}

/* ---- reading ---- */

typedef struct
{
  const guint8 *at;
  gsize left;
} Reader;

static gboolean
take (Reader *reader, gpointer out, gsize size)
{
  if (reader->left < size)
    return FALSE;
  memcpy (out, reader->at, size);
  reader->at += size;
  reader->left -= size;
  return TRUE;
}

/* NULL if there is no whole path; whether it is normal is for the builder to say. */
static const char *
take_path (Reader *reader)
{
  const char *path = (const char *)reader->at;
  const guint8 *nul = reader->left > 0 ? memchr (reader->at, '\0', reader->left) : NULL;

  if (nul == NULL)
    return NULL;
  reader->left -= (gsize)(nul + 1 - reader->at);
  reader->at = nul + 1;
  return path;
}

static gboolean
read_rule (Reader *reader, PstRulesetBuilder *builder)
{
  PstRule rule = { 0 };
  guint8 words[4];

  if (!take (reader, &rule.id, sizeof rule.id) || !take (reader, words, sizeof words))
    return FALSE;
  rule.scope = words[0];
  rule.access = words[1];
  rule.answer = words[2];
  rule.tier = words[3];
  rule.path = take_path (reader);
  return rule.path != NULL && pst_ruleset_builder_add_rule (builder, &rule);
}

static gboolean
read_door (Reader *reader, PstRulesetBuilder *builder)
{
  guint8 listed;
  const char *path;

  if (!take (reader, &listed, 1) || listed > 1)
    return FALSE;
  path = take_path (reader);
  return path != NULL && pst_ruleset_builder_add_door (builder, path, listed);
}

static gboolean
read_guard (Reader *reader, PstRulesetBuilder *builder)
{
  const char *path = take_path (reader);

  return path != NULL && pst_ruleset_builder_add_protected (builder, path);
}

static PstRuleset *
refuse (GError **error, const char *what)
{
  g_set_error (error, PST_RULESET_ERROR, 0, "A ruleset came in %s", what);
  return NULL;
}

PstRuleset *
pst_ruleset_new_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (PstRulesetBuilder) builder = NULL;
  guint32 magic, n_rules, n_doors, n_guards;
  guint64 generation;
  Reader reader;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (PST_RULESET_TYPE)))
    return refuse (error, "of another type");
  reader.at = g_variant_get_fixed_array (variant, &reader.left, 1);
  if (!take (&reader, &magic, sizeof magic) || magic != MAGIC)
    return refuse (error, "that is none");
  if (!take (&reader, &generation, sizeof generation) || !take (&reader, &n_rules, sizeof n_rules) ||
      !take (&reader, &n_doors, sizeof n_doors) || !take (&reader, &n_guards, sizeof n_guards))
    return refuse (error, "that is cut off");
  if ((guint64)n_rules + n_doors + n_guards > PST_RULESET_MAX_ENTRIES)
    return refuse (error, "with too many entries");

  builder = pst_ruleset_builder_new ();
  for (guint32 i = 0; i < n_rules; i++)
    if (!read_rule (&reader, builder))
      return refuse (error, "with a rule that is malformed");
  for (guint32 i = 0; i < n_doors; i++)
    if (!read_door (&reader, builder))
      return refuse (error, "with a door that is malformed");
  for (guint32 i = 0; i < n_guards; i++)
    if (!read_guard (&reader, builder))
      return refuse (error, "with a protected path that is malformed");
  if (reader.left > 0)
    return refuse (error, "with something behind its end");
  return pst_ruleset_builder_end (g_steal_pointer (&builder), generation);
}
