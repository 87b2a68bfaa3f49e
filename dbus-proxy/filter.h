/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "message.h"
#include "names.h"
#include "policy.h"

G_BEGIN_DECLS

typedef enum
{
  PST_BUS_PASS,         /* as it is */
  PST_BUS_DROP,         /* without a word: signals, replies, and calls that want no reply */
  PST_BUS_DENY,         /* org.freedesktop.DBus.Error.AccessDenied */
  PST_BUS_HIDE,         /* as if the name were not there: ServiceUnknown, or NameHasNoOwner */
  PST_BUS_NO_OWNER,     /* NameHasNoOwner, of a question about a name */
  PST_BUS_SAY_FALSE,    /* the answer is the boolean false */
  PST_BUS_SAY_OWNED,    /* the answer is the number 1: it is the primary owner now, or has released the name */
  PST_BUS_OWN_OUTSIDE,  /* likewise, and in truth if nobody else is: with flags of our own */
  PST_BUS_SAY_RUNS,     /* the answer is the number 2: it runs already */
  PST_BUS_SAY_DONE,     /* the answer is empty */
  PST_BUS_SAY_NOTHING,  /* from the bus: the answer is the empty string */
  PST_BUS_SAY_ADDRESS,  /* the answer is where the accessibility bus is */
  PST_BUS_LIST,         /* passes; of the names in its reply only the visible ones are kept */
  PST_BUS_ADD_MATCH,    /* passes, if the client has not too many of them */
  PST_BUS_REMOVE_MATCH, /* passes, and is one less */
  PST_BUS_HELLO,        /* passes; its reply is the client's own name */
  PST_BUS_ASK,          /* waits for an answer about @ask_name */
  PST_BUS_WATCH,        /* it would pass, but who owns the destination is not known yet: to be asked again when it is */
  PST_BUS_NEED_BODY,    /* ask again with the body: the verdict depends on its first string, or on buttons */
} PstBusVerdict;

typedef struct
{
  const PstBusPolicy *policy;
  const PstNames *names;
  const PstHeader *header;
  gboolean from_bus;    /* else from the client */
  gboolean is_expected; /* of a reply: it answers a call that was let through the other way, for the first time */
  gboolean have_body;
  const char *arg;     /* (nullable): the first string of the body, if have_body */
  gboolean no_actions; /* if have_body: it is a notification that has no buttons (notification.h) */
  guint64 *used; /* (nullable): is set, if it PASSes to a service because a person allowed that, to the number of the rule */
} PstBusCase;

/* The one function that decides. Pure.
 *
 * From the client:
 *   a reply          PASS if expected, else DROP. It is never judged by anything else.
 *   to the bus       (destination org.freedesktop.DBus; a call without a destination as well)
 *     Hello, GetId, introspection PASS; AddMatch ADD_MATCH unless the rule would eavesdrop; RemoveMatch REMOVE_MATCH;
 *     ListNames, ListActivatableNames LIST; GetNameOwner, NameHasOwner of what is not visible NO_OWNER, SAY_FALSE;
 *     GetConnection… need SEE of the name, StartServiceByName TALK (and may ASK), RequestName, ReleaseName, ListQueuedOwners
 *     OWN: less is DENY for a visible name and HIDE for another. Everything else is DENY. A name that is none is not visible.
 *   to another       HIDE if it is not visible; PASS if the name may be owned or a rule allows the message; DENY otherwise.
 *                    Of a unique name the rules of all names that it owns, or owned, hold together.
 *   to nobody        a broadcast: PASS, for the client may say what it likes about itself.
 *
 * From the bus:
 *   a reply          as above.
 *   a broadcast      PASS if the sender's name may be owned or a rule allows the broadcast, else DROP;
 *                    NameOwnerChanged in addition only of a name that is visible.
 *   anything else    PASS: who is on the bus is trusted to write to the client.
 *
 * With a policy by catalogue, RequestName and ReleaseName of a well-known name are SAY_OWNED: the application is told that it
 * owns the name, and on the bus it does not. (If it did, or were told that another does, it would talk to the instance of
 * itself that runs outside of a sandbox, or be taken for it.) Names by which others are to find it (of media players) are
 * OWN_OUTSIDE.
 *
 * Of a service that is seen to run, StartServiceByName is SAY_RUNS: the bus might get it when it runs no more, and start it.
 * RemoveMatch of one of the proxy's own rules, by which it sees who owns what, is SAY_DONE.
 *
 * Where the accessibility bus is (GetAddress of org.a11y.Bus) the proxy says itself, when it knows: SAY_ADDRESS.
 *
 * By a catalogue, all the names that a connection has have a say (names.h), so what would PASS to a name whose owner is not
 * known has to WATCH it first.
 *
 * On the accessibility bus the application is who is looked at, and looks at nobody. Of what it broadcasts only events and
 * objects of its own PASS; Embed and Unembed only of itself; nothing is ASKed; what asks it for an address to connect to is
 * told none (SAY_NOTHING).
 *
 * ASK comes in the place of HIDE or DENY when the name is to be asked for, unless a rule refuses it. HIDE and DENY are said of
 * signals too; nobody is told then. Without a filter everything is PASS. */
PstBusVerdict pst_filter_decide (const PstBusCase *what, const char **ask_name);

/* Would this match rule deliver what is addressed to others? */
gboolean pst_filter_is_eavesdrop (const char *rule);

/* Could this match rule be one of the proxy's own, "…,path_namespace='…',arg0='…'" (or arg0namespace)? */
gboolean pst_filter_is_watch (const char *rule);

G_END_DECLS
