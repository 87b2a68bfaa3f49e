/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decide.h"
#include "scopes.h"
#include "pst-services.h"

G_BEGIN_DECLS

/* What an application may do with the services on the message buses: from the catalogue and the person's rules to the proxy's
 * policy, to a decision, and to a question. Pure. (Why it is so: why-bus.h.)
 *
 * The resource of a rule is "session:NAME" or "system:NAME"; for a part of a service that the catalogue makes a question of its
 * own, "session:NAME/PART". A refusal of the service refuses its parts; a permission for it does not give them. */

/* Is it well-formed? */
gboolean pst_bus_rules_is_resource (const char *resource);
/* Is it a service that no question gives? */
gboolean pst_bus_rules_is_never (const PstServices *services, const char *resource);

/* The resource that a message is decided by: the service as a whole, or a part of it. @name: a well-known name. (transfer full)
 */
char *pst_bus_rules_resource (const PstServices *services, const char *bus, const char *name, const char *interface,
                              const char *member);

/* What was said of a resource, by the strongest who said anything: a lock, the person, the administrator's default. */
typedef struct
{
  PstAnswer answer; /* allow, deny, ask; 0: nobody has said anything */
  PstTier tier;
  const PstStoredRule *stored; /* (nullable): the person's rule */
  const PstAdminRule *admin;   /* (nullable) */
} PstBusSaid;
PstBusSaid pst_bus_rules_says (const PstDecideInput *input, const char *resource);
/* What comes of it for what the catalogue, or a module, has @match for. */
PstAnswer pst_bus_rules_combine (const PstServices *services, const PstBusSaid *said, const PstServiceMatch *match);

/* Does the catalogue ask for some messages of a service that it refuses as a whole? Then it is one to be asked
 * for. @entry: of the service. */
gboolean pst_bus_rules_asks_for_some (const PstServices *services, const PstServiceEntry *entry);

/* What the rules say about a resource, PST_ANSWER_ALLOW, DENY or ASK: locks, the person's rule for the
 * shortest time, the administrator's defaults, the catalogue. */
PstAnswer pst_bus_rules_decide (const PstDecideInput *input, const PstServices *services, const char *resource);

/* What an application gets of a resource now: the same, but for what the catalogue allows quietly. */
PstAnswer pst_bus_rules_effective (const PstDecideInput *input, const PstServices *services, const char *resource);

/* The proxy's policy, as dbus-proxy/catalogue.h has it. @executable (nullable): the application's program. (transfer full) */
char *pst_bus_rules_compile (const PstDecideInput *input, const PstServices *services, const char *executable);

/* The question for a resource. @interface, @member: as the application wrote them. */
PstOffer *pst_bus_rules_offer (const PstServices *services, const char *app_name, const char *resource, const char *interface,
                               const char *member);

G_END_DECLS
