/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The rules of one bus: what an application may do with which names. Pure; built once from the options, then only read. */

typedef enum
{
  PST_BUS_NONE, /* does not exist */
  PST_BUS_SEE,  /* is listed, can be watched */
  PST_BUS_TALK, /* can be called, as far as a rule matches; its broadcasts arrive, likewise */
  PST_BUS_OWN,  /* can be owned, and everything above */
} PstBusLevel;

typedef enum
{
  PST_BUS_CALLS = 1,
  PST_BUS_BROADCASTS = 2,
} PstBusKind;

typedef enum
{
  PST_BUS_ANSWER_ALLOW,
  PST_BUS_ANSWER_ASK,  /* visible; whatever is sent there waits for an answer */
  PST_BUS_ANSWER_DENY, /* whatever else allows, except an exact rule of allow for the same name */
} PstBusAnswer;

typedef struct
{
  PstBusLevel level;
  PstBusAnswer answer;
  int kinds;        /* of PstBusKind: about which messages it speaks */
  gboolean subtree; /* speaks about the names below as well */
  gboolean path_subtree;
  gboolean with_actions;           /* only about a notification that has buttons */
  char *path, *interface, *member; /* each (nullable): any */
  guint64 number;                  /* of the person's rule that allows it; 0: none */
} PstBusRule;

typedef struct
{
  gboolean filter;        /* FALSE: everything passes */
  gboolean sloppy_names;  /* changes of any unique name are shown */
  gboolean log;           /* each message is told on standard output */
  gboolean by_catalogue;  /* the most specific rule decides, and names are owned only in appearance: see catalogue.h */
  gboolean ask_undecided; /* a name without a rule is asked for instead of hidden */
  gboolean accessibility; /* it is the accessibility bus: see filter.h */
  char *address;          /* (nullable): where the accessibility bus is for the client */
  GHashTable *names;      /* well-known name → GPtrArray of PstBusRule */
  GPtrArray *outside;     /* of char *: by a catalogue, the patterns of the names that are owned in truth */
} PstBusPolicy;

/* What a policy says about one name (or, accumulated, about all the names that one peer owns) and one message. */
typedef struct
{
  PstBusKind kind;
  const char *path, *interface, *member; /* (nullable) */
  gboolean no_actions;                   /* it has been read, and is a notification without buttons */
} PstBusQuery;

typedef struct
{
  PstBusLevel level;
  gboolean matched;     /* a rule of level talk or own allows this very message */
  gboolean denied;      /* a rule of deny speaks about it */
  const char *ask_name; /* (nullable): the name that has to be asked for; it lives as long as what was passed in */
  guint64 number;       /* by a catalogue: of the person's rule that allows this very message; 0: none */
} PstBusMatch;

PstBusPolicy *pst_bus_policy_new (void);
void pst_bus_policy_free (PstBusPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstBusPolicy, pst_bus_policy_free)

/* @name may end in ".*". FALSE for what is no well-known name. */
gboolean pst_bus_policy_add (PstBusPolicy *policy, const char *name, PstBusLevel level, PstBusAnswer answer);
/* @rule is [METHOD][@PATH]: METHOD is "*", INTERFACE.* or INTERFACE.MEMBER; PATH may end in slash-asterisk. */
gboolean pst_bus_policy_add_rule (PstBusPolicy *policy, const char *name, const char *rule, PstBusKind kind);

/* A rule about the calls of @interface and @member, at the object @path (each (nullable): any), for a policy by catalogue.
 * @number: of PstBusRule. */
gboolean pst_bus_policy_add_part (PstBusPolicy *policy, const char *name, const char *interface, const char *member,
                                  const char *path, gboolean with_actions, PstBusAnswer answer, guint64 number);

/* Adds what the policy says about the well-known name @name to @match. @query is NULL for the level only. */
void pst_bus_policy_match (const PstBusPolicy *policy, const char *name, const PstBusQuery *query, PstBusMatch *match);

/* Does any rule of this name reach the names below it? */
gboolean pst_bus_rules_have_subtree (const GPtrArray *rules);

G_END_DECLS
