/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The calls that have been let through and may be answered, once. An open-addressed table: entering and taking cost the same
 * whatever is outstanding. */
typedef struct
{
  guint64 *keys; /* 0: free */
  guint8 *values;
  guint32 capacity, n;
  guint32 *total; /* (nullable): what several tables hold together */
} PstExpected;

#define PST_EXPECTED_MAX 65536

/* @peer is 0 for the bus side, else the number of the peer that made the call. FALSE if there are too many, or if that very
 * call is already there (@value of which stays). */
gboolean pst_expected_add (PstExpected *expected, guint32 peer, guint32 serial, guint8 value);
/* What was entered, which is never 0; 0 if nothing. It is removed. */
guint8 pst_expected_take (PstExpected *expected, guint32 peer, guint32 serial);
guint8 pst_expected_peek (const PstExpected *expected, guint32 peer, guint32 serial);
/* Removes what is of other peers than those whose numbers are in the set @peers. */
void pst_expected_keep (PstExpected *expected, GHashTable *peers);
void pst_expected_clear (PstExpected *expected);

G_END_DECLS
