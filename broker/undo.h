/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store-change.h"

G_BEGIN_DECLS

/* Changes of the person's that can be taken back: the last ones, for ten minutes, once each, and only whole.
 *
 * A change is made with pst_undo_apply(), which makes it in the store and remembers what was there before. Taking it back is
 * refused when somebody has changed any of the same things since: rules of the same application on the same resource, or the
 * switches of the same application. */
typedef struct _PstUndoList PstUndoList;

#define PST_UNDO_MAX 64
#define PST_UNDO_SECONDS 600

/* What belongs to a change and lies beside the store: a home that was put aside. */
typedef struct
{
  /* FALSE with @error: it cannot be taken back. Called before the store's part. */
  gboolean (*restore) (gpointer data, GError **error);
  /* The store's part failed after restore: as before it. */
  void (*put_aside) (gpointer data);
  /* It will not be taken back any more. @restored: because it has been. Frees @data. */
  void (*drop) (gpointer data, gboolean restored);
} PstUndoBeside;

PstUndoList *pst_undo_list_new (void);
/* Drops all. */
void pst_undo_list_free (PstUndoList *list);

/* Makes @change, which is consumed. Returns its number; 0 with @error: nothing has changed. */
guint64 pst_undo_apply (PstUndoList *list, PstStore *store, PstStoreChange *change, GError **error);
/* The same with something beside; after an error it is still the caller's. */
guint64 pst_undo_apply_with (PstUndoList *list, PstStore *store, PstStoreChange *change, const PstUndoBeside *beside,
                             gpointer data, GError **error);

/* Is a rule worth putting back? (nullable): each. */
typedef gboolean (*PstUndoKeep) (const PstStoredRule *rule, gpointer user_data);
/* Takes it back: all of it, or FALSE with a sentence and nothing has changed. @apps: the applications whose rules or switches
 * are different now: (transfer full), of char *. */
gboolean pst_undo_take_back (PstUndoList *list, PstStore *store, guint64 number, PstUndoKeep keep, gpointer user_data,
                             GPtrArray **apps, GError **error);

/* Drops what is older than PST_UNDO_SECONDS at @now (monotonic microseconds). Called by the list itself from the main loop. */
void pst_undo_expire (PstUndoList *list, gint64 now);

#define PST_UNDO_ERROR (pst_undo_error_quark ())
typedef enum
{
  PST_UNDO_ERROR_GONE,    /* none such, any more */
  PST_UNDO_ERROR_CHANGED, /* the same things have been changed since */
} PstUndoError;
GQuark pst_undo_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstUndoList, pst_undo_list_free)

G_END_DECLS
