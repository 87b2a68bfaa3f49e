/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* The running sandboxes, and what is attached in each. */

PstSandbox *pst_sandbox_new (PstBroker *broker, guint64 number, PstAppInfo *app_take);
PstSandbox *pst_sandbox_ref (PstSandbox *sandbox);
void pst_sandbox_unref (PstSandbox *sandbox);
/* It is gone: asks are dropped, its rules purged, the event logged. */
void pst_sandbox_end (PstSandbox *sandbox);
/* Everything in it ends, whether or not its supervisor obeys: for one that cannot be told what is allowed now. */
void pst_sandbox_terminate (PstSandbox *sandbox);
PstSandbox *pst_sandbox_lookup (PstBroker *broker, guint64 number);
/* Those of an application, or all for NULL: (transfer full), a reference each */
GPtrArray *pst_sandbox_list (PstBroker *broker, const char *app);

/* The state that outlives a broker (in the runtime directory): written after each change, read when the sandbox registers
 * again. */
void pst_sandbox_save_state (PstSandbox *sandbox);
gboolean pst_sandbox_load_state (PstSandbox *sandbox);

/* Notice to the person who started it, once for each @key (NULL: always). FALSE: it had been told. */
gboolean pst_sandbox_notice (PstSandbox *sandbox, const char *key, const char *text);

/* Processes of the sandbox that hold something at or below one of @paths (a set) open: array of (usay), appended to @builder.
 */
void pst_sandbox_collect_held (PstSandbox *sandbox, GHashTable *paths, GVariantBuilder *builder);
/* Those that hold open what no rule gives them now. */
void pst_sandbox_collect_not_given (PstSandbox *sandbox, GVariantBuilder *builder);
/* @tree is about to be detached: notes by what its open files will be known. */
void pst_sandbox_note_detached (PstSandbox *sandbox, const PstTree *tree);

PstTree *pst_sandbox_find_tree (PstSandbox *sandbox, const char *path, PstTreeKind kind);
PstTree *pst_sandbox_add_tree (PstSandbox *sandbox, const char *path, PstTreeKind kind);
void pst_sandbox_remove_tree (PstSandbox *sandbox, PstTree *tree);

/* Those of one gate, when it is gone: of the message bus proxy, or of the file gate. */
void pst_sandbox_drop_asks (PstSandbox *sandbox, gboolean of_bus);

/* The sandbox has made use of a rule: noted in the store, and the first time in its history. */
void pst_sandbox_note_use (PstSandbox *sandbox, guint64 rule);

PstAsk *pst_ask_new (PstSandbox *sandbox, guint64 id);
/* Answers the gate, and forgets the ask. */
void pst_ask_finish (PstAsk *ask, PstOutcome outcome);
/* Forgets it without an answer. */
void pst_ask_drop (PstAsk *ask);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstSandbox, pst_sandbox_unref)

G_END_DECLS
