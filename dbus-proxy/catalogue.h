/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "policy.h"

G_BEGIN_DECLS

/* The policy of a bus as the broker sends it: one rule a line,
 *
 *   BUS NAME INTERFACE MEMBER VERDICT
 *   BUS NAME INTERFACE MEMBER allow NUMBER
 *   own BUS PATTERN
 *
 * BUS is session, system or a11y. "*" for any interface or member; MEMBER may be MEMBER@PATH, and MEMBER! is one of a
 * notification that has buttons; NAME may end in ".*"; VERDICT is allow, ask or deny. NUMBER is of the person's rule that it
 * comes from. PATTERN is a name that the application
 * owns on the bus in truth; it may hold "{number}", and end in ".*". Lines of other buses than @bus are passed over. NULL for
 * anything else: a policy that is not understood is none. Pure. */
PstBusPolicy *pst_catalogue_parse (const char *text, const char *bus);

/* What the rules of one name say of one message. */
typedef struct
{
  PstBusLevel level; /* of the name: whoever may send it anything at all may know that it is there */
  guint weight;      /* how much was said of the message: the more, the more specific. Two below can be compared */
  PstBusAnswer answer;
  const char *asked; /* (nullable): whom a question is about instead of the name; the policy's */
  guint64 number;    /* of the person's rule, if it is one that allows */
} PstBusOpinion;

/* From here on the message itself is spoken of; below, only the name. */
#define PST_BUS_LISTED 0x20000u

/* The deepest name that has rules, and of these the most specific one, decides; in the order
 *
 *   interface and member › interface › the name as a whole, for an interface that begins with the name › the name as a whole
 *
 * What has no rule is asked for, or on the accessibility bus refused. An interface that begins with the name of another service
 * which is stricter is that service's, whoever is to receive it, unless it is listed under the name. A call without an
 * interface, of which the service takes the first method of that name, is judged by the strictest of those that could be meant.
 * A broadcast is one of a whole interface, or listed by its name. @query is NULL for the name itself, to see
 * and to start it: the mildest of all that is said under it; of one that is asked about a line of deny about
 * org.freedesktop.DBus.StartServiceByName says that starting it is not. */
void pst_catalogue_consult (const PstBusPolicy *policy, const char *name, const PstBusQuery *query, PstBusOpinion *opinion);

/* Of two names of one connection the one that says more decides, and of two that say as much the stricter one; what one of them
 * lists as refused is refused. Puts the outcome into @kept; TRUE if it is now @other's. */
gboolean pst_catalogue_join (PstBusOpinion *kept, const PstBusOpinion *other);

/* As it is reported; @name is whose question it would be, and lives on. */
void pst_catalogue_conclude (const PstBusOpinion *opinion, const char *name, const PstBusQuery *query, PstBusMatch *match);

/* May the application own @name on the bus in truth? */
gboolean pst_catalogue_is_outside (const PstBusPolicy *policy, const char *name);

G_END_DECLS
