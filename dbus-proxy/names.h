/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "policy.h"

G_BEGIN_DECLS

/* What one client has come to know: its own unique name, the peers that wrote to it (they become visible), who owns or owned
 * the names of the policy, and how its questions were answered. Pure. What a peer was once granted is kept, since a name can be
 * passed on between our look and the message's arrival; it is forgotten some time after the peer has left the bus, whose names
 * are never used twice. */
typedef struct _PstNames PstNames;

#define PST_NAMES_MAX_PEERS 16384 /* further peers that write to the client stay invisible, though their message arrives */

#define PST_NAMES_CROWD 512     /* peers, before it is looked at all who of them is there */
#define PST_NAMES_MAX_LOST 64   /* names that a peer does not own any more and is judged by */
#define PST_NAMES_MAX_OUTSIDE 8 /* names that one connection owns in truth */

PstNames *pst_names_new (void);
void pst_names_free (PstNames *names);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstNames, pst_names_free)

void pst_names_set_self (PstNames *names, const char *unique);
const char *pst_names_get_self (const PstNames *names); /* "" before Hello was answered */

/* @unique has written to the client. A number that stands for it, 0 if there are too many. */
guint32 pst_names_saw (PstNames *names, const char *unique);
guint32 pst_names_get_number (const PstNames *names, const char *unique); /* 0: never seen */
void pst_names_add_owner (PstNames *names, const char *unique, const char *well_known);
gboolean pst_names_owns (const PstNames *names, const char *unique, const char *well_known);
gboolean pst_names_has_owner (const PstNames *names, const char *well_known); /* now, as far as is known */
/* @unique owns @well_known no more, but still has what it was granted for it. Of very many that it has lost the first are
 * forgotten: whoever takes and leaves name after name does it for this. */
void pst_names_lost_owner (PstNames *names, const char *unique, const char *well_known);
void pst_names_forget (PstNames *names, const char *unique);

/* Nobody says that a peer has left the bus, as long as nothing is owned: that would be a message to every client for every
 * program that ends. When it is time the bus is asked who is there; the others have left, since its answers and what it
 * delivers come in order. pst_names_is_there() for each, then pst_names_sweep(), which returns the set of the numbers of those
 * that are left. */
gboolean pst_names_is_crowded (const PstNames *names);
void pst_names_is_there (PstNames *names, const char *unique);
GHashTable *pst_names_sweep (PstNames *names);

/* Whose owner is known: the bus has been asked, and has answered, and is watched from then on. @well_known may end in ".*" for
 * what is below it, in pst_names_set_known() only. */
void pst_names_expect_owner (PstNames *names, const char *well_known);
void pst_names_set_known (PstNames *names, const char *well_known);
gboolean pst_names_is_known (const PstNames *names, const char *well_known);
gboolean pst_names_expects_owner (const PstNames *names, const char *well_known);
gboolean
pst_names_is_watched (const PstNames *names, const char *well_known); /* either of these, of this very name or pattern */

/* The names that the client owns on the bus in truth are few. FALSE: it has too many, or does not own this one. */
gboolean pst_names_claim (PstNames *names, const char *well_known);
gboolean pst_names_unclaim (PstNames *names, const char *well_known);
guint pst_names_get_n_peers (const PstNames *names);

/* An answer that a person gave about a name, for as long as this client is there. */
void pst_names_set_answer (PstNames *names, const char *well_known, gboolean allow);

/* What @policy and this table say about @name, well-known or unique, and @query (nullable). By a catalogue, all the names that
 * the receiver owns or owned have a say, see pst_catalogue_join(). */
void pst_names_match (const PstNames *names, const PstBusPolicy *policy, const char *name, const PstBusQuery *query,
                      PstBusMatch *match);

G_END_DECLS
