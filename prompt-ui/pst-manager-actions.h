/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-data.h"

G_BEGIN_DECLS

/* Every change that the window can make, and the way back. What is on the screen changes when the broker has told that it is
 * so, never before: a change that is refused leaves everything as it was. */
#define PST_TYPE_MANAGER_ACTIONS (pst_manager_actions_get_type ())
G_DECLARE_FINAL_TYPE (PstManagerActions, pst_manager_actions, PST, MANAGER_ACTIONS, GObject)

/* Signals:
 *   done (const char *sentence, gboolean can_undo): "Revoked Pictures"; the change is the one that undo() takes back
 *   failed (const char *sentence)
 *   held (const char *app, GVariant *held): a(usay): what its processes still hold open after a revocation
 */
PstManagerActions *pst_manager_actions_new (PstManagerData *data);

/* @entry: one of the person's; or of the packager, then a rule of the person's is put over it. */
void pst_manager_actions_set_access (PstManagerActions *self, const PstEntry *entry, PstAccess access, PstAnswer answer);
void pst_manager_actions_set_lifetime (PstManagerActions *self, const PstEntry *entry, PstLifetime lifetime, gint64 until);
/* @path: below the entry's own. */
void pst_manager_actions_narrow (PstManagerActions *self, const PstEntry *entry, const char *path, PstScope scope);
/* Those of @entries that are the person's. (element-type PstEntry) */
void pst_manager_actions_revoke (PstManagerActions *self, const GPtrArray *entries);
void pst_manager_actions_reset (PstManagerActions *self, const char *app, gboolean home);
/* @done: called with TRUE when it is so, FALSE when it was refused; (nullable). */
typedef void (*PstActionDone) (gboolean success, gpointer user_data);
void pst_manager_actions_set_switch (PstManagerActions *self, const char *app, const char *key, gboolean value,
                                     GCancellable *cancellable, PstActionDone done, gpointer user_data);
void pst_manager_actions_add (PstManagerActions *self, const char *app, PstKind kind, const char *resource, PstAccess access,
                              PstAnswer answer, PstLifetime lifetime, gint64 until);
void pst_manager_actions_stop (PstManagerActions *self, const char *app, gboolean force);
void pst_manager_actions_allow_refused (PstManagerActions *self, guint64 row, PstLifetime lifetime);
void pst_manager_actions_import (PstManagerActions *self, const char *json, gboolean replace);
/* Takes back the last change that can be. Says so when there is none. */
void pst_manager_actions_undo (PstManagerActions *self);
/* A sentence of a part of the window that failed by itself (a file that cannot be written). */
void pst_manager_actions_fail (PstManagerActions *self, const char *sentence);
void pst_manager_actions_tell (PstManagerActions *self, const char *sentence);

PstManagerData *pst_manager_actions_get_data (PstManagerActions *self);

G_END_DECLS
