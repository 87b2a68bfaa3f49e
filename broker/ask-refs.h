/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Asks that are about to be considered or answered, by number: what is done with one may be the end of others. */
typedef struct
{
  PstSandbox *sandbox;
  guint64 id;
} PstAskRef;

/* (transfer full): of PstAskRef, free with g_array_unref(). */
GArray *pst_ask_refs_new (void);
void pst_ask_refs_add (GArray *refs, PstAsk *ask);
/* NULL: it is gone. */
PstAsk *pst_ask_refs_get (GArray *refs, guint i);

G_END_DECLS
