/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The private homes of applications, STATE/homes/APP: how much they take, and how they go.
 *
 * A home that goes is first put aside, which is one rename: STATE/aside/NAME. From there it can be put back, or is deleted.
 * What is in a home is what a hostile program made of it, so everything here goes from descriptor to descriptor, follows no
 * link and crosses no mount, and what takes time is done in a thread. */
typedef struct _PstHomes PstHomes;

PstHomes *pst_homes_new (const char *state_dir);
/* After pst_homes_clean() what is aside is deleted as far as that takes no longer than a moment; the rest by the next one. */
void pst_homes_free (PstHomes *homes);

/* For the one broker that serves: deletes all that is aside, which nobody can put back any more. In a thread. */
void pst_homes_clean (PstHomes *homes);

/* *aside: (transfer full), its name there; NULL if there is no home. */
gboolean pst_homes_put_aside (PstHomes *homes, const char *app, char **aside, GError **error);
/* Fails if the application has a home again, unless there is nothing in it. */
gboolean pst_homes_put_back (PstHomes *homes, const char *app, const char *aside, GError **error);
/* In a thread. */
void pst_homes_delete (PstHomes *homes, const char *aside);

/* Counts in a thread, until @cancellable is cancelled: @done is called once, with an error then. */
typedef void (*PstHomesMeasured) (guint64 size, guint64 files, const GError *error, gpointer user_data);
void pst_homes_measure (PstHomes *homes, const char *app, GCancellable *cancellable, PstHomesMeasured done, gpointer user_data);

/* What the threads do, for the tests. Removes @name in @parent and all below it; FALSE if something is left, or @cancellable.
 */
gboolean pst_homes_remove_tree (int parent, const char *name, GCancellable *cancellable);
/* What is in @root, hard links once, in bytes on the disk. FALSE if @cancellable. Deeper than 200 directories it does not look.
 */
gboolean pst_homes_count_tree (int root, GCancellable *cancellable, guint64 *size, guint64 *files);

G_END_DECLS
