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

/* How much an application has added to the history since the last flush. */
typedef struct
{
  guint queued, left_out;
  guint64 sandbox; /* of what was left out last */
} PstStoreShare;

struct _PstStore
{
  sqlite3 *db;
  char *path;
  GHashTable *rules;      /* id → PstStoredRule, owned */
  GHashTable *by_app;     /* app → GPtrArray of borrowed rules, in order of id */
  GHashTable *ending;     /* set of borrowed rules that do not last for always */
  GHashTable *apps;       /* id → PstStoredApp, owned */
  GHashTable *dirty_apps; /* borrowed ids */
  PstHistory *history;
  GQueue events;       /* PstEvent, owned: on their way to the history */
  GPtrArray *outbox;   /* of PstEvent: written in this transaction */
  guint64 handed_over; /* what is in the outbox up to here is in the history, and can go */
  gboolean is_stuck;   /* something of the outbox is not in the history: nothing goes until the next start */
  GHashTable *shares;  /* app → PstStoreShare, owned */
  GArray *uses;
  guint flush_source;
  guint64 next_sandbox, end_sandbox;
  guint64 revision; /* of the rules in memory */
  PstStoreListener listener;
  gpointer listener_data;
  PstStoreRows row_listener;
  gpointer row_listener_data;
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

/* store-events.c. An event that belongs to a change is written in its transaction; commit hands it over to the history, after
 * what was queued before it. */
gboolean pst_store_write_event (PstStore *store, const PstEvent *event);
void pst_store_hand_over (PstStore *store);
/* Starts the history, with what an earlier broker left in the outbox. */
gboolean pst_store_open_history (PstStore *store, const char *path);
void pst_store_schedule_flush (PstStore *store);

G_END_DECLS
