/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sql.h"
#include "store.h"

G_BEGIN_DECLS

/* What the files of the store share. */

typedef struct
{
  guint64 rule;
  gint64 time;
} PstStoreUse;

/* How much an application has added to the history. */
typedef struct
{
  guint queued, left_out; /* since the last flush */
  guint written;          /* since the last trim */
  guint64 sandbox;        /* of what was left out last */
} PstStoreShare;

struct _PstStore
{
  sqlite3 *db;
  char *path;
  GHashTable *rules;      /* id → PstStoredRule, owned */
  GHashTable *by_app;     /* app → GPtrArray of borrowed rules, in order of id */
  GHashTable *apps;       /* id → PstStoredApp, owned */
  GHashTable *dirty_apps; /* borrowed ids */
  GQueue events;          /* PstEvent, owned */
  GHashTable *shares;     /* app → PstStoreShare, owned */
  GArray *uses;
  guint flush_source;
  guint64 next_sandbox, end_sandbox;
  guint64 revision; /* of the rules in memory */
  PstStoreListener listener;
  gpointer listener_data;
};

void pst_store_tell (PstStore *store, guint what, const char *app);

/* store-file.c. @durable: on the disk when pst_store_commit() returns. */
gboolean pst_store_begin (PstStore *store, gboolean durable);
gboolean pst_store_commit (PstStore *store);
/* Does nothing outside of a transaction. */
void pst_store_roll_back (PstStore *store);
/* FALSE. */
gboolean pst_store_set_write_error (PstStore *store, GError **error);

/* store.c: the file, by itself. @rule->id: 0 for a new number, which it then has. */
gboolean pst_store_write_rule (PstStore *store, PstStoredRule *rule);
gboolean pst_store_delete_rule (PstStore *store, guint64 id);
/* … and the memory; takes @rule. */
void pst_store_remember (PstStore *store, PstStoredRule *rule);
void pst_store_forget (PstStore *store, guint64 id);

/* store.c, store-apps.c: FALSE for what no version of ours can have written. */
gboolean pst_store_load_rules (PstStore *store);
gboolean pst_store_load_apps (PstStore *store);
gboolean pst_store_write_app (PstStore *store, const PstStoredApp *app);
/* (transfer none): in memory, and written with the next flush. */
PstStoredApp *pst_store_ensure_app (PstStore *store, const char *id);

/* store-events.c */
gboolean pst_store_write_event (PstStore *store, const PstEvent *event);
/* What was queued before @event happened before it. After the commit: pst_store_clear_queued(). */
gboolean pst_store_write_events_until (PstStore *store, const PstEvent *event);
void pst_store_clear_queued (PstStore *store);
void pst_store_schedule_flush (PstStore *store);

G_END_DECLS
