/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-ruleset.h"

G_BEGIN_DECLS

/* Shared by pst-ruleset.c (decides), pst-ruleset-builder.c (builds) and pst-ruleset-variant.c (travels). */

#define PST_NODE_NONE G_MAXUINT32
#define PST_NODE_ROOT 0u

enum
{
  PST_NODE_DOOR = 1 << 0,
  PST_NODE_LISTED = 1 << 1,
  PST_NODE_PROTECTED = 1 << 2,
  PST_NODE_GRANTED = 1 << 3,    /* an allow rule names it and decides for it */
  PST_NODE_HAS_BELOW = 1 << 4,  /* a rule, door or protected path lies strictly below */
  PST_NODE_SIDE_RULE = 1 << 5,  /* a rule here speaks about side files */
  PST_NODE_SIDE_BELOW = 1 << 6, /* a child has PST_NODE_SIDE_RULE */
  PST_NODE_ADDED_DOOR = 1 << 7, /* a door that was added, and does not merely follow from something else */
};

/* A component of the path of some rule, door or protected path. */
typedef struct
{
  const char *name; /* not terminated; points into the path that brought it */
  const char *path; /* (nullable): of a protected path, for PstDecision.protected_by */
  guint32 parent;
  guint32 first_child;
  guint32 next_sibling;
  guint32 hash;
  guint32 first_rule;
  guint32 anonymous; /* index into anonymous_rules, or PST_NODE_NONE */
  guint16 name_length;
  guint16 depth;
  guint8 n_rules; /* at most 2 scopes × 3 accesses × 4 tiers */
  guint8 flags;
} PstNode;

/* For a directory: the rules of files directly in it that speak about temporary files that bear no file's name, by tier and
 * access. */
typedef struct
{
  const PstRule *rules[PST_N_TIERS][3]; /* the first by pst_tier_rank() */
} PstAnonymousRules;

struct _PstRuleset
{
  gint refs;
  guint64 generation;
  GStringChunk *strings;
  PstNode *nodes;
  guint32 n_nodes;
  guint32 *table; /* open addressing: node index or PST_NODE_NONE */
  guint32 table_mask;
  PstRule *rules; /* sorted by node, and within a node strongest first */
  guint32 n_rules;
  PstAnonymousRules *anonymous_rules;
  guint32 n_anonymous;
};

static inline guint32
pst_node_hash (guint32 parent, const char *name, gsize length)
{
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325) ^ parent;

  for (gsize i = 0; i < length; i++)
    hash = (hash ^ (guchar)name[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  hash ^= hash >> 32;
  return (guint32)(hash * 0x9e3779b1u);
}

/* The child of @parent called @name, or PST_NODE_NONE. */
guint32 pst_ruleset_find_child (const PstRuleset *ruleset, guint32 parent, const char *name, gsize length);

/* The node of a normal path, or PST_NODE_NONE. */
guint32 pst_ruleset_find (const PstRuleset *ruleset, const char *path);

/* Does the rule say anything about this access? */
gboolean pst_rule_speaks (const PstRule *rule, PstAccess access);
/* … and about side files of its path? */
gboolean pst_rule_covers_side_files (const PstRule *rule);
/* … and those whose names do not derive from the file's? */
gboolean pst_rule_covers_anonymous_side_files (const PstRule *rule);

/* Sorts rules of one path: by tier, then the strongest first. A total order but for rules with equal key fields. */
int pst_rule_compare_strength (const PstRule *a, const PstRule *b);

/* ---- pst-side-file.c ---- */

/* Calls @func with each name of a file whose side file @name could be, until it returns TRUE. Returns whether it did. */
typedef gboolean (*PstSideFunc) (const char *original, gsize length, gpointer user_data);
gboolean pst_side_file_foreach_original (const char *name, gsize length, PstSideFunc func, gpointer user_data);

/* Is it the name of a temporary file that any file of the directory may have? */
gboolean pst_side_file_is_anonymous (const char *name, gsize length);

G_END_DECLS
