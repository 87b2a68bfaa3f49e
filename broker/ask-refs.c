/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask-refs.h"

#include "sandbox-table.h"

static void
ref_clear (gpointer data)
{
  pst_sandbox_unref (((PstAskRef *)data)->sandbox);
}

GArray *
pst_ask_refs_new (void)
{
  GArray *refs = g_array_new (FALSE, FALSE, sizeof (PstAskRef));

  g_array_set_clear_func (refs, ref_clear);
  return refs;
}

void
pst_ask_refs_add (GArray *refs, PstAsk *ask)
{
  PstAskRef ref = { pst_sandbox_ref (ask->sandbox), ask->id };

  g_array_append_val (refs, ref);
}

PstAsk *
pst_ask_refs_get (GArray *refs, guint i)
{
  const PstAskRef *ref = &g_array_index (refs, PstAskRef, i);

  return ref->sandbox->ended ? NULL : g_hash_table_lookup (ref->sandbox->asks, &ref->id);
}
