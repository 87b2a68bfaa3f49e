/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store.h"

G_BEGIN_DECLS

/* A change of the store that is made up first and then made as a whole: rules that go, rules that come, switches of
 * applications, and the events that tell of it. Making it up touches nothing. */
typedef struct _PstStoreChange PstStoreChange;

/* @store: whose rules it is about; it must not change until the change is applied or freed. */
PstStoreChange *pst_store_change_new (PstStore *store);
void pst_store_change_free (PstStoreChange *change);

/* A number that is none is passed over. */
void pst_store_change_remove_rule (PstStoreChange *change, guint64 id);
/* Older rules on the same path give way as pst_stored_rule_merge() says, also those added here before. @rule's id is ignored.
 */
void pst_store_change_add_rule (PstStoreChange *change, const PstStoredRule *rule);
/* As it is, by the number that it has: one that was there before. */
void pst_store_change_restore_rule (PstStoreChange *change, const PstStoredRule *rule);
/* The last one for an application counts. */
void pst_store_change_set_app (PstStoreChange *change, const char *app, gboolean locked, gboolean strict, gint64 sheet);
void pst_store_change_take_event (PstStoreChange *change, PstEvent *event);

gboolean pst_store_change_is_empty (const PstStoreChange *change);
/* Did something that was added take the place of another rule? */
gboolean pst_store_change_replaces (const PstStoreChange *change);
/* The application that it is about; NULL for several. */
const char *pst_store_change_only_app (const PstStoreChange *change);
/* Each borrowed. After pst_store_apply() those that were added have their numbers. */
const GArray *pst_store_change_get_removed (const PstStoreChange *change);   /* of guint64 */
const GPtrArray *pst_store_change_get_added (const PstStoreChange *change);  /* of PstStoredRule */
const GPtrArray *pst_store_change_get_apps (const PstStoreChange *change);   /* of PstStoredApp: id and switches */
const GPtrArray *pst_store_change_get_events (const PstStoreChange *change); /* of PstEvent */

/* All of it in one transaction, on the disk when this returns TRUE (unless it is about rules of one sandbox alone); or nothing.
 * In store-apply.c. */
gboolean pst_store_apply (PstStore *store, PstStoreChange *change, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstStoreChange, pst_store_change_free)

G_END_DECLS
