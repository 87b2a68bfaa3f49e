/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* A question as the broker sends it (Show in ipc/org.postern.Agent1.xml), made safe to put before a person: every text went
 * through pst_text_for_display(), every index is in range, every list is bounded. Pure: no toolkit, no I/O. Immutable. */
typedef struct
{
  PstAccess access;
  char *label;
} PstQuestionAccess;

typedef struct
{
  guint64 id;
  guint64 sandbox;
  char *app_id;
  char *app_name;
  char *app_icon;   /* themed name or absolute path, as it came: never shown as text; may be empty */
  char *executable; /* may be empty */
  char *package;    /* empty: not from a package */
  char *title;
  char *intent;   /* may be empty */
  char *resource; /* may be empty */
  char *warning;  /* may be empty */
  char *reason;   /* may be empty */
  GStrv scopes;   /* labels, widest first */
  guint n_scopes; /* may be 0 */
  guint scope;    /* preselected */
  PstQuestionAccess *accesses;
  guint n_accesses; /* may be 0 */
  guint access;     /* preselected */
  GStrv titles;     /* NULL, or one for each scope × access, row-major by scope */
  gboolean private_ok;
  GStrv waiting;
  guint n_waiting;
} PstQuestion;

/* @details: a{sv}. A missing text is empty, a value of the wrong type is an error. Returns: (transfer full) (nullable) */
PstQuestion *pst_question_new (guint64 id, GVariant *details, GError **error);
void pst_question_free (PstQuestion *question);

/* Would a person who has read @a have read @b as well? Everything counts but the waiting lines, and the package, which the
 * broker may find out a moment later. */
gboolean pst_question_same (const PstQuestion *a, const PstQuestion *b);

/* The title for a choice of scope and access. */
const char *pst_question_title (const PstQuestion *question, guint scope, guint access);

/* What a person can answer; each agent offers these, and no other. */
typedef enum
{
  PST_CHOICE_DENY,
  PST_CHOICE_DENY_ALWAYS,
  PST_CHOICE_HIDE,
  PST_CHOICE_HIDE_ALWAYS,
  PST_CHOICE_PRIVATE,
  PST_CHOICE_ALLOW_ONCE,
  PST_CHOICE_ALLOW_SESSION,
  PST_CHOICE_ALLOW_DAY,
  PST_CHOICE_ALLOW_WEEK,
  PST_CHOICE_ALLOW_MONTH,
  PST_CHOICE_ALLOW_ALWAYS,
} PstChoice;
#define PST_N_CHOICES (PST_CHOICE_ALLOW_ALWAYS + 1)

typedef struct
{
  PstAnswer answer;
  PstLifetime lifetime;
  gint64 until; /* seconds since 1970 for PST_LIFETIME_UNTIL, else 0 */
} PstVerdict;

/* @now: seconds since 1970. */
PstVerdict pst_choice_verdict (PstChoice choice, gint64 now);

/* The translated words for a choice, with a mnemonic. pst_choice_label_plain(): without it. (transfer full) */
const char *pst_choice_label (PstChoice choice);
char *pst_choice_label_plain (PstChoice choice);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstQuestion, pst_question_free)

G_END_DECLS
