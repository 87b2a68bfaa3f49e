/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bus-rules.h"

G_BEGIN_DECLS

/* "postern why" for services: who decides about a message, in words. Pure.
 *
 * @what: "session:NAME", "session:NAME/PART", or "session:NAME/INTERFACE.MEMBER" for one message. @rule: the number of the
 * person's rule that decides, or 0. Returns: (transfer full): sentences, one a line; NULL if @what is none of these. */
char *
pst_why_bus (const PstDecideInput *input, const PstServices *services, const char *what, PstAnswer *answer, guint64 *rule);

G_END_DECLS
