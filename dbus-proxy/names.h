/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "policy.h"

G_BEGIN_DECLS

/* What one client has come to know: its own unique name, the peers that wrote to it (they become visible), who owns or owned
 * the names of the policy, and how its questions were answered. Pure. What a peer was once granted is kept, since a name can be
 * passed on between our look and the message's arrival; it is forgotten when the peer leaves the bus, whose names are never
 * used twice. */
typedef struct _PstNames PstNames;

#define PST_NAMES_MAX_PEERS 16384 /* further peers that write to the client stay invisible, though their message arrives */

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
gboolean pst_names_has_owner (const PstNames *names, const char *well_known); /* as far as is known */
void pst_names_forget (PstNames *names, const char *unique);

/* Whose owner is known: the bus has been asked, and has answered, and is watched from then on. @well_known may end in ".*" for
 * what is below it, in pst_names_set_known() only. */
void pst_names_expect_owner (PstNames *names, const char *well_known);
void pst_names_set_known (PstNames *names, const char *well_known);
gboolean pst_names_is_known (const PstNames *names, const char *well_known);
gboolean pst_names_expects_owner (const PstNames *names, const char *well_known);

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
