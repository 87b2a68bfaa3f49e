/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The vocabulary of rules. The numbers travel in messages and stand in the store: never renumber. */

typedef enum
{
  PST_KIND_FILES = 1,
  PST_KIND_BUS = 2,
  PST_KIND_NETWORK = 3,
  PST_KIND_DISPLAY = 4,
  PST_KIND_DEVICE = 5,
  PST_KIND_URI = 6,
} PstKind;

/* What an application wants to do. With files: CHANGE implies VIEW; SAVE may create, and may not see what is there. With names
 * on a message bus: each implies those before it. */
typedef enum
{
  PST_ACCESS_VIEW = 1,
  PST_ACCESS_CHANGE = 2,
  PST_ACCESS_SAVE = 3,
  PST_ACCESS_SEE = 4,
  PST_ACCESS_TALK = 5,
  PST_ACCESS_OWN = 6,
} PstAccess;

typedef enum
{
  PST_ANSWER_ALLOW = 1,
  PST_ANSWER_DENY = 2,    /* EACCES */
  PST_ANSWER_HIDE = 3,    /* ENOENT, or an empty directory */
  PST_ANSWER_PRIVATE = 4, /* redirected to the application's private home */
  PST_ANSWER_ASK = 5,
} PstAnswer;

typedef enum
{
  PST_LIFETIME_ONCE = 1,    /* until the sandbox ends */
  PST_LIFETIME_SESSION = 2, /* until logout */
  PST_LIFETIME_ALWAYS = 3,
  PST_LIFETIME_UNTIL = 4, /* until a date */
} PstLifetime;

/* Who made a rule. What comes first is told by pst_tier_rank(), not by the number. */
typedef enum
{
  PST_TIER_LOCK = 1, /* the administrator, for good */
  PST_TIER_USER = 2,
  PST_TIER_PROFILE = 3, /* the application's packager */
  PST_TIER_DEFAULT = 4, /* the administrator, as long as the person says nothing else */
} PstTier;

#define PST_N_TIERS 4

/* How a rule came to be. */
typedef enum
{
  PST_ORIGIN_UNKNOWN = 0,  /* made before this was kept */
  PST_ORIGIN_QUESTION = 1, /* the answer to a question */
  PST_ORIGIN_SHEET = 2,    /* chosen when the application was started for the first time */
  PST_ORIGIN_MANAGER = 3,
  PST_ORIGIN_COMMAND = 4,
  PST_ORIGIN_REFUSAL = 5, /* allowed afterwards: from a notification, or from the history */
  PST_ORIGIN_IMPORT = 6,
  PST_ORIGIN_PROFILE = 7,       /* not stored: the packager */
  PST_ORIGIN_ADMINISTRATOR = 8, /* not stored */
} PstOrigin;

/* What a file rule covers. */
typedef enum
{
  PST_SCOPE_TREE = 1, /* the path and all below it */
  PST_SCOPE_FILE = 2, /* one file, and its side files for CHANGE */
} PstScope;

/* What the held request was; wording and intent only. */
typedef enum
{
  PST_OP_LOOKUP = 1,
  PST_OP_OPEN = 2,
  PST_OP_OPENDIR = 3,
  PST_OP_CREATE = 4,
  PST_OP_MKDIR = 5,
  PST_OP_UNLINK = 6,
  PST_OP_RENAME = 7,
  PST_OP_LINK = 8,
  PST_OP_SETATTR = 9,
} PstOp;

/* Kinds of tree, see docs/architecture.md */
typedef enum
{
  PST_TREE_TREE = 1,
  PST_TREE_FILE = 2,
  PST_TREE_SAVE = 3,
} PstTreeKind;

/* The outcome of an Ask. */
typedef enum
{
  PST_OUTCOME_RETRY = 1,      /* decide again with the policy that was pushed before this reply */
  PST_OUTCOME_DENY = 2,       /* EACCES, this once */
  PST_OUTCOME_KILLED = 3,     /* EINTR: the caller has been killed */
  PST_OUTCOME_HIDE = 4,       /* ENOENT, this once: it does not exist on the host either */
  PST_OUTCOME_RETRY_HERE = 5, /* likewise "retry", and the kernel is not to be sent round: it would tell the application */
} PstOutcome;

/* 0 for the strongest: lock, user, default, profile. */
guint pst_tier_rank (PstTier tier);

/* Each returns a static lower-case word ("view", "always", …), or "?" for a number that is none. */
const char *pst_kind_to_string (PstKind kind);
const char *pst_access_to_string (PstAccess access);
const char *pst_answer_to_string (PstAnswer answer);
const char *pst_lifetime_to_string (PstLifetime lifetime);
const char *pst_tier_to_string (PstTier tier);
const char *pst_scope_to_string (PstScope scope);
const char *pst_op_to_string (PstOp op);
const char *pst_origin_to_string (PstOrigin origin);

/* Each returns FALSE, and leaves *out alone, for a word that is none. */
gboolean pst_kind_from_string (const char *word, PstKind *out);
/* Only the words that go with @kind. */
gboolean pst_access_from_string_for (PstKind kind, const char *word, PstAccess *out);
/* Is @access one of those that go with @kind? */
gboolean pst_access_is_for (PstKind kind, PstAccess access);
/* Those that go with files. */
gboolean pst_access_from_string (const char *word, PstAccess *out);
gboolean pst_answer_from_string (const char *word, PstAnswer *out);
gboolean pst_lifetime_from_string (const char *word, PstLifetime *out);
gboolean pst_origin_from_string (const char *word, PstOrigin *out);

G_END_DECLS
