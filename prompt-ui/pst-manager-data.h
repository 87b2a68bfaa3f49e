/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-link.h"
#include "pst-manager-words.h"

G_BEGIN_DECLS

/* What the broker says, kept up to date: the one truth of which the views show parts. Nothing here is decided or guessed. */

typedef enum
{
  PST_ENTRY_IN_USE = 1,
  PST_ENTRY_OVERRULED = 2, /* something stronger or more specific says otherwise */
  PST_ENTRY_PROTECTED = 4,
  PST_ENTRY_LOCKED = 8,   /* by the administrator */
  PST_ENTRY_MISSING = 16, /* the resource does not exist any more */
} PstEntryFlags;

/* A row of ListEntries. Immutable. */
typedef struct
{
  gatomicrefcount refs;
  guint64 id; /* 0: not one of the person's */
  char *app;
  PstKind kind;
  char *resource; /* bytes as they are on the disk */
  PstScope scope;
  PstAccess access;
  PstAnswer answer;
  PstLifetime lifetime;
  gint64 until;
  PstTier tier;
  gint64 created, used;
  PstOrigin origin;
  char *source; /* may be empty */
  PstAnswer effective;
  guint flags;
  char *key; /* what a search looks at */
} PstEntry;

PstEntry *pst_entry_ref (PstEntry *entry);
void pst_entry_unref (PstEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstEntry, pst_entry_unref)

/* Is it a rule that the person can change here? */
gboolean pst_entry_is_own (const PstEntry *entry);
/* Would a person who has read @a see anything else in @b? */
gboolean pst_entry_same (const PstEntry *a, const PstEntry *b);

/* Of the reply to ListEntries; in the order in which a person reads them. Bytes that no rule can have are left out.
 * Returns: (transfer full) (element-type PstEntry) */
GPtrArray *pst_entries_parse (const PstPlaces *places, GVariant *reply);

typedef struct
{
  char *id;
  char *name;       /* fit to show */
  char *icon;       /* as it came */
  char *executable; /* as it came; may be empty */
  guint n_grants;
  gint64 used;
  gboolean running;
  char *key;          /* what a search looks at */
  GPtrArray *entries; /* (nullable) until they have come (element-type PstEntry) */
} PstApp;

#define PST_TYPE_MANAGER_DATA (pst_manager_data_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerData, pst_manager_data, PST, MANAGER_DATA, GObject)

/* Signals:
 *   apps (): the list of applications is another one: every PstApp that was told before is gone
 *   entries (const char *app): those of this application, or (NULL) of all, are other ones
 *   trouble (const char *sentence): the broker cannot say; NULL: it can again
 */
/* @places must outlive it. */
PstManagerData *pst_manager_data_new (PstManagerLink *link, const PstPlaces *places);
PstManagerLink *pst_manager_data_get_link (PstManagerData *self);
const PstPlaces *pst_manager_data_get_places (PstManagerData *self);

/* Sorted by name. (transfer none) (element-type PstApp) */
const GPtrArray *pst_manager_data_get_apps (PstManagerData *self);
/* (nullable) */
const PstApp *pst_manager_data_find (PstManagerData *self, const char *id);
/* Have the applications come; have all entries? */
gboolean pst_manager_data_has_apps (PstManagerData *self);
gboolean pst_manager_data_has_entries (PstManagerData *self);
/* Asks for everything again. */
void pst_manager_data_reload (PstManagerData *self);
/* Asks for all of an application's, those of the administrator for every application included. */
void pst_manager_data_load_app (PstManagerData *self, const char *id);
/* The same, of all: once, for views that need them. */
void pst_manager_data_load_all (PstManagerData *self);

G_END_DECLS
