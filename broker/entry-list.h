/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "effective.h"

G_BEGIN_DECLS

/* The reply of ListEntries, written as it travels. Through a GVariantBuilder it would be the same, but 20,000 entries of 16
 * fields are 320,000 values to allocate: 120 ms, in which the broker answers nobody, against 5. */
#define PST_ENTRY_LIST_TYPE "(a(tsuayuuuuxuxxusuu))"

typedef struct _PstEntryList PstEntryList;

PstEntryList *pst_entry_list_new (void);
/* @app, @entry->source: UTF-8. */
void pst_entry_list_add (PstEntryList *list, const char *app, const PstEntry *entry);
/* Consumes it: floating. */
GVariant *pst_entry_list_end (PstEntryList *list);

G_END_DECLS
