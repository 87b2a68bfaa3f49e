/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* What a person was shown when they allowed something: nothing else may be attached on their word. */
typedef struct
{
  guint64 rule;
  guint64 device, inode; /* 0, 0: there was nothing yet */
} PstShown;

/* Sees to it that the tree that @decision allows is attached, and answers @ask then. @shown: (nullable) for the first
 * attachment after a question. */
void pst_attach_for (PstAsk *ask, const PstDecision *decision, const PstShown *shown);

/* Does the tree still say what the rules say? */
gboolean pst_attach_is_stale (PstSandbox *sandbox, const PstTree *tree);

G_END_DECLS
