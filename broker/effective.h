/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bus-rules.h"

G_BEGIN_DECLS

/* What holds for an application, not only what is stored: its rules of all tiers, and what each comes to beside the
 * others. Pure. One ruleset is compiled for all of them, so that the time grows with the number of rules and not with its
 * square. */

/* The numbers travel in messages: never renumber. */
typedef enum
{
  PST_ENTRY_IN_USE = 1,    /* set by whoever knows the sandboxes */
  PST_ENTRY_OVERRULED = 2, /* something stronger or more specific says otherwise */
  PST_ENTRY_PROTECTED = 4,
  PST_ENTRY_LOCKED = 8,   /* what decides is the administrator's */
  PST_ENTRY_MISSING = 16, /* set by whoever may look at the disk */
} PstEntryFlags;

typedef struct
{
  guint64 id; /* 0: not the person's */
  PstKind kind;
  char *resource;
  PstScope scope;
  PstAccess access;
  PstAnswer answer;
  PstLifetime lifetime;
  gint64 until;
  PstTier tier;
  gint64 created, used;
  PstOrigin origin;
  const char *source; /* static: a file for the tiers lock, default and profile, else "" */
  guint64 sandbox;    /* in which it is looked at */
  PstAnswer effective;
  guint flags; /* of PstEntryFlags */
} PstEntry;

void pst_entry_free (PstEntry *entry);

/* What is in force in a running sandbox: (transfer none), NULL if it does not run. */
typedef PstRuleset *(*PstEffectiveRuleset) (guint64 sandbox, gpointer user_data);

/* The protected paths of a host, which must not change meanwhile: made once for all applications. */
typedef struct _PstProtectedIndex PstProtectedIndex;
PstProtectedIndex *pst_protected_index_new (const PstHost *host);
void pst_protected_index_free (PstProtectedIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstProtectedIndex, pst_protected_index_free)

/* @guarded: of @input->host. @input->sandbox: the running sandbox that is looked at, or 0; rules for this once of others are
 * looked at in theirs.
 * @general: with what the administrator says of every application. @running: (nullable). Those of the administrator first, then
 * the person's in order of their numbers, then those of the profile. (transfer full): of PstEntry. */
GPtrArray *pst_effective_list (const PstDecideInput *input, const PstProtectedIndex *guarded, const PstServices *services,
                               gboolean general, PstEffectiveRuleset running, gpointer user_data);

G_END_DECLS
