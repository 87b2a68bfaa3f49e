/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call.h"

PstCall *
pst_call_copy (const PstCall *call)
{
  PstCall *copy = g_memdup2 (call, sizeof *call);
  copy->name = g_strdup (call->name);
  copy->name2 = g_strdup (call->name2);
  copy->data = g_memdup2 (call->data, call->size);
  copy->attr = g_memdup2 (call->attr, sizeof *call->attr);
  copy->is_copy = TRUE;
  return copy;
}

void
pst_call_free (PstCall *call)
{
  if (call == NULL)
    return;
  g_free ((char *)call->name);
  g_free ((char *)call->name2);
  g_free ((void *)call->data);
  g_free ((struct stat *)call->attr);
  g_free (call);
}
