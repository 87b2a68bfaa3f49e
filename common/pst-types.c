/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-types.h"

#include <string.h>

static const char *const kinds[] = { NULL, "files", "bus", "network", "display", "device", "uri" };
static const char *const accesses[] = { NULL, "view", "change", "save" };
static const char *const answers[] = { NULL, "allow", "deny", "hide", "private", "ask" };
static const char *const lifetimes[] = { NULL, "once", "session", "always", "until" };
static const char *const tiers[] = { NULL, "lock", "user", "profile" };
static const char *const scopes[] = { NULL, "tree", "file" };
static const char *const ops[] = {
  NULL, "lookup", "open", "opendir", "create", "mkdir", "unlink", "rename", "link", "setattr"
};

static const char *
word_of (const char *const *words, gsize n_words, guint number)
{
  return number > 0 && number < n_words ? words[number] : "?";
}

static guint
number_of (const char *const *words, gsize n_words, const char *word)
{
  for (guint i = 1; i < n_words; i++)
    if (strcmp (words[i], word) == 0)
      return i;
  return 0;
}

#define TO_STRING(name, Type, words)                                                                                           \
  const char *pst_##name##_to_string (Type value)                                                                              \
  {                                                                                                                            \
    return word_of (words, G_N_ELEMENTS (words), (guint)value);                                                                \
  }
#define FROM_STRING(name, Type, words)                                                                                         \
  gboolean pst_##name##_from_string (const char *word, Type *out)                                                              \
  {                                                                                                                            \
    guint number = number_of (words, G_N_ELEMENTS (words), word);                                                              \
    if (number == 0)                                                                                                           \
      return FALSE;                                                                                                            \
    *out = (Type)number;                                                                                                       \
    return TRUE;                                                                                                               \
  }

TO_STRING (kind, PstKind, kinds)
TO_STRING (access, PstAccess, accesses)
TO_STRING (answer, PstAnswer, answers)
TO_STRING (lifetime, PstLifetime, lifetimes)
TO_STRING (tier, PstTier, tiers)
TO_STRING (scope, PstScope, scopes)
TO_STRING (op, PstOp, ops)
FROM_STRING (kind, PstKind, kinds)
FROM_STRING (access, PstAccess, accesses)
FROM_STRING (answer, PstAnswer, answers)
FROM_STRING (lifetime, PstLifetime, lifetimes)
