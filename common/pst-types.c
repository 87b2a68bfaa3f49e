/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-types.h"

/* Index 0 stands for no number: the enums start at 1. */
static const char *const kinds[] = { NULL, "files", "bus", "network", "display", "device", "uri" };
static const char *const accesses[] = { NULL, "view", "change", "save", "see", "talk", "own" };
static const char *const answers[] = { NULL, "allow", "deny", "hide", "private", "ask" };
static const char *const lifetimes[] = { NULL, "once", "session", "always", "until" };
static const char *const tiers[] = { NULL, "lock", "user", "profile", "default" };
static const char *const origins[] = { NULL,      "question", "sheet",   "manager",      "command",
                                       "refusal", "import",   "profile", "administrator" };
static const char *const scopes[] = { NULL, "tree", "file" };
static const char *const ops[] = {
  NULL, "lookup", "open", "opendir", "create", "mkdir", "unlink", "rename", "link", "setattr"
};

static const char *
word_of (const char *const *words, gsize n_words, guint number)
{
  return number > 0 && number < n_words ? words[number] : "?";
}

static gboolean
number_of (const char *const *words, gsize n_words, const char *word, guint *out)
{
  for (guint i = 1; word != NULL && i < n_words; i++)
    if (g_str_equal (words[i], word))
      {
        *out = i;
        return TRUE;
      }
  return FALSE;
}

#define DEFINE_TO_STRING(name, Type, words)                                                                                    \
  const char *pst_##name##_to_string (Type value)                                                                              \
  {                                                                                                                            \
    return word_of (words, G_N_ELEMENTS (words), (guint)value);                                                                \
  }

#define DEFINE_FROM_STRING(name, Type, words)                                                                                  \
  gboolean pst_##name##_from_string (const char *word, Type *out)                                                              \
  {                                                                                                                            \
    guint number;                                                                                                              \
    if (!number_of (words, G_N_ELEMENTS (words), word, &number))                                                               \
      return FALSE;                                                                                                            \
    *out = (Type)number;                                                                                                       \
    return TRUE;                                                                                                               \
  }

DEFINE_TO_STRING (kind, PstKind, kinds)
DEFINE_TO_STRING (access, PstAccess, accesses)
DEFINE_TO_STRING (answer, PstAnswer, answers)
DEFINE_TO_STRING (lifetime, PstLifetime, lifetimes)
DEFINE_TO_STRING (tier, PstTier, tiers)
DEFINE_TO_STRING (scope, PstScope, scopes)
DEFINE_TO_STRING (op, PstOp, ops)
DEFINE_TO_STRING (origin, PstOrigin, origins)

DEFINE_FROM_STRING (kind, PstKind, kinds)
DEFINE_FROM_STRING (answer, PstAnswer, answers)
DEFINE_FROM_STRING (lifetime, PstLifetime, lifetimes)
DEFINE_FROM_STRING (origin, PstOrigin, origins)

guint
pst_tier_rank (PstTier tier)
{
  static const guint8 ranks[] = { PST_N_TIERS, 0, 1, 3, 2 };

  return (guint)tier < G_N_ELEMENTS (ranks) ? ranks[tier] : PST_N_TIERS;
}

gboolean
pst_access_is_for (PstKind kind, PstAccess access)
{
  if (kind == PST_KIND_BUS)
    return access >= PST_ACCESS_SEE && access <= PST_ACCESS_OWN;
  return access >= PST_ACCESS_VIEW && access <= PST_ACCESS_SAVE;
}

gboolean
pst_access_from_string_for (PstKind kind, const char *word, PstAccess *out)
{
  guint number;

  if (!number_of (accesses, G_N_ELEMENTS (accesses), word, &number) || !pst_access_is_for (kind, number))
    return FALSE;
  *out = (PstAccess)number;
  return TRUE;
}

gboolean
pst_access_from_string (const char *word, PstAccess *out)
{
  return pst_access_from_string_for (PST_KIND_FILES, word, out);
}
