/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "policy.h"

G_BEGIN_DECLS

/* The policy of a bus as the broker sends it: one rule a line,
 *
 *   BUS NAME INTERFACE MEMBER VERDICT
 *
 * "*" for any interface or member; NAME may end in ".*"; VERDICT allow, ask or deny. Lines of other buses than @bus are passed
 * over. NULL for anything else: a policy that is not understood is none. Pure. */
PstBusPolicy *pst_catalogue_parse (const char *text, const char *bus);

/* pst_bus_policy_match() for such a policy: the deepest name that has rules, and of these the most specific one, decides. What
 * has no rule is asked for. A call without an interface, of which the service takes the first method of that name, is judged by
 * the strictest of those that could be meant. Broadcasts are judged by the rule for the service as a whole. */
void pst_catalogue_match (const PstBusPolicy *policy, const char *name, const PstBusQuery *query, PstBusMatch *match);

G_END_DECLS
